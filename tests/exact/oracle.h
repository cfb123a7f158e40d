/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_EXACT_ORACLE_H
#define HW_TESTS_EXACT_ORACLE_H

/* What the reference implementation of StreamingLLM computes, token by token
 * and in double: keys are kept unrotated, those that the rule chooses are put
 * in a row, and each is rotated by its place in it. */
#include "model/model.h"

/* The rule, or a mistake that a test has to notice. */
enum oracle_rule {
	ORACLE_RULE,
	ORACLE_TRUE_POSITIONS, /* places in the stream, not in the cache */
	ORACLE_ONE_LESS,       /* S + R keys: the query is of the R */
	ORACLE_SINK_OFF,       /* sinks stand one place later */
	ORACLE_SINKS_IN_WINDOWS, /* a layer's own window has sinks, too */
	ORACLE_N_RULES,
};

/* Router logits nearer than this may change places by rounding: from there on
 * the two computations are of different functions, and nothing can be said. */
#define ORACLE_TIE 4e-6

/* bits[i], entropy[i] of ids[i], i < n; [0] is left alone.  Returns how many of
 * them come before the first tie of experts: n if there is none. */
size_t oracle_score(const struct hw_net *net, enum oracle_rule rule,
    size_t sinks, size_t window, const uint32_t *ids, size_t n, double *bits,
    double *entropy);

#endif
