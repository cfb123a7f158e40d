#!/bin/sh
# SPDX-License-Identifier: MIT
# Follow a log through rotations: a digest every minute, and as soon as it has
# been silent for ten seconds.  usage: follow.sh FILE
set -eu
exec headwater -F --lines=0 --every 1m --idle 10s -- "$1"
