/* SPDX-License-Identifier: MIT
 * lib/model: files that lie.  Each row below is a sound model with one thing
 * changed; it must be refused for that reason, in one line.  (tests/fuzz turns
 * every bit; here it is known what the answer must be.) */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixtures/recipe.h"
#include "fixtures/watch.h"
#include "model/arch.h"

#define IQ2_S 22 /* a type we cannot read */

struct lie {
	const char *what;
	const char *skip; /* the key or tensor that is left out */
	void (*add)(struct gguf_out *g);
	enum hw_status status;
	const char *says;
};

/* ---- what is added ------------------------------------------------------ */

#define ADD(name, ...) static void name(struct gguf_out *g) { __VA_ARGS__; }
#define U32(name, key, x) ADD(name, gguf_out_u32(g, key, x))
#define F32(name, key, x) ADD(name, gguf_out_f32(g, key, x))
#define TEXT(name, key, x) ADD(name, gguf_out_string(g, key, x))
#define DIMS(...) (const uint64_t[]){__VA_ARGS__}
/* A tensor in a place of its own (rows 0: a vector), and a row of the table
 * that says what it likes. */
#define TENSOR(fn, name, type, rows, cols) \
	ADD(fn, gguf_out_tensor(g, name, type, rows, cols, \
	    (type == HW_F16 ? 2u : 4u) * (rows > 0 ? rows : 1u) * cols))
#define ROW(fn, name, type, n, dims, at) \
	ADD(fn, gguf_out_row(g, name, type, n, dims, at))

U32(width_0, "llama.embedding_length", 0)
U32(width_huge, "llama.embedding_length", UINT32_MAX)
U32(width_other, "llama.embedding_length", 16)
U32(layers_0, "llama.block_count", 0)
U32(layers_huge, "llama.block_count", 1000000)
U32(layers_2, "llama.block_count", 2)
TEXT(layers_text, "llama.block_count", "1")
F32(layers_real, "llama.block_count", 1)
U32(heads_0, "llama.attention.head_count", 0)
U32(heads_3, "llama.attention.head_count", 3)
U32(kv_0, "llama.attention.head_count_kv", 0)
U32(kv_9, "llama.attention.head_count_kv", 9)
U32(key_6, "llama.attention.key_length", 6)
U32(key_0, "llama.attention.key_length", 0)
U32(value_16, "llama.attention.value_length", 16)
U32(rotary_3, "llama.rope.dimension_count", 3)
U32(rotary_99, "llama.rope.dimension_count", 99)
U32(ffn_0, "llama.feed_forward_length", 0)
U32(context_0, "llama.context_length", 0)
U32(experts, "llama.expert_count", 8)
F32(eps_nan, "llama.attention.layer_norm_rms_epsilon", NAN)
F32(eps_negative, "llama.attention.layer_norm_rms_epsilon", -1)
F32(theta_nan, "llama.rope.freq_base", NAN)
F32(theta_inf, "llama.rope.freq_base", INFINITY)
F32(theta_0, "llama.rope.freq_base", 0)
TEXT(dynamic, "llama.rope.scaling.type", "dynamic")
TEXT(arch_other, "general.architecture", "gpt9")
U32(arch_number, "general.architecture", 1)
TEXT(words_other, "tokenizer.ggml.model", "wordpiece")
U32(align_0, "general.alignment", 0)
U32(align_48, "general.alignment", 48)
U32(align_huge, "general.alignment", 1u << 30)
U32(bos_outside, "tokenizer.ggml.bos_token_id", 260)
F32(twice, "llama.rope.freq_base", 10000)
ADD(sink_text, gguf_out_string(g, "headwater.sink_token", "yes"))
ADD(window_0, gguf_out_u32(g, "headwater.window", 0))

static void array_of(struct gguf_out *g, uint32_t elem, uint64_t n)
{
	gguf_out_array(g, "an.array", elem, n);
	hw_buf_u64(&g->metas, 0);
}
ADD(array_wraps, array_of(g, HW_META_U64, (uint64_t)1 << 61))
ADD(array_huge, array_of(g, HW_META_U8, UINT64_MAX))
ADD(array_strings, array_of(g, HW_META_STRING, UINT64_MAX))
ADD(array_nested, array_of(g, HW_META_ARRAY, 1))
ADD(array_unknown, array_of(g, 77, 1))
ADD(value_unknown, gguf_out_key(g, "a.key", 13))
ADD(text_huge, gguf_out_key(g, "a.key", HW_META_STRING);
    hw_buf_u64(&g->metas, UINT64_MAX))
ADD(key_huge, hw_buf_u64(&g->metas, (uint64_t)1 << 63); g->n_metas++)
ADD(metas_huge, g->n_metas = UINT64_MAX)
ADD(tensors_huge, g->n_tensors = UINT64_MAX - 100)
ADD(metas_more, g->n_metas++)
ADD(version_1, g->version = 1)
ADD(version_2, g->version = 2)
ADD(version_4, g->version = 4)
ADD(big_endian, g->version = 0x03000000)
ADD(types_few, gguf_out_array(g, "tokenizer.ggml.token_type", HW_META_I32, 1);
    hw_buf_u32(&g->metas, 1))
ADD(tokens_numbers, gguf_out_array(g, "tokenizer.ggml.tokens", HW_META_U8, 1);
    hw_buf_u8(&g->metas, 1))
ADD(tokens_none, gguf_out_array(g, "tokenizer.ggml.tokens", HW_META_STRING,
    0))
ADD(tokens_few, gguf_out_array(g, "tokenizer.ggml.tokens", HW_META_STRING,
    1); gguf_out_text(&g->metas, "a", 1))

#define NORM "output_norm.weight"
TENSOR(norm_quantized, NORM, IQ2_S, 0, 32)
TENSOR(norm_f16, NORM, HW_F16, 0, 32)
TENSOR(norm_long, NORM, HW_F32, 0, 64)
TENSOR(norm_matrix, NORM, HW_F32, 2, 32)
ROW(norm_misaligned, NORM, HW_F32, 1, DIMS(32), 4)
ROW(norm_outside, NORM, HW_F32, 1, DIMS(32), (uint64_t)1 << 40)
ROW(norm_wraps, NORM, HW_F32, 1, DIMS(32), UINT64_MAX - 31)
ROW(norm_overlaps, NORM, HW_F32, 1, DIMS(32), 32)
ROW(norm_empty, NORM, HW_F32, 1, DIMS(0), 0)
ROW(norm_product, NORM, HW_F32, 2, DIMS((uint64_t)1 << 33,
    (uint64_t)1 << 33), 0)
ROW(norm_long_long, NORM, HW_F32, 1, DIMS((uint64_t)1 << 59), 0)
ROW(no_dims, NORM, HW_F32, 0, DIMS(0), 0)
ROW(five_dims, NORM, HW_F32, 5, DIMS(1, 1, 1, 1, 32), 0)
/* A row of one block and a half (of one float, where another lies); a matrix
 * of more than there is. */
#define QUANT(name, id, elems, bytes, gemm, prep) \
	ROW(half_##name, NORM, id, 1, DIMS((elems) + (elems) / 2), 0) \
	ROW(short_##name, NORM, id, 2, DIMS(elems, \
	    (1 << 20) / (bytes) + 1), 0)
#include "model/quants.def"
#undef QUANT
#define EMBD "token_embd.weight"
ROW(embd_quantized, EMBD, IQ2_S, 2, DIMS(32, 260), 0)
TENSOR(embd_rows, EMBD, HW_F32, 259, 32)
ROW(embd_huge, EMBD, IQ2_S, 2, DIMS(1, (uint64_t)1 << 40), 0)
TENSOR(bias, "blk.0.attn_norm.bias", HW_F32, 0, 32)
ROW(tensor_twice, NORM, HW_F32, 1, DIMS(32), 0)
static void control(struct gguf_out *g)
{
	gguf_out_row(g, "x\033[2J\n", HW_F32, 0, NULL, 0);
}

static const struct lie lies[] = {
#define KEY(add, key, status, says) {#add, "llama." key, add, status, says}
	KEY(width_0, "embedding_length", HW_CORRUPT, "is 0, not within"),
	KEY(width_huge, "embedding_length", HW_CORRUPT, "is 4294967295"),
	KEY(width_other, "embedding_length", HW_CORRUPT, "has shape"),
	KEY(layers_0, "block_count", HW_CORRUPT, "is 0, not within"),
	KEY(layers_huge, "block_count", HW_CORRUPT, "not within"),
	KEY(layers_2, "block_count", HW_CORRUPT, "no tensor blk.1.attn_norm"),
	KEY(layers_text, "block_count", HW_CORRUPT, "is not an integer"),
	KEY(layers_real, "block_count", HW_CORRUPT, "is not an integer"),
	KEY(NULL, "block_count", HW_CORRUPT, "no key llama.block_count"),
	KEY(NULL, "attention.layer_norm_rms_epsilon", HW_CORRUPT, "no key"),
	KEY(heads_0, "attention.head_count", HW_CORRUPT, "not within"),
	KEY(heads_3, "attention.head_count", HW_CORRUPT, "cannot share"),
	KEY(kv_0, "attention.head_count_kv", HW_CORRUPT, "not within"),
	KEY(kv_9, "attention.head_count_kv", HW_CORRUPT, "not within"),
	KEY(key_6, "attention.key_length", HW_UNSUPPORTED, "6 dimensions"),
	KEY(key_0, "attention.key_length", HW_CORRUPT, "not within"),
	KEY(value_16, "attention.value_length", HW_UNSUPPORTED, "values of"),
	KEY(rotary_3, "rope.dimension_count", HW_CORRUPT, "odd"),
	KEY(rotary_99, "rope.dimension_count", HW_CORRUPT, "not within"),
	KEY(ffn_0, "feed_forward_length", HW_CORRUPT, "not within"),
	KEY(context_0, "context_length", HW_CORRUPT, "not within"),
	KEY(experts, "none", HW_UNSUPPORTED, "mixture of 8"),
	KEY(eps_nan, "attention.layer_norm_rms_epsilon", HW_CORRUPT, "nan"),
	KEY(eps_negative, "attention.layer_norm_rms_epsilon", HW_CORRUPT,
	    "is -1"),
	KEY(theta_nan, "rope.freq_base", HW_CORRUPT, "nan"),
	KEY(theta_inf, "rope.freq_base", HW_CORRUPT, "inf"),
	KEY(theta_0, "rope.freq_base", HW_CORRUPT, "is 0"),
	KEY(dynamic, "none", HW_UNSUPPORTED, "dynamic"),
	KEY(twice, "none", HW_CORRUPT, "llama.rope.freq_base comes twice"),
#undef KEY
#define KEY(add, key, status, says) {#add, key, add, status, says}
	KEY(arch_other, "general.architecture", HW_UNSUPPORTED,
	    "\"gpt9\"; this version knows: llama"),
	KEY(NULL, "general.architecture", HW_UNSUPPORTED, "\"none\""),
	KEY(arch_number, "general.architecture", HW_CORRUPT, "not a string"),
	KEY(words_other, "tokenizer.ggml.model", HW_UNSUPPORTED, "wordpiece"),
	KEY(align_0, NULL, HW_CORRUPT, "general.alignment is 0"),
	KEY(align_48, NULL, HW_CORRUPT, "power of two"),
	KEY(align_huge, NULL, HW_CORRUPT, "not within"),
	KEY(bos_outside, "tokenizer.ggml.bos_token_id", HW_CORRUPT,
	    "is 260, not within"),
	KEY(NULL, "tokenizer.ggml.bos_token_id", HW_CORRUPT, "sink_token"),
	KEY(sink_text, "headwater.sink_token", HW_CORRUPT, "true or false"),
	KEY(window_0, NULL, HW_CORRUPT, "not within"),
	KEY(types_few, "tokenizer.ggml.token_type", HW_CORRUPT,
	    "1 token types for 260 tokens"),
	KEY(NULL, "tokenizer.ggml.tokens", HW_CORRUPT, "without"),
	KEY(tokens_none, "tokenizer.ggml.tokens", HW_CORRUPT, "without"),
	KEY(tokens_numbers, "tokenizer.ggml.tokens", HW_CORRUPT, "of type 0"),
	KEY(tokens_few, "tokenizer.ggml.tokens", HW_CORRUPT, "for 1 tokens"),
	KEY(array_wraps, NULL, HW_CORRUPT, "ends within"),
	KEY(array_huge, NULL, HW_CORRUPT, "ends within"),
	KEY(array_strings, NULL, HW_CORRUPT, "ends within"),
	KEY(array_nested, NULL, HW_UNSUPPORTED, "array of arrays"),
	KEY(array_unknown, NULL, HW_CORRUPT, "unknown type 77"),
	KEY(value_unknown, NULL, HW_CORRUPT, "unknown type 13"),
	KEY(text_huge, NULL, HW_CORRUPT, "ends within"),
	KEY(key_huge, NULL, HW_CORRUPT, "ends within"),
	KEY(metas_huge, NULL, HW_CORRUPT, "cannot be in"),
	KEY(tensors_huge, NULL, HW_CORRUPT, "cannot be in"),
	KEY(metas_more, NULL, HW_CORRUPT, ""),
	KEY(version_1, NULL, HW_UNSUPPORTED, "version 1"),
	KEY(version_4, NULL, HW_UNSUPPORTED, "version 4"),
	KEY(big_endian, NULL, HW_UNSUPPORTED, "big-endian"),
	KEY(NULL, NORM, HW_CORRUPT, "no tensor output_norm.weight"),
	KEY(norm_quantized, NORM, HW_UNSUPPORTED, "type IQ2_S; it must be F32"),
	KEY(norm_f16, NORM, HW_UNSUPPORTED, "type F16; it must be F32"),
	KEY(norm_long, NORM, HW_CORRUPT, "has shape 64x1, not 32x1"),
	KEY(norm_matrix, NORM, HW_CORRUPT, "has shape 32x2, not 32x1"),
	KEY(norm_misaligned, NORM, HW_CORRUPT, "not aligned"),
	KEY(norm_outside, NORM, HW_CORRUPT, "outside the file"),
	KEY(norm_wraps, NORM, HW_CORRUPT, "outside the file"),
	KEY(norm_overlaps, NORM, HW_CORRUPT, "overlaps another"),
	KEY(norm_empty, NORM, HW_CORRUPT, "absurd dimensions"),
	KEY(norm_product, NORM, HW_CORRUPT, "absurd dimensions"),
	KEY(norm_long_long, NORM, HW_CORRUPT, "past the end"),
	KEY(no_dims, NORM, HW_CORRUPT, "no dimensions"),
	KEY(five_dims, NORM, HW_CORRUPT, "more than 4"),
	KEY(NULL, EMBD, HW_CORRUPT, "no tensor token_embd.weight"),
	KEY(embd_quantized, EMBD, HW_UNSUPPORTED, "of type IQ2_S (22)"),
	KEY(embd_rows, EMBD, HW_CORRUPT, "260 tokens for 259 rows"),
	KEY(embd_huge, EMBD, HW_LIMIT, "more than"),
	KEY(bias, NULL, HW_UNSUPPORTED, "blk.0.attn_norm.bias has no place"),
	KEY(tensor_twice, NULL, HW_CORRUPT, "output_norm.weight comes twice"),
#define QUANT(name, id, elems, bytes, gemm, prep) \
	KEY(half_##name, NORM, HW_CORRUPT, (elems) == 1 ? \
	    "overlaps another" : "whole number of blocks"), \
	KEY(short_##name, NORM, HW_CORRUPT, "past the end of the file"),
#include "model/quants.def"
#undef QUANT
	KEY(control, NULL, HW_CORRUPT, "x\\x1b[2J\\x0a"),
#undef KEY
};

/* ---- telling a lie ------------------------------------------------------ */

static void write_lie(const struct lie *l, struct hw_buf *b)
{
	struct recipe r = {.vocab = 260, .d = 32, .layers = 1, .heads = 4,
	    .kv = 2, .head_dim = 8, .ffn = 32, .context = 16, .theta = 10000,
	    .words = true, .sink = true, .tied = true, .name = "lie",
	    .pre = "gpt-2"};
	struct gguf_out g;

	gguf_out_init(&g);
	g.skip = l->skip;
	recipe_head(&r, &g);
	if (l->add != NULL)
		l->add(&g);
	gguf_out_head(&g, b);
	for (uint64_t i = 0; i < g.data; i++)
		hw_buf_u8(b, 0);
	gguf_out_release(&g);
}

static enum hw_status open_bytes(const struct hw_buf *b, struct hw_err *e,
    struct watch *w)
{
	struct hw_alloc a = {watch_get, watch_put, w};
	struct hw_model_opts o = {.alloc = &a};
	struct hw_model *m = NULL;
	unsigned char *p = NULL;
	enum hw_status s;

	if (hw_new_aligned(NULL, &p, b->n, 1, "file", e) != HW_OK)
		return HW_NOMEM;
	memcpy(p, b->p, b->n);
	s = hw_model_open_bytes(&m, (struct hw_view){p, b->n}, "f", &o, e);
	hw_model_close(m);
	hw_del_aligned(NULL, p);
	return s;
}

static void tell(const struct lie *l)
{
	struct watch w = {0, 0};
	struct hw_err e = {0};
	struct hw_buf b;
	enum hw_status s;

	hw_buf_init(&b, NULL, (size_t)16 << 20);
	write_lie(l, &b);
	s = open_bytes(&b, &e, &w);
	ok(s == l->status && e.status == s && strncmp(e.msg, "f: ", 3) == 0 &&
	    strstr(e.msg, l->says) != NULL && strchr(e.msg, '\n') == NULL &&
	    w.now == 0 && w.most < (size_t)1 << 20, "%s %s: %s",
	    l->add != NULL ? l->what : "without", l->skip != NULL ? l->skip :
	    "", e.msg);
	if (s != l->status)
		diag("status %d, not %d", s, l->status);
	hw_buf_release(&b);
}

/* Version 3 only added files of the other byte order. */
static void version_before(void)
{
	const struct lie truth = {.add = version_2};
	struct watch w = {0, 0};
	struct hw_err e = {0};
	struct hw_buf b;

	hw_buf_init(&b, NULL, (size_t)16 << 20);
	write_lie(&truth, &b);
	ok(b.p[4] == 2 && open_bytes(&b, &e, &w) == HW_OK, "version 2: opens");
	hw_buf_release(&b);
}

/* ---- what is no file ---------------------------------------------------- */

static void refuse(const char *path, enum hw_status status, const char *says)
{
	struct hw_model *m = NULL;
	struct hw_err e = {0};

	ok(hw_model_open(&m, path, NULL, &e) == status &&
	    strncmp(e.msg, path, strlen(path)) == 0 &&
	    strstr(e.msg, says) != NULL, "%s", e.msg);
	hw_model_close(m);
}

static int new_file(const char *path)
{
	return open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
}

/* A header that claims a token for every 8 bytes of a huge hole: only as much
 * of it is read as a header may have. */
static void hole(const char *path)
{
	struct watch w = {0, 0};
	struct hw_alloc a = {watch_get, watch_put, &w};
	struct hw_model_opts o = {.alloc = &a, .vocab_only = true};
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	struct gguf_out g;
	struct hw_buf b;
	int fd = new_file(path);

	gguf_out_init(&g);
	hw_buf_init(&b, NULL, 65536);
	gguf_out_array(&g, "tokenizer.ggml.tokens", HW_META_STRING,
	    (uint64_t)1 << 27);
	gguf_out_head(&g, &b);
	if (write(fd, b.p, b.n) != (ssize_t)b.n ||
	    ftruncate(fd, (off_t)2 << 30) != 0)
		diag("cannot write %s", path);
	close(fd);
	is_int(hw_model_open(&m, path, &o, &e), HW_LIMIT,
	    "2 GiB of empty tokens are refused: %s", e.msg);
	ok(w.now == 0 && w.most < (size_t)1 << 20, "and cost no memory");
	hw_model_close(m);
	hw_buf_release(&b);
	gguf_out_release(&g);
}

int main(void)
{
	char dir[] = "t-gguf.XXXXXX";

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++)
		tell(&lies[i]);
	version_before();
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 99;
	refuse("/", HW_FORMAT, "no config.json");
	refuse("/dev/zero", HW_FORMAT, "not a regular file");
	refuse("missing", HW_IO, "No such file");
	close(new_file("empty"));
	refuse("empty", HW_FORMAT, "empty");
	if (mkfifo("fifo", 0600) == 0)
		refuse("fifo", HW_FORMAT, "not a regular file");
	hole("hole");
	refuse("hole", HW_LIMIT, "header of more than");
	unlink("empty");
	unlink("fifo");
	unlink("hole");
	if (chdir("..") == 0)
		rmdir(dir);
	return tap_done();
}
