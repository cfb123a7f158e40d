/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_LISTING_H
#define HW_BIN_LISTING_H

/* A line for each model that -m finds by its name, in the order in which the
 * folders are looked through. */
void listing(void);

#endif
