/* SPDX-License-Identifier: MIT
 * Fuzz target: a Hugging Face model: 2 bytes, config.json of so many bytes,
 * and model.safetensors.  Refused with one line, or open, with every weight
 * where it can be read, or none; never a leak. */
#include "fuzz.h"
#include "fuzz/model.h"
#include "fuzz/tar.h"

const char fuzz_name[] = "safetensors";

static void use(const struct hw_model *m)
{
	fuzz_touch_net(hw_model_net(m));
}

static void use_none(const struct hw_model *m)
{
	(void)m;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t config;
	struct hw_buf b;

	if (n < 2)
		return 0;
	config = (size_t)p[0] | (size_t)p[1] << 8;
	if (config > n - 2)
		config = n - 2;
	hw_buf_init(&b, NULL, (size_t)64 << 20);
	tar_add(&b, "config.json", p + 2, config);
	tar_add(&b, "model.safetensors", p + 2 + config, n - 2 - config);
	tar_end(&b);
	fuzz_model((struct hw_view){b.p, b.n}, false, (size_t)64 << 20, use);
	fuzz_model((struct hw_view){b.p, b.n}, true, (size_t)64 << 20,
	    use_none);
	hw_buf_release(&b);
	return 0;
}

/* ---- seeds --------------------------------------------------------------- */

/* "NAME SHAPE" of each tensor, of F32. */
static void model(struct hw_buf *b, const char *config,
    const char *const *tensors)
{
	size_t length, data = 0;
	char text[256];
	struct hw_buf h;

	hw_buf_init(&h, NULL, 1 << 16);
	hw_buf_str(&h, "{\"__metadata__\":{\"format\":\"pt\"}");
	for (; *tensors != NULL; tensors++) {
		const char *shape = strchr(*tensors, ' ') + 1;
		char *comma;
		size_t n = (size_t)strtol(shape, &comma, 10);

		while (*comma == ',')
			n *= (size_t)strtol(comma + 1, &comma, 10);
		snprintf(text, sizeof(text), ",\"%.*s\":{\"dtype\":\"F32\","
		    "\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
		    (int)(shape - 1 - *tensors), *tensors, shape, data,
		    data + 4 * n);
		hw_buf_str(&h, text);
		data += 4 * n;
	}
	hw_buf_str(&h, "}");
	length = strlen(config);
	hw_buf_u16(b, (uint16_t)length);
	hw_buf_put(b, config, length);
	hw_buf_u64(b, h.n);
	hw_buf_put(b, h.p, h.n);
	for (size_t i = 0; i < data; i++)
		hw_buf_u8(b, (uint8_t)(i % 4 == 3 ? 0x3d : i));
	hw_buf_release(&h);
}

#define L "model.layers.0."
#define N "gpt_neox.layers.0."
bool fuzz_seed(int i, struct hw_buf *b)
{
	static const char *const llama[] = {
		"model.embed_tokens.weight 4,4", "model.norm.weight 4",
		L "input_layernorm.weight 4",
		L "post_attention_layernorm.weight 4",
		L "self_attn.q_proj.weight 4,4",
		L "self_attn.k_proj.weight 4,4",
		L "self_attn.v_proj.weight 4,4",
		L "self_attn.o_proj.weight 4,4",
		L "mlp.gate_proj.weight 4,4", L "mlp.up_proj.weight 4,4",
		L "mlp.down_proj.weight 4,4", NULL};
	static const char *const neox[] = {
		"gpt_neox.embed_in.weight 4,4", "embed_out.weight 4,4",
		"gpt_neox.final_layer_norm.weight 4",
		"gpt_neox.final_layer_norm.bias 4",
		N "input_layernorm.weight 4", N "input_layernorm.bias 4",
		N "post_attention_layernorm.weight 4",
		N "post_attention_layernorm.bias 4",
		N "attention.query_key_value.weight 12,4",
		N "attention.query_key_value.bias 12",
		N "attention.dense.weight 4,4", N "attention.dense.bias 4",
		N "mlp.dense_h_to_4h.weight 8,4",
		N "mlp.dense_h_to_4h.bias 8",
		N "mlp.dense_4h_to_h.weight 4,8",
		N "mlp.dense_4h_to_h.bias 4", NULL};

	if (i == 0)
		model(b, "{\"model_type\":\"llama\",\"hidden_size\":4,"
		    "\"num_hidden_layers\":1,\"num_attention_heads\":1,"
		    "\"intermediate_size\":4,\"rope_scaling\":{\"rope_type\":"
		    "\"yarn\",\"factor\":4.0},\"sliding_window\":8}", llama);
	else if (i == 1)
		model(b, "{\"model_type\":\"gpt_neox\",\"hidden_size\":4,"
		    "\"num_hidden_layers\":1,\"num_attention_heads\":1,"
		    "\"intermediate_size\":8,\"rotary_pct\":0.5,"
		    "\"hidden_act\":\"gelu\",\"use_parallel_residual\":false}",
		    neox);
	else
		return false;
	return true;
}
