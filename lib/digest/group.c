/* SPDX-License-Identifier: MIT
 * What only this file knows: how a free word (a user, a job, a host name) is
 * told from a word that was swapped.
 *
 * For each word of a text, the hash of the text without that word goes into a
 * bounded memory with a count.  A new text that meets such a hash differs from
 * an old one in that word alone.  The second and the third are news: a word
 * that never changed did.  From the fourth on the word is free, and all such
 * texts are one template with the word left open. */
#include "digest/group.h"

#include <string.h>

#include "base/hash.h"
#include "digest/mask.h"
#include "digest/severity.h"

#define SLOTS ((size_t)1 << 15)
#define FREE 3       /* spellings of a word that make it a free one */
#define MAX_WORDS 48 /* longer texts are compared as a whole */
#define MIN_WORDS 4  /* with fewer, one word is too much of the text */

struct hw_group_slot {
	uint32_t tag;
	uint32_t count;
};

struct words {
	struct hw_view at[MAX_WORDS];
	uint64_t hash[MAX_WORDS];
	int n, plain;
	bool more; /* there were more than fit */
};

enum hw_status hw_group_init(struct hw_group_memory *g,
    const struct hw_alloc *a, struct hw_err *e)
{
	*g = (struct hw_group_memory){.alloc = a};
	return hw_new(a, &g->slot, SLOTS, sizeof(*g->slot), "word memory", e);
}

void hw_group_release(struct hw_group_memory *g)
{
	hw_del(g->alloc, g->slot);
	*g = (struct hw_group_memory){0};
}

static void split(struct hw_view v, struct words *w)
{
	w->n = w->plain = 0;
	w->more = false;
	for (size_t i = 0; i < v.n;) {
		size_t from;

		while (i < v.n && v.p[i] == ' ')
			i++;
		for (from = i; i < v.n && v.p[i] != ' ';)
			i++;
		if (i == from)
			break;
		if (w->n == MAX_WORDS) {
			w->more = true;
			break;
		}
		w->at[w->n] = (struct hw_view){v.p + from, i - from};
		w->plain += memchr(v.p + from, '<', i - from) == NULL;
		w->hash[w->n] = hw_mix64(hw_hash64((uint64_t)w->n, v.p + from,
		    i - from));
		w->n++;
	}
}

static bool alarming(struct hw_view word)
{
	bool trouble;

	return hw_severity_read(word, &trouble) != HW_SEV_NONE || trouble;
}

static struct hw_group_slot *find(struct hw_group_memory *g, uint64_t h)
{
	struct hw_group_slot *s = &g->slot[h % SLOTS];
	uint32_t tag = (uint32_t)(h >> 32);

	if (s->tag != tag)
		*s = (struct hw_group_slot){.tag = tag};
	return s;
}

struct hw_group hw_group_place(struct hw_group_memory *g,
    struct hw_view masked)
{
	struct hw_group x = {.id = hw_mask_id(masked)};
	struct words w;
	uint64_t all = 0;

	split(masked, &w);
	for (int i = 0; i < w.n; i++) {
		uint64_t h = hw_hash64(1, w.at[i].p, w.at[i].n);

		all += w.hash[i];
		x.words[h >> 6 & 1] |= (uint64_t)1 << (h & 63);
	}
	if (w.more || w.plain < MIN_WORDS)
		return x;
	for (int i = 0; i < w.n; i++) {
		uint64_t h = hw_mix64(all - w.hash[i] + (uint64_t)(i + 1) *
		    0x9e3779b97f4a7c15u + (uint64_t)w.n);
		struct hw_group_slot *s;

		if (memchr(w.at[i].p, '<', w.at[i].n) != NULL)
			continue;
		s = find(g, h);
		if (s->count >= FREE && !alarming(w.at[i])) {
			x.id = h != 0 ? h : 1;
			x.open = i + 1;
			x.variant = false;
			return x;
		}
		if (s->count > 0 && !x.variant) {
			x.variant = true;
			x.word = w.at[i];
		}
		s->count++;
	}
	return x;
}
