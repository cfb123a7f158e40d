# SPDX-License-Identifier: MIT
# `make check`: everything here needs no download.  All tests speak TAP.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = srcdir='$(abs_srcdir)' builddir='$(abs_builddir)'; \
	export srcdir builddir;

# Unit tests look inside the library; fixtures and fault tests too.
TEST_CPPFLAGS = $(LIB_CPPFLAGS) -I$(srcdir)/tests -I.
noinst_HEADERS += tests/tap.h
dist_check_SCRIPTS =
EXTRA_DIST += tests/README.md tests/tap.sh tests/run.sh

# In the order in which the tests begin: those that take long first, so that
# none of them runs alone at the end.
include tests/lint/local.mk
include tests/kernels/local.mk
include tests/exact/local.mk
include tests/fuzz/local.mk
include tests/hostile/local.mk
include tests/cli/local.mk
include tests/golden/local.mk
include tests/fault/local.mk
include tests/unit/local.mk
include tests/fixtures/local.mk
include tests/bench/local.mk
