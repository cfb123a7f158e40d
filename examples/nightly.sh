#!/bin/sh
# SPDX-License-Identifier: MIT
# For cron(8): prints the day's digest of a log, and nothing on a day without
# news, so that cron mails only what is worth reading.
# 5 0 * * *  nightly.sh /var/log/syslog.1
set -eu
digest=$(mktemp)
trap 'rm -f "$digest"' EXIT
headwater --every 1d --color never "$1" >"$digest"
if grep -qE '^(NEW|UP|DOWN|ODD|RARE|GONE) ' "$digest"; then
	cat "$digest"
fi
