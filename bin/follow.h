/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_FOLLOW_H
#define HW_BIN_FOLLOW_H

/* Files that grow, are rotated, and need not exist yet: tokenize -F. */
#include "intake.h"

struct follow_opts {
	int poll_ms; /* look so often; 0: be told by inotify where it works */
	int lines;   /* begin with the last so many; -1: from the start */
};

/* Until a signal asks to stop.  Each path is a source of its own. */
void follow(struct intake *in, char **paths, int n,
    const struct follow_opts *opts);

#endif
