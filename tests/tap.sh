# SPDX-License-Identifier: MIT
# Test Anything Protocol for the shell tests: source it, call ok/is/skip, end
# with `done_testing`.  Each test runs in a fresh directory $T, removed at the
# end, and finds the programs of the build tree in $PATH.
# shellcheck shell=sh
LC_ALL=C
export LC_ALL
tap_n=0
tap_bad=0
: "${srcdir:=.}" "${builddir:=.}"
srcdir=$(cd "$srcdir" && pwd)
builddir=$(cd "$builddir" && pwd)
PATH=$builddir/bin:$builddir/tests/fixtures:$PATH
HEADWATER_PKGDATADIR=$srcdir/lib/model
export PATH HEADWATER_PKGDATADIR srcdir builddir
# The models of who runs the tests are not theirs.
unset HEADWATER_MODEL HEADWATER_MODELS XDG_DATA_HOME HOME
XDG_DATA_DIRS=/nowhere
export XDG_DATA_DIRS
T=$(mktemp -d "${TMPDIR:-/tmp}/headwater.XXXXXX") || exit 99
trap 'cd /; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
cd "$T" || exit 99

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# ok STATUS DESCRIPTION: `some command; ok $? "it works"`
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		printf '%s\n' "ok $tap_n - $2"
	else
		printf '%s\n' "not ok $tap_n - $2"
		tap_bad=$((tap_bad + 1))
	fi
}

# is GOT WANT DESCRIPTION
is() {
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3"
		diag "got:  $1"
		diag "want: $2"
	fi
}

# like TEXT PATTERN DESCRIPTION: PATTERN is a shell pattern
like() {
	# shellcheck disable=SC2254
	case $1 in
	$2) ok 0 "$3" ;;
	*)
		ok 1 "$3"
		diag "got:  $1"
		diag "want: $2"
		;;
	esac
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n # SKIP $1"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
	exit
}
