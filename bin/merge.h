/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_MERGE_H
#define HW_BIN_MERGE_H

/* JSON Lines of many hosts' digests as one. */
#include <jansson.h>

/* Read the files (none: standard input), join windows of the same interval,
 * and give them in the order of time, with at most `top` rows each.  Dies
 * naming the file and line of what is no such line.  A new reference. */
json_t *merge_files(char **files, int n, int top);

#endif
