/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_FIND_H
#define HW_BASE_FIND_H

/* Where bytes stand in others. */
#include "headwater.h"

/* Where this is in v first; v.n: nowhere.  What is empty is at 0. */
size_t hw_find(struct hw_view v, const char *what);

#endif
