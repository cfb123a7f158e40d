#!/bin/sh
# SPDX-License-Identifier: MIT
# A Kafka consumer with kcat: log lines of one topic come in, digests go to
# another, a JSON object a message.  Without a consumer group a restart begins
# at the end.  A kcat that produces waits for 1,024 bytes or the end of its
# input, so each digest has its own.
# usage: kafka.sh BROKER TOPIC OUT-TOPIC [OPTION OF headwater]...
set -eu
broker=$1 topic=$2 out=$3
shift 3
[ $# -gt 0 ] || set -- --every 5m
kcat -q -C -b "$broker" -t "$topic" -u -o "${KCAT_OFFSET:-end}" \
	${KCAT_END:+-e} | headwater --json "$@" |
	while IFS= read -r digest; do
		printf '%s\n' "$digest" | kcat -P -b "$broker" -t "$out"
	done
