/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_JSON_H
#define HW_MODEL_JSON_H

/* JSON in model files, which jansson reads. */
#include <jansson.h>

#include "base/err.h"

struct hw_json {
	struct hw_view text;
	size_t at;        /* where the text begins in the file */
	const char *path; /* of the file, or of the model that it is in */
	const char *name; /* "config.json: ", or "" */
};

/* The object that the text is: j->text of at most `max` bytes, no key twice,
 * no more objects in it than a model's file would have (each costs some 250
 * bytes).  HW_CORRUPT, HW_LIMIT, HW_NOMEM; the caller's to json_decref. */
HW_MUST enum hw_status hw_json_load(json_t **out, const struct hw_json *j,
    size_t max, struct hw_err *e);

/* Where in the file the first "word" stands in quotes, for messages; the
 * text's beginning if it is written in another way.  The word ends at a '|',
 * too. */
size_t hw_json_at(const struct hw_json *j, const char *word);

#endif
