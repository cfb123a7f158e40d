/* SPDX-License-Identifier: MIT
 * What only this file knows: how a tensor of the file becomes a member of the
 * net, and what a file is refused for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/arch.h"

#define ARCH(name) {#name, hw_arch_##name},
static const struct {
	const char *name;
	hw_arch_fn *bind;
} archs[] = {
#include "model/archs.def"
};
#undef ARCH

#define ARCH(name) " " #name
static const char known[] =
#include "model/archs.def"
    "";
#undef ARCH

static size_t size_at(const void *sizes, size_t at)
{
	int n;

	memcpy(&n, (const char *)sizes + at, sizeof(n));
	return (size_t)n;
}

static enum hw_status check_shape(const struct hw_container *c,
    const struct hw_tensor *t, const char *name, size_t rows, size_t cols,
    struct hw_err *e)
{
	bool matrix = rows > 0;

	if (t->n_dims > 2 || (!matrix && t->dims[1] != 1) ||
	    t->dims[0] != cols || (matrix && t->dims[1] != rows))
		return hw_fail(e, HW_CORRUPT, "%s: tensor %s has shape "
		    "%" PRIu64 "x%" PRIu64 "%s, not %zux%zu", c->path, name,
		    t->dims[0], t->dims[1], t->n_dims > 2 ? "x..." : "",
		    cols, matrix ? rows : 1);
	return HW_OK;
}

static enum hw_status bind_vector(const struct hw_container *c,
    const struct hw_tensor *t, const char *name, void *to, struct hw_err *e)
{
	const void *p = t->data.p;

	if (t->type != HW_F32)
		return hw_fail(e, HW_UNSUPPORTED, "%s: tensor %s is of type "
		    "%s; it must be F32", c->path, name,
		    hw_quant_ggml_name(t->type));
	memcpy(to, &p, sizeof(p));
	return HW_OK;
}

static enum hw_status bind_matrix(const struct hw_container *c,
    const struct hw_tensor *t, const char *name, void *to, struct hw_err *e)
{
	struct hw_matrix m = {.rows = (size_t)t->dims[1],
	    .cols = (size_t)t->dims[0], .data = t->data.p};

	if (hw_quant_name(t->type) == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "%s: tensor %s is of type "
		    "%s (%" PRIu32 "), which this version cannot read",
		    c->path, name, hw_quant_ggml_name(t->type), t->type);
	m.type = (enum hw_quant)t->type;
	m.row_bytes = t->data.n / m.rows;
	memcpy(to, &m, sizeof(m));
	return HW_OK;
}

enum hw_status hw_bind_slots(struct hw_container *c,
    const struct hw_slot *slots, size_t n, void *base, const char *prefix,
    const void *sizes, struct hw_err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct hw_slot *s = &slots[i];
		void *to = (char *)base + s->at;
		struct hw_tensor *t;
		char name[80];

		snprintf(name, sizeof(name), "%s%s", prefix, s->name);
		t = hw_tensor_find(c, name);
		if (t == NULL && s->optional)
			continue;
		if (t == NULL)
			return hw_fail(e, HW_CORRUPT, "%s: there is no tensor "
			    "%s", c->path, name);
		HW_TRY(check_shape(c, t, name, s->kind == HW_SLOT_MATRIX ?
		    size_at(sizes, s->rows) : 0, size_at(sizes, s->cols), e));
		if (s->kind == HW_SLOT_MATRIX)
			HW_TRY(bind_matrix(c, t, name, to, e));
		else
			HW_TRY(bind_vector(c, t, name, to, e));
		t->used = true;
	}
	return HW_OK;
}

static enum hw_status refuse_unused(const struct hw_model *m,
    struct hw_err *e)
{
	const struct hw_container *c = &m->c;

	for (size_t i = 0; i < c->names.n; i++) {
		struct hw_view name = c->names.name[i];

		if (!c->tensors[i].used)
			return hw_fail(e, HW_UNSUPPORTED, "%s: tensor %.*s has "
			    "no place in architecture %s as this version "
			    "knows it", c->path, name.n < 64 ? (int)name.n :
			    64, (const char *)name.p, m->info.arch);
	}
	return HW_OK;
}

enum hw_status hw_model_bind(struct hw_model *m, struct hw_err *e)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(*archs); i++) {
		if (strcmp(archs[i].name, m->info.arch) != 0)
			continue;
		HW_TRY(archs[i].bind(m, e));
		HW_TRY(refuse_unused(m, e));
		m->bound = true;
		return HW_OK;
	}
	return hw_fail(e, HW_UNSUPPORTED, "%s: architecture \"%s\"; this "
	    "version knows:%s", m->c.path, m->info.arch, known);
}
