/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_TABLE_H
#define HW_DIGEST_TABLE_H

/* The templates of the stream: a bounded table that forgets the least
 * recently seen.  It outlives the windows. */
#include "digest/group.h"
#include "digest/rate.h"
#include "digest/sample.h"
#include "digest/usual.h"

#define HW_NONE UINT32_MAX

struct hw_entry {
	uint64_t id;
	uint64_t family;         /* the id of its family; 0: none */
	uint64_t told;           /* of a family: the window in which the change
	                            of one of its own is a row */
	uint32_t next;           /* in its hash chain */
	uint32_t older, newer;   /* by last sight */
	enum hw_severity severity;
	bool trouble;            /* a word hints at it */
	enum hw_sight sight;     /* how its first record met what was known */
	double seldom;           /* bits of the word that made it a variant */
	double unforeseen;       /* bits: that it would be new */
	bool alarming;           /* which means trouble */
	uint64_t words[2];       /* a set of its words, hashed to bits */
	double novelty;          /* bits of its first record that were news */
	uint64_t total;          /* records in the stream */
	uint64_t first_window, last_window, windows; /* seen in so many */

	/* The window last_window. */
	uint64_t count, prev_count;
	uint64_t absent;         /* windows between the one before and it */
	int64_t first_ms, last_ms;
	uint64_t first_line, last_line;
	double oddness;          /* of its sample, for this template; 0: none */
	uint64_t odd_value;      /* hash of what is odd in it */

	struct hw_rate rate;     /* up to the window before */
	struct hw_usual usual[HW_SLOTS]; /* of its masked parts */
	struct hw_sample sample;
};

struct hw_table {
	const struct hw_alloc *alloc;
	struct hw_entry *entry;
	uint32_t *bucket;
	uint32_t n, max, mask;
	uint32_t used; /* entries that ever were; the others hold nothing */
	uint32_t oldest, newest;
	uint64_t forgotten;
};

HW_MUST enum hw_status hw_table_init(struct hw_table *t, size_t max,
    const struct hw_alloc *a, struct hw_err *e);
void hw_table_release(struct hw_table *t);
/* The entry of id, now the most recently seen; NULL: not there. */
struct hw_entry *hw_table_find(struct hw_table *t, uint64_t id);
/* The same, without a sight of it. */
struct hw_entry *hw_table_peek(struct hw_table *t, uint64_t id);
/* A fresh entry for an id that is not there; its sample is the forgotten
 * one's, to be set anew.  Never fails. */
struct hw_entry *hw_table_add(struct hw_table *t, uint64_t id);
/* Give an entry another id, that no entry has. */
void hw_table_rename(struct hw_table *t, struct hw_entry *x, uint64_t id);
/* Take an entry out; the last one takes its place in t->entry. */
void hw_table_remove(struct hw_table *t, struct hw_entry *x);

#endif
