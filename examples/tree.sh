#!/bin/sh
# SPDX-License-Identifier: MIT
# Every log of a tree as one stream, in the order of their names; -print0 and
# xargs -0 pass any name.  usage: tree.sh FOLDER
set -eu
find "$1" -type f -name '*.log*' -print0 | sort -z |
	xargs -0 -r tokenize | stream-infer | summarize-window | detokenize
