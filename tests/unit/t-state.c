/* SPDX-License-Identifier: MIT
 * lib/digest/state: any change to a state is refused, or harmless. */
#include "bed.h"

#include <limits.h>

#include "base/hash.h"
#include "digest/digest.h"

static struct hw_digest *digest(const struct hw_vocab *v)
{
	struct hw_digest_opts o = {.vocab = v, .every_records = 20,
	    .max_templates = 64, .max_record = 256};
	struct hw_digest *d = NULL;

	if (hw_digest_open(&d, &o, NULL) != HW_OK)
		exit(1);
	return d;
}

static void tell(struct hw_digest *d, uint64_t n)
{
	char s[96];
	uint32_t ids[96];
	float bits[96], entropy[96];
	struct hw_scores sc = {.bits = bits, .entropy = entropy};
	struct hw_record r = {.ids = ids, .line = n};
	const struct hw_window *w;
	struct hw_err e;

	r.n = (size_t)snprintf(s, sizeof(s), n % 3 ? "INFO job %d took %d ms\n"
	    : "2026-11-25 03:05:00 WARN %d of worker-%d is late\n",
	    (int)n % 5, (int)n % 7);
	for (size_t i = 0; i < r.n; i++)
		ids[i] = (unsigned char)s[i];
	for (size_t i = 0; i < r.n; i++) {
		bits[i] = (float)((n + 7 * i) % 13);
		entropy[i] = 1;
	}
	sc.n = r.n;
	if (hw_digest_record(d, &r, n % 8 ? &sc : NULL, 1, &e) != HW_OK)
		exit(1);
	while (hw_digest_next(d, 1, &w, &e) == HW_OK)
		;
}

/* Give the state a checksum that fits. */
static void seal(unsigned char *p, size_t n)
{
	uint32_t x = hw_crc32c(0, p, n - 4);

	for (int i = 0; i < 4; i++)
		p[n - 4 + (size_t)i] = (unsigned char)(x >> 8 * i);
}

static enum hw_status load(const struct hw_vocab *v, unsigned char *p,
    size_t n)
{
	struct hw_digest *d = digest(v);
	struct hw_err e = {0};
	enum hw_status st = hw_digest_load(d, (struct hw_view){p, n}, false,
	    &e);

	/* Where it was taken, the digest works. */
	for (uint64_t i = 0; st == HW_OK && i < 45; i++)
		tell(d, i);
	hw_digest_close(d);
	return st;
}

/* Version 5 did not tell how much the window before had, at bytes 32 to 47. */
static void older(const struct hw_vocab *v, const unsigned char *state,
    size_t n)
{
	struct hw_digest *d = digest(v);
	unsigned char *p = malloc(n), *q = malloc(n);
	struct hw_err e = {0};
	struct hw_view again;

	if (p == NULL || q == NULL)
		exit(1);
	memcpy(q, state, n);
	memset(q + 32, 0, 16);
	seal(q, n);
	memcpy(p, state, 32);
	memcpy(p + 32, state + 48, n - 48);
	p[7] = 5;
	seal(p, n - 16);
	is_int(hw_digest_load(d, (struct hw_view){p, n - 16}, false, &e),
	    HW_OK, "a state of version 5");
	ok(hw_digest_save(d, &again, &e) == HW_OK && again.n == n &&
	    memcmp(again.p, q, n) == 0, "says the same but for that");
	hw_digest_close(d);
	p[7] = 4;
	seal(p, n - 16);
	is_int(load(v, p, n - 16), HW_UNSUPPORTED, "version 4 is not read");
	p[7] = 7;
	seal(p, n - 16);
	is_int(load(v, p, n - 16), HW_UNSUPPORTED, "nor is one to come");
	free(p);
	free(q);
}

/* The two newest templates, all of whose bytes are turned; elsewhere a few. */
#define DENSE 1200

static void hostile(const struct hw_vocab *v, const unsigned char *state,
    size_t n)
{
	unsigned char *p = malloc(n);
	int taken = 0, refused = 0;

	if (p == NULL)
		exit(1);
	for (size_t i = 0; i < n; i += i < 64 || i + 8 > n ? 1 : 97) {
		memcpy(p, state, n);
		p[i] ^= 0xff;
		if (load(v, p, n) == HW_OK)
			refused = INT_MIN;
		refused++;
	}
	ok(refused > 0, "any changed byte is refused");
	for (size_t i = 8; i < n; i += i < 64 || i + DENSE > n ? 1 : 97) {
		memcpy(p, state, n);
		p[i] ^= 0xff;
		seal(p, n);
		taken += load(v, p, n) == HW_OK;
	}
	ok(taken > 0, "with a checksum that fits, it is refused or harmless");
	for (size_t k = 0; k < n; k += 211) {
		memcpy(p, state, n);
		if (k > 4)
			seal(p, k);
		taken += load(v, p, k) == HW_OK ? -100000 : 0;
	}
	ok(taken > 0, "a state cut short is refused");
	free(p);
}

int main(void)
{
	struct hw_vocab *v = bytes_vocab();
	struct hw_digest *d = digest(v), *again = digest(v);
	struct hw_view a, b;
	struct hw_err e = {0};
	unsigned char *copy;

	for (uint64_t i = 0; i < 200; i++)
		tell(d, i);
	is_int(hw_digest_save(d, &a, &e), HW_OK, "a state");
	copy = malloc(a.n);
	if (copy == NULL)
		return 1;
	memcpy(copy, a.p, a.n);
	is_int(hw_digest_load(again, a, false, &e), HW_OK, "is taken");
	is_int(hw_digest_save(again, &b, &e), HW_OK, "and given again");
	ok(a.n == b.n && memcmp(copy, b.p, b.n) == 0, "as it was");
	older(v, copy, a.n);
	hostile(v, copy, a.n);
	hw_digest_close(d);
	hw_digest_close(again);
	free(copy);
	hw_vocab_close(v);
	return tap_done();
}
