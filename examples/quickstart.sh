#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh clone to the digest of a log: installs what is missing, builds
# in build/, digests a sample log with the bundled model, and prints the
# pipeline that it ran.  The second run starts at once.
cd "$(dirname "$0")/.." || exit 1
. examples/setup.sh

# A built tree needs nothing: look at it before looking for packages.
if ! setup_built; then
	setup_packages
	setup_build
fi
log=$BUILD/sample.log
maker=examples/make-sample-log.awk
if [ ! -f "$log" ] || [ -n "$(find "$maker" -newer "$log")" ]; then
	say "writing a sample log, $log"
	awk -f "$maker" >"$log.new" &&
		mv "$log.new" "$log" || exit 1
fi

set -- --every 50l "$log"
"$BUILD/bin/headwater" "$@" || exit
echo
echo "This was, from $PWD:"
"$BUILD/bin/headwater" --print "$@" | sed 's/^/    /'
