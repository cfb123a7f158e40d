/* SPDX-License-Identifier: MIT */
#ifndef HW_STREAM_UNWRAP_H
#define HW_STREAM_UNWRAP_H

/* What other programs wrap around a line of a log. */
#include "base/buf.h"

struct unwrap_line {
	struct hw_view name; /* a header: of the source that follows; or NULL */
	struct hw_view head; /* of the record: its time and so on, or empty */
	struct hw_view text; /* what was logged, and its newline if it ended */
	bool open;           /* it goes on in the next line */
	char stream;         /* which of the writer's streams */
};

/* Buffers that a line's views point into. */
struct unwrap {
	enum hw_wrap wrap;
	struct hw_buf head, text;
};

void unwrap_init(struct unwrap *u, enum hw_wrap wrap,
    const struct hw_alloc *a);
void unwrap_release(struct unwrap *u);
/* One line, with its newline.  Whatever is not of the form is its own text.
 * HW_NOMEM. */
HW_MUST enum hw_status unwrap_line(struct unwrap *u, struct hw_view line,
    struct unwrap_line *out, struct hw_err *e);
/* Might a header follow this line, to which it belongs? */
bool unwrap_before_header(const struct unwrap *u, struct hw_view line);

#endif
