/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_RANK_H
#define HW_DIGEST_RANK_H

/* Which templates are news, of what kind, and in what order. */
#include "digest/table.h"

#define HW_RANK_POOL 64 /* the best candidates, of which rows are chosen */
#define HW_RANK_TOP 32  /* most rows */

struct hw_rank_window {
	uint64_t index;
	bool learning;
	uint64_t records, first_line, last_line;
	struct hw_exposure exposure;
	struct hw_rate_pool pool;
	struct hw_table *families;
};

struct hw_ranked {
	const struct hw_entry *x;
	enum hw_row_kind kind;
	double score;
	bool family; /* x is one, not a template */
};

/* How odd a template is that differs from what was known in a seldom word; 0:
 * it is not. */
double hw_rank_seldom(const struct hw_entry *x);
/* The kind of news that one template is in this window, if any. */
bool hw_rank_judge(const struct hw_entry *x, const struct hw_rank_window *w,
    struct hw_ranked *r);
/* Counts all kinds, and chooses at most top (<= HW_RANK_TOP) rows in the order
 * of news; returns how many. */
size_t hw_rank(const struct hw_table *t, const struct hw_rank_window *w,
    size_t top, uint64_t kinds[HW_N_ROW_KINDS], struct hw_ranked *rows);

#endif
