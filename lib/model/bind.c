/* SPDX-License-Identifier: MIT
 * What only this file knows: how a tensor of the file becomes a member of the
 * net, and what a file is refused for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/arch.h"
#include "model/hf.h"

#define ARCH(name, text) {text, hw_arch_##name},
static const struct {
	const char *name;
	hw_arch_fn *bind;
} archs[] = {
#include "model/archs.def"
};
#undef ARCH

#define ARCH(name, text) " " text
static const char known[] =
#include "model/archs.def"
    "";
#undef ARCH

static size_t size_at(const struct hw_sizes *sizes, size_t at)
{
	int n;

	memcpy(&n, (const char *)(const void *)sizes + at, sizeof(n));
	return (size_t)n;
}

/* A size of 0 is left out: then that dimension must be 1. */
static enum hw_status check_shape(const struct hw_container *c,
    const struct hw_tensor *t, const char *name, const uint64_t want[3],
    struct hw_err *e)
{
	bool same = t->dims[3] == 1;

	for (int i = 0; i < 3; i++)
		same &= t->dims[i] == (want[i] > 0 ? want[i] : 1);
	if (same)
		return HW_OK;
	return hw_fail(e, HW_CORRUPT, "%s: tensor %s has shape %" PRIu64 "x%"
	    PRIu64 "%s, not %" PRIu64 "x%" PRIu64 "%s", c->path, name,
	    t->dims[0], t->dims[1], t->n_dims > 2 ? "x..." : "", want[0],
	    want[1] > 0 ? want[1] : 1, want[2] > 0 ? "x..." : "");
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
	struct hw_matrix m;

	if (hw_quant_name(t->type) == NULL)
		return hw_fail(e, HW_UNSUPPORTED, "%s: tensor %s is of type "
		    "%s (%" PRIu32 "), which this version cannot read",
		    c->path, name, hw_quant_ggml_name(t->type), t->type);
	memcpy(&m, to, sizeof(m)); /* its bias may be there already */
	m.type = (enum hw_quant)t->type;
	m.rows = (size_t)(t->dims[1] * t->dims[2]);
	m.cols = (size_t)t->dims[0];
	m.data = t->data.p;
	m.row_bytes = t->data.n / m.rows;
	memcpy(to, &m, sizeof(m));
	return HW_OK;
}

enum hw_status hw_bind_missing(const struct hw_container *c,
    const char *name, struct hw_err *e)
{
	char theirs[128];

	return hw_fail(e, HW_CORRUPT, "%s: there is no tensor %s", c->path,
	    hw_hf_name(c->hf_family, name, theirs, sizeof(theirs)) ? theirs :
	    name);
}

enum hw_status hw_bind_slots(struct hw_container *c,
    const struct hw_slot *slots, size_t n, void *base, const char *prefix,
    const struct hw_sizes *sizes, struct hw_err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct hw_slot *s = &slots[i];
		void *to = (char *)base + s->at;
		struct hw_tensor *t;
		uint64_t want[3];
		char name[80];

		snprintf(name, sizeof(name), "%s%s", prefix, s->name);
		t = hw_tensor_find(c, name);
		if (t == NULL && s->optional)
			continue;
		if (t == NULL)
			return hw_bind_missing(c, name, e);
		for (int d = 0; d < 3; d++)
			want[d] = size_at(sizes, s->shape[d]);
		HW_TRY(check_shape(c, t, name, want, e));
		if (s->kind == HW_SLOT_MATRIX)
			HW_TRY(bind_matrix(c, t, name, to, e));
		else
			HW_TRY(bind_vector(c, t, name, to, e));
		t->used = true;
	}
	return HW_OK;
}

enum hw_status hw_bind_net(struct hw_model *m, const struct hw_slot *net,
    size_t n_net, const struct hw_slot *layer, size_t n_layer,
    const struct hw_sizes *sizes, struct hw_err *e)
{
	struct hw_net *n = &m->net;

	HW_TRY(hw_bind_slots(&m->c, net, n_net, n, "", sizes, e));
	if (n->out.data == NULL)
		n->out = n->embd;
	HW_TRY(hw_new(m->alloc, &n->layers, (size_t)n->n_layers,
	    sizeof(*n->layers), "layers", e));
	for (int i = 0; i < n->n_layers; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "blk.%d.", i);
		HW_TRY(hw_bind_slots(&m->c, layer, n_layer, &n->layers[i],
		    prefix, sizes, e));
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
	m->yarn_whole = true;
	HW_TRY(hw_meta_bool_or(&m->c, "headwater.qkv_turns", &m->qkv_turns,
	    e));
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
