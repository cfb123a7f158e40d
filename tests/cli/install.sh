#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make install DESTDIR=...` puts there works from there: its own
# programs, its own model, no path of the build tree.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
(cd "$builddir" && MAKEFLAGS='' make -s install DESTDIR="$T/inst" \
	prefix=/usr) >log 2>&1
ok $? "make install DESTDIR=... prefix=/usr"
sed 's/^/# /' log
PATH=$T/inst/usr/bin:/usr/bin:/bin
unset HEADWATER_PKGDATADIR HEADWATER_MODEL
for p in headwater tokenize stream-infer summarize-window detokenize; do
	is "$(command -v "$p")" "$T/inst/usr/bin/$p" "$p is installed"
	[ -f "$T/inst/usr/share/man/man1/$p.1" ]
	ok $? "with its man page"
done
for page in man5/tokstream.5 man7/headwater.7; do
	[ -f "$T/inst/usr/share/man/$page" ]
	ok $? "$page is installed"
done
is "$(echo hello | tokenize | stream-infer | detokenize)" hello \
	"the installed filters find the installed model"
like "$(echo hello | headwater)" '*hello*' "and so does headwater"
find "$T/inst" -type f | sort >files
is "$(grep -vE '/usr/(bin|share/(headwater|man/man[157]))/' files)" "" \
	"nothing else is installed"
done_testing
