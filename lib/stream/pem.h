/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_PEM_H
#define HW_STREAM_PEM_H

/* Private keys in PEM, whose lines may be records of their own. */
#include "base/regex.h"

struct pem {
	struct hw_redact_at *at; /* where the records before ended */
	struct hw_regex *begin;  /* what a key begins behind */
	struct hw_view v;        /* a record */
	size_t next;             /* its first byte that was not looked at */
};

/* The next of the lines of a record, or parts of them, that are of a key;
 * never their ends.  False: there are no more. */
bool pem_next(struct pem *p, struct hw_match *m);

#endif
