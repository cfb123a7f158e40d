#!/bin/sh
# SPDX-License-Identifier: MIT
# Scores for one's own tools: the ten lines of a log with the most bits, by
# jq(1).  usage: odd-lines.sh FILE
set -eu
tokenize "$1" | stream-infer | detokenize --json |
	jq -r 'select(.bits) |
		[.bits, .line, (.text | rtrimstr("\n"))] | @tsv' |
	sort -rn | head -n 10
