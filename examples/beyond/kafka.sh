#!/bin/sh
# SPDX-License-Identifier: MIT
# A Kafka consumer with kcat: log lines of one topic come in, digests go to
# another, a JSON object a message.  Without a consumer group a restart begins
# at the end.  usage: kafka.sh BROKER TOPIC OUT-TOPIC [OPTION OF headwater]...
set -eu
broker=$1 topic=$2 out=$3
shift 3
[ $# -gt 0 ] || set -- --every 5m
kcat -q -C -b "$broker" -t "$topic" -u ${KCAT_OFFSET:+-o "$KCAT_OFFSET"} \
	${KCAT_END:+-e} | headwater --json "$@" |
	kcat -P -b "$broker" -t "$out"
