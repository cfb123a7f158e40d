#!/bin/sh
# SPDX-License-Identifier: MIT
# The documents say what the programs do: the options of a man page are those
# of --help, and the wrapper passes on only what a stage takes.
. "${srcdir:-.}/tests/tap.sh"

# What --help lists, one option a line: letter and name.
options_of() {
	"$1" --help 2>/dev/null | sed -n \
	    -e 's/^  -\(.\), --\([a-z0-9-]*\).*/-\1 --\2/p' \
	    -e 's/^      --\([a-z0-9-]*\).*/--\1/p' | sort
}
# What the OPTIONS lists of an mdoc page have as tags, likewise.
options_in() {
	sed -n -e 's/^\.It Fl \(.\) , Fl -\([a-z0-9-]*\).*/-\1 --\2/p' \
	    -e 's/^\.It Fl -\([a-z0-9-]*\).*/--\1/p' "$1" | sort
}

for program in tokenize stream-infer summarize-window detokenize headwater \
	headwater-info; do
	page=$srcdir/man/$program.1
	if [ ! -x "$builddir/bin/$program" ]; then
		skip "$program is not built"
		continue
	fi
	options_of "$program" >"help.$program"
	[ -s "help.$program" ]
	ok $? "$program --help lists options"
	"$program" --help | expand | awk 'length > 80' >long
	is "$(cat long)" "" "and fits in 80 columns"
	[ -f "$page" ]
	ok $? "$program has a man page"
	[ -f "$page" ] || continue
	options_in "$page" >"page.$program"
	diff "help.$program" "page.$program" >differ
	ok $? "$program(1) documents exactly the options of --help"
	sed 's/^/# /' differ
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' \
		EXAMPLES 'SEE ALSO'; do
		grep -qxE "\.Sh $section" "$page" || echo "$section"
	done >missing
	is "$(cat missing)" "" "$program(1) has the sections of a filter's page"
done

# Letters of the wrapper's table, and whose help they must be in.
sed -n "/^options='/,/^'/p" "$builddir/bin/headwater" | grep '|' |
	while IFS='|' read -r stages letter name _; do
		for row in t=tokenize i=stream-infer w=summarize-window \
			d=detokenize; do
			case $stages in *${row%%=*}*) ;; *) continue ;; esac
			[ -f "help.${row#*=}" ] || continue
			want=${letter:+-$letter }--$name
			grep -qxF -e "$want" "help.${row#*=}" ||
				echo "${row#*=} has no $want"
		done
	done >missing
is "$(cat missing)" "" "the wrapper's options are options of its stages"

# Every type that can be loaded, and no other, where types are listed.
sed -n 's/^QUANT(\([A-Z0-9_]*\),.*/\1/p' "$srcdir/lib/model/quants.def" |
	sort >types
for page in README.md man/headwater.7; do
	sed -n '/[Tt]ensor types/,/[.]$/p' "$srcdir/$page" |
		grep -oE '\b(B?F(16|32)|I?Q[0-9]_[A-Z0-9]+|MXFP4)\b' |
		sort >"listed"
	is "$(cat listed)" "$(cat types)" "$page lists the tensor types"
done

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$srcdir"/man/*.[1-9] >lint 2>&1
	[ ! -s lint ]
	ok $? "mandoc has no warning about the man pages"
	sed "s|$srcdir/||;s/^/# /" lint
else
	skip "mandoc is not installed"
fi
for page in "$srcdir"/man/*.[1-9]; do
	sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' "$page"
done | sort -u | while read -r page; do
	case $page in
	tokenize.* | stream-infer.* | summarize-window.* | detokenize.* | \
	    headwater.* | headwater-info.* | tokstream.*)
		[ -f "$srcdir/man/$page" ] || echo "$page"
		;;
	esac
done >missing
is "$(cat missing)" "" "every page of ours that is referred to exists"
done_testing
