/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_FILE_H
#define HW_BIN_FILE_H

/* Small files that are read whole and written whole. */
#include <sys/types.h>

#include "headwater.h"

/* All of a file of at most max bytes, with a NUL behind it; free it.  Dies
 * naming the file.  `optional`: no such file is NULL. */
char *file_read(const char *path, size_t max, bool optional, size_t *n);
/* Replace a file at once: whoever opens it sees the old or the new one, also
 * after a crash.  A link stays one; and what is no file (a device, a FIFO) is
 * written into.  Owner and mode are kept; `mode` (less the umask) is that of a
 * new one.  False: it could not be, and a line says so. */
bool file_replace(const char *path, struct hw_view v, mode_t mode);

#endif
