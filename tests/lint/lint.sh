#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of the house as greps (tests/README.md says why each is there).  A
# rule that is broken prints FILE:LINE of every offender.
. "${srcdir:-.}/tests/tap.sh"
cd "$srcdir" || exit 99
lint=tests/lint

# Files of the project: what git knows or would take, else (in an unpacked
# distribution, or where there is no git) what is there and was not generated.
git ls-files -co --exclude-standard >"$T/git" 2>/dev/null || rm -f "$T/git"
[ -e .git ] || rm -f "$T/git"
if [ -f "$T/git" ]; then
	while read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done <"$T/git"
else
	made='configure|aclocal.m4|config.h.in~?|Makefile.in'
	find . -type f | sed 's|^\./||' | grep -vE \
	    "^(\.git|_?build[^/]*|_inst|autom4te.cache)/|^($made)\$"
fi | sort >"$T/all"
# named ERE: the files whose names match; those that do not: named -v ERE.
named() { grep -E "$@" "$T/all"; }
named '\.[ch]$' >"$T/c"
named '\.(c|h|def|sh|in|mk|am|ac|awk|py)$|^\.ci/run$' >"$T/source"
named -v '\.(gguf|bin|xz|gz|zst|json|log|png|txt)$' >"$T/text"

# none DESCRIPTION: no offender was found.
found=$T/found
none() {
	[ ! -s "$found" ]
	ok $? "$1"
	sed 's/^/# /' "$found"
}
# The C files without comments and strings, so that words in them are free.
sed "s|^|$T/code/|; s|/[^/]*\$||" "$T/c" | sort -u | xargs mkdir -p
xargs awk -v to="$T/code/" -f "$lint/strip.awk" <"$T/c"
# code ERE [GREP-OPTION...]: offenders in the code of the files listed on
# standard input.
code() {
	(cd "$T/code" && xargs grep -nE "$@" /dev/null)
}

# ---- files ------------------------------------------------------------------
xargs wc -l <"$T/source" | awk '$2 != "total" {
	max = $2 ~ /^kernels\// || $2 ~ /\.def$/ ||
		$2 == "lib/api/headwater.h" ? 800 : 600
	if ($1 > max) print $2 ": " $1 " lines"
}' >"$found"
none "files are at most 600 lines (kernels, tables and the contract: 800)"

xargs awk 'FNR <= 3 && /SPDX-License-Identifier: MIT/ { print FILENAME }' \
	<"$T/source" | sort -u | comm -13 - "$T/source" >"$found"
none "every source file has its licence line"

grep -E '^(lib|bin|kernels)/.*\.c$' "$T/c" |
	xargs grep -L 'What only this file knows' >"$found"
none "every .c file says what only it knows"

xargs grep -nE '[[:space:]]$' /dev/null <"$T/text" >"$found"
none "no white space at the end of a line"
xargs grep -nE '^    ' /dev/null <"$T/c" | grep -vE ':    [^ ]' >"$found"
none "C is indented with tabs (four spaces continue a line)"
# wc counts newlines; grep, lines.
xargs grep -c '' /dev/null <"$T/text" | tr : ' ' >"$T/lines"
xargs wc -l <"$T/text" | awk 'NR == FNR { lines[$1] = $2; next }
	$2 in lines && $1 != lines[$2] { print $2 }' "$T/lines" - >"$found"
none "every file ends with a newline"
named '\.(c|h|sh)$' | xargs awk '{
	n = split($0, part, "\t")
	columns = 0
	for (i = 1; i < n; i++)
		columns += length(part[i]) + 8 - (columns + length(part[i])) % 8
	if (columns + length(part[n]) > 80)
		print FILENAME ":" FNR
}' >"$found"
none "lines are at most 80 columns"
xargs grep -nE 'TODO|FIXME|(^|[^X])XXX([^X]|$)|^# *if 0' \
	/dev/null <"$T/c" >"$found"
none "nothing is left for later, or commented out"
# Written so that this file does not match itself.
ours='/(wor[k]|roo[t]|hom[e])/[a-z]|(pypi|artifactor[y]|nexu[s])\.'
xargs grep -nE "$ours" /dev/null <"$T/text" >"$found"
none "no path or host of a developer's machine"

# ---- C ----------------------------------------------------------------------
# A function runs from a `{` in column 1 to the next `}` there.
xargs awk '
FNR == 1 { start = 0 }
/^\{/ { start = FNR }
/^\}/ && start {
	if (FNR - start > 81)
		print FILENAME ":" start ": " FNR - start - 1 " lines"
	start = 0
}' <"$T/c" >"$found"
none "functions are at most 80 lines"

# banned.txt: where (ERE of file names), what (ERE), why.
while IFS='	' read -r where what why; do
	case $where in '' | '#'*) continue ;; esac
	grep -E "$where" "$T/c" |
		code "(^|[^A-Za-z0-9_])($what)[[:space:]]*\(" >"$found"
	none "$why"
done <"$lint/banned.txt"

# layers.txt: header, the only files that may include it (ERE).
while IFS='	' read -r header where; do
	case $header in '' | '#'*) continue ;; esac
	xargs grep -nE "^#[[:space:]]*include <$header>" /dev/null <"$T/c" |
		grep -vE "^($where):" >"$found"
	none "<$header> only in $where"
done <"$lint/layers.txt"
# Which layers a layer of lib/ may include; the include paths see to the rest.
for row in base: model:base tok:base,model cache:base stream:base \
	engine:base,model,cache digest:base,stream; do
	layer=${row%%:*}
	below=$(echo "$layer,${row#*:}" | tr , '|')
	grep "^lib/$layer/" "$T/c" | xargs grep -nE \
		'^#[[:space:]]*include "[a-z]+/' /dev/null |
		grep -vE "include \"($below)/" >"$found"
	none "lib/$layer includes itself and what lies below"
done

# Each header of those on standard input, alone, with what its layer may see.
alone() {
	xargs "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Werror \
		-Wno-unused-function -Wno-unused-variable -fsyntax-only \
		-I"$builddir" "$@" -xc 2>&1
}
{
	named '^lib/api/.*\.h$' | alone
	named '^lib/.*\.h$' | grep -v '^lib/api/' |
		alone -Ilib -Ilib/api -Ikernels
	named '^kernels/.*\.h$' | grep -v '^kernels/simd/' | alone -Ikernels
	named '^bin/.*\.h$' | alone -Ibin -Ilib/api
	named '^tests/.*\.h$' | alone -Itests -Ilib -Ilib/api -Ikernels
	case $(uname -m) in
	aarch64)
		echo kernels/simd/vec_neon.h |
			alone -Ikernels -march=armv8.2-a+dotprod
		;;
	x86_64)
		set -- -Ikernels -mavx2 -mfma -mf16c
		wide='(avx512|_amx|/fixed)\.h$'
		named '^kernels/simd/.*\.h$' | grep -vE "neon\.h|$wide" |
			alone "$@"
		named "^kernels/simd/.*$wide" | alone "$@" -mavx512f \
			-mavx512bw -mavx512dq -mavx512vl -mavx512vnni \
			-mavx512bf16 -mavx512vbmi
		;;
	esac
} >"$found"
none "every header compiles alone"

# ---- the build --------------------------------------------------------------
# What make would pack, against what git has.
if [ -f "$T/git" ]; then
	printf '%s\n' 'include Makefile' 'hw-list:' \
		'	@printf "%s\n" $(patsubst $(srcdir)/%,%,$(DISTFILES))' |
		(cd "$builddir" && MAKEFLAGS='' make -s -f - hw-list) |
		sort -u >"$T/packed"
	awk 'NR == FNR { packed[$0]; next }
	{
		path = $0
		while (!(path in packed) && sub("/[^/]*$", "", path))
			;
		if (!(path in packed) && $0 != ".gitignore")
			print
	}' "$T/packed" "$T/all" >"$found"
	none "every file is in the distribution (its folder's local.mk)"
else
	skip "not a git checkout: nothing to compare the distribution with"
fi

if command -v shellcheck >/dev/null; then
	# The sourced files' variables are theirs to explain.
	named '\.sh$|^\.ci/run$|^bin/headwater\.in$' | xargs shellcheck \
		-s sh -S warning -e SC1090,SC1091,SC2154,SC2238 >"$found"
	none "shellcheck has nothing to say"
else
	skip "shellcheck is not installed"
fi
done_testing
