# SPDX-License-Identifier: MIT
LINT = tests/lint/lint.sh tests/lint/docs.sh
TESTS += $(LINT)
dist_check_SCRIPTS += $(LINT)
EXTRA_DIST += tests/lint/strip.awk tests/lint/banned.txt tests/lint/layers.txt
