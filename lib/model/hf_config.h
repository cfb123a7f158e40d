/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_HF_CONFIG_H
#define HW_MODEL_HF_CONFIG_H

/* config.json while it is read: what hf_config.c and hf_rope.c share. */
#include "model/hf.h"
#include "model/json.h"

struct hw_conf {
	struct hw_hf *h;
	struct hw_json json;
	const json_t *root;
	const struct hw_hf_kind *kind;
	double heads, kv, width, d_head, context;
};

/* The value under the first of some names ("a|b|c") that is there and not
 * null; NULL: none is, or o is NULL. */
const json_t *hw_conf_find(const json_t *o, const char *names);
/* Likewise, and it is of this type (WHAT: "an object"), or an error. */
HW_MUST enum hw_status hw_conf_typed(const struct hw_conf *c, const json_t *o,
    const char *names, json_type type, const char *what, const json_t **out,
    struct hw_err *e);
/* A number within bounds, a truth; *out is left alone where there is none. */
HW_MUST enum hw_status hw_conf_number(const struct hw_conf *c,
    const json_t *o, const char *names, double min, double max, double *out,
    struct hw_err *e);
HW_MUST enum hw_status hw_conf_flag(const struct hw_conf *c, const json_t *o,
    const char *name, bool *out, struct hw_err *e);
/* "NAME is not WHAT", with the name that the file has; HW_CORRUPT. */
HW_MUST enum hw_status hw_conf_bad(const struct hw_conf *c,
    const char *names, const char *what, struct hw_err *e);
/* HW_UNSUPPORTED, with the place of `key`. */
HW_MUST enum hw_status hw_conf_refuse(const struct hw_conf *c,
    const char *key, const char *what, struct hw_err *e);

/* hf_rope.c: rope_parameters, rope_scaling and what goes with them. */
HW_MUST enum hw_status hw_hf_rope(const struct hw_conf *c, struct hw_err *e);

#endif
