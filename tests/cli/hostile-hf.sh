#!/bin/sh
# SPDX-License-Identifier: MIT
# Hugging Face directories that lie: each is a sound one with one thing changed,
# and must be refused in one line that says what, with the status of bad data.
. "${srcdir:-.}/tests/tap.sh"

{
	printf 'config {"model_type":"llama","hidden_size":32,'
	printf '"num_hidden_layers":1,"num_attention_heads":4,'
	printf '"num_key_value_heads":2,"intermediate_size":48,'
	printf '"max_position_embeddings":64,"rms_norm_eps":1e-05,'
	printf '"hidden_act":"silu","rope_theta":10000.0}\n'
	cat <<'END'
tensor model.embed_tokens.weight 40x32 float32 -
tensor model.norm.weight 32 float32 -
tensor model.layers.0.input_layernorm.weight 32 float32 -
tensor model.layers.0.post_attention_layernorm.weight 32 float32 -
tensor model.layers.0.self_attn.q_proj.weight 32x32 float32 -
tensor model.layers.0.self_attn.k_proj.weight 16x32 float32 -
tensor model.layers.0.self_attn.v_proj.weight 16x32 float32 -
tensor model.layers.0.self_attn.o_proj.weight 32x32 float32 -
tensor model.layers.0.mlp.gate_proj.weight 48x32 float32 -
tensor model.layers.0.mlp.up_proj.weight 48x32 float32 -
tensor model.layers.0.mlp.down_proj.weight 32x48 float32 -
END
} >vectors
mkhf=$builddir/tests/fixtures/mkhf
golden=$builddir/tests/golden/golden
{
	echo 'ids 1 2 3 4'
	echo 'run dense 2'
} >none

# refused MODEL WORDS WHAT
refused() {
	"$golden" "$1" none scores >out 2>&1
	status=$?
	lines=$(wc -l <out)
	[ $status -eq 2 ] && [ "$lines" -eq 1 ] && grep -q "$2" out
	ok $? "$3: $(head -n 1 out | cut -c 1-120)"
}

# config SED WORDS WHAT: with config.json changed.
config() {
	rm -rf m
	"$mkhf" vectors m
	sed "$1" m/config.json >c && mv c m/config.json
	refused m "$2" "$3"
}

# vectors SED WORDS WHAT: with other tensors.
tensors() {
	rm -rf m
	sed "$1" vectors >v
	"$mkhf" v m
	refused m "$2" "$3"
}

# header SED WORDS WHAT: with the header of the weights changed, to the same
# length.
header() {
	rm -rf m
	"$mkhf" vectors m
	LC_ALL=C sed "$1" m/model.safetensors >c && mv c m/model.safetensors
	refused m "$2" "$3"
}

"$mkhf" vectors sound
"$golden" sound none scores >out 2>&1
grep -q '^ok 1' out
ok $? "the sound one opens"

config 's/}//' 'config.json: byte [0-9]* (line 2)' "no JSON"
config 's/llama/llamb/' 'model_type "llamb"' "an unknown type"
config 's/silu/relu/' 'activation "relu"' "another activation"
config 's/"hidden_size":32,//' 'hidden_size' "no width"
config 's/_size":32/_size":-3/' 'hidden_size' "a negative width"
config 's/_size":32/_size":1e300/' 'hidden_size' "a huge one"
config 's/"hidden_size":32/"hidden_size":64/' 'has shape' "another width"
config 's/_heads":4/_heads":3/' 'num_key_value' "heads that do not share"
config 's/_layers":1/_layers":2/' \
	'no tensor model.layers.1.input_layernorm.weight' "too few layers"
config 's/_layers":1/_layers":99999999/' 'num_hidden' "layers without end"
config 's/10000.0/10000.0,"rope_scaling":{"type":"dynamic","factor":2}/' \
	'dynamic' "scaling of an unknown kind"
config 's/10000.0/1e4,"sliding_window":8,"layer_types":[1,2]/' 'layer_types' \
	"types for more layers"
config 's/10000.0/1e4,"sliding_window":8,"layer_types":["linear_attention"]/' \
	'layer_types' "layers of an unknown kind"
config 's/10000.0/1e4,"layer_windows":[8,0]/' 'layer_windows' \
	"windows for more layers"
config 's/10000.0/1e4,"layer_windows":[-8]/' 'layer_windows' \
	"a window of fewer than no tokens"
config 's/10000.0/10000.0,"quantization_config":{}/' 'quantized' \
	"quantized weights"
config 's/1e-05/1e-05,"quantization_config":{"quant_method":"mxfp4"}/' \
	'MXFP4; take a GGUF, or one saved again in BF16' "as gpt-oss has them"
config 's/1e-05/1e-05,"quantization_config":{"quant_method":4}/' \
	'quant_method is not a text' "by a numbered method"
config 's/10000.0/10000.0,"tie_word_embeddings":false/' 'no lm_head.weight' \
	"an output matrix that is not there"
config 's/10000.0/10000.0,"tie_word_embeddings":0/' 'is not true or false' \
	"a flag that is a number"
config 's/10000.0/1e4,"use_bidirectional_attention":true/' 'tokens to come' \
	"attention to what comes"
config 's/"silu"/3/' 'hidden_act is not a text' "an activation that is a number"
config 's/"llama"/["llama"]/' 'model_type is not a text' "a type that is a list"
config 's/10000.0/1e4,"rope_parameters":"linear"/' \
	'rope_parameters is not an object' "rotation that is a text"
config 's/10000.0/1e4,"rope_scaling":[]/' 'rope_scaling is not an object' \
	"scaling that is a list"
config 's/10000.0/1e4,"rope_scaling":{"rope_type":7}/' \
	'rope_type is not a text' "scaling of a numbered kind"
config 's/10000.0/1e4,"rope_scaling":{"type":7}/' ' type is not a text' \
	"by its older name"
config 's/10000.0/1e4,"rope_parameters":{"full_attention":3}/' \
	'full_attention is not an object' "rotation of some layers"
config 's/10000.0/1e4,"rope_scaling":{"type":"yarn","truncate":0}/' \
	'truncate is not true or false' "YaRN that is truncated by a number"
config 's/10000.0/1e4,"rope_scaling":{"type":"longrope",'\
'"short_factor":["1","1","1","1"],"long_factor":[1,1,1,1]}/' \
	'short_factor is not a list of factors' "factors that are texts"
config 's/"rope_theta"/"rope_theta":1.0,"rope_theta"/' 'duplicate' "a key twice"

tensors '/v_proj/d' 'no tensor model.layers.0.self_attn.v_proj.weight' \
	"a tensor that is missing"
tensors '/embed_tokens/d' 'no tensor model.embed_tokens.weight' \
	"an embedding that is missing"
tensors 's/v_proj.weight 16x32/v_proj.weight 16x31/' 'has shape' \
	"one of another shape"
tensors 's/up_proj.weight/up_proj.scales/' 'no tensor .*0.mlp.up_proj.weight' \
	"one under a name that nobody knows"
rm -rf m
sed '/0.pre_feedforward/d' "$srcdir/tests/golden/hf-gemma2.txt" >v
"$mkhf" v m
refused m 'no tensor model.layers.0.pre_feedforward_layernorm.weight' \
	"one whose name another family has for something else"
tensors '$a\
tensor model.layers.0.self_attn.q_norm.weight 8 float32 -' \
	'no place' "one of another family"

header 's/"F32","shape":\[48,32\]/"F64","shape":[48,32]/' 'as long as' \
	"a type that does not fit"
header 's/"F32","shape":\[40,32\]/"F99","shape":[40,32]/' 'F99' \
	"a type that nobody knows"
header 's/\[0,5120\]/[9,5120]/' 'as long as' "offsets that do not fit the shape"
header 's/"shape":\[40,32\]/"shape":[-4,32]/' 'natural' "a negative dimension"
header 's/model.norm.weight/model.n\x01rm.weight/' 'byte' \
	"a control character in a name"

rm -rf m && "$mkhf" vectors m
head -c 20000 m/model.safetensors >c && mv c m/model.safetensors
refused m 'past the end' "weights cut within the data"
"$mkhf" vectors m
head -c 20 m/model.safetensors >c && mv c m/model.safetensors
refused m 'a header of' "weights cut within the header"
printf '\377\377\377\377\377\377\377\177' >m/model.safetensors
refused m 'a header of' "a header longer than the file"
rm m/model.safetensors
refused m 'no weights' "no weights"
rm m/config.json
refused m 'no config.json' "nothing"
done_testing
