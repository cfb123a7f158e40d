/* SPDX-License-Identifier: MIT
 * safetensors files, their index and config.json that want to hurt: rows S01
 * to S26 of the list, and some more of config.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostile/hostile.h"

/* The smallest llama: width 8, two heads of 4, a layer, 16 tokens. */
#define CONFIG \
	"{\"model_type\":\"llama\",\"hidden_size\":8,\"num_hidden_layers\":1," \
	"\"num_attention_heads\":2,\"num_key_value_heads\":2," \
	"\"intermediate_size\":8,\"max_position_embeddings\":64," \
	"\"rms_norm_eps\":1e-05,\"hidden_act\":\"silu\"," \
	"\"rope_theta\":10000.0,\"tie_word_embeddings\":true}"
#define T(name, shape, from, to) \
	"\"" name ".weight\":{\"dtype\":\"F32\",\"shape\":[" shape "]," \
	"\"data_offsets\":[" #from "," #to "]}"
#define L "model.layers.0."
#define EMBED T("model.embed_tokens", "16,8", 0, 512)
#define NORM T("model.norm", "8", 512, 544)
#define REST \
	T(L "input_layernorm", "8", 544, 576) "," \
	T(L "post_attention_layernorm", "8", 576, 608) "," \
	T(L "self_attn.q_proj", "8,8", 608, 864) "," \
	T(L "self_attn.k_proj", "8,8", 864, 1120) "," \
	T(L "self_attn.v_proj", "8,8", 1120, 1376) "," \
	T(L "self_attn.o_proj", "8,8", 1376, 1632) "," \
	T(L "mlp.gate_proj", "8,8", 1632, 1888) "," \
	T(L "mlp.up_proj", "8,8", 1888, 2144) "," \
	T(L "mlp.down_proj", "8,8", 2144, 2400)
#define DATA 2400
#define ALL "{" EMBED "," NORM "," REST "}"
/* With another description of the embedding. */
#define WITH(text) "{\"model.embed_tokens.weight\":" text "," NORM "," REST "}"
#define TENSOR(dtype, shape, at) \
	"{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" at "}"
#define SHAPED(shape) WITH(TENSOR("\"F32\"", shape, "[0,512]"))
#define PLACED(at) WITH(TENSOR("\"F32\"", "[16,8]", at))
#define ALSO(text) "{" text "," EMBED "," NORM "," REST "}"

static char big[(size_t)2 << 20];

/* A length, a header, zeros. */
static void weights(const char *path, uint64_t length, const char *header,
    size_t n, size_t data)
{
	struct hw_buf b;

	hw_buf_init(&b, NULL, (size_t)200 << 20);
	hw_buf_u64(&b, length);
	hw_buf_put(&b, header, n);
	for (size_t i = 0; i < data; i++)
		hw_buf_u8(&b, i % 4 == 3 ? 0x3d : 0);
	hostile_write(path, b.p, b.n);
	hw_buf_release(&b);
}

static void whole(const char *header, size_t data)
{
	weights("m/model.safetensors", strlen(header), header, strlen(header),
	    data);
}

static const struct text_row {
	struct row row;
	const char *header;
} headers[] = {
	{{"S06", "a header that is no UTF-8", INFO, 65, ""},
	    ALSO("\"\xff\":1")},
	{{"S07", "cut short within its length", INFO, 65, ""}, "{" EMBED},
	{{"S07", "more behind the object", INFO, 65, ""}, ALL "x"},
	{{"S08", "a list", INFO, 65, "no object"}, "[1]"},
	{{"S08", "a text", INFO, 65, ""}, "\"a\""},
	{{"S09", "a name twice", INFO, 65, "duplicate"}, ALSO(NORM)},
	{{"S10", "a type twice", INFO, 65, "duplicate"}, WITH("{\"dtype\":"
	    "\"F32\",\"dtype\":\"F32\",\"shape\":[16,8],\"data_offsets\":"
	    "[0,512]}")},
	{{"S10", "metadata twice", INFO, 65, "duplicate"},
	    ALSO("\"__metadata__\":{},\"__metadata__\":{}")},
	{{"S11", "a type F33", INFO, 69, "of type F33"},
	    WITH(TENSOR("\"F33\"", "[16,8]", "[0,512]"))},
	{{"S11", "a type 12", INFO, 65, "has no type"},
	    WITH(TENSOR("12", "[16,8]", "[0,512]"))},
	{{"S11", "a type null", INFO, 65, "has no type"},
	    WITH(TENSOR("null", "[16,8]", "[0,512]"))},
	{{"S12", "one offset", INFO, 65, "has no place"}, PLACED("[512]")},
	{{"S12", "three", INFO, 65, "has no place"}, PLACED("[0,512,512]")},
	{{"S12", "texts", INFO, 65, "has no place"}, PLACED("[\"0\",\"9\"]")},
	{{"S12", "a real one", INFO, 65, "has no place"}, PLACED("[0,1e3]")},
	{{"S12", "-1", INFO, 65, "has no place"}, PLACED("[-1,511]")},
	{{"S12", "an end of -1", INFO, 65, "past the end"}, PLACED("[0,-1]")},
	{{"S12", "2^53 + 1", INFO, 65, "past the end"},
	    PLACED("[0,9007199254740993]")},
	{{"S12", "2^64", INFO, 65, "too big"},
	    PLACED("[0,18446744073709551616]")},
	{{"S13", "an end before the beginning", INFO, 65, "past the end"},
	    PLACED("[512,0]")},
	{{"S14", "a first that begins at 8", INFO, 65, "as long as"},
	    PLACED("[8,512]")},
	{{"S15", "two at one place", INFO, 65, "overlaps another"},
	    ALSO("\"x\":" TENSOR("\"F32\"", "[16,8]", "[0,512]"))},
	{{"S18", "2 by 2^64 - 2", INFO, 65, "too big"},
	    SHAPED("[2,18446744073709551614]")},
	{{"S18", "2 by 2^63 - 1", INFO, 65, "absurd"},
	    SHAPED("[2,9223372036854775807]")},
	{{"S18", "2^32 by 2^32", INFO, 65, "absurd"},
	    SHAPED("[4294967296,4294967296]")},
	{{"S19", "1000 by 1000 in 512 bytes", INFO, 65, "as long as"},
	    SHAPED("[1000,1000]")},
	{{"S20", "a negative dimension", INFO, 65, "natural"},
	    SHAPED("[-16,8]")},
	{{"S20", "a real one", INFO, 65, "natural"}, SHAPED("[16.0,8]")},
	{{"S20", "a text", INFO, 65, "natural"}, SHAPED("[\"16\",8]")},
	{{"S20", "no list", INFO, 65, "no shape"}, SHAPED("16")},
	{{"S21", "a type of 4 bits", INFO, 69, "of type F4"},
	    WITH(TENSOR("\"F4\"", "[16,8]", "[0,512]"))},
	{{"S22", "metadata of a number", INFO, 65, "other things"},
	    ALSO("\"__metadata__\":{\"a\":1}")},
	{{"S22", "of an object", INFO, 65, "other things"},
	    ALSO("\"__metadata__\":{\"a\":{}}")},
	{{"S25", "a name with NUL", INFO, 65, ""}, ALSO("\"a\\u0000b\":1")},
	{{"S25", "a name that climbs", INFO, 65, "as long as"}, ALSO("\"../../"
	    "x\":" TENSOR("\"F32\"", "[16,8]", "[0,0]"))},
	{{"S25", "one with ESC", INFO, 65, "\\x1b"}, ALSO("\"\\u001b[2J\":"
	    TENSOR("\"F32\"", "[16,8]", "[0,0]"))},
	{{"S25", "metadata that is a tensor", INFO, 65, "other things"},
	    ALSO("\"__metadata__\":" TENSOR("\"F32\"", "[0]", "[0,0]"))},
	{{"---", "an empty tensor more", INFO, 69, "!no place"},
	    ALSO("\"x\":" TENSOR("\"F32\"", "[0]", "[512,512]"))},
};

static const struct config_row {
	struct row row;
	const char *from, *to; /* what stands in its place */
} configs[] = {
	{{"J01", "no JSON", INFO, 65, "config.json: byte"}, "}", ""},
	{{"J01", "NaN", INFO, 65, "config.json: byte"}, "1e-05", "NaN"},
	{{"J01", "a key twice", INFO, 65, "duplicate"}, "\"rope_theta\"",
	    "\"hidden_size\":8,\"rope_theta\""},
	{{"J02", "no width", INFO, 65, "hidden_size"}, "\"hidden_size\":8,",
	    ""},
	{{"J02", "one of 0", INFO, 65, "hidden_size"}, "_size\":8",
	    "_size\":0"},
	{{"J02", "a negative one", INFO, 65, "hidden_size"}, "_size\":8",
	    "_size\":-8"},
	{{"J02", "a text", INFO, 65, "hidden_size"}, "_size\":8",
	    "_size\":\"8\""},
	{{"J02", "2^31", INFO, 65, "hidden_size"}, "_size\":8",
	    "_size\":2147483648"},
	{{"J02", "another than the weights'", INFO, 65, "!has shape"},
	    "_size\":8", "_size\":16"},
	{{"J03", "layers without end", INFO, 65, "num_hidden"},
	    "_layers\":1", "_layers\":99999999"},
	{{"J03", "layers that are not there", INFO, 65, "not within"},
	    "_layers\":1", "_layers\":65000"},
	{{"J04", "0 heads", INFO, 65, "num_attention_heads"},
	    "_attention_heads\":2", "_attention_heads\":0"},
	{{"J04", "3 heads", INFO, 65, "num_key_value"},
	    "_attention_heads\":2", "_attention_heads\":3"},
	{{"J05", "an epsilon of 1e999", INFO, 65, ""}, "1e-05", "1e999"},
	{{"J05", "a negative one", INFO, 65, "rms_norm_eps"}, "1e-05", "-1"},
	{{"J06", "a base of 0", INFO, 65, "rope_theta"}, "10000.0", "0"},
	{{"J06", "an unknown scaling", INFO, 69, "!dynamic"}, "10000.0",
	    "1e4,\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}"},
	{{"J06", "a factor of 1e300", INFO, 65, "factor"}, "10000.0",
	    "1e4,\"rope_scaling\":{\"type\":\"linear\",\"factor\":1e300}"},
	{{"J07", "an unknown type", INFO, 69, "model_type \"x\""},
	    "\"llama\"", "\"x\""},
	{{"J07", "a type that is a number", INFO, 65, "model_type"},
	    "\"llama\"", "7"},
	{{"J08", "quantized weights", INFO, 69, "quantized"}, "10000.0",
	    "1e4,\"quantization_config\":{}"},
};

static void config(const struct config_row *r)
{
	const char *at = strstr(CONFIG, r->from);
	static char text[4096];

	if (at == NULL)
		abort();
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - CONFIG), CONFIG,
	    r->to, at + strlen(r->from));
	hostile_write("m/config.json", text, strlen(text));
	hostile_try(&r->row, "m");
	hostile_write("m/config.json", CONFIG, strlen(CONFIG));
}

#define TRY(id, what, exit, says) \
	hostile_try(&(struct row){id, what, INFO, exit, says}, "m")

static void lengths(void)
{
	const char *path = "m/model.safetensors", *h = ALL;
	size_t n = strlen(h);

	hostile_write(path, "1234567", 7);
	TRY("S01", "7 bytes", 65, "a header of");
	weights(path, 0, h, n, DATA);
	TRY("S02", "a header of 0 bytes", 65, "");
	weights(path, UINT64_MAX, h, n, DATA);
	TRY("S03", "one of 2^64 - 1", 65, "a header of");
	weights(path, UINT64_MAX - 7, h, n, DATA);
	TRY("S03", "one of 2^64 - 8", 65, "a header of");
	weights(path, 100000001, h, n, 0);
	if (truncate(path, 100000009) == 0)
		TRY("S04", "one of 100,000,001", 65, "more than");
	weights(path, n + DATA + 1, h, n, DATA);
	TRY("S05", "one of a byte more than there is", 65, "a header of");
	whole("{" EMBED "," REST "}", DATA);
	TRY("S16", "a hole", 65, "behind a gap");
	whole(ALL, DATA + 1);
	TRY("S17", "a byte more", 65, "belong to no tensor");
	whole(ALL, DATA - 1);
	TRY("S17", "a byte less", 65, "past the end");
}

/* `head`, then `text` n times, in `big`; returns the length. */
static size_t repeat(const char *head, const char *text, int n)
{
	size_t at = strlen(head);

	memcpy(big, head, at);
	for (int i = 0; i < n; i++) {
		memcpy(big + at, text, strlen(text));
		at += strlen(text);
	}
	return at;
}

static void large(void)
{
	const char *path = "m/model.safetensors";
	size_t n = repeat("{\"a\":", "[", 100000);

	weights(path, n, big, n, 0);
	TRY("S23", "nested 100,000 deep", 65, "");
	n = repeat("{\"a\":[", "{},", 340000);
	weights(path, n, big, n, 0);
	TRY("S24", "a megabyte of objects", 65, "more objects");
	n = repeat("{\"a\":[", "[],", 340000);
	weights(path, n, big, n, 0);
	TRY("S24", "a megabyte of lists", 65, "");
	n = repeat("{\"x\":{\"shape\":[", "1,", 500000);
	memcpy(big + n, "1]}}", 4);
	weights(path, n + 4, big, n + 4, 0);
	TRY("S20", "500,001 dimensions", 65, "");
	weights(path, 99000000, big, n, 0);
	if (truncate(path, 99000008) == 0)
		TRY("S24", "99 MB of header", 65, "more than");
}

#define INDEX "m/model.safetensors.index.json"
#define MAP(file) "{\"weight_map\":{\"model.norm.weight\":\"" file "\"}}"

static void shard(const char *id, const char *what, const char *text,
    const char *says)
{
	hostile_write(INDEX, text, strlen(text));
	hostile_try(&(struct row){id, what, INFO, 65, says}, "m");
}

static void shards(void)
{
	const char *h = ALL;

	whole(ALL, DATA);
	shard("S26", "a shard above", MAP("../../etc/passwd"), "is not there");
	shard("S26", "one at the root", MAP("/etc/passwd"), "is not there");
	shard("S26", "one that is missing",
	    MAP("model-00001-of-00002.safetensors"), "is not there");
	shard("S26", "one that is a number", "{\"weight_map\":{\"a\":1}}",
	    "no name");
	shard("S26", "no map", "{}", "no weight_map");
	rename("m/model.safetensors", "m/model-00001-of-00002.safetensors");
	weights("m/model-00002-of-00002.safetensors", strlen(h), h, strlen(h),
	    DATA);
	shard("S26", "a tensor in two shards", "{\"weight_map\":{"
	    "\"a\":\"model-00001-of-00002.safetensors\","
	    "\"b\":\"model-00002-of-00002.safetensors\"}}", "!comes twice");
	shard("S26", "a file that is no weights", MAP("config.json"),
	    "a header of");
	unlink("m/model-00002-of-00002.safetensors");
	if (symlink("/nowhere", "m/model-00002-of-00002.safetensors") == 0) {
		const char *map = MAP("model-00002-of-00002.safetensors");

		hostile_write(INDEX, map, strlen(map));
		hostile_try(&(struct row){"S26", "a link to nowhere", INFO, 66,
		    "!No such file"}, "m");
	}
	unlink("m/model-00002-of-00002.safetensors");
	unlink(INDEX);
	rename("m/model-00001-of-00002.safetensors", "m/model.safetensors");
}

int main(void)
{
	const struct row sound = {"---", "a sound model", INFER, 0, ""};

	hostile_begin();
	mkdir("m", 0700);
	hostile_write("m/config.json", CONFIG, strlen(CONFIG));
	whole(ALL, DATA);
	hostile_try(&sound, "m");
	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++)
		config(&configs[i]);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		whole(headers[i].header, DATA);
		hostile_try(&headers[i].row, "m");
	}
	lengths();
	large();
	shards();
	hostile_try(&sound, "m");
	hostile_cuts("m/model.safetensors", "m", 0);
	whole(ALL, DATA);
	hostile_cuts("m/config.json", "m", 0);
	return hostile_end();
}
