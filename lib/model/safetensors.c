/* SPDX-License-Identifier: MIT
 * What only this file knows: the safetensors format.  The file is untrusted:
 * its header is capped and each tensor must lie in the file and be as long as
 * its shape and type say. */
#include "model/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

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

static enum hw_status bad(const char *path, const char *name,
    const char *what, struct hw_err *e)
{
	return hw_fail(e, HW_CORRUPT, "%s: tensor %.64s: %s", path, name,
	    what);
}

static enum hw_status read_shape(const json_t *shape, struct hw_safe *t,
    uint64_t *elements, const char *path, struct hw_err *e)
{
	size_t n = json_array_size(shape);

	if (!json_is_array(shape) || n > HW_TENSOR_DIMS)
		return bad(path, t->name, "has no shape, or more than 4 "
		    "dimensions", e);
	t->n = (unsigned)n;
	*elements = 1;
	for (size_t i = 0; i < HW_TENSOR_DIMS; i++) {
		const json_t *x = i < n ? json_array_get(shape, i) : NULL;

		t->shape[i] = 1;
		if (x != NULL && (!json_is_integer(x) ||
		    json_integer_value(x) < 0))
			return bad(path, t->name, "a dimension is no natural "
			    "number", e);
		if (x != NULL)
			t->shape[i] = (uint64_t)json_integer_value(x);
		if (!hw_mul(*elements, t->shape[i], elements) ||
		    *elements >= (uint64_t)1 << 60)
			return bad(path, t->name, "absurd dimensions", e);
	}
	return HW_OK;
}

static enum hw_status read_dtype(const json_t *entry, struct hw_safe *t,
    uint64_t *bytes, const char *path, struct hw_err *e)
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
	return hw_fail(e, HW_UNSUPPORTED, "%s: tensor %.64s is of type %.16s",
	    path, t->name, name != NULL ? name : "of no name");
}

/* `data`: the bytes behind the header. */
static enum hw_status read_tensor(const json_t *entry, struct hw_safe *t,
    struct hw_view data, const char *path, struct hw_err *e)
{
	const json_t *at = json_object_get(entry, "data_offsets");
	uint64_t elements = 0, bytes = 0, begin, end;

	HW_TRY(read_dtype(entry, t, &bytes, path, e));
	HW_TRY(read_shape(json_object_get(entry, "shape"), t, &elements, path,
	    e));
	if (!json_is_array(at) || json_array_size(at) != 2 ||
	    !json_is_integer(json_array_get(at, 0)) ||
	    !json_is_integer(json_array_get(at, 1)) ||
	    json_integer_value(json_array_get(at, 0)) < 0)
		return bad(path, t->name, "has no place", e);
	begin = (uint64_t)json_integer_value(json_array_get(at, 0));
	end = (uint64_t)json_integer_value(json_array_get(at, 1));
	if (begin > end || end > data.n)
		return bad(path, t->name, "reaches past the end of the file",
		    e);
	if (!hw_mul(elements, bytes, &bytes) || bytes != end - begin)
		return bad(path, t->name, "is not as long as its shape and "
		    "type say", e);
	t->data = (struct hw_view){data.p + begin, (size_t)bytes};
	return HW_OK;
}

static enum hw_status each(const json_t *header, struct hw_view data,
    const char *path, hw_safe_fn *f, void *ctx, struct hw_err *e)
{
	const char *name;
	json_t *entry;

	if (json_object_size(header) > MAX_TENSORS)
		return hw_fail(e, HW_LIMIT, "%s: more than %d tensors", path,
		    MAX_TENSORS);
	json_object_foreach((json_t *)(uintptr_t)header, name, entry) {
		struct hw_safe t = {.name = name};

		if (strcmp(name, "__metadata__") == 0)
			continue;
		HW_TRY(read_tensor(entry, &t, data, path, e));
		HW_TRY(f(ctx, &t, e));
	}
	return HW_OK;
}

enum hw_status hw_safe_each(struct hw_view file, const char *path,
    hw_safe_fn *f, void *ctx, struct hw_err *e)
{
	struct hw_cur c = hw_cur(file);
	uint64_t n = hw_cur_u64(&c);
	enum hw_status st;
	json_error_t why;
	json_t *header;

	if (c.bad || n > file.n - 8)
		return hw_fail(e, HW_CORRUPT, "%s: byte 0: a header of %" PRIu64
		    " bytes in a file of %zu", path, n, file.n);
	if (n > MAX_HEADER)
		return hw_fail(e, HW_LIMIT, "%s: a header of more than %zu "
		    "bytes", path, MAX_HEADER);
	header = json_loadb((const char *)file.p + 8, (size_t)n,
	    JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(header)) {
		json_decref(header);
		return hw_fail(e, HW_CORRUPT, "%s: byte %d: %.80s", path,
		    8 + why.position, header == NULL ? why.text :
		    "the header is no object");
	}
	st = each(header, (struct hw_view){file.p + 8 + n,
	    file.n - 8 - (size_t)n}, path, f, ctx, e);
	json_decref(header);
	return st;
}
