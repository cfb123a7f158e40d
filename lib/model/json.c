/* SPDX-License-Identifier: MIT
 * What only this file knows: what JSON may cost, and where in it a word
 * stands. */
#include "model/json.h"

#include <string.h>

/* A token that is all braces, and the objects of real files, stay below. */
#define OBJECTS(bytes) ((size_t)4096 + (bytes) / 24)

enum hw_status hw_json_load(json_t **out, const struct hw_json *j, size_t max,
    struct hw_err *e)
{
	const char *text = (const char *)j->text.p;
	size_t objects = 0;
	json_error_t why;

	*out = NULL;
	if (j->text.n > max)
		return hw_fail(e, HW_LIMIT, "%s: %sbyte %zu: more than %zu "
		    "bytes of JSON", j->path, j->name, j->at, max);
	for (size_t i = 0; i < j->text.n; i++)
		if (text[i] == '{' && ++objects > OBJECTS(j->text.n))
			return hw_fail(e, HW_LIMIT, "%s: %sbyte %zu: more "
			    "objects than a model can have", j->path, j->name,
			    j->at + i);
	*out = json_loadb(text, j->text.n, JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(*out))
		return HW_OK;
	if (*out != NULL) {
		json_decref(*out);
		*out = NULL;
		return hw_fail(e, HW_CORRUPT, "%s: %sbyte %zu: it is no "
		    "object", j->path, j->name, j->at);
	}
	if (json_error_code(&why) == json_error_out_of_memory)
		return hw_fail(e, HW_NOMEM, "%s: %sno memory for it", j->path,
		    j->name);
	return hw_fail(e, HW_CORRUPT, "%s: %sbyte %zu (line %d): %.90s",
	    j->path, j->name, j->at + (size_t)why.position, why.line,
	    why.text);
}

size_t hw_json_at(const struct hw_json *j, const char *word)
{
	size_t n = strcspn(word, "|");

	for (size_t i = 0; i + n + 2 <= j->text.n; i++)
		if (j->text.p[i] == '"' && j->text.p[i + n + 1] == '"' &&
		    memcmp(j->text.p + i + 1, word, n) == 0)
			return j->at + i;
	return j->at;
}
