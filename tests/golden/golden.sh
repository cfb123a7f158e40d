#!/bin/sh
# SPDX-License-Identifier: MIT
# Our scores against PyTorch and transformers, on models that transformers made
# and the public converter wrote (llama-windows: against numpy).  The models are
# made again by mkmodel, by the same rule; the digest of every tensor says that
# they are the same.
. "${srcdir:-.}/tests/tap.sh"

for vectors in "$srcdir"/tests/golden/llama-*.txt; do
	name=$(basename "$vectors" .txt)
	shape=$(sed -n 's/^model //p' "$vectors")
	# shellcheck disable=SC2086 # one argument a key
	mkmodel "$name.gguf" tokenizer=none $shape
	ok $? "$name: the model is made"
	"$builddir/tests/golden/golden" "$name.gguf" "$vectors" >out
	status=$?
	grep '^#' out
	[ "$(grep -c '^ok' out)" -ge 9 ] && [ $status -eq 0 ]
	ok $? "$name: $(grep -c '^ok' out) comparisons hold"
	grep '^not ok' out | sed 's/^/# /'
done
done_testing
