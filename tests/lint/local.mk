# SPDX-License-Identifier: MIT
# `make check LINT=` tests all but the text, which no compiler changes.
LINT = tests/lint/lint.sh tests/lint/docs.sh
TESTS += $(LINT)
EXTRA_DIST += tests/lint/lint.sh tests/lint/docs.sh
EXTRA_DIST += tests/lint/strip.awk tests/lint/banned.txt tests/lint/layers.txt
