#!/bin/sh
# SPDX-License-Identifier: MIT
# Follow a log through rotations: a digest every minute, and as soon as it has
# been silent for ten seconds.  usage: follow.sh FILE
set -eu
tail -n 0 -F -- "$1" | headwater --every 1m --idle 10s
