/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_FIND_H
#define HW_BIN_FIND_H

/* Which model: -m FILE|NAME, else $HEADWATER_MODEL, else the bundled one. */
#include "headwater.h"

/* What -m takes, for the end of --help. */
#define FIND_HELP \
	"The model is a GGUF file (of a split one, the first), or a folder as" \
	" they are at\nHugging Face, or a tar or zip file of that, or the" \
	" NAME of an installed one\n('headwater models' lists these)."

/* The path of the model that `wanted` (NULL: not given) stands for.  A word
 * without '/' that is no file here is a NAME, looked for in the folders of
 * find_folders; without any word it is the bundled model, which is not looked
 * for in folders of the user's.  Borrowed; a name that is nowhere comes back
 * as it is, so that opening it says what is missing. */
const char *find_model(const char *wanted);

/* Open it, or die with one line. */
struct hw_model *find_and_open_model(const char *wanted, bool vocab_only);

/* Call f with each folder that models are looked for in until it returns true:
 * those of $HEADWATER_MODELS, of XDG's data ("headwater/models" there), where
 * the bundled model is. */
bool find_folders(bool (*f)(void *ctx, const char *dir), void *ctx);

/* The NAME of a file (or, with `dir`, a folder) in such a folder: how many of
 * its bytes; 0: nothing is called by it. */
size_t find_name(const char *file, bool dir);

#endif
