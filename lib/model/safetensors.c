/* SPDX-License-Identifier: MIT
 * What only this file knows: the safetensors format.  The file is untrusted:
 * its header is capped and each tensor must lie in the file and be as long as
 * its shape and type say. */
#include "model/safetensors.h"

#include <inttypes.h>
#include <string.h>

#include "model/json.h"
#include "model/model.h"

#define MAX_HEADER ((size_t)8 << 20)
#define MAX_TENSORS 65536

static const struct dtype {
	const char *name;
	uint64_t bytes;
	uint32_t type;
} dtypes[] = {
	{"F32", 4, HW_F32}, {"F16", 2, HW_F16}, {"BF16", 2, HW_BF16},
	{"F64", 8, UINT32_MAX}, {"I64", 8, UINT32_MAX},
	{"U64", 8, UINT32_MAX}, {"I32", 4, UINT32_MAX},
	{"U32", 4, UINT32_MAX}, {"I16", 2, UINT32_MAX},
	{"U16", 2, UINT32_MAX}, {"I8", 1, UINT32_MAX}, {"U8", 1, UINT32_MAX},
	{"BOOL", 1, UINT32_MAX}, {"F8_E4M3", 1, UINT32_MAX},
	{"F8_E5M2", 1, UINT32_MAX},
};

struct reader {
	struct hw_json json;
	const struct hw_alloc *alloc;
	struct hw_view data; /* behind the header; p is NULL: not at hand */
};

/* Of the tensor whose description is at hand. */
static enum hw_status bad(const struct reader *r, const char *name,
    const char *what, struct hw_err *e)
{
	return hw_fail(e, HW_CORRUPT, "%s: byte %zu: tensor %.64s: %s",
	    r->json.path, hw_json_at(&r->json, name), name, what);
}

static enum hw_status read_shape(const json_t *shape, struct hw_safe *t,
    uint64_t *elements, const struct reader *r, struct hw_err *e)
{
	size_t n = json_array_size(shape);

	if (!json_is_array(shape) || n > HW_TENSOR_DIMS)
		return bad(r, t->name, "has no shape, or more than 4 "
		    "dimensions", e);
	t->n = (unsigned)n;
	*elements = 1;
	for (size_t i = 0; i < HW_TENSOR_DIMS; i++) {
		const json_t *x = i < n ? json_array_get(shape, i) : NULL;

		t->shape[i] = 1;
		if (x != NULL && (!json_is_integer(x) ||
		    json_integer_value(x) < 0))
			return bad(r, t->name, "a dimension is no natural "
			    "number", e);
		if (x != NULL)
			t->shape[i] = (uint64_t)json_integer_value(x);
		if (!hw_mul(*elements, t->shape[i], elements) ||
		    *elements >= (uint64_t)1 << 60)
			return bad(r, t->name, "absurd dimensions", e);
	}
	return HW_OK;
}

static enum hw_status read_dtype(const json_t *entry, struct hw_safe *t,
    uint64_t *bytes, const struct reader *r, struct hw_err *e)
{
	const char *name = json_string_value(json_object_get(entry, "dtype"));

	for (size_t i = 0; name != NULL &&
	    i < sizeof(dtypes) / sizeof(*dtypes); i++)
		if (strcmp(dtypes[i].name, name) == 0) {
			t->dtype = dtypes[i].name;
			t->type = dtypes[i].type;
			*bytes = dtypes[i].bytes;
			return HW_OK;
		}
	if (name == NULL)
		return bad(r, t->name, "has no type", e);
	return hw_fail(e, HW_UNSUPPORTED, "%s: byte %zu: tensor %.64s is of "
	    "type %.16s", r->json.path, hw_json_at(&r->json, t->name),
	    t->name, name);
}

static enum hw_status read_tensor(const struct reader *r,
    const json_t *entry, struct hw_safe *t, struct hw_err *e)
{
	const json_t *at = json_object_get(entry, "data_offsets");
	uint64_t elements = 0, bytes = 0, begin, end;

	HW_TRY(read_dtype(entry, t, &bytes, r, e));
	HW_TRY(read_shape(json_object_get(entry, "shape"), t, &elements, r,
	    e));
	if (!json_is_array(at) || json_array_size(at) != 2 ||
	    !json_is_integer(json_array_get(at, 0)) ||
	    !json_is_integer(json_array_get(at, 1)) ||
	    json_integer_value(json_array_get(at, 0)) < 0)
		return bad(r, t->name, "has no place", e);
	begin = (uint64_t)json_integer_value(json_array_get(at, 0));
	end = (uint64_t)json_integer_value(json_array_get(at, 1));
	if (begin > end || end > r->data.n)
		return bad(r, t->name, "reaches past the end of the file",
		    e);
	if (!hw_mul(elements, bytes, &bytes) || bytes != end - begin)
		return bad(r, t->name, "is not as long as its shape and "
		    "type say", e);
	t->at = (size_t)begin;
	t->data = (struct hw_view){r->data.p != NULL ? r->data.p + begin :
	    NULL, (size_t)bytes};
	return HW_OK;
}

/* Strings under strings. */
static enum hw_status check_metadata(const struct reader *r,
    const json_t *entry, struct hw_err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(entry))
		return bad(r, "__metadata__", "is no object", e);
	json_object_foreach((json_t *)(uintptr_t)entry, name, value)
		if (!json_is_string(value))
			return bad(r, "__metadata__", "holds other things than"
			    " strings", e);
	return HW_OK;
}

/* ---- no gap, no overlap -------------------------------------------------- */

struct span {
	const char *name;
	size_t at, n;
};

static bool lies_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct span *x = (const struct span *)ctx + a;
	const struct span *y = (const struct span *)ctx + b;

	/* Of two at one place the empty one comes first. */
	return x->at != y->at ? x->at < y->at : x->n < y->n;
}

static enum hw_status check_spans(const struct reader *r,
    const struct span *span, uint32_t *order, size_t n, struct hw_err *e)
{
	size_t at = 0, end = r->data.n;

	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	hw_heapsort(order, n, lies_before, span);
	for (size_t i = 0; i < n; i++) {
		const struct span *x = &span[order[i]];

		if (x->at != at)
			return bad(r, x->name, x->at < at ?
			    "overlaps another" : "lies behind a gap", e);
		at = x->at + x->n;
	}
	return at == end ? HW_OK : hw_fail(e, HW_CORRUPT, "%s: byte %zu: %zu "
	    "bytes that belong to no tensor", r->json.path, r->json.at +
	    r->json.text.n + at, end - at);
}

static enum hw_status read_spans(const struct reader *r, const json_t *header,
    struct span *span, uint32_t *order, struct hw_err *e)
{
	const char *name;
	json_t *entry;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)header, name, entry) {
		struct hw_safe t = {.name = name};

		if (strcmp(name, "__metadata__") == 0) {
			HW_TRY(check_metadata(r, entry, e));
			continue;
		}
		HW_TRY(read_tensor(r, entry, &t, e));
		span[n++] = (struct span){name, t.at, t.data.n};
	}
	return check_spans(r, span, order, n, e);
}

static enum hw_status check(const struct reader *r, const json_t *header,
    struct hw_err *e)
{
	size_t n = json_object_size(header);
	struct span *span = NULL;
	uint32_t *order = NULL;
	enum hw_status st;

	if (n > MAX_TENSORS)
		return hw_fail(e, HW_LIMIT, "%s: byte 8: more than %d tensors",
		    r->json.path, MAX_TENSORS);
	st = hw_new(r->alloc, &span, n, sizeof(*span), "tensors", e);
	if (st == HW_OK)
		st = hw_new(r->alloc, &order, n, sizeof(*order), "tensors",
		    e);
	if (st == HW_OK)
		st = read_spans(r, header, span, order, e);
	hw_del(r->alloc, span);
	hw_del(r->alloc, order);
	return st;
}

/* ---- the whole ----------------------------------------------------------- */

static enum hw_status each(const struct reader *r, const json_t *header,
    hw_safe_fn *f, void *ctx, struct hw_err *e)
{
	const char *name;
	json_t *entry;

	HW_TRY(check(r, header, e));
	json_object_foreach((json_t *)(uintptr_t)header, name, entry) {
		struct hw_safe t = {.name = name};

		if (strcmp(name, "__metadata__") == 0)
			continue;
		HW_TRY(read_tensor(r, entry, &t, e));
		HW_TRY(f(ctx, &t, e));
	}
	return HW_OK;
}

size_t hw_safe_head(struct hw_view first, uint64_t size)
{
	struct hw_cur c = hw_cur(first);
	uint64_t n = hw_cur_u64(&c);

	if (c.bad || n > size - HW_SAFE_LENGTH || n > MAX_HEADER)
		return first.n; /* enough to refuse it by */
	return HW_SAFE_LENGTH + (size_t)n;
}

enum hw_status hw_safe_each(struct hw_view file, uint64_t size,
    const char *path, const struct hw_alloc *a, hw_safe_fn *f, void *ctx,
    struct hw_err *e)
{
	struct reader r = {.json = {.at = 8, .path = path, .name = ""},
	    .alloc = a};
	struct hw_cur c = hw_cur(file);
	uint64_t n = hw_cur_u64(&c);
	enum hw_status st;
	json_t *header;

	if (c.bad || n > size - HW_SAFE_LENGTH)
		return hw_fail(e, HW_CORRUPT, "%s: byte 0: a header of %" PRIu64
		    " bytes in a file of %" PRIu64, path, n, size);
	if (n > MAX_HEADER)
		return hw_fail(e, HW_LIMIT, "%s: byte 8: more than %zu bytes "
		    "of JSON", path, MAX_HEADER);
	r.json.text = (struct hw_view){file.p + HW_SAFE_LENGTH, (size_t)n};
	r.data = (struct hw_view){file.n == size ? file.p + HW_SAFE_LENGTH +
	    n : NULL, (size_t)(size - HW_SAFE_LENGTH - n)};
	HW_TRY(hw_json_load(&header, &r.json, MAX_HEADER, e));
	st = each(&r, header, f, ctx, e);
	json_decref(header);
	return st;
}

static enum hw_status use_named(const struct hw_json *j, const json_t *index,
    struct hw_parts *parts, struct hw_err *e)
{
	const json_t *map = json_object_get(index, "weight_map");
	const char *name;
	json_t *file;

	if (!json_is_object(map))
		return hw_fail(e, HW_CORRUPT, "%s: %sbyte 0: there is no "
		    "weight_map", j->path, j->name);
	json_object_foreach((json_t *)(uintptr_t)map, name, file) {
		const char *part = json_string_value(file);

		if (part == NULL || !hw_parts_use(parts, part))
			return hw_fail(e, HW_CORRUPT, "%s: %sbyte %zu: the "
			    "file of %.40s, %.60s, is not there", j->path,
			    j->name, hw_json_at(j, name), name,
			    part != NULL ? part : "which is no name");
	}
	return HW_OK;
}

enum hw_status hw_safe_index(struct hw_view json,
    struct hw_parts *parts, const char *path, struct hw_err *e)
{
	struct hw_json j = {json, 0, path, HW_SAFE_INDEX ": "};
	enum hw_status st;
	json_t *index;

	HW_TRY(hw_json_load(&index, &j, MAX_HEADER, e));
	st = use_named(&j, index, parts, e);
	json_decref(index);
	return st;
}
