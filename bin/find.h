/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_FIND_H
#define HW_BIN_FIND_H

/* Which model: -m FILE|NAME, else $HEADWATER_MODEL, else the bundled one. */
#include "headwater.h"

/* The path of the model that `wanted` (NULL: not given) stands for.  A word
 * without '/' that is no file here is a NAME: NAME.gguf is looked for in
 * $HEADWATER_PKGDATADIR, beside the program's build tree or prefix, and where
 * it was installed.  Borrowed; a name that is nowhere comes back as it is, so
 * that opening it says what is missing. */
const char *find_model(const char *wanted);

/* Open it, or die with one line. */
struct hw_model *find_and_open_model(const char *wanted, bool vocab_only);

#endif
