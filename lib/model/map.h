/* SPDX-License-Identifier: MIT */
#ifndef HW_MODEL_MAP_H
#define HW_MODEL_MAP_H

/* A regular file, mapped read-only. */
#include "base/err.h"

/* HW_IO; HW_FORMAT when `path` is no regular file. */
HW_MUST enum hw_status hw_map_open(struct hw_view *out, const char *path,
    struct hw_err *e);
/* All of `v`, a part of a mapping or not, is about to be read: one fault for
 * its pages, not one for every sixteen. */
void hw_map_ahead(struct hw_view v);
void hw_map_close(struct hw_view *v); /* a zeroed view is fine */

#endif
