/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_PAGE_H
#define HW_BIN_PAGE_H

/* Windows (headwater-json(5)) as one page of HTML that needs nothing else. */
#include <jansson.h>
#include <stdbool.h>

/* Replace the file; false: it could not be, and a line says so. */
bool page_write(const char *path, const json_t *windows);

#endif
