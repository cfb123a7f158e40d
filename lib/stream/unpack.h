/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_UNPACK_H
#define HW_STREAM_UNPACK_H

/* One layer of packing taken off by libarchive: a compressed stream, or an
 * archive of files.  Layers stack: what one gives can feed the next. */
#include "base/mem.h"
#include "stream/magic.h"

struct hw_unpack;

/* The next block of packed bytes, borrowed until the next call; HW_END. */
typedef enum hw_status hw_feed(void *ctx, struct hw_view *block,
    struct hw_err *e);

/* HW_NOMEM; HW_UNSUPPORTED: this libarchive lacks it.  `name` is for messages
 * and outlives the handle. */
HW_MUST enum hw_status hw_unpack_open(struct hw_unpack **out,
    enum hw_packing kind, const char *name, hw_feed *feed, void *ctx,
    const struct hw_alloc *a, struct hw_err *e);
void hw_unpack_close(struct hw_unpack *u);

/* Go to the next regular file (of a compressed stream: its only one); HW_END:
 * none.  *path is borrowed, NULL for a compressed stream. */
HW_MUST enum hw_status hw_unpack_next(struct hw_unpack *u, const char **path,
    struct hw_err *e);
/* Its next bytes: so many zeros (files may have holes), then the block, which
 * is borrowed.  HW_END; HW_CORRUPT, after which the next file may be gone to;
 * what the feed failed with. */
HW_MUST enum hw_status hw_unpack_block(struct hw_unpack *u, uint64_t *zeros,
    struct hw_view *block, struct hw_err *e);

#endif
