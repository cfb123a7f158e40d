#!/bin/sh
# SPDX-License-Identifier: MIT
# Many archives with GNU parallel, a job a core: for each FILE its digests as
# FILE.digest.jsonl, whole or not at all.  Jobs share the model's pages.  What
# is done is left alone, so that a run which was cut short can be repeated.
# usage: parallel.sh FILE...
set -eu
# shellcheck disable=SC2016 # parallel's shell expands it
printf '%s\0' "$@" | parallel -0 --will-cite --halt soon,fail=10% '
	[ -e {}.digest.jsonl ] ||
	{ headwater --json --every 2000l --on-lag=collapse -t 1 {} \
		>{}.part &&
		mv {}.part {}.digest.jsonl; }'
