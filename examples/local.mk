# SPDX-License-Identifier: MIT
EXTRA_DIST += examples/setup.sh
