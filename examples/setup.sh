# SPDX-License-Identifier: MIT
# What only this file knows: which Debian packages the build needs, and how a
# clone becomes a built tree.  tests/run.sh, examples/quickstart.sh and .ci/run
# source it from the root of the source tree.
#
# BUILD is the build folder (default: build); CONFIGURE_FLAGS go to configure.
# shellcheck shell=sh
: "${BUILD:=build}" "${CONFIGURE_FLAGS:=}"

say() { printf '%s\n' "headwater: $*" >&2; }
die() {
	say "$*"
	exit 1
}

# A row a need: the package, and a command that succeeds once it is there.  So
# a compiler or a library that came by another way is accepted as it is.
setup_needs='
gcc              command -v gcc
libc6-dev        gcc -E -include stdio.h -xc /dev/null
make             command -v make
autoconf         command -v autoreconf
automake         command -v automake
pkg-config       command -v pkg-config
libpcre2-dev     pkg-config --cflags --libs libpcre2-8
libarchive-dev   pkg-config --cflags --libs libarchive
libjansson-dev   pkg-config --cflags --libs jansson
libutf8proc-dev  pkg-config --cflags --libs libutf8proc
libopenblas-dev  pkg-config --cflags --libs openblas
'

# setup_missing [ROWS]: the packages whose need is not met, one line.
setup_missing() {
	printf '%s\n' "${1:-$setup_needs}" | while read -r package probe; do
		[ -n "$package" ] || continue
		sh -c "$probe" >/dev/null 2>&1 </dev/null ||
			printf '%s ' "$package"
	done
}

setup_apt() {
	if [ "$(id -u)" -eq 0 ]; then
		DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null
	else
		sudo DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null
	fi
}

# setup_packages [ROWS]: install what is missing, saying so first.
setup_packages() {
	missing=$(setup_missing "$@")
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null ||
		die "please install what these Debian packages hold: $missing"
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		die "please install, as root: apt-get install $missing"
	say "installing Debian packages with apt-get: $missing"
	# The lists of a fresh machine may be absent or old: try once without
	# them only if fetching them fails twice.
	setup_apt -q update >&2 || { sleep 3; setup_apt -q update >&2; } ||
		say "apt-get update failed; trying with the lists at hand"
	# shellcheck disable=SC2086 # one word a package
	setup_apt -q -y --no-install-recommends install $missing >&2 ||
		die "apt-get could not install: $missing"
	missing=$(setup_missing "$@")
	[ -z "$missing" ] || die "installed, and still not usable: $missing"
}

setup_jobs() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1; }

# setup_quietly LOG COMMAND...: the command's output matters if it fails.
setup_quietly() {
	setup_log=$1
	shift
	"$@" >"$setup_log" 2>&1 </dev/null && return
	tail -n 40 "$setup_log" >&2
	die "failed: $* (all of its output: $setup_log)"
}

setup_configure() {
	mkdir -p "$BUILD" || die "cannot make the folder $BUILD"
	# automake's own rules bring configure up to date once it exists.
	if [ ! -f configure ]; then
		say "making configure"
		setup_quietly "$BUILD/autoreconf.log" autoreconf -fi
	fi
	[ ! -f "$BUILD/config.status" ] || return 0
	say "configuring in $BUILD/"
	# shellcheck disable=SC2086 # flags are words
	(cd "$BUILD" && setup_quietly configure.log ../configure -q \
		$CONFIGURE_FLAGS) || exit 1
}

# Whether nothing changed since the last build.  (make -q would say no for
# ever: automake makes stamp-h1 after config.h.)
setup_built() {
	[ -f "$BUILD/built" ] && [ -z "$(find configure.ac Makefile.am bin \
		kernels lib man examples tests -newer "$BUILD/built")" ]
}

# Bring the build folder up to date; nothing is said where nothing is done.
setup_build() {
	setup_configure
	setup_built && return
	say "building in $BUILD/"
	: >"$BUILD/built.new"
	setup_quietly "$BUILD/make.log" make -s -C "$BUILD" -j"$(setup_jobs)"
	mv "$BUILD/built.new" "$BUILD/built"
}

# setup_check [VARIABLE=VALUE]...: run the tests, with that for make; then print
# `N passed, N failed[, N skipped]`, counted by automake in test-suite.log;
# returns make's verdict.
setup_check() {
	rm -f "$BUILD/test-suite.log"
	make -s -C "$BUILD" -j"$(setup_jobs)" check "$@" </dev/null
	setup_rc=$?
	setup_summary "$BUILD/test-suite.log" "$setup_rc"
	return "$setup_rc"
}

# setup_summary LOG MAKE-STATUS: a failure that no test accounts for (a test
# that does not compile) counts as one.
setup_summary() {
	[ -f "$1" ] || set -- /dev/null "$2"
	awk -v rc="$2" '
	/^# (PASS|XFAIL): / { good += $3 }
	/^# (FAIL|XPASS|ERROR): / { bad += $3 }
	/^# SKIP: / { skipped += $3 }
	/^$/ && seen++ > 1 { exit }
	END {
		if (rc != 0 && bad == 0)
			bad = 1
		printf "%d passed, %d failed", good, bad
		printf skipped ? ", %d skipped\n" : "\n", skipped
	}' "$1"
}
