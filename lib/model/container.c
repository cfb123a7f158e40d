/* SPDX-License-Identifier: MIT
 * What only this file knows: which formats are asked, and how a typed value is
 * got out of the metadata. */
#include "model/container.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

#define FORMAT(name) extern const struct hw_format hw_format_##name;
#include "model/formats.def"
#undef FORMAT

static const struct hw_format *const formats[] = {
#define FORMAT(name) &hw_format_##name,
#include "model/formats.def"
#undef FORMAT
};

#define FORMAT(name) " " #name
static const char tried[] =
#include "model/formats.def"
    "";
#undef FORMAT

enum hw_status hw_container_open(struct hw_container *c, struct hw_err *e)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i]->bid(c)) {
			c->format = formats[i]->name;
			return formats[i]->open(c, e);
		}
	return hw_fail(e, HW_FORMAT, "%s: not a model (tried:%s)", c->path,
	    tried);
}

void hw_container_release(struct hw_container *c)
{
	hw_names_release(&c->keys);
	hw_names_release(&c->names);
	hw_del(c->alloc, c->metas);
	hw_del(c->alloc, c->tensors);
	hw_del(c->alloc, c->made);
	hw_buf_release(&c->made_names);
	for (size_t i = 0; i < c->n_blocks; i++)
		hw_del_aligned(c->alloc, c->blocks[i]);
	hw_del(c->alloc, c->blocks);
	hw_parts_release(&c->parts);
	c->metas = NULL;
	c->tensors = NULL;
}

const struct hw_meta *hw_meta_find(const struct hw_container *c,
    const char *key)
{
	long i = hw_names_find(&c->keys, key);

	return i >= 0 ? &c->metas[i] : NULL;
}

struct hw_tensor *hw_tensor_find(const struct hw_container *c,
    const char *name)
{
	long i = hw_names_find(&c->names, name);

	return i >= 0 ? &c->tensors[i] : NULL;
}

bool hw_view_is(struct hw_view v, const char *s)
{
	return v.n == strlen(s) && memcmp(v.p, s, v.n) == 0;
}

static enum hw_status missing(const struct hw_container *c, const char *key,
    struct hw_err *e)
{
	return hw_fail(e, HW_CORRUPT, "%s: there is no key %s", c->path, key);
}

static enum hw_status wrong_type(const struct hw_container *c,
    const char *key, const struct hw_meta *m, const char *want,
    struct hw_err *e)
{
	return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is not %s (type %d)",
	    c->path, m->at, key, want, (int)m->type);
}

/* An integer of any width; false: of another type, or beyond int64. */
static bool integer(const struct hw_meta *m, int64_t *x)
{
	struct hw_cur c = hw_cur(m->bytes);
	uint64_t u;

	switch (m->type) {
	case HW_META_U8: *x = hw_cur_u8(&c); return true;
	case HW_META_I8: *x = (int8_t)hw_cur_u8(&c); return true;
	case HW_META_U16: *x = hw_cur_u16(&c); return true;
	case HW_META_I16: *x = (int16_t)hw_cur_u16(&c); return true;
	case HW_META_U32: *x = hw_cur_u32(&c); return true;
	case HW_META_I32: *x = (int32_t)hw_cur_u32(&c); return true;
	case HW_META_I64: *x = (int64_t)hw_cur_u64(&c); return true;
	case HW_META_U64:
		u = hw_cur_u64(&c);
		*x = u <= INT64_MAX ? (int64_t)u : INT64_MAX;
		return true;
	default:
		return false;
	}
}

enum hw_status hw_meta_int_or(const struct hw_container *c, const char *key,
    int64_t min, int64_t max, int *out, struct hw_err *e)
{
	const struct hw_meta *m = hw_meta_find(c, key);
	int64_t x;

	if (m == NULL)
		return HW_OK;
	if (m->type == HW_META_ARRAY)
		return hw_fail(e, HW_UNSUPPORTED, "%s: byte %zu: %s differs "
		    "from layer to layer", c->path, m->at, key);
	if (!integer(m, &x))
		return wrong_type(c, key, m, "an integer", e);
	if (x < min || x > max)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is %" PRId64
		    ", not within %" PRId64 "..%" PRId64, c->path, m->at, key,
		    x, min, max);
	*out = (int)x;
	return HW_OK;
}

enum hw_status hw_meta_int(const struct hw_container *c, const char *key,
    int64_t min, int64_t max, int *out, struct hw_err *e)
{
	if (hw_meta_find(c, key) == NULL)
		return missing(c, key, e);
	return hw_meta_int_or(c, key, min, max, out, e);
}

enum hw_status hw_meta_real_or(const struct hw_container *c, const char *key,
    double min, double max, double *out, struct hw_err *e)
{
	const struct hw_meta *m = hw_meta_find(c, key);
	struct hw_cur cur;
	double x;

	if (m == NULL)
		return HW_OK;
	cur = hw_cur(m->bytes);
	if (m->type == HW_META_F32)
		x = (double)hw_cur_f32(&cur);
	else if (m->type == HW_META_F64)
		x = hw_cur_f64(&cur);
	else
		return wrong_type(c, key, m, "a real number", e);
	if (!isfinite(x) || x < min || x > max)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is %g, not "
		    "within %g..%g", c->path, m->at, key, x, min, max);
	*out = x;
	return HW_OK;
}

enum hw_status hw_meta_real(const struct hw_container *c, const char *key,
    double min, double max, double *out, struct hw_err *e)
{
	if (hw_meta_find(c, key) == NULL)
		return missing(c, key, e);
	return hw_meta_real_or(c, key, min, max, out, e);
}

enum hw_status hw_meta_bool_or(const struct hw_container *c, const char *key,
    bool *out, struct hw_err *e)
{
	const struct hw_meta *m = hw_meta_find(c, key);

	if (m == NULL)
		return HW_OK;
	if (m->type != HW_META_BOOL)
		return wrong_type(c, key, m, "true or false", e);
	*out = m->bytes.p[0] != 0;
	return HW_OK;
}

enum hw_status hw_meta_string_or(const struct hw_container *c,
    const char *key, struct hw_view *out, struct hw_err *e)
{
	const struct hw_meta *m = hw_meta_find(c, key);

	if (m == NULL)
		return HW_OK;
	if (m->type != HW_META_STRING)
		return wrong_type(c, key, m, "a string", e);
	if (hw_utf8_valid(m->bytes.p, m->bytes.n) < m->bytes.n ||
	    memchr(m->bytes.p, '\0', m->bytes.n) != NULL)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is no text",
		    c->path, m->at, key);
	*out = m->bytes;
	return HW_OK;
}

enum hw_status hw_meta_array_or(const struct hw_container *c,
    const char *key, enum hw_meta_type elem, const struct hw_meta **out,
    struct hw_err *e)
{
	const struct hw_meta *m = hw_meta_find(c, key);

	*out = m;
	if (m == NULL)
		return HW_OK;
	if (m->type != HW_META_ARRAY)
		return wrong_type(c, key, m, "an array", e);
	if (m->elem != elem && m->n > 0)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is an array "
		    "of type %d, not %d", c->path, m->at, key, (int)m->elem,
		    (int)elem);
	return HW_OK;
}

struct hw_view hw_meta_next_string(struct hw_cur *c)
{
	uint64_t n = hw_cur_u64(c);

	return hw_cur_bytes(c, n);
}
