/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_PROGRESS_H
#define HW_BIN_PROGRESS_H

/* How far we are in input whose size is known, on standard error if that is a
 * terminal. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool shown;         /* it is to be shown; else only known */
	uint64_t total;     /* 0: not known */
	uint64_t before;    /* of the files that are done */
	uint64_t done;      /* in all */
	int64_t began_ms, next_ms;
	bool on_line;       /* there is something to clear */
};

/* Of files that are read from their start to their end; `quiet`: never show. */
void progress_open(struct progress *p, char **paths, int n, bool quiet);
/* So far in the file that fd is of. */
void progress_at(struct progress *p, int fd);
void progress_file_done(struct progress *p, int fd);
/* "45% of 270 MB, 12.1 MB/s, 0:12 left"; empty if nothing is known. */
void progress_text(const struct progress *p, char *text, size_t size);
void progress_clear(struct progress *p);

#endif
