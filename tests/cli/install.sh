#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make install DESTDIR=...` puts there works from there: its own
# programs, its own model, no path of the build tree.  (And before that, the
# build tree works as it stands.)
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize stream-infer summarize-window detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
unset HEADWATER_PKGDATADIR HEADWATER_MODEL
is "$(echo hello | "$builddir/bin/tokenize" | "$builddir/bin/detokenize")" \
	hello "a build tree finds its model without installation"
failed=''
(cd "$builddir" && MAKEFLAGS='' make -s install DESTDIR="$T/inst" \
	prefix=/usr) >log 2>&1 || failed=yes
[ -z "$failed" ]
ok $? "make install DESTDIR=... prefix=/usr"
[ -z "$failed" ] || sed 's/^/# /' log
if command -v sha256sum >/dev/null || command -v shasum >/dev/null; then
	like "$(cd "$builddir" && MAKEFLAGS='' make -s installcheck \
		DESTDIR="$T/inst" prefix=/usr 2>&1)" \
		'*headwater-log.gguf: OK*' "make installcheck: its checksum"
else
	skip "neither sha256sum nor shasum"
fi
PATH=$T/inst/usr/bin:/usr/bin:/bin
for p in headwater headwater-info tokenize stream-infer summarize-window \
	detokenize; do
	is "$(command -v "$p")" "$T/inst/usr/bin/$p" "$p is installed"
done
for page in "$srcdir"/man/*.[1-9]; do
	section=${page##*.}
	[ -f "$T/inst/usr/share/man/man$section/${page##*/}" ]
	ok $? "${page##*/} is installed"
done
like "$(headwater models)" "headwater-log *$T/inst/usr/share/headwater/*" \
	"headwater models finds the installed model"
is "$(echo hello | tokenize | stream-infer | detokenize)" hello \
	"the installed filters find the installed model"
like "$(echo hello | headwater)" '*hello*' "and so does headwater"
for f in bash-completion/completions/tokenize zsh/site-functions/_headwater \
	fish/vendor_completions.d/tokenize.fish; do
	[ -f "$T/inst/usr/share/$f" ]
	ok $? "${f%%/*} completions are installed"
done
find "$T/inst" -type f | sort >files
parts='headwater|man/man[157]|bash-completion|zsh|fish'
is "$(grep -vE "/usr/(bin|share/($parts))/" files)" "" \
	"nothing else is installed"
done_testing
