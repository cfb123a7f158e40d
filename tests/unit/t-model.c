/* SPDX-License-Identifier: MIT
 * lib/model: sound files of every type: what is bound to what, what tokens
 * spell, and that weights are not read before they are used. */
#include "tap.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixtures/recipe.h"
#include "model/arch.h"

static const struct recipe base = {.vocab = 290, .d = 64, .layers = 2,
    .heads = 4, .kv = 2, .ffn = 96, .context = 100, .theta = 5000,
    .seed = 7, .name = "a model", .pre = "gpt-2", .words = true};

/* Whole blocks of every type. */
static const struct recipe wide = {.vocab = 290, .d = 256, .layers = 2,
    .heads = 4, .kv = 2, .ffn = 512, .context = 100, .theta = 5000,
    .seed = 7, .name = "a model", .pre = "gpt-2", .words = true};

/* A model and the bytes it lies in. */
struct held {
	struct hw_buf b;
	unsigned char *p;
	struct hw_model *m;
};

static bool hold(struct held *h, struct recipe r)
{
	struct hw_err e = {0};

	*h = (struct held){.m = NULL};
	hw_buf_init(&h->b, NULL, (size_t)16 << 20);
	if (recipe_check(&r) != NULL)
		return false;
	recipe_file(&r, &h->b);
	if (hw_new_aligned(NULL, &h->p, h->b.n, 1, "file", &e) != HW_OK)
		return false;
	memcpy(h->p, h->b.p, h->b.n);
	if (hw_model_open_bytes(&h->m, (struct hw_view){h->p, h->b.n},
	    "file.gguf", NULL, &e) != HW_OK)
		diag("%s", e.msg);
	return h->m != NULL;
}

static void drop(struct held *h)
{
	hw_model_close(h->m);
	hw_del_aligned(NULL, h->p);
	hw_buf_release(&h->b);
}

static void info(void)
{
	struct held h;
	const struct hw_model_info *i;
	const struct hw_net *n;

	if (!ok(hold(&h, base), "a model opens"))
		return;
	i = hw_model_info(h.m);
	n = hw_model_net(h.m);
	is_str(i->name, "a model", "its name");
	is_str(i->arch, "llama", "its architecture");
	ok(i->n_vocab == 290 && i->d_model == 64 && i->n_layers == 2 &&
	    i->n_heads == 4 && i->n_kv_heads == 2 && i->d_head == 16 &&
	    i->d_ffn == 96 && i->n_ctx == 100, "its shape");
	is_int(i->n_params, 2 * 290 * 64 + 64 + 2 * (2 * 64 + 64 * 64 * 2 +
	    64 * 32 * 2 + 64 * 96 * 3), "its parameters are counted");
	is_int(i->bytes, h.b.n, "the size of the file");
	ok(fabs(n->rope_theta - 5000) < 1e-6 && n->rope_dims == 16 &&
	    n->rope_factors == NULL && !n->own_sink, "rotary settings");
	ok(fabsf(n->norm_eps - 1e-5f) < 1e-12f, "epsilon");
	ok(n->out.data != n->embd.data, "an output matrix of its own");
	drop(&h);
}

/* Element (0, 0) and the last one of a matrix must be where the fixture put
 * them: recompute them from the tensor's bytes in the file's order. */
static void places(uint32_t type, const char *name)
{
	struct recipe r = wide;
	struct held h;
	struct hw_buf t;
	const struct hw_matrix *down;

	r.type = type;
	if (!ok(hold(&h, r), "%s: opens", name))
		return;
	r.head_dim = 64;
	hw_buf_init(&t, NULL, (size_t)16 << 20);
	recipe_data(&r, 18, &t); /* blk.1.ffn_down */
	down = &hw_model_net(h.m)->layers[1].down;
	is_int(down->type, type, "%s: the type", name);
	ok(down->rows == 256 && down->cols == 512, "%s: the shape", name);
	ok(down->rows * down->row_bytes <= t.n && memcmp(down->data, t.p,
	    down->rows * down->row_bytes) == 0 &&
	    t.n - down->rows * down->row_bytes < 32, "%s: the bytes", name);
	is_int((uintptr_t)down->data % 32, 0, "%s: aligned", name);
	hw_buf_release(&t);
	drop(&h);
}

static void options(void)
{
	struct hw_stream_opts o = {.sinks = -1};
	struct recipe r = base;
	struct held h;
	const struct hw_net *n;

	r.tied = r.sink = true;
	r.advised = 99;
	r.factors = 64;
	r.theta = 500000;
	if (!ok(hold(&h, r), "tied, with rotary factors and a sink"))
		return;
	n = hw_model_net(h.m);
	ok(n->out.data == n->embd.data, "tied: the output is the embedding");
	ok(n->own_sink, "the sink is known");
	hw_stream_defaults(&o, h.m);
	ok(o.sinks == 1 && o.window == 99, "it is one, and the window is what "
	    "the file advises");
	ok(n->rope_factors != NULL && n->rope_factors[0] == 1 &&
	    n->rope_factors[7] == 8, "rotary factors are the file's");
	drop(&h);
	r = base;
	r.words = false;
	if (!ok(hold(&h, r), "a model of bare ids opens"))
		return;
	is_int(hw_vocab_size(hw_model_vocab(h.m)), 290, "its vocabulary");
	is_int(hw_vocab_bytes(hw_model_vocab(h.m), 289).n, 0, "spells nothing");
	is_str(hw_model_tok_spec(h.m)->kind, "none", "nor has a tokenizer");
	drop(&h);
}

static bool spells(const struct hw_vocab *v, uint32_t id, const char *s)
{
	struct hw_view b = hw_vocab_bytes(v, id);

	return b.n == strlen(s) && memcmp(b.p, s, b.n) == 0;
}

static void words(void)
{
	struct held h;
	const struct hw_vocab *v;
	const struct hw_tok_spec *s;
	bool all = true;

	if (!hold(&h, base))
		return;
	v = hw_model_vocab(h.m);
	s = hw_model_tok_spec(h.m);
	for (uint32_t b = 0; b < 256; b++) {
		struct hw_view t = hw_vocab_bytes(v, b + 2);

		all = all && t.n == 1 && t.p[0] == b;
	}
	ok(all, "each of the 256 bytes is spelled by its letter");
	ok(spells(v, 258 + 4, " the"), "a word with its space");
	ok(spells(v, 258 + 24, "\xc3\xa9"), "bytes of one character joined");
	ok(spells(v, 0, "<|bos|>"), "control tokens are plain text");
	ok(hw_vocab_kind(v, 0) == HW_TOKEN_SPECIAL &&
	    hw_vocab_kind(v, 2) == HW_TOKEN_NORMAL &&
	    hw_vocab_kind(v, 289) == HW_TOKEN_UNUSED, "kinds");
	ok(v->bos == 0 && v->eos == 1 && v->add_bos, "BOS and EOS");
	is_str(s->pre, "gpt-2", "the pre-tokenizer");
	is_int(s->n_merges, 25, "merges");
	ok(hw_view_is(s->merge(h.m, 4), "\xc4\xa0t he"), "a merge, as written");
	ok(hw_view_is(s->token(h.m, 262), "\xc4\xa0the"), "a token, likewise");
	drop(&h);
}

/* SentencePiece spellings, in a file without weights. */
static void pieces(void)
{
	static const struct {
		const char *text, *spells;
		uint32_t type;
	} t[] = {
		{"<unk>", "<unk>", 2}, {"<s>", "<s>", 3},
		{"<0x0A>", "\n", 6}, {"<0xFF>", "\xff", 6},
		{"\xe2\x96\x81the", " the", 1}, {"<0x41>", "<0x41>", 1},
		{"a\xe2\x96\x81\xe2\x96\x81", "a  ", 1},
		{"\xe2\x96\x81<b>", "\xe2\x96\x81<b>", 4},
	};
	size_t n = sizeof(t) / sizeof(*t);
	struct hw_model_opts o = {.vocab_only = true};
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	struct gguf_out g;
	struct hw_buf b;
	bool all = true;

	gguf_out_init(&g);
	hw_buf_init(&b, NULL, 65536);
	gguf_out_string(&g, "tokenizer.ggml.model", "llama");
	gguf_out_array(&g, "tokenizer.ggml.tokens", HW_META_STRING, n);
	for (size_t i = 0; i < n; i++)
		gguf_out_text(&g.metas, t[i].text, strlen(t[i].text));
	gguf_out_array(&g, "tokenizer.ggml.token_type", HW_META_I32, n);
	for (size_t i = 0; i < n; i++)
		hw_buf_u32(&g.metas, t[i].type);
	gguf_out_u32(&g, "tokenizer.ggml.bos_token_id", 1);
	gguf_out_head(&g, &b);
	is_int(hw_model_open_bytes(&m, (struct hw_view){b.p, b.n}, "spm", &o,
	    &e), HW_OK, "a SentencePiece vocabulary opens without weights%s",
	    e.msg);
	for (size_t i = 0; m != NULL && i < n; i++)
		all = all && spells(m->vocab, (uint32_t)i, t[i].spells);
	ok(m != NULL && all, "spaces, bytes and text are spelled");
	ok(m != NULL && m->vocab->add_bos, "its streams begin with BOS");
	ok(m != NULL && hw_model_net(m) == NULL, "no weights, no net");
	hw_model_close(m);
	is_int(hw_model_open_bytes(&m, (struct hw_view){b.p, b.n}, "spm",
	    NULL, NULL), HW_UNSUPPORTED, "with weights wanted, it is refused");
	hw_buf_release(&b);
	gguf_out_release(&g);
}

/* A file of version 2, which differs in nothing that we read.  Linear scaling
 * of the rotary positions is a factor for all frequencies. */
static void linear(void)
{
	struct recipe r = base;
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	struct gguf_out g;
	struct hw_buf b;

	gguf_out_init(&g);
	hw_buf_init(&b, NULL, (size_t)16 << 20);
	if (recipe_check(&r) != NULL)
		return;
	g.version = 2;
	recipe_head(&r, &g);
	gguf_out_string(&g, "llama.rope.scaling.type", "linear");
	gguf_out_f32(&g, "llama.rope.scaling.factor", 4);
	gguf_out_head(&g, &b);
	for (uint64_t i = 0; i < g.data; i++)
		hw_buf_u8(&b, 0);
	is_int(hw_model_open_bytes(&m, (struct hw_view){b.p, b.n}, "linear",
	    NULL, &e), HW_OK, "version 2, linear rotary scaling%s", e.msg);
	ok(m != NULL && m->net.rope_factors != NULL &&
	    m->net.rope_factors[0] == 4 && m->net.rope_factors[7] == 4,
	    "is a factor of 4 everywhere");
	hw_model_close(m);
	hw_buf_release(&b);
	gguf_out_release(&g);
}

/* A model of three layers, its weights 0, that says which layers have a window
 * of their own: by `list` (n of them), or by a period, or not at all (0). */
static enum hw_status with_windows(int got[3], int n, const uint8_t *list,
    uint32_t period, struct hw_err *e)
{
	struct recipe r = base;
	struct hw_model *m = NULL;
	struct gguf_out g;
	struct hw_buf b;
	enum hw_status st;

	gguf_out_init(&g);
	hw_buf_init(&b, NULL, (size_t)16 << 20);
	r.layers = 3;
	r.head_dim = 16;
	recipe_head(&r, &g);
	gguf_out_u32(&g, "llama.attention.sliding_window", 500);
	if (n > 0) {
		gguf_out_array(&g, "llama.attention.sliding_window_pattern",
		    HW_META_BOOL, (uint64_t)n);
		hw_buf_put(&g.metas, list, (size_t)n);
	} else if (period > 0) {
		gguf_out_u32(&g, "llama.attention.sliding_window_pattern",
		    period);
	}
	gguf_out_head(&g, &b);
	for (uint64_t i = 0; i < g.data; i++)
		hw_buf_u8(&b, 0);
	st = hw_model_open_bytes(&m, (struct hw_view){b.p, b.n}, "windows",
	    NULL, e);
	for (int i = 0; i < 3; i++)
		got[i] = m != NULL ? m->net.windows[i] : -1;
	hw_model_close(m);
	hw_buf_release(&b);
	gguf_out_release(&g);
	return st;
}

static void windows(void)
{
	struct hw_err e = {0};
	int w[3];

	is_int(with_windows(w, 3, (uint8_t[]){0, 1, 0}, 0, &e), HW_OK,
	    "layers with a window of their own, by a list%s", e.msg);
	ok(w[0] == 0 && w[1] == 500 && w[2] == 0, "are those that it names");
	is_int(with_windows(w, 0, NULL, 2, &e), HW_OK, "by a period%s",
	    e.msg);
	ok(w[0] == 500 && w[1] == 0 && w[2] == 500, "all but every second");
	is_int(with_windows(w, 0, NULL, 0, &e), HW_OK, "by a width alone%s",
	    e.msg);
	ok(w[0] == 500 && w[1] == 500 && w[2] == 500, "all");
	is_int(with_windows(w, 2, (uint8_t[]){0, 1}, 0, &e), HW_CORRUPT,
	    "too short a list: %s", e.msg);
}

static long resident_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* A model of 32 GB whose weights are a hole in the file. */
static void lazy(void)
{
	struct recipe r = {.vocab = 128000, .d = 8192, .layers = 10,
	    .heads = 64, .kv = 8, .ffn = 28672, .context = 8192,
	    .theta = 500000, .name = "large", .pre = ""};
	char path[] = "t-model.XXXXXX";
	int fd = mkstemp(path);
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	struct gguf_out g;
	struct hw_buf b;
	long before;

	gguf_out_init(&g);
	hw_buf_init(&b, NULL, (size_t)16 << 20);
	if (recipe_check(&r) != NULL)
		return;
	recipe_head(&r, &g);
	gguf_out_head(&g, &b);
	if (write(fd, b.p, b.n) != (ssize_t)b.n ||
	    ftruncate(fd, (off_t)(b.n + g.data)) != 0) {
		skip("no sparse files here");
	} else {
		before = resident_kib();
		is_int(hw_model_open(&m, path, NULL, &e), HW_OK,
		    "%" PRIu64 " MB of weights open%s", g.data / 1000000,
		    e.msg);
		ok(resident_kib() - before < 16 * 1024, "without being read");
		hw_model_close(m);
	}
	close(fd);
	unlink(path);
	hw_buf_release(&b);
	gguf_out_release(&g);
}

int main(void)
{
	info();
#define QUANT(name, id, elems, bytes, gemm, prep) places(HW_##name, #name);
#include "model/quants.def"
#undef QUANT
	options();
	words();
	pieces();
	linear();
	windows();
	lazy();
	return tap_done();
}
