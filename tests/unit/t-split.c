/* SPDX-License-Identifier: MIT
 * lib/stream/split: records, their places, and those that are too long. */
#include "tap.h"

#include "headwater.h"

static struct hw_split *open_split(unsigned char delim, size_t max)
{
	struct hw_split_opts o = {.delim = delim, .max_record = max};
	struct hw_split *s = NULL;

	if (hw_split_open(&s, &o, NULL) != HW_OK)
		exit(99);
	return s;
}

/* Feed `text` in steps; what comes out as "line@offset+flags:bytes|". */
static const char *cut(struct hw_split *s, const char *text, size_t n,
    size_t step)
{
	static char out[4096];
	struct hw_piece p;
	size_t used = 0;

	out[0] = '\0';
	for (size_t at = 0; at <= n; at += step) {
		size_t cap, now = n - at < step ? n - at : step;
		void *to = hw_split_space(s, &cap);

		memcpy(to, text + at, now);
		hw_split_added(s, now);
		while ((now < step ? hw_split_next(s, &p) == HW_OK ||
		    hw_split_finish(s, &p) == HW_OK :
		    hw_split_next(s, &p) == HW_OK))
			used += (size_t)snprintf(out + used,
			    sizeof(out) - used,
			    "%" PRIu64 "@%" PRIu64 "+%u:%.*s|", p.line,
			    p.offset, p.flags, (int)p.bytes.n,
			    (const char *)p.bytes.p);
	}
	return out;
}

static void records(void)
{
	static const char text[] = "ab\n\nc";

	for (size_t step = 1; step < 8; step++) {
		struct hw_split *s = open_split('\n', 64);

		is_str(cut(s, text, strlen(text), step),
		    "1@0+0:ab\n|2@3+0:\n|3@4+0:c|",
		    "lines with their newlines, the last without, %zu bytes "
		    "at a time", step);
		is_str(cut(s, "x\n", 2, step), "1@0+0:x\n|",
		    "the next entry counts from the start");
		hw_split_close(s);
	}
}

static void long_records(void)
{
	static const char text[] = "0123456789abcdefXY\nz\n";
	struct hw_split *s = open_split('\n', 16);

	for (size_t step = 1; step < 24; step++)
		is_str(cut(s, text, strlen(text), step),
		    "1@0+2:0123456789abcdef|1@16+1:XY\n|2@19+0:z\n|",
		    "a long record comes in parts, %zu bytes at a time", step);
	is_str(cut(s, "0123456789abcde\n", 16, 5),
	    "1@0+0:0123456789abcde\n|", "one that just fits is whole");
	is_str(cut(s, "0123456789abcdef", 16, 5), "1@0+0:0123456789abcdef|",
	    "also at the end of the input");
	is_str(cut(s, "0123456789abcd\xe2\x82\xac" "e\n", 19, 7),
	    "1@0+2:0123456789abcd|1@14+1:\xe2\x82\xac" "e\n|",
	    "no character is cut in two");
	is_str(cut(s, "0123456789\x80\x80\x80\x80\x80\x80\x80\x80", 18, 7),
	    "1@0+2:0123456789\x80\x80\x80\x80\x80\x80|1@16+1:\x80\x80|",
	    "bytes that are no text are cut all the same");
	hw_split_close(s);
}

static void limits(void)
{
	struct hw_split_opts o = {.delim = '\n', .max_record = 3};
	struct tap_alloc counts = {0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &counts};
	struct hw_err e = {0};
	struct hw_split *s = NULL;

	is_int(hw_split_open(&s, &o, &e), HW_USAGE, "%s", "too small a limit");
	o.max_record = 64;
	o.alloc = &a;
	for (counts.fail_at = 1; counts.fail_at <= 2; counts.fail_at++) {
		counts.count = 0;
		is_int(hw_split_open(&s, &o, NULL), HW_NOMEM,
		    "allocation %ld fails", counts.fail_at);
	}
	is_int(counts.live, 0, "and nothing leaks");
}

int main(void)
{
	records();
	long_records();
	limits();
	return tap_done();
}
