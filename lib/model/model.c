/* SPDX-License-Identifier: MIT
 * What only this file knows: the life of a model handle.
 *
 * Opening costs what the header costs: no weight is read.  After it the model
 * is immutable. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "model/arch.h"
#include "model/map.h"

#define TYPES 64 /* ggml's numbers are below it */

enum hw_status hw_copy_text(char **out, struct hw_view v, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	size_t n = 0;

	while (n < v.n && n < max && v.p[n] != '\0')
		n++;
	HW_TRY(hw_new(a, out, n + 1, 1, "a name", e));
	if (n > 0)
		memcpy(*out, v.p, n);
	return HW_OK;
}

static struct hw_view text(const char *s)
{
	return (struct hw_view){(const unsigned char *)s, strlen(s)};
}

static enum hw_status read_names(struct hw_model *m, struct hw_err *e)
{
	const char *slash = strrchr(m->path, '/');
	struct hw_view name = text(slash != NULL ? slash + 1 : m->path);
	struct hw_view arch = text("none");

	HW_TRY(hw_meta_string_or(&m->c, "general.name", &name, e));
	HW_TRY(hw_meta_string_or(&m->c, "general.architecture", &arch, e));
	HW_TRY(hw_copy_text(&m->name, name, 128, m->alloc, e));
	HW_TRY(hw_copy_text(&m->arch, arch, 64, m->alloc, e));
	m->info.path = m->path;
	m->info.name = m->name;
	m->info.arch = m->arch;
	return HW_OK;
}

/* Parameters of a tensor: checked when its file was read, < 2^60. */
static uint64_t params(const struct hw_tensor *t)
{
	return t->dims[0] * t->dims[1] * t->dims[2] * t->dims[3];
}

static void fill_info(struct hw_model *m)
{
	struct hw_model_info *i = &m->info;
	const struct hw_net *n = &m->net;

	i->n_vocab = (int)m->vocab->n;
	i->d_model = n->d_model;
	i->n_layers = n->n_layers;
	i->n_heads = n->n_heads;
	i->n_kv_heads = n->n_kv_heads;
	i->d_head = n->d_head;
	i->d_ffn = n->d_ffn;
	i->n_ctx = n->n_ctx;
	for (int l = 0; n->windows != NULL && l < n->n_layers; l++)
		if (n->windows[l] > 0) {
			i->native_window = n->windows[l];
			i->n_windowed++;
		}
	i->own_sink = n->own_sink;
	i->format = m->c.format;
	i->tokenizer = m->tok_kind;
	i->pretokenizer = m->tok_pre;
	i->unpacked = m->c.unpacked;
	i->bytes = m->c.bytes > 0 ? m->c.bytes : m->c.file.n;
	i->digest = hw_hash64(i->bytes, m->c.file.p, m->c.header);
	for (size_t t = 0; t < m->c.names.n; t++)
		i->n_params += params(&m->c.tensors[t]);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* `file` is NULL: map the file at `path`. */
static enum hw_status load(struct hw_model *m, const char *path,
    const struct hw_view *file, bool vocab_only, struct hw_err *e)
{
	HW_TRY(hw_copy_text(&m->path, text(path), SIZE_MAX, m->alloc, e));
	m->c.alloc = m->alloc;
	m->c.path = m->path;
	m->c.parts.alloc = m->alloc;
	m->c.vocab_only = vocab_only;
	hw_buf_init(&m->c.made_names, m->alloc, HW_MAX_JSON);
	m->c.dir = file == NULL && is_directory(path);
	if (file == NULL && !m->c.dir) {
		HW_TRY(hw_map_open(&m->map, path, e));
		if (m->map.n == 0)
			return hw_fail(e, HW_FORMAT, "%s: not a model: it is "
			    "empty", path);
	}
	m->c.file = file != NULL ? *file : m->map;
	HW_TRY(hw_container_open(&m->c, e));
	HW_TRY(read_names(m, e));
	if (!vocab_only)
		HW_TRY(hw_model_bind(m, e));
	HW_TRY(hw_model_load_vocab(m, m->net.n_vocab, e));
	if (m->net.own_sink && m->vocab->bos < 0)
		return hw_fail(e, HW_CORRUPT, "%s: headwater.sink_token "
		    "without tokenizer.ggml.bos_token_id", m->path);
	fill_info(m);
	return HW_OK;
}

static enum hw_status open_either(struct hw_model **out, const char *path,
    const struct hw_view *file, const struct hw_model_opts *opts,
    struct hw_err *e)
{
	static const struct hw_model_opts defaults;
	const struct hw_model_opts *o = opts != NULL ? opts : &defaults;
	enum hw_status status;
	struct hw_model *m = NULL;

	HW_TRY(hw_new(o->alloc, &m, 1, sizeof(*m), "model", e));
	m->alloc = o->alloc;
	status = load(m, path, file, o->vocab_only, e);
	if (status != HW_OK) {
		hw_model_close(m);
		return status;
	}
	*out = m;
	return HW_OK;
}

enum hw_status hw_model_open(struct hw_model **out, const char *path,
    const struct hw_model_opts *opts, struct hw_err *e)
{
	return open_either(out, path, NULL, opts, e);
}

enum hw_status hw_model_open_bytes(struct hw_model **out, struct hw_view file,
    const char *name, const struct hw_model_opts *opts, struct hw_err *e)
{
	return open_either(out, name, &file, opts, e);
}

void hw_model_close(struct hw_model *m)
{
	if (m == NULL)
		return;
	hw_del(m->alloc, m->net.layers);
	hw_del(m->alloc, m->factors);
	hw_del(m->alloc, m->windows);
	hw_del(m->alloc, m->slopes);
	hw_vocab_close(m->vocab);
	hw_del(m->alloc, m->token_at);
	hw_del(m->alloc, m->merge_at);
	hw_del(m->alloc, m->rule_at);
	hw_del(m->alloc, m->cut_at);
	hw_del(m->alloc, m->tok_kind);
	hw_del(m->alloc, m->tok_pre);
	hw_del(m->alloc, m->name);
	hw_del(m->alloc, m->arch);
	hw_container_release(&m->c);
	hw_map_close(&m->map);
	hw_del(m->alloc, m->path);
	hw_del(m->alloc, m);
}

const struct hw_model_info *hw_model_info(const struct hw_model *m)
{
	return &m->info;
}

static void add_type(const struct hw_model *m, uint32_t type,
    struct hw_model_type *t)
{
	*t = (struct hw_model_type){.name = hw_quant_ggml_name(type)};
	for (size_t i = 0; i < m->c.names.n; i++)
		if (m->c.tensors[i].type == type) {
			t->tensors++;
			t->params += params(&m->c.tensors[i]);
			t->bytes += m->c.tensors[i].data.n;
		}
}

bool hw_model_type(const struct hw_model *m, size_t i,
    struct hw_model_type *t)
{
	struct hw_model_type all[TYPES];
	size_t n = 0;

	/* An insertion sort: a file has two types, or three. */
	for (uint32_t type = 0; type < TYPES; type++) {
		struct hw_model_type x;
		size_t at = n;

		add_type(m, type, &x);
		if (x.tensors == 0)
			continue;
		for (; at > 0 && all[at - 1].params < x.params; at--)
			all[at] = all[at - 1];
		all[at] = x;
		n++;
	}
	if (i >= n)
		return false;
	*t = all[i];
	return true;
}

const struct hw_vocab *hw_model_vocab(const struct hw_model *m)
{
	return m->vocab;
}

const struct hw_net *hw_model_net(const struct hw_model *m)
{
	return m->bound ? &m->net : NULL;
}

const struct hw_tok_spec *hw_model_tok_spec(const struct hw_model *m)
{
	return &m->spec;
}
