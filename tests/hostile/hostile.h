/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_HOSTILE_H
#define HW_TESTS_HOSTILE_H

/* Files that want to hurt their reader, given to the programs: each in a
 * process of its own, with its memory and time measured.  What is refused ends
 * with exit status 65 (69 if it is sound, but beyond this version; 66 if a file
 * is missing), says so in one line that begins with the file's name, and writes
 * nothing (but what it knew before, where weights turn out to be broken). */
#include "base/buf.h"

/* The program that a row is for. */
enum prog {
	INFO,     /* headwater-info: the header, the tokenizer */
	TOKENIZE, /* a text is encoded */
	INFER,    /* three tokens are scored */
};

struct row {
	const char *id;   /* of the list that these rows follow */
	const char *what; /* what is wrong */
	enum prog prog;
	int exit;         /* 0: it is harmless, and taken */
	const char *says; /* in the line; with a '!' before it where there is no
	                     byte to name, since something is missing */
};

/* A fresh directory to work in, removed by hostile_end. */
void hostile_begin(void);
void hostile_write(const char *path, const void *p, size_t n);
/* `path` must do as the row says. */
void hostile_try(const struct row *r, const char *path);
/* No part of a file that is cut short makes a model of `model`: each is refused
 * by one line that names it.  But `spare` bytes at the end are padding. */
void hostile_cuts(const char *file, const char *model, size_t spare);
/* Says what all of it took; returns main's status. */
int hostile_end(void);

#endif
