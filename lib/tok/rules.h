/* SPDX-License-Identifier: MIT */
#ifndef HW_TOK_RULES_H
#define HW_TOK_RULES_H

/* What a tokenizer changes in a text before it is cut and encoded. */
#include "model/model.h"

struct hw_rules;

/* *out = NULL: nothing is ever changed.  HW_UNSUPPORTED, HW_NOMEM. */
HW_MUST enum hw_status hw_rules_open(struct hw_rules **out,
    const struct hw_model *m, const struct hw_alloc *a, struct hw_err *e);
void hw_rules_close(struct hw_rules *r);
/* *text becomes what it is changed to, borrowed until the next call.
 * HW_NOMEM; HW_CORRUPT: the model's rules make too much of it. */
HW_MUST enum hw_status hw_rules_apply(struct hw_rules *r,
    struct hw_view *text, struct hw_err *e);

#endif
