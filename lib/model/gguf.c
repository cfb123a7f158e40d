/* SPDX-License-Identifier: MIT
 * What only this file knows: the GGUF format, versions 2 and 3: header,
 * metadata, tensor table, padding, tensor data.
 *
 * The file is untrusted.  Every count is compared with the bytes that are left
 * before anything is allocated for it; every offset and size is computed with
 * checks.  The header is read once, front to back; tensor data is never
 * touched.  Caps keep what a hostile header can cost below 64 MiB and a second,
 * and are three times and more of what real models need. */
#include "model/gguf.h"

#include <inttypes.h>
#include <string.h>

#include "model/model.h"

#define MAX_HEADER ((size_t)32 << 20)
#define MAX_METAS 16384
#define MAX_ALIGNMENT 65536
#define MAX_KEY 65535
#define MAX_NAME 64
#define MIN_META 13   /* bytes: empty key, type, one byte of value */
#define MIN_TENSOR 32 /* bytes: empty name, one dimension */

struct reader {
	struct hw_container *c;
	struct hw_cur cur;
	size_t alignment;
};

static bool bid(const struct hw_container *c)
{
	struct hw_view file = c->file;

	return file.n >= 4 && memcmp(file.p, "GGUF", 4) == 0;
}

/* After a piece was read: was it all there? */
static enum hw_status whole(struct reader *r, const char *what,
    struct hw_err *e)
{
	if (!r->cur.bad)
		return HW_OK;
	if (r->cur.v.n < r->c->file.n)
		return hw_fail(e, HW_LIMIT, "%s: byte %zu: header of more than"
		    " %zu bytes", r->c->path, r->cur.bad_at, r->cur.v.n);
	return hw_fail(e, HW_CORRUPT, "%s: byte %zu: the file ends within %s",
	    r->c->path, r->cur.bad_at, what);
}

static size_t offset(const struct reader *r, struct hw_view v)
{
	return (size_t)(v.p - r->c->file.p);
}

/* Keys and names are printable ASCII: others would look alike, or not at all,
 * in a message. */
static bool is_name(struct hw_view v, size_t max)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return v.n > 0 && v.n <= max;
}

/* The bytes of a scalar; 0: no scalar. */
static size_t scalar_size(uint32_t type)
{
	switch (type) {
	case HW_META_U8: case HW_META_I8: case HW_META_BOOL:
		return 1;
	case HW_META_U16: case HW_META_I16:
		return 2;
	case HW_META_U32: case HW_META_I32: case HW_META_F32:
		return 4;
	case HW_META_U64: case HW_META_I64: case HW_META_F64:
		return 8;
	default:
		return 0;
	}
}

static enum hw_status check_bool(const struct reader *r,
    const unsigned char *p, struct hw_err *e)
{
	return *p <= 1 ? HW_OK : hw_fail(e, HW_CORRUPT, "%s: byte %zu: a truth"
	    " value of %d", r->c->path, (size_t)(p - r->c->file.p), *p);
}

static enum hw_status read_array(struct reader *r, struct hw_meta *m,
    struct hw_err *e)
{
	uint32_t elem = hw_cur_u32(&r->cur);
	uint64_t n = hw_cur_u64(&r->cur), bytes;
	size_t from = r->cur.at;

	HW_TRY(whole(r, "an array", e));
	if (elem == HW_META_ARRAY)
		return hw_fail(e, HW_UNSUPPORTED, "%s: byte %zu: an array of "
		    "arrays", r->c->path, m->at);
	if (elem != HW_META_STRING && scalar_size(elem) == 0)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: an array of "
		    "unknown type %" PRIu32, r->c->path, m->at, elem);
	m->elem = (enum hw_meta_type)elem;
	if (elem != HW_META_STRING) {
		if (!hw_mul(n, scalar_size(elem), &bytes))
			bytes = UINT64_MAX; /* the cursor will refuse it */
		m->bytes = hw_cur_bytes(&r->cur, bytes);
	} else {
		/* Ends at the latest when the bytes do. */
		for (uint64_t i = 0; i < n && !r->cur.bad; i++)
			hw_meta_next_string(&r->cur);
		m->bytes = (struct hw_view){r->cur.v.p + from,
		    r->cur.at - from};
	}
	HW_TRY(whole(r, "an array", e));
	m->n = (size_t)n;
	for (size_t i = 0; elem == HW_META_BOOL && i < m->n; i++)
		HW_TRY(check_bool(r, m->bytes.p + i, e));
	return HW_OK;
}

static enum hw_status read_meta(struct reader *r, size_t i, struct hw_err *e)
{
	struct hw_meta *m = &r->c->metas[i];
	uint32_t type;

	r->c->keys.name[i] = hw_meta_next_string(&r->cur);
	type = hw_cur_u32(&r->cur);
	HW_TRY(whole(r, "a key", e));
	if (!is_name(r->c->keys.name[i], MAX_KEY))
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: a key that is "
		    "empty, too long or not printable", r->c->path,
		    offset(r, r->c->keys.name[i]));
	m->at = r->cur.at;
	m->n = 1;
	m->type = (enum hw_meta_type)type;
	if (type == HW_META_ARRAY)
		return read_array(r, m, e);
	if (type == HW_META_STRING)
		m->bytes = hw_meta_next_string(&r->cur);
	else if (scalar_size(type) > 0)
		m->bytes = hw_cur_bytes(&r->cur, scalar_size(type));
	else
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: a value of "
		    "unknown type %" PRIu32, r->c->path, m->at, type);
	HW_TRY(whole(r, "a value", e));
	return type == HW_META_BOOL ? check_bool(r, m->bytes.p, e) : HW_OK;
}

/* An unsigned number of 32 bits, as the format has it. */
static enum hw_status read_alignment(struct reader *r, struct hw_err *e)
{
	static const char key[] = "general.alignment";
	const struct hw_meta *m = hw_meta_find(r->c, key);
	int alignment = 32;

	if (m != NULL && m->type != HW_META_U32)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is not an "
		    "integer without a sign", r->c->path, m->at, key);
	HW_TRY(hw_meta_int_or(r->c, key, 8, MAX_ALIGNMENT, &alignment, e));
	if ((alignment & (alignment - 1)) != 0)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is %d, not a "
		    "power of two", r->c->path, m != NULL ? m->at : 0, key,
		    alignment);
	r->alignment = (size_t)alignment;
	return HW_OK;
}

static enum hw_status read_metas(struct reader *r, struct hw_err *e)
{
	struct hw_container *c = r->c;
	struct hw_view twice;

	for (size_t i = 0; i < c->keys.n; i++)
		HW_TRY(read_meta(r, i, e));
	if (!hw_names_sort(&c->keys, &twice))
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: the key %.*s "
		    "comes twice", c->path, offset(r, twice),
		    twice.n < 64 ? (int)twice.n : 64, (const char *)twice.p);
	return read_alignment(r, e);
}

/* ---- tensors ------------------------------------------------------------ */

static enum hw_status bad_tensor(const struct reader *r, size_t i,
    enum hw_status status, const char *what, struct hw_err *e)
{
	struct hw_view name = r->c->names.name[i];

	return hw_fail(e, status, "%s: byte %zu: tensor %.*s: %s",
	    r->c->path, offset(r, name), name.n < 64 ? (int)name.n : 64,
	    (const char *)name.p, what);
}

/* Its offset is kept in data.n until the header's end is known. */
static enum hw_status read_tensor(struct reader *r, size_t i,
    struct hw_err *e)
{
	struct hw_tensor *t = &r->c->tensors[i];
	uint64_t offset;

	r->c->names.name[i] = hw_meta_next_string(&r->cur);
	t->n_dims = hw_cur_u32(&r->cur);
	HW_TRY(whole(r, "the tensor table", e));
	if (!is_name(r->c->names.name[i], MAX_NAME))
		return bad_tensor(r, i, HW_CORRUPT, "its name is empty, too "
		    "long or not printable", e);
	if (t->n_dims < 1 || t->n_dims > HW_TENSOR_DIMS)
		return bad_tensor(r, i, HW_CORRUPT, "has no dimensions, or "
		    "more than 4", e);
	for (unsigned d = 0; d < HW_TENSOR_DIMS; d++)
		t->dims[d] = d < t->n_dims ? hw_cur_u64(&r->cur) : 1;
	t->type = hw_cur_u32(&r->cur);
	offset = hw_cur_u64(&r->cur);
	HW_TRY(whole(r, "the tensor table", e));
	if (offset > r->c->file.n)
		return bad_tensor(r, i, HW_CORRUPT, "lies outside the file",
		    e);
	if (offset % r->alignment != 0)
		return bad_tensor(r, i, HW_CORRUPT, "is not aligned", e);
	t->data.n = (size_t)offset;
	return HW_OK;
}

/* Its elements; false: 0, or more than can be. */
static bool elements(const struct hw_tensor *t, uint64_t *n)
{
	*n = 1;
	for (unsigned d = 0; d < HW_TENSOR_DIMS; d++)
		if (!hw_mul(*n, t->dims[d], n))
			return false;
	return *n > 0 && *n < (uint64_t)1 << 60;
}

/* Its bytes, if we know its type, else 0. */
static enum hw_status tensor_bytes(const struct reader *r, size_t i,
    uint64_t *bytes, struct hw_err *e)
{
	const struct hw_tensor *t = &r->c->tensors[i];
	uint64_t n, per_elems, per_bytes;

	*bytes = 0;
	if (!elements(t, &n))
		return bad_tensor(r, i, HW_CORRUPT, "absurd dimensions", e);
	if (!hw_quant_block(t->type, &per_elems, &per_bytes))
		return HW_OK;
	if (t->dims[0] % per_elems != 0)
		return bad_tensor(r, i, HW_CORRUPT, "a row is no whole number "
		    "of blocks", e);
	if (!hw_mul(n / per_elems, per_bytes, bytes))
		return bad_tensor(r, i, HW_CORRUPT, "absurd dimensions", e);
	return HW_OK;
}

static enum hw_status place_tensor(const struct reader *r, size_t i,
    struct hw_err *e)
{
	struct hw_tensor *t = &r->c->tensors[i];
	struct hw_view file = r->c->file;
	uint64_t at, end, bytes;

	HW_TRY(tensor_bytes(r, i, &bytes, e));
	if (!hw_add(r->c->header, t->data.n, &at) ||
	    !hw_add(at, bytes, &end) || end > file.n)
		return bad_tensor(r, i, HW_CORRUPT, "reaches past the end of "
		    "the file", e);
	t->data = (struct hw_view){file.p + at, (size_t)bytes};
	return HW_OK;
}

static bool lies_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct hw_tensor *t = ctx;

	/* Of two at one place the empty one comes first. */
	return t[a].data.p != t[b].data.p ? t[a].data.p < t[b].data.p :
	    t[a].data.n < t[b].data.n;
}

/* No two tensors share a byte, and nothing but padding lies between them or
 * behind the last: what is in such a place was never meant to be read.  The
 * length of one whose type is not known cannot be checked. */
static enum hw_status check_places(const struct reader *r,
    const uint32_t *by_place, struct hw_err *e)
{
	const struct hw_tensor *t = r->c->tensors;
	const unsigned char *file = r->c->file.p;
	size_t n = r->c->names.n, at = r->c->header, from;
	bool known = true;

	for (size_t i = 0; i < n; i++) {
		const struct hw_tensor *x = &t[by_place[i]];

		from = (size_t)(x->data.p - file);
		if (from < at)
			return bad_tensor(r, by_place[i], HW_CORRUPT,
			    "overlaps another", e);
		if (known && from - at >= r->alignment)
			return bad_tensor(r, by_place[i], HW_CORRUPT,
			    "lies behind a gap", e);
		known = x->data.n > 0;
		at = from + x->data.n;
	}
	if (known && r->c->file.n - at >= r->alignment)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %zu bytes behind "
		    "the last tensor", r->c->path, at, r->c->file.n - at);
	return HW_OK;
}

static enum hw_status sort_places(const struct reader *r, struct hw_err *e)
{
	enum hw_status status;
	size_t n = r->c->names.n;
	uint32_t *by_place = NULL;

	HW_TRY(hw_new(r->c->alloc, &by_place, n, sizeof(*by_place), "tensors",
	    e));
	for (size_t i = 0; i < n; i++)
		by_place[i] = (uint32_t)i;
	hw_heapsort(by_place, n, lies_before, r->c->tensors);
	status = check_places(r, by_place, e);
	hw_del(r->c->alloc, by_place);
	return status;
}

static enum hw_status read_tensors(struct reader *r, struct hw_err *e)
{
	struct hw_container *c = r->c;
	struct hw_view twice;
	uint64_t header;

	for (size_t i = 0; i < c->names.n; i++)
		HW_TRY(read_tensor(r, i, e));
	if (!hw_names_sort(&c->names, &twice))
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: the tensor %.*s "
		    "comes twice", c->path, offset(r, twice),
		    twice.n < 64 ? (int)twice.n : 64, (const char *)twice.p);
	header = (r->cur.at + r->alignment - 1) & ~(r->alignment - 1);
	/* A file of metadata alone need not be padded. */
	c->header = header < c->file.n ? (size_t)header : c->file.n;
	for (size_t i = 0; i < c->names.n; i++)
		HW_TRY(place_tensor(r, i, e));
	return sort_places(r, e);
}

/* ---- the whole ---------------------------------------------------------- */

static enum hw_status read_counts(struct reader *r, struct hw_err *e)
{
	struct hw_container *c = r->c;
	uint64_t n_tensors, n_metas;
	uint32_t version;

	hw_cur_u32(&r->cur); /* the magic */
	version = hw_cur_u32(&r->cur);
	n_tensors = hw_cur_u64(&r->cur);
	n_metas = hw_cur_u64(&r->cur);
	HW_TRY(whole(r, "the header", e));
	if (version == 0x02000000 || version == 0x03000000)
		return hw_fail(e, HW_UNSUPPORTED, "%s: byte 4: a big-endian "
		    "GGUF file", c->path);
	if (version != 2 && version != 3)
		return hw_fail(e, HW_UNSUPPORTED, "%s: byte 4: GGUF version %"
		    PRIu32 "; this program reads 2 and 3", c->path, version);
	if (n_tensors > hw_cur_left(&r->cur) / MIN_TENSOR ||
	    n_metas > hw_cur_left(&r->cur) / MIN_META)
		return hw_fail(e, HW_CORRUPT, "%s: byte 8: %" PRIu64 " tensors "
		    "and %" PRIu64 " keys cannot be in %zu bytes", c->path,
		    n_tensors, n_metas, c->file.n);
	if (n_tensors > HW_GGUF_MAX_TENSORS || n_metas > MAX_METAS)
		return hw_fail(e, HW_LIMIT, "%s: byte 8: more than %d tensors "
		    "or %d keys", c->path, HW_GGUF_MAX_TENSORS, MAX_METAS);
	HW_TRY(hw_names_open(&c->keys, (size_t)n_metas, c->alloc, e));
	HW_TRY(hw_names_open(&c->names, (size_t)n_tensors, c->alloc, e));
	HW_TRY(hw_new(c->alloc, &c->metas, c->keys.n, sizeof(*c->metas),
	    "metadata", e));
	return hw_new(c->alloc, &c->tensors, c->names.n, sizeof(*c->tensors),
	    "tensors", e);
}

enum hw_status hw_gguf_read(struct hw_container *c, struct hw_err *e)
{
	struct reader r = {.c = c};
	struct hw_view head = c->file;

	if (head.n > MAX_HEADER)
		head.n = MAX_HEADER;
	r.cur = hw_cur(head);
	HW_TRY(read_counts(&r, e));
	HW_TRY(read_metas(&r, e));
	return read_tensors(&r, e);
}

static enum hw_status open_gguf(struct hw_container *c, struct hw_err *e)
{
	HW_TRY(hw_gguf_read(c, e));
	return hw_gguf_join(c, e);
}

const struct hw_format hw_format_gguf = {"gguf", bid, open_gguf};
