/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_GROUP_H
#define HW_DIGEST_GROUP_H

/* Which template a masked text belongs to: its words that vary are found by
 * the places they stand in.  A finer grouping replaces this file and nothing
 * else. */
#include "base/buf.h"
#include "base/cur.h"
#include "digest/words.h"

/* How a text meets what was seen before it. */
enum hw_sight {
	HW_SIGHT_KNOWN,   /* every word stood in such a place before */
	HW_SIGHT_VARIANT, /* some word is another than those that stood there */
	HW_SIGHT_NEW,     /* some words stand where none did */
};

#define HW_FREE_WORDS 24 /* of a text that are told of */
#define HW_OPENED 256    /* places that vary and are told apart */

/* The places that the words of a text stand in, hashed to bits, three each: a
 * Bloom filter of 2,048. One that never was set has them all. */
struct hw_group_set {
	uint64_t not[32]; /* the bits that are not in it */
};

struct hw_group_memory {
	const struct hw_alloc *alloc;
	struct hw_place *place;
	unsigned char *text;
	size_t cap;
	/* Places that turned out to vary or had another word for the first
	 * time, in all. */
	uint64_t loosened;
	struct hw_words words;
	uint32_t stood[3 * HW_WORDS]; /* places of the last text */
	size_t n_stood;
	/* Hashes of places that turned out to vary since hw_group_settle; of
	 * more than there is room for, only the number. */
	uint64_t opened[HW_OPENED];
	size_t n_opened;
};

struct hw_group {
	uint64_t id;         /* of its text */
	struct hw_view text; /* masked, free words as <*>; borrowed until the
	                        next call */
	enum hw_sight sight;
	/* Where it is a variant: the word that is least to be expected, in the
	 * masked text, and -log2 of how seldom its place had another one. */
	size_t from, to;
	double seldom;
	/* -log2 of how often something new came where this record begins to be
	 * new: little, in a place where most of what comes is. */
	double unforeseen;
	bool alarming;       /* a word that is new to its place means trouble */
	/* Of its family: the text in which each word whose place has had
	 * another stands for all of them, up to where something new comes
	 * time and again; 0: that is the text itself. */
	uint64_t family;
	uint64_t set[2];     /* the set of words, hashed to bits */
	/* The words that are free, and which of all words each is. */
	struct {
		size_t from, to;
		int word;
	} free[HW_FREE_WORDS];
	int n_free;
};

/* For masked texts of up to max bytes. */
HW_MUST enum hw_status hw_group_init(struct hw_group_memory *g, size_t max,
    const struct hw_alloc *a, struct hw_err *e);
void hw_group_release(struct hw_group_memory *g);
/* The places in use, and back; the cursor goes bad where it cannot be. */
void hw_group_save(const struct hw_group_memory *g, struct hw_buf *b);
void hw_group_load(struct hw_group_memory *g, struct hw_cur *c);
/* Place a text, and learn from it.  With `learn` false the memory stays as it
 * is, and only id, text, free and family are told. */
void hw_group_place(struct hw_group_memory *g, struct hw_view masked,
    const struct hw_span *spans, size_t n_spans, bool learn,
    struct hw_group *x);
/* The same, and the text and the id are those of the family. */
void hw_group_loosely(struct hw_group_memory *g, struct hw_view masked,
    const struct hw_span *spans, size_t n_spans, struct hw_group *x);
/* The places of the last text that was placed. */
void hw_group_stood(const struct hw_group_memory *g, struct hw_group_set *s);
/* May one of a text's places have opened since hw_group_settle? */
bool hw_group_is_touched(const struct hw_group_memory *g,
    const struct hw_group_set *s);
void hw_group_settle(struct hw_group_memory *g);

#endif
