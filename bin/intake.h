/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_INTAKE_H
#define HW_BIN_INTAKE_H

/* How the bytes of a source become records of the token stream: cut, encoded,
 * written.  What all sources share is an intake; each that is read has a lane,
 * since a source may pause in the middle of a line while others go on. */
#include "headwater.h"
#include "progress.h"

struct intake_opts {
	bool ids;          /* the text form */
	bool special;
	bool verbose;      /* name each source on stderr */
	unsigned char delim;
	size_t max_record;
	enum hw_wrap wrap;
	const char *multiline; /* NULL: off */
	int confirm;           /* answer OK on this descriptor; 0: not */
	struct hw_redact *redact; /* NULL: nothing is; closed with the intake */
};

struct intake {
	struct intake_opts opts;
	struct hw_tok *tok;
	struct hw_enc *enc;
	const struct progress *progress; /* what SIGUSR1 tells, or NULL */
	uint32_t sources;  /* named so far */
	uint64_t unconfirmed; /* records that were not answered yet */
	uint64_t records, bytes; /* that went out; bytes before redaction */
};

/* Dies with a message where something is wrong, as all of this file does. */
void intake_open(struct intake *in, const struct hw_model *m,
    const struct intake_opts *opts);
/* Write what there is; then it is answered. */
void intake_flush(struct intake *in);
/* END, and all of it to standard output. */
void intake_finish(struct intake *in);
void intake_close(struct intake *in);

/* A record that the next line may continue waits so long for it. */
#define LANE_LINE_MS 200

/* If SIGUSR1 came: a line on standard error. */
void intake_status(struct intake *in);

struct lane {
	struct intake *in;
	struct hw_split *split;
	struct hw_lines *lines; /* NULL: lines are records */
	uint32_t source;
	struct hw_redact_at redact; /* in a key of several lines */
	int64_t arrival_ms;
};

void lane_open(struct lane *l, struct intake *in);
void lane_close(struct lane *l); /* a zeroed one is fine */
/* A source begins: its lines count from 1.  The first of a lane, or one that
 * takes the place of the one before under its name (again). */
void lane_begin(struct lane *l, const char *name, bool again);
/* Room for input, as hw_split_space; then what was read is taken. */
void *lane_space(struct lane *l, size_t *cap);
void lane_added(struct lane *l, size_t n);
/* So many bytes of the source are passed over. */
void lane_skip(struct lane *l, uint64_t n);
/* Its input pauses: whether something waits for a line that may not come, and
 * that it wait no longer. */
bool lane_holds(const struct lane *l);
void lane_pause(struct lane *l);
/* The source ends: what is left of it is a record. */
void lane_end(struct lane *l);

#endif
