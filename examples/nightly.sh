#!/bin/sh
# SPDX-License-Identifier: MIT
# For cron(8): prints the day's digest of a log, and nothing on a day without
# news, so that cron mails only what is worth reading.  What is usual is kept in
# a state from day to day; the first day is learned, and printed.  A day is one
# of UTC; of a log that is written in local time without its zone, one of that.
# 5 0 * * *  nightly.sh /var/log/syslog.1 /var/lib/headwater/syslog.state
set -eu
log=${1:?usage: nightly.sh LOG STATE} state=${2:?usage: nightly.sh LOG STATE}
headwater --every 1d --state "$state" --quiet-if-normal --color never "$log"
