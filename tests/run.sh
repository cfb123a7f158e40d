#!/bin/sh
# SPDX-License-Identifier: MIT
# Everything from a fresh clone to tested: installs what is missing, builds in
# build/, runs `make check`.  Ends with `N passed, N failed`; exits 0 when
# nothing failed.
cd "$(dirname "$0")/.." || exit 1
. examples/setup.sh

setup_packages
setup_build
setup_check
