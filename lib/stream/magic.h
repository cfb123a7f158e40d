/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_MAGIC_H
#define HW_STREAM_MAGIC_H

/* What the first bytes of a file say it is.  Live input waits for the answer,
 * so it comes with the first byte that decides. */
#include <stdbool.h>
#include <stddef.h>

enum hw_packing {
	HW_PACK_NONE, /* plain */
	HW_PACK_GZIP,
	HW_PACK_XZ,
	HW_PACK_ZSTD,
	HW_PACK_BZIP2,
	HW_PACK_LZ4,
	HW_PACK_TAR, /* from here on: archives of files */
	HW_PACK_ZIP,
};

/* Bytes that always suffice. */
#define HW_MAGIC_MAX ((size_t)512)

/* What n bytes say; *undecided: more of them may say otherwise. */
enum hw_packing hw_magic(const unsigned char *p, size_t n, bool *undecided);
const char *hw_packing_name(enum hw_packing kind);

#endif
