/* SPDX-License-Identifier: MIT
 * What only this file knows: which tokens end a text by the files beside the
 * tokenizer.  A chat model often has more of them than tokenizer_config.json
 * can name: of the text, of a turn in it. */
#include "model/hf.h"
#include "model/json.h"

static const char key[] = "eos_token_id";

/* One id.  What no token can have, as -1 for none, is never written, and so
 * ends nothing. */
static bool take_id(struct hw_buf *ids, const json_t *j)
{
	json_int_t id = json_integer_value(j);

	if (json_is_integer(j) && id >= 0 && id < (json_int_t)UINT32_MAX)
		hw_buf_u32(ids, (uint32_t)id);
	return json_is_integer(j);
}

/* An id, a list of them, or null. */
static bool take_ids(struct hw_buf *ids, const json_t *j)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(j))
		return j == NULL || json_is_null(j) || take_id(ids, j);
	json_array_foreach(j, i, one)
		if (!take_id(ids, one))
			return false;
	return true;
}

static enum hw_status read_file(struct hw_buf *ids, const struct hw_json *j,
    struct hw_err *e)
{
	json_t *root;
	bool good;

	HW_TRY(hw_json_load(&root, j, HW_MAX_JSON, e));
	good = take_ids(ids, json_object_get(root, key));
	json_decref(root);
	return good ? HW_OK : hw_fail(e, HW_CORRUPT, "%s: %sbyte %zu: %s is "
	    "not a token or a list of tokens", j->path, j->name,
	    hw_json_at(j, key), key);
}

static enum hw_status read_files(struct hw_buf *ids, struct hw_container *c,
    struct hw_err *e)
{
	static const struct {
		const char *file, *name; /* the same, for messages */
	} files[] = {
		{"config.json", "config.json: "},
		{"generation_config.json", "generation_config.json: "},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const struct hw_view *text = hw_parts_find(&c->parts,
		    files[i].file);

		if (text != NULL && text->n > 0)
			HW_TRY(read_file(ids, &(struct hw_json){*text, 0,
			    c->path, files[i].name}, e));
	}
	return hw_buf_status(ids, "tokens", e);
}

enum hw_status hw_hf_ends(struct hw_synth *s, struct hw_err *e)
{
	struct hw_buf ids;
	enum hw_status st;

	hw_buf_init(&ids, s->c->alloc, 1 << 20);
	st = read_files(&ids, s->c, e);
	if (st == HW_OK && ids.n > 0) {
		hw_synth_array(s, "headwater.tokenizer.ends", HW_META_U32,
		    ids.n / 4);
		hw_buf_put(&s->values, ids.p, ids.n);
	}
	hw_buf_release(&ids);
	return st;
}
