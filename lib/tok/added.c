/* SPDX-License-Identifier: MIT
 * What only this file knows: which tokens are found in text as they stand.
 * The sorted list of them serves as a trie: the tokens that share the prefix
 * read so far are neighbours, and a byte more narrows them by bisection. */
#include "tok/added.h"

#include <string.h>

/* No real one is longer, and a search costs at most this much a byte. */
#define LONGEST 256

static bool wanted(const struct hw_vocab *v, uint32_t id, bool special)
{
	struct hw_view b = hw_vocab_bytes(v, id);
	enum hw_token_kind kind = hw_vocab_kind(v, id);

	return b.n > 0 && b.n <= LONGEST && (kind == HW_TOKEN_USER ||
	    (special && kind == HW_TOKEN_SPECIAL));
}

static bool less(const struct hw_vocab *v, uint32_t a, uint32_t b)
{
	struct hw_view x = hw_vocab_bytes(v, a), y = hw_vocab_bytes(v, b);
	int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return c != 0 ? c < 0 : x.n != y.n ? x.n < y.n : a < b;
}

static void sink(const struct hw_added *x, size_t n, size_t at)
{
	for (size_t c; (c = 2 * at + 1) < n; at = c) {
		uint32_t t = x->id[at];

		if (c + 1 < n && less(x->vocab, x->id[c], x->id[c + 1]))
			c++;
		if (!less(x->vocab, t, x->id[c]))
			return;
		x->id[at] = x->id[c];
		x->id[c] = t;
	}
}

/* Heapsort: qsort may allocate behind the caller's allocator. */
static void sort(const struct hw_added *x)
{
	for (size_t i = x->n / 2; i-- > 0;)
		sink(x, x->n, i);
	for (size_t i = x->n; i-- > 1;) {
		uint32_t t = x->id[0];

		x->id[0] = x->id[i];
		x->id[i] = t;
		sink(x, i, 0);
	}
}

enum hw_status hw_added_init(struct hw_added *x, const struct hw_vocab *v,
    bool special, const struct hw_alloc *a, struct hw_err *e)
{
	size_t n = hw_vocab_size(v), at = 0;

	*x = (struct hw_added){.alloc = a, .vocab = v};
	for (size_t i = 0; i < n; i++)
		x->n += wanted(v, (uint32_t)i, special);
	HW_TRY(hw_new(a, &x->id, x->n, sizeof(*x->id), "added tokens", e));
	for (size_t i = 0; i < n; i++)
		if (wanted(v, (uint32_t)i, special))
			x->id[at++] = (uint32_t)i;
	sort(x);
	at = 0;
	for (unsigned c = 0; c < 256; c++) {
		x->first[c] = (uint32_t)at;
		while (at < x->n && hw_vocab_bytes(v, x->id[at]).p[0] == c)
			at++;
	}
	x->first[256] = (uint32_t)at;
	return HW_OK;
}

void hw_added_release(struct hw_added *x)
{
	hw_del(x->alloc, x->id);
	*x = (struct hw_added){0};
}

/* First of id[lo .. hi), which share `depth` bytes, whose byte there is at
 * least c (a token that ends there comes before all bytes). */
static size_t narrow(const struct hw_added *x, size_t lo, size_t hi,
    size_t depth, unsigned c)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct hw_view b = hw_vocab_bytes(x->vocab, x->id[mid]);

		if (b.n <= depth || b.p[depth] < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The longest token that text begins with. */
static bool match(const struct hw_added *x, struct hw_view text, size_t *n,
    uint32_t *id)
{
	size_t lo = x->first[text.p[0]], hi = x->first[text.p[0] + 1];
	bool found = false;

	for (size_t depth = 1; lo < hi; depth++) {
		/* The one that ends here comes first. */
		if (hw_vocab_bytes(x->vocab, x->id[lo]).n == depth) {
			found = true;
			*n = depth;
			*id = x->id[lo];
		}
		if (depth == text.n)
			break;
		lo = narrow(x, lo, hi, depth, text.p[depth]);
		hi = narrow(x, lo, hi, depth, text.p[depth] + 1u);
	}
	return found;
}

bool hw_added_find(const struct hw_added *x, struct hw_view text, size_t *at,
    size_t *n, uint32_t *id)
{
	if (x->n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned c = text.p[i];

		if (x->first[c] == x->first[c + 1])
			continue;
		*at = i;
		if (match(x, (struct hw_view){text.p + i, text.n - i}, n, id))
			return true;
	}
	return false;
}
