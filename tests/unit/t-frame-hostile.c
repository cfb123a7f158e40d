/* SPDX-License-Identifier: MIT
 * lib/stream: a stream that was cut, damaged or made up to hurt is refused at
 * its place, and costs little memory. */
#include "tap.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/vocab.h"
#include "stream.h"

static unsigned char good[4096];
static size_t n_good;

/* Read all of it, looking into each frame; the status that ended it: HW_END
 * for a whole stream.  step: bytes at once. */
static enum hw_status digest(const unsigned char *p, size_t n, size_t step,
    const struct hw_alloc *a, uint64_t *hash, struct hw_err *e)
{
	struct hw_dec *d = stream_dec(a, false, NULL);
	enum hw_status st = HW_END;
	struct hw_frame f;

	for (size_t at = 0; at <= n && st == HW_END;) {
		size_t k = n - at < step ? n - at : step;

		stream_feed(d, (struct hw_view){p + at, k});
		at += k;
		if (k == 0) {
			hw_dec_finish(d);
			at = n + 1;
		}
		while ((st = hw_dec_next(d, &f, e)) == HW_OK) {
			struct { uint64_t seq, type, offset; } id = {f.seq,
			    f.type, f.offset};

			*hash = hw_hash64(*hash, &id, sizeof(id));
			*hash = hw_hash64(*hash, f.payload.p, f.payload.n);
			st = stream_look(d, &f, e);
			if (st != HW_OK)
				break;
		}
	}
	if (st == HW_END && !hw_dec_done(d))
		st = HW_LIMIT; /* neither done nor refused: our own bug */
	hw_dec_close(d);
	return st;
}

static void chunks(void)
{
	uint64_t want = 0, seed = 1;
	struct hw_err e = {0};
	bool same = true;

	is_int(digest(good, n_good, n_good, NULL, &want, &e), HW_END,
	    "the stream is whole");
	for (size_t step = 1; step < 300; step++) {
		uint64_t got = 0;

		same &= digest(good, n_good, step, NULL, &got, &e) == HW_END &&
		    got == want;
	}
	ok(same, "the same frames in pieces of 1 to 299 bytes");
	for (int i = 0; i < 200; i++) {
		struct hw_dec *d = stream_dec(NULL, false, NULL);
		uint64_t got = 0;
		struct hw_frame f;

		for (size_t at = 0; at < n_good;) {
			size_t k = 1 + (seed = hw_mix64(seed + 1)) % 97;

			k = k < n_good - at ? k : n_good - at;
			stream_feed(d, (struct hw_view){good + at, k});
			at += k;
			if (at == n_good)
				hw_dec_finish(d);
			while (hw_dec_next(d, &f, &e) == HW_OK) {
				struct { uint64_t seq, type, offset; } id = {
				    f.seq, f.type, f.offset};

				got = hw_hash64(got, &id, sizeof(id));
				got = hw_hash64(got, f.payload.p,
				    f.payload.n);
			}
		}
		same &= got == want && hw_dec_done(d);
		hw_dec_close(d);
	}
	ok(same, "and in pieces of random sizes");
}

static void cuts(void)
{
	size_t bad = 0, quiet = 0;

	for (size_t n = 0; n < n_good; n++) {
		struct hw_err e = {0};
		uint64_t h = 0;
		enum hw_status st = digest(good, n, 64, NULL, &h, &e);

		bad += st != HW_CORRUPT;
		quiet += strstr(e.msg, "cut off at byte") == NULL && n > 0;
	}
	is_int(bad, 0, "cut after any of its %zu bytes it is refused", n_good);
	is_int(quiet, 0, "with the place");
}

/* CRC-32C finds every burst of up to 32 bits, so none may pass. */
static void flips(void)
{
	static unsigned char b[sizeof(good)];
	size_t passed = 0, unclear = 0;

	for (size_t i = 0; i < 8 * n_good; i++) {
		struct hw_err e = {0};
		uint64_t h = 0;
		enum hw_status st;

		memcpy(b, good, n_good);
		b[i / 8] ^= (unsigned char)(1u << i % 8);
		st = digest(b, n_good, n_good, NULL, &h, &e);
		passed += st == HW_END || st == HW_LIMIT;
		unclear += e.msg[0] == '\0';
	}
	is_int(passed, 0, "each of %zu single flipped bits is found",
	    8 * n_good);
	is_int(unclear, 0, "and has a message");
}

/* ---- frames with a right checksum and wrong contents --------------------- */

static unsigned char made[8192];
static size_t n_made;

static void put32(unsigned char *p, uint64_t x, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (unsigned char)(x >> 8 * i);
}

static size_t frame_size(const unsigned char *p)
{
	return 20 + (size_t)(p[4] | p[5] << 8 | p[6] << 16);
}

static void reseal(unsigned char *p)
{
	size_t n = frame_size(p) - 4;

	put32(p + n, hw_crc32c(0, p, n), 4);
}

/* The good stream with n bytes at `at` in the payload of the first frame of
 * this type changed to x, and a checksum that is right again. */
static enum hw_status altered(int type, size_t at, uint64_t x, int n,
    struct hw_err *e)
{
	uint64_t h = 0;

	memcpy(made, good, n_made = n_good);
	for (size_t i = 0; i < n_made; i += frame_size(made + i)) {
		if (made[i] != type)
			continue;
		put32(made + i + 16 + at, x, n);
		reseal(made + i);
		break;
	}
	return digest(made, n_made, n_made, NULL, &h, e);
}

static void refuse(int type, size_t at, uint64_t x, int n, const char *what)
{
	struct hw_err e = {0};
	enum hw_status st = altered(type, at, x, n, &e);

	if (!ok(st == HW_CORRUPT && strstr(e.msg, "at byte") != NULL, "%s is "
	    "refused", what))
		diag("status %d: %s", st, e.msg);
}

static void contents(void)
{
	static const uint64_t absurd[] = {UINT32_MAX, 1u << 31, 1u << 24,
	    (1u << 24) + 1, 65536, 0};
	struct hw_err e = {0};

	for (size_t i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
		uint64_t x = absurd[i];

		diag("counts of %" PRIu64, x);
		refuse(HW_FRAME_HELLO, 12, x, 4, "a number of tokens");
		refuse(HW_FRAME_HELLO, 16, x, 4, "a number of their bytes");
		refuse(HW_FRAME_HELLO, 28, x, 4, "the length of a name");
		refuse(HW_FRAME_RECORD, 0, x, 4, "a number of ids");
		refuse(HW_FRAME_RECORD, 4, x, 4, "a number of spelt bytes");
		refuse(HW_FRAME_SCORES, 0, x, 4, "a number of scores");
		refuse(HW_FRAME_WINDOW, 12, x, 4, "a number of rows");
	}
	is_int(altered(HW_FRAME_RECORD, 4, 5, 4, &e), HW_CORRUPT,
	    "a record tells how many bytes it spells");
	ok(strstr(e.msg, "not as long as it says") != NULL, "truly");
	memset(&e, 0, sizeof(e));
	is_int(altered(HW_FRAME_HELLO, 8, 2, 2, &e), HW_UNSUPPORTED,
	    "another version is not supported");
	refuse(HW_FRAME_HELLO, 10, 8, 2, "an unknown flag in HELLO");
	refuse(HW_FRAME_HELLO, 20, 6, 4, "bos outside the vocabulary");
	refuse(HW_FRAME_HELLO, 32, 1, 8, "a false fingerprint");
	refuse(HW_FRAME_HELLO, 48, 0, 1, "a NUL in the name");
	refuse(HW_FRAME_RECORD, 12, 8, 4, "an unknown flag of a record");
	refuse(HW_FRAME_RECORD, 48, 6, 2, "an id outside the vocabulary");
	refuse(HW_FRAME_RECORD, 32, INT64_MAX, 8, "a time after all years");
	refuse(HW_FRAME_WINDOW, 16, (uint64_t)INT64_MIN, 8, "one before all");
	refuse(HW_FRAME_SCORES, 4, 0x7f800000, 4, "an infinite score");
	refuse(HW_FRAME_WINDOW, 8, HW_N_CLOSED_BY, 1, "a cause of no kind");
	refuse(HW_FRAME_WINDOW, 11, HW_N_ROW_KINDS + 1, 1, "a kind too many");
	refuse(HW_FRAME_END, 0, 1, 8, "an end that counted otherwise");
}

/* Swap, drop or repeat whole frames. */
static void order(void)
{
	size_t passed = 0, tried = 0;
	uint64_t h = 0;

	for (size_t i = 0; i < n_good; i += frame_size(good + i)) {
		size_t n = frame_size(good + i);
		struct hw_err e = {0};

		memcpy(made, good, i);
		memcpy(made + i, good + i + n, n_good - i - n);
		passed += digest(made, n_good - n, n_good, NULL, &h, &e) ==
		    HW_END;
		memset(&e, 0, sizeof(e));
		memcpy(made, good, i + n);
		memcpy(made + i + n, good + i, n_good - i);
		passed += digest(made, n_good + n, n_good + n, NULL, &h, &e) ==
		    HW_END;
		tried++;
	}
	ok(passed == 0 && tried == 10, "no frame may be missing or come "
	    "twice");
}

/* An absurd length costs no memory: room grows with what arrives. */
static void *count_get(void *ctx, size_t n)
{
	size_t *most = ctx;

	*most = n > *most ? n : *most;
	return malloc(n);
}
static void count_put(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static void memory(void)
{
	size_t most = 0;
	struct hw_alloc a = {count_get, count_put, &most};
	struct hw_err e = {0};
	uint64_t h = 0;

	memcpy(made, good, n_good);
	put32(made + 4, 100 << 20, 4);
	is_int(digest(made, n_good, n_good, &a, &h, &e), HW_CORRUPT,
	    "a frame of 100 MiB that does not come is a stream cut off");
	ok(most <= 1 << 20, "and took no more than 1 MiB at once (%zu)", most);
}

static void concatenation(void)
{
	struct hw_vocab *other = stream_vocab(7);
	struct hw_enc *c = stream_enc(NULL, false);
	struct hw_err e = {0};
	struct hw_end n = {0};
	struct hw_dec *d = stream_dec(NULL, false, NULL);
	struct hw_frame f = {0};
	uint64_t h = 0;
	size_t hellos = 0, ends = 0;

	memcpy(made, good, n_good);
	memcpy(made + n_good, good, n_good);
	stream_feed(d, (struct hw_view){made, 2 * n_good});
	hw_dec_finish(d);
	while (hw_dec_next(d, &f, &e) == HW_OK) {
		hellos += f.type == HW_FRAME_HELLO;
		ends += f.type == HW_FRAME_END;
		if (f.type == HW_FRAME_END && hw_dec_end(d, &f, &n, &e) != 0)
			break;
	}
	ok(hw_dec_done(d) && hellos == 1 && ends == 1 && n.records == 4 &&
	    n.tokens == 12, "two streams read as one, with the sums");
	hw_dec_close(d);
	stream_write(c, other);
	memcpy(made + n_good, hw_enc_bytes(c).p, hw_enc_bytes(c).n);
	is_int(digest(made, n_good + hw_enc_bytes(c).n, 9999, NULL, &h, &e),
	    HW_CORRUPT, "not with another vocabulary");
	ok(strstr(e.msg, "another vocabulary") != NULL, "which it says");
	memset(&e, 0, sizeof(e));
	made[n_good] = 'x';
	is_int(digest(made, n_good + 1, 9999, NULL, &h, &e), HW_CORRUPT,
	    "one byte behind the end is too much");
	hw_enc_close(c);
	hw_vocab_close(other);
}

int main(void)
{
	struct hw_vocab *v = stream_vocab(6);
	struct hw_enc *c = stream_enc(NULL, false);

	stream_write(c, v);
	n_good = hw_enc_bytes(c).n;
	memcpy(good, hw_enc_bytes(c).p, n_good);
	chunks();
	cuts();
	flips();
	contents();
	order();
	memory();
	concatenation();
	hw_enc_close(c);
	hw_vocab_close(v);
	return tap_done();
}
