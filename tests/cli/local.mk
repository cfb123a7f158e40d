# SPDX-License-Identifier: MIT
CLI = tests/cli/headwater.sh
TESTS += $(CLI)
dist_check_SCRIPTS += $(CLI)
