# SPDX-License-Identifier: MIT
EXTRA_DIST += examples/setup.sh examples/quickstart.sh
EXTRA_DIST += examples/bundled-model/hf2gguf.py
