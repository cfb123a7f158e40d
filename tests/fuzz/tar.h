/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_TAR_H
#define HW_TESTS_TAR_H

/* A tar archive in memory: the way in which a test hands over a model of
 * several files without writing any. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

static inline void tar_add(struct hw_buf *b, const char *name, const void *p,
    size_t n)
{
	char head[512] = {0};
	unsigned sum = 0;

	snprintf(head, 100, "%s", name);
	memcpy(head + 100, "0000644\0000000000\0000000000", 24);
	snprintf(head + 124, 12, "%011zo", n);
	memcpy(head + 136, "00000000000\0        0", 21);
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum & 0777777);
	hw_buf_put(b, head, sizeof(head));
	hw_buf_put(b, p, n);
	while (b->n % 512 != 0)
		hw_buf_u8(b, 0);
}

static inline void tar_end(struct hw_buf *b)
{
	static const char zeros[1024];

	hw_buf_put(b, zeros, sizeof(zeros));
}

#endif
