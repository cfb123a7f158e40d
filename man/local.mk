# SPDX-License-Identifier: MIT
dist_man_MANS += man/headwater.1 man/headwater.7 man/detokenize.1 man/tokstream.5
dist_man_MANS += man/headwater-info.1 man/headwater-json.5
dist_man_MANS += man/summarize-window.1
dist_man_MANS += man/stream-infer.1
dist_man_MANS += man/tokenize.1
