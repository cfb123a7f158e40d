#!/bin/sh
# SPDX-License-Identifier: MIT
# A program for rsyslog's omprog with confirmMessages="on": messages come in,
# standard output is for the answers, and the digests are appended to a file.
# usage: omprog.sh DIGEST-FILE [OPTION OF summarize-window]...
set -eu
digests=$1
shift
[ $# -gt 0 ] || set -- --every 5m
exec 3>&1 >>"$digests"
tokenize --confirm=3 | stream-infer --on-lag=collapse 3>&- |
	summarize-window "$@" 3>&- | detokenize --color=never 3>&-
