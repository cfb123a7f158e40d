# SPDX-License-Identifier: MIT
CLI = tests/cli/headwater.sh
CLI += tests/cli/bundled.sh tests/cli/convert.sh tests/cli/hostile-model.sh
EXTRA_DIST += tests/cli/convert.py
CLI += tests/cli/streams.sh
EXTRA_DIST += tests/cli/streams.py
CLI += tests/cli/detokenize.sh tests/cli/detokenize-json.sh \
	tests/cli/detokenize-tty.sh
CLI += tests/cli/digest.sh tests/cli/state.sh tests/cli/merge.sh tests/cli/hostile-hf.sh
CLI += tests/cli/stream-infer.sh tests/cli/generate.sh \
	tests/cli/info.sh tests/cli/split-model.sh
CLI += tests/cli/tokenize.sh tests/cli/follow.sh tests/cli/records.sh \
	tests/cli/lag.sh tests/cli/signals.sh tests/cli/completions.sh \
	tests/cli/beyond.sh
CLI += tests/cli/manners.sh tests/cli/hf.sh
CLI += tests/cli/pipeline.sh
CLI += tests/cli/recipe.sh
CLI += tests/cli/lossless.sh
CLI += tests/cli/examples.sh
CLI += tests/cli/install.sh tests/cli/evaluate.sh
EXTRA_DIST += tests/cli/CONVENTIONS.md
TESTS += $(CLI)
dist_check_SCRIPTS += $(CLI)

# Flat memory on a line that is far larger than it.
soak-lossless: all
	HEADWATER_SOAK_BYTES=1073741824 srcdir=$(srcdir) builddir=. \
		$(SHELL) $(srcdir)/tests/cli/lossless.sh
.PHONY: soak-lossless

# The digest of a log of 3,000 lines with the bundled model: minutes.
digest-scores: all
	HW_DIGEST_SCORES=1 srcdir=$(srcdir) builddir=. \
		$(SHELL) $(srcdir)/tests/cli/digest.sh
.PHONY: digest-scores
