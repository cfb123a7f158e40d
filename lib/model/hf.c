/* SPDX-License-Identifier: MIT
 * What only this file knows: how the tensors of a Hugging Face model become
 * GGUF's.  Matrices stay where they are and as they are; what need not be
 * mapped in place is made F32 in private memory: vectors, since they are small
 * and often BF16, and unquantized experts, which lie transposed. */
#include "model/hf.h"
#include "model/hf_tok.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "kernels.h"
#include "model/model.h"
#include "model/safetensors.h"

#define NAME_SPACE ((size_t)96) /* longest name of a tensor here, + 1 */
#define FACTORS 2 /* tensors that config.json makes */

enum change {
	KEEP,
	SKIP,
	PLUS_ONE, /* norms that the model adds 1 to */
	IN_TURNS, /* a fused bias, head by head, brought in order */
	/* Of a stack of experts (e, in, out) transposed, or its biases (e,
	 * out): all, or every other output from the first or the second. */
	ALL, EVEN, ODD,
};

static const struct row {
	unsigned families;
	const char *theirs, *ours;
	enum change change;
} rows[] = {
#define LLAMA HW_HF_LLAMA
#define QWEN HW_HF_QWEN
#define NEOX HW_HF_NEOX
#define FALCON HW_HF_FALCON
#define MPT HW_HF_MPT
#define PHI3 HW_HF_PHI3
#define SMOLLM3 HW_HF_SMOLLM3
#define OLMO HW_HF_OLMO
#define GEMMA HW_HF_GEMMA
#define OSS HW_HF_OSS
#define NAME(families, theirs, ours, change) {families, theirs, ours, change},
#include "model/hf_names.def"
#undef NAME
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

struct loader {
	struct hw_hf *h;
	struct hw_container *c;
	char path[1024];  /* of the file at hand */
	size_t n, most;   /* tensors so far; at most */
};

/* Does `name` fit the pattern?  Where # stands, *layer and *digits are the
 * number. */
static bool fits(const char *pattern, const char *name, const char **layer,
    int *digits)
{
	*layer = "";
	*digits = 0;
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '#') {
			if (*pattern != *name++)
				return false;
			continue;
		}
		*layer = name;
		while (hw_is_digit((unsigned char)*name))
			name++;
		*digits = (int)(name - *layer);
		if (*digits == 0 || *digits > 6)
			return false;
	}
	return *name == '\0';
}

/* Is row i the one that tensors of its name take? */
static bool counts(size_t i, unsigned family)
{
	for (size_t k = 0; k < i; k++)
		if ((rows[k].families & family) != 0 &&
		    rows[k].change != EVEN &&
		    strcmp(rows[k].theirs, rows[i].theirs) == 0)
			return false;
	return (rows[i].families & family) != 0;
}

bool hw_hf_name(unsigned family, const char *ours, char *out, size_t size)
{
	const char *layer;
	int digits;

	for (size_t i = 0; i < N_ROWS; i++) {
		const char *theirs = rows[i].theirs;
		size_t n = strcspn(theirs, "#");

		if (!counts(i, family) ||
		    !fits(rows[i].ours, ours, &layer, &digits))
			continue;
		snprintf(out, size, "%.*s%.*s%s", (int)n, theirs, digits,
		    layer, theirs + n + (theirs[n] == '#'));
		return true;
	}
	return false;
}

/* The name of the next tensor, with the layer's number for #. */
static enum hw_status set_name(struct loader *l, const char *pattern,
    const char *layer, int digits, struct hw_err *e)
{
	struct hw_buf *b = &l->c->made_names;
	const char *hash = strchr(pattern, '#');
	size_t from = b->n;

	if (hash != NULL) {
		hw_buf_put(b, pattern, (size_t)(hash - pattern));
		hw_buf_put(b, layer, (size_t)digits);
		pattern = hash + 1;
	}
	hw_buf_str(b, pattern);
	if (b->n - from >= NAME_SPACE)
		return hw_fail(e, HW_LIMIT, "%s: a tensor whose name is longer "
		    "than %zu bytes", l->path, NAME_SPACE);
	/* The room was made before: the buffer does not move. */
	l->c->names.name[l->n] = (struct hw_view){b->p + from, b->n - from};
	return hw_buf_status(b, "names", e);
}

/* ---- data that is made anew ---------------------------------------------- */

static float element(const struct hw_safe *t, size_t i)
{
	uint16_t half;
	float x;

	if (t->type == HW_F32) {
		memcpy(&x, t->data.p + i * 4, 4);
		return x;
	}
	memcpy(&half, t->data.p + i * 2, 2);
	if (t->type == HW_F16)
		hw_f16_to_f32_c(&x, &half, 1);
	else
		hw_bf16_to_f32_c(&x, &half, 1);
	return x;
}

/* Place i of a bias in order is place ... of one in turns. */
static size_t in_turns(const struct hw_hf *h, size_t i)
{
	size_t d = (size_t)h->d_head, kv = (size_t)h->kv_heads;
	size_t group = (size_t)(h->heads / h->kv_heads), head = i / d;

	if (head < kv * group)
		head = head / group * (group + 2) + head % group;
	else if (head < kv * (group + 1))
		head = (head - kv * group) * (group + 2) + group;
	else
		head = (head - kv * (group + 1)) * (group + 2) + group + 1;
	return head * d + i % d;
}

/* Where element (expert, row, col) of (e, out, in) comes from. */
static size_t in_stack(const struct hw_safe *t, enum change change, size_t x,
    size_t row, size_t col)
{
	size_t out = (size_t)t->shape[t->n - 1];
	size_t in = t->n == 3 ? (size_t)t->shape[1] : 1;

	if (change != ALL)
		row = 2 * row + (change == ODD);
	return (x * in + col) * out + row;
}

static void fill_stack(float *y, const struct hw_safe *t, enum change change)
{
	size_t out = (size_t)t->shape[t->n - 1] / (change == ALL ? 1 : 2);
	size_t in = t->n == 3 ? (size_t)t->shape[1] : 1;

	for (size_t x = 0; x < (size_t)t->shape[0]; x++)
		for (size_t row = 0; row < out; row++)
			for (size_t col = 0; col < in; col++)
				*y++ = element(t, in_stack(t, change, x, row,
				    col));
}

/* Tensor l->n anew, in F32. */
static enum hw_status make(struct loader *l, const struct hw_safe *t,
    enum change change, struct hw_err *e)
{
	struct hw_container *c = l->c;
	struct hw_tensor *to = &c->tensors[l->n];
	size_t n = (size_t)(t->shape[0] * t->shape[1] * t->shape[2] *
	    t->shape[3]);
	float *y = NULL;

	if (change == EVEN || change == ODD)
		n /= 2;
	HW_TRY(hw_new_aligned(c->alloc, &y, n, sizeof(*y), t->name, e));
	c->blocks[c->n_blocks++] = y;
	c->unpacked += n * sizeof(*y);
	if (change >= ALL)
		fill_stack(y, t, change);
	else
		for (size_t i = 0; i < n; i++)
			y[i] = element(t, change == IN_TURNS ?
			    in_turns(l->h, i) : i) +
			    (change == PLUS_ONE ? 1.0f : 0.0f);
	to->type = HW_F32;
	to->data = (struct hw_view){(const unsigned char *)y,
	    n * sizeof(*y)};
	return HW_OK;
}

/* ---- tensors ------------------------------------------------------------- */

/* The shape in GGUF's order, as it is when `change` is done. */
static enum hw_status set_shape(const struct loader *l,
    const struct hw_safe *t, enum change change, struct hw_err *e)
{
	struct hw_tensor *to = &l->c->tensors[l->n];
	const struct hw_hf *h = l->h;

	to->n_dims = t->n > 0 ? t->n : 1;
	for (unsigned i = 0; i < HW_TENSOR_DIMS; i++)
		to->dims[i] = i < t->n ? t->shape[t->n - 1 - i] : 1;
	if (change == IN_TURNS && to->dims[0] !=
	    (uint64_t)(h->heads + 2 * h->kv_heads) * (uint64_t)h->d_head)
		return hw_fail(e, HW_CORRUPT, "%s: tensor %.64s is not for %d "
		    "heads", l->path, t->name, h->heads);
	if (change < ALL)
		return HW_OK;
	if (t->n != 2 && t->n != 3)
		return hw_fail(e, HW_CORRUPT, "%s: tensor %.64s is no stack "
		    "of experts", l->path, t->name);
	if (change != ALL && to->dims[0] % 2 != 0)
		return hw_fail(e, HW_CORRUPT, "%s: tensor %.64s: an odd number"
		    " of rows", l->path, t->name);
	if (change != ALL)
		to->dims[0] /= 2;
	if (t->n == 3) {
		uint64_t out = to->dims[0];

		to->dims[0] = to->dims[1];
		to->dims[1] = out;
	}
	return HW_OK;
}

static enum hw_status add(struct loader *l, const struct hw_safe *t,
    const struct row *row, const char *layer, int digits, struct hw_err *e)
{
	enum change change = row != NULL ? row->change : KEEP;
	struct hw_tensor *to = &l->c->tensors[l->n];
	bool readable = t->type == HW_F32 || t->type == HW_F16 ||
	    t->type == HW_BF16;

	if (l->n == l->most)
		return hw_fail(e, HW_LIMIT, "%s: too many tensors", l->path);
	HW_TRY(set_name(l, row != NULL ? row->ours : t->name, layer, digits,
	    e));
	if (row != NULL && !readable)
		return hw_fail(e, HW_UNSUPPORTED, "%s: tensor %.64s is of type"
		    " %s", l->path, t->name, t->dtype);
	HW_TRY(set_shape(l, t, change, e));
	to->type = t->type;
	to->data = t->data;
	if (l->c->vocab_only)
		to->data.p = NULL;
	else if (row != NULL && (change != KEEP || t->n <= 1))
		HW_TRY(make(l, t, change, e));
	l->n++;
	return HW_OK;
}

static enum hw_status load_tensor(void *ctx, const struct hw_safe *t,
    struct hw_err *e)
{
	struct loader *l = ctx;
	const char *layer;
	bool known = false;
	int digits;

	for (size_t i = 0; i < N_ROWS; i++) {
		const struct row *row = &rows[i];

		if ((row->families & l->h->family) == 0 ||
		    !fits(row->theirs, t->name, &layer, &digits))
			continue;
		known = true;
		if (row->change != SKIP)
			HW_TRY(add(l, t, row, layer, digits, e));
		if (row->change != EVEN)
			break; /* else the other half is to come */
	}
	/* Under its own name it will be refused as one without a place. */
	return known ? HW_OK : add(l, t, NULL, "", 0, e);
}

static enum hw_status count_tensor(void *ctx, const struct hw_safe *t,
    struct hw_err *e)
{
	struct loader *l = ctx;

	(void)t;
	(void)e;
	l->most += 2; /* a stack of experts becomes two */
	return HW_OK;
}

/* Which files the weights are in: those that the index names; or the one file
 * by the usual name; or all.  Others beside them may hold the same weights in
 * another form. */
static enum hw_status use_files(struct hw_container *c, struct hw_err *e)
{
	const struct hw_view *index = hw_parts_find(&c->parts, HW_SAFE_INDEX);

	if (index != NULL)
		return hw_safe_index(*index, &c->parts, c->path, e);
	if (hw_parts_use(&c->parts, "model.safetensors"))
		return HW_OK;
	for (size_t i = 0; i < c->parts.n; i++)
		c->parts.part[i].used =
		    hw_parts_is_weights(c->parts.part[i].name);
	return HW_OK;
}

static enum hw_status read_weights(struct hw_container *c, struct hw_err *e)
{
	HW_TRY(use_files(c, e));
	if (c->dir)
		HW_TRY(hw_parts_map_weights(&c->parts, c->path, e));
	else
		HW_TRY(hw_parts_unpack_weights(&c->parts, c->file, c->path,
		    c->vocab_only, e));
	for (size_t i = 0; i < c->parts.n; i++) {
		const struct hw_part *part = &c->parts.part[i];

		if (part->used || !hw_parts_is_weights(part->name))
			c->bytes += part->size;
		c->unpacked += part->mapped ? 0 : part->bytes.n;
	}
	return HW_OK;
}

/* Each file of weights. */
static enum hw_status each_file(struct loader *l, hw_safe_fn *f,
    struct hw_err *e)
{
	const struct hw_parts *p = &l->c->parts;

	for (size_t i = 0; i < p->n; i++) {
		const char *name = p->part[i].name;

		if (!p->part[i].used)
			continue;
		snprintf(l->path, sizeof(l->path), "%s%c%s", l->c->path,
		    l->c->dir ? '/' : ':', name);
		HW_TRY(hw_safe_each(p->part[i].bytes, p->part[i].size, l->path,
		    l->c->alloc, f, l, e));
	}
	return HW_OK;
}

static enum hw_status add_factors(struct loader *l, const char *name,
    const float *f, size_t n, struct hw_err *e)
{
	struct hw_safe t = {.name = name, .dtype = "F32", .type = HW_F32,
	    .shape = {n, 1, 1, 1}, .n = 1,
	    .data = {(const unsigned char *)f, n * sizeof(*f)}};
	struct row row = {0, name, name, KEEP};

	return f != NULL ? add(l, &t, &row, "", 0, e) : HW_OK;
}

static enum hw_status load_tensors(struct hw_hf *h, struct hw_container *c,
    struct hw_err *e)
{
	struct loader l = {.h = h, .c = c, .most = FACTORS};
	struct hw_view twice;

	HW_TRY(each_file(&l, count_tensor, e));
	if (l.most == FACTORS)
		return hw_fail(e, HW_CORRUPT, "%s: there are no weights in it "
		    "(*.safetensors)", c->path);
	HW_TRY(hw_names_open(&c->names, l.most, c->alloc, e));
	HW_TRY(hw_new(c->alloc, &c->tensors, l.most, sizeof(*c->tensors),
	    "tensors", e));
	HW_TRY(hw_new(c->alloc, &c->blocks, l.most, sizeof(*c->blocks),
	    "tensors", e));
	if (!hw_buf_room(&c->made_names, (l.most + 1) * NAME_SPACE))
		return hw_buf_status(&c->made_names, "names", e);
	HW_TRY(each_file(&l, load_tensor, e));
	HW_TRY(add_factors(&l, h->factors_name, h->short_factors,
	    h->n_factors, e));
	HW_TRY(add_factors(&l, "rope_factors_long.weight", h->long_factors,
	    h->n_factors, e));
	c->names.n = l.n;
	if (!hw_names_sort(&c->names, &twice))
		return hw_fail(e, HW_CORRUPT, "%s: the tensor %.*s comes "
		    "twice", c->path, twice.n < 64 ? (int)twice.n : 64,
		    (const char *)twice.p);
	/* If both are there, they are two, whatever it says: transformers 5
	 * sees it so, too. */
	if (h->untied && hw_tensor_find(c, "output.weight") == NULL)
		return hw_fail(e, HW_CORRUPT, "%s: there is no lm_head.weight,"
		    " and by config.json the output is not tied to the "
		    "embedding", c->path);
	return HW_OK;
}

/* ---- the format ---------------------------------------------------------- */

void hw_hf_release(struct hw_hf *h)
{
	hw_del(h->s->c->alloc, h->short_factors);
	hw_del(h->s->c->alloc, h->long_factors);
}

static bool bid(const struct hw_container *c)
{
	return c->dir || hw_parts_is_archive(c->file);
}

static enum hw_status load_tokenizer(struct hw_synth *s,
    const struct hw_container *c, struct hw_err *e)
{
	const struct hw_view *json = hw_parts_find(&c->parts,
	    "tokenizer.json");
	const struct hw_view *config = hw_parts_find(&c->parts,
	    "tokenizer_config.json");

	if (json == NULL) {
		hw_synth_string(s, "tokenizer.ggml.model", "no_vocab");
		return HW_OK;
	}
	return hw_hf_tokenizer(s, *json, config != NULL ? *config :
	    (struct hw_view){NULL, 0}, c->path, e);
}

static enum hw_status load(struct hw_hf *h, struct hw_container *c,
    struct hw_err *e)
{
	const struct hw_view *config;

	if (c->dir)
		HW_TRY(hw_parts_from_dir(&c->parts, c->path, e));
	else
		HW_TRY(hw_parts_from_archive(&c->parts, c->file, c->path, e));
	config = hw_parts_find(&c->parts, "config.json");
	if (config == NULL && hw_parts_find(&c->parts, "tokenizer.json") !=
	    NULL) {
		HW_TRY(load_tokenizer(h->s, c, e));
		return hw_synth_seal(h->s, e);
	}
	if (config == NULL)
		return hw_fail(e, HW_FORMAT, "%s: not a model: there is no "
		    "config.json in it", c->path);
	HW_TRY(hw_hf_config(h, *config, e));
	c->hf_family = h->family;
	HW_TRY(load_tokenizer(h->s, c, e));
	HW_TRY(hw_hf_ends(h->s, e));
	/* Before sealing, which puts keys where the archive was. */
	HW_TRY(read_weights(c, e));
	HW_TRY(hw_synth_seal(h->s, e));
	return load_tensors(h, c, e);
}

static enum hw_status open_hf(struct hw_container *c, struct hw_err *e)
{
	struct hw_synth s;
	struct hw_hf h = {.s = &s, .path = c->path};
	enum hw_status st;

	hw_synth_init(&s, c);
	st = load(&h, c, e);
	hw_hf_release(&h);
	hw_synth_release(&s);
	return st;
}

const struct hw_format hw_format_huggingface = {"huggingface", bid, open_hf};
