# SPDX-License-Identifier: MIT
EXTRA_DIST += examples/setup.sh examples/quickstart.sh \
	examples/follow.sh examples/batch.sh examples/nightly.sh \
	examples/tree.sh examples/odd-lines.sh
EXTRA_DIST += examples/bundled-model/hf2gguf.py
EXTRA_DIST += examples/make-sample-log.awk
