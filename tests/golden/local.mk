# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/golden/digest.txt tests/golden/quiet.txt
