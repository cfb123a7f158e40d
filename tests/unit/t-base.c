/* SPDX-License-Identifier: MIT
 * lib/base: errors, checked sizes, the cursor, the capped buffer, hashes. */
#include "tap.h"

#include "base/buf.h"
#include "base/cur.h"
#include "base/hash.h"
#include "base/vocab.h"

static void errors(void)
{
	struct hw_err e = {0};

	is_int(hw_fail(&e, HW_CORRUPT, "byte %d: bad\033[2J\n", 7), HW_CORRUPT,
	    "hw_fail returns its status");
	is_str(e.msg, "byte 7: bad\\x1b[2J\\x0a", "control characters are "
	    "escaped");
	hw_fail(&e, HW_IO, "later");
	is_int(e.status, HW_CORRUPT, "the first failure wins");
	is_int(hw_fail(NULL, HW_LIMIT, "x"), HW_LIMIT, "no struct, no crash");
}

static void sizes(void)
{
	struct hw_err e = {0};
	uint64_t x;
	void *p = NULL;

	ok(!hw_mul(UINT64_MAX, 2, &x) && !hw_add(UINT64_MAX, 1, &x),
	    "wrapping products and sums are refused");
	is_int(hw_new(NULL, &p, SIZE_MAX, 16, "t", &e), HW_NOMEM,
	    "an allocation that wraps fails");
	is_int(hw_new_aligned(NULL, &p, 3, 5, "t", NULL), HW_OK, "aligned");
	is_int((uintptr_t)p % 64, 0, "at a multiple of 64");
	hw_del_aligned(NULL, p);
}

static void cursor(void)
{
	static const unsigned char b[] = {1, 2, 3, 4, 5};
	struct hw_cur c = hw_cur((struct hw_view){b, sizeof(b)});

	is_int(hw_cur_u32(&c), 0x04030201, "little-endian");
	is_int(hw_cur_u16(&c), 0, "past the end reads 0");
	ok(c.bad && c.bad_at == 4, "and the first such place sticks");
	is_int(hw_cur_u8(&c), 0, "nothing is read after it");
	is_int(c.at, 4, "nor consumed");
	c = hw_cur((struct hw_view){b, sizeof(b)});
	is_int(hw_cur_bytes(&c, UINT64_MAX).n, 0, "a length that wraps");
	ok(c.bad, "is refused");
}

static void buffer(void)
{
	struct hw_err e = {0};
	struct hw_buf b;

	hw_buf_init(&b, NULL, 300);
	hw_buf_u32(&b, 0x04030201);
	hw_buf_fmt(&b, "%d", 42);
	ok(b.n == 6 && memcmp(b.p, "\1\2\3\4" "42", 6) == 0, "appends");
	hw_buf_drop(&b, 4);
	ok(b.n == 2 && b.p[0] == '4', "drops from the front");
	ok(!hw_buf_room(&b, 299), "no room beyond the cap");
	hw_buf_u8(&b, 'x');
	is_int(b.n, 2, "after a refusal appends do nothing");
	is_int(hw_buf_status(&b, "t", &e), HW_LIMIT, "it is reported");
	is_int(hw_buf_status(&b, "t", NULL), HW_OK, "once");
	ok(hw_buf_room(&b, 298), "up to the cap there is room");
	hw_buf_release(&b);
}

static void hashes(void)
{
	is_int(hw_crc32c(0, "123456789", 9), 0xe3069283u,
	    "CRC-32C of the check string (RFC 3720)");
	is_int(hw_crc32c(hw_crc32c(0, "1234", 4), "56789", 5), 0xe3069283u,
	    "may be computed in pieces");
	ok(hw_hash64(0, "a", 1) != hw_hash64(0, "b", 1) &&
	    hw_hash64(0, "a", 1) != hw_hash64(1, "a", 1) &&
	    hw_hash64(0, "", 0) != hw_hash64(0, "\0", 1),
	    "hashes tell inputs, seeds and lengths apart");
}

static void vocab(void)
{
	struct hw_vocab *v = NULL, *w = NULL;

	is_int(hw_vocab_open(&v, 2, 3, NULL, NULL), HW_OK, "vocabulary");
	hw_vocab_add(v, "ab", 2, HW_TOKEN_NORMAL);
	hw_vocab_add(v, "c", 1, HW_TOKEN_SPECIAL);
	hw_vocab_seal(v);
	is_int(hw_vocab_open(&w, 2, 3, NULL, NULL), HW_OK, "another");
	hw_vocab_add(w, "a", 1, HW_TOKEN_NORMAL);
	hw_vocab_add(w, "bc", 2, HW_TOKEN_SPECIAL);
	hw_vocab_seal(w);
	ok(hw_vocab_bytes(v, 1).n == 1 && *hw_vocab_bytes(v, 1).p == 'c' &&
	    hw_vocab_kind(v, 1) == HW_TOKEN_SPECIAL, "ids to bytes and kinds");
	ok(hw_vocab_fingerprint(v) != hw_vocab_fingerprint(w),
	    "cut otherwise, another fingerprint");
	hw_vocab_close(v);
	hw_vocab_close(w);
}

int main(void)
{
	errors();
	sizes();
	cursor();
	buffer();
	hashes();
	vocab();
	return tap_done();
}
