# SPDX-License-Identifier: MIT
CLI = tests/cli/headwater.sh tests/cli/bundled.sh \
	tests/cli/detokenize.sh
TESTS += $(CLI)
dist_check_SCRIPTS += $(CLI)
