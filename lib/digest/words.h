/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_WORDS_H
#define HW_DIGEST_WORDS_H

/* A masked text as words and what stands between them. */
#include "digest/mask.h"

#define HW_WORDS 64 /* those after so many are left as they are */

struct hw_word {
	size_t from, to; /* bytes of the masked text */
	uint64_t hash;
	uint64_t gap;    /* hash of what stands between it and the one before */
	bool masked;     /* it is a mask, and nothing else */
	bool plain;      /* no part of it is a mask */
	bool keyed;      /* behind "key=" or "\"key\":" */
	bool fixed;      /* never a variable: "sshd" of "sshd[<pid>]" */
};

struct hw_words {
	struct hw_word at[HW_WORDS];
	int n;
	uint64_t last_gap; /* behind the last word */
};

void hw_words_split(struct hw_words *w, struct hw_view masked,
    const struct hw_span *spans, size_t n_spans);

#endif
