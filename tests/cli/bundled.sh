#!/bin/sh
# SPDX-License-Identifier: MIT
# The bundled model is the file that its checksum names.
. "${srcdir:-.}/tests/tap.sh"

command -v sha256sum >/dev/null || skip_all "no sha256sum"
cd "$srcdir/lib/model" || exit 99
sha256sum -c --quiet headwater-log.gguf.sha256 >"$T/out" 2>&1
ok $? "headwater-log.gguf has the SHA-256 that is pinned beside it"
diag "$(cat "$T/out")"
done_testing
