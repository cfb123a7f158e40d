/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_WATCH_H
#define HW_BIN_WATCH_H

/* When to look at files again: inotify where there is one, and the clock
 * for what it does not tell. */
#include <stdbool.h>

struct watch;

/* The paths outlive it; they need not exist.  `off`: only the clock. */
struct watch *watch_open(char **paths, int n, bool off);
void watch_close(struct watch *w); /* NULL is fine */
/* Watch all that there is now; the milliseconds after which to look again
 * even if nothing is said (0: at once, for something is watched only since
 * now). */
int watch_all(struct watch *w);
int watch_fd(const struct watch *w); /* readable: look; -1: there is none */
void watch_drain(struct watch *w);

#endif
