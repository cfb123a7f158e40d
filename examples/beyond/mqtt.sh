#!/bin/sh
# SPDX-License-Identifier: MIT
# MQTT with mosquitto's clients: log lines of a topic come in, digests go to
# another, a JSON object a message.
# usage: mqtt.sh BROKER TOPIC OUT-TOPIC [OPTION OF headwater]...
set -eu
broker=$1 topic=$2 out=$3
shift 3
[ $# -gt 0 ] || set -- --every 5m
mosquitto_sub -h "$broker" -p "${MQTT_PORT:-1883}" -t "$topic" |
	headwater --json "$@" |
	mosquitto_pub -h "$broker" -p "${MQTT_PORT:-1883}" -t "$out" -l
