/* SPDX-License-Identifier: MIT
 * Fuzz target: lines.  The first byte says what they are wrapped in, whether
 * they are joined, and whether the input pauses after each.  No record is
 * longer than asked, their flags pair up, and unwrapped ones are all bytes, in
 * order.  What redaction leaves alone it leaves as it is. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MAX 48

const char fuzz_name[] = "lines";

static struct hw_redact *redact;

static void open_once(void)
{
	static const unsigned char key[] = "a key of enough bytes";

	if (redact == NULL && (hw_redact_open(&redact, (struct hw_view){key,
	    sizeof(key)}, NULL, NULL) != HW_OK ||
	    hw_redact_classes(redact, "all", "", NULL) != HW_OK))
		exit(99);
}

static uint64_t redactions(void)
{
	uint64_t all = 0, n;
	const char *name;

	for (size_t i = 0; hw_redact_count(redact, i, &name, &n); i++)
		all += n;
	return all;
}

static void hide(struct hw_redact_at *at, struct hw_view in)
{
	uint64_t before = redactions();
	struct hw_view out = {NULL, 0};

	if (hw_redact(redact, at, in, &out, NULL) != HW_OK)
		abort();
	if (redactions() == before && (out.n != in.n ||
	    (in.n > 0 && memcmp(out.p, in.p, in.n) != 0)))
		abort();
}

struct reader {
	struct hw_lines *lines;
	const uint8_t *text; /* what the records must spell; NULL: unknown */
	size_t n, at;
	struct hw_redact_at key;
	bool pauses, more;   /* more: the record before goes on */
};

static void drain(struct reader *r)
{
	struct hw_lines_out o;

	while (hw_lines_next(r->lines, &o) == HW_OK) {
		struct hw_view b = o.piece.bytes;

		if (o.source.p != NULL) {
			hide(NULL, o.source);
			continue;
		}
		if (b.n == 0 || b.n > MAX ||
		    ((o.piece.flags & HW_RECORD_CONT) != 0) != r->more)
			abort();
		r->more = (o.piece.flags & HW_RECORD_MORE) != 0;
		hide(&r->key, b);
		if (r->text != NULL && (b.n > r->n - r->at ||
		    memcmp(b.p, r->text + r->at, b.n) != 0))
			abort();
		r->at += b.n;
	}
}

static void put(struct reader *r, struct hw_split *s, bool end)
{
	struct hw_piece p;

	while (hw_split_next(s, &p) == HW_OK ||
	    (end && hw_split_finish(s, &p) == HW_OK)) {
		if (hw_lines_put(r->lines, &p, NULL) != HW_OK)
			abort();
		drain(r);
		if (r->pauses) {
			hw_lines_flush(r->lines, false);
			drain(r);
		}
	}
}

static void read_all(struct reader *r, const uint8_t *p, size_t n)
{
	struct hw_split_opts o = {.delim = '\n', .max_record = MAX};
	struct hw_split *s = NULL;

	if (hw_split_open(&s, &o, NULL) != HW_OK)
		abort();
	while (n > 0) {
		size_t cap;
		void *space = hw_split_space(s, &cap);

		cap = cap < n ? cap : n;
		memcpy(space, p, cap);
		hw_split_added(s, cap);
		p += cap;
		n -= cap;
		put(r, s, false);
	}
	put(r, s, true);
	hw_lines_flush(r->lines, true);
	drain(r);
	hw_split_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const joins[] = {NULL, "auto", "^\\S", "^\\d"};
	struct hw_lines_opts o = {.max_record = MAX};
	struct reader r = {0};

	if (n == 0)
		return 0;
	open_once();
	hide(NULL, (struct hw_view){p + 1, n - 1});
	o.wrap = (enum hw_wrap)((p[0] & 7) % (HW_WRAP_AUTO + 1));
	o.multiline = joins[p[0] >> 3 & 3];
	r.pauses = p[0] >> 5 & 1;
	if (hw_lines_open(&r.lines, &o, NULL) != HW_OK)
		abort();
	if (o.wrap == HW_WRAP_NONE) {
		r.text = p + 1;
		r.n = n - 1;
	}
	read_all(&r, p + 1, n - 1);
	if (r.more || (r.text != NULL && r.at != r.n))
		abort();
	hw_lines_close(r.lines);
	return 0;
}

bool fuzz_seed(int i, struct hw_buf *b)
{
	/* The first byte: what is wrapped around, 8 for each way to join, 32
	 * for pauses; letters have the right low bits. */
	static const char *const seeds[] = {
		"\x08Traceback (most recent call last):\n  File \"a\"\nE: no\n",
		"\x20" "-----BEGIN PRIVATE KEY-----\nMII=\n\r\n-----END\nx",
		"\x30" "a\n b\r\nc password=hunter2 a@b.example\n",
		"\x01==> a.log <==\nx\n\n==> b <==\n",
		"\x02{\"MESSAGE\":\"\\u00e9 ok\",\"PRIORITY\":\"3\"}\n"
		"{\"MESSAGE\":[104,105]}\n",
		"\x2b{\"log\":\"one\\n\",\"stream\":\"stdout\"}\n"
		"{\"log\":\"tw\"}\n{\"log\":\"o\\n\"}\n",
		"\x0c" "2026-11-25T01:02:03.4Z stdout P par\n"
		"2026-11-25T01:02:03.5Z stdout F tial\n",
		"\x0c" "2026-11-25T01:02:03.4Z stdout P a\n"
		"2026-11-25T01:02:03.5Z stderr P b\n"
		"2026-11-25T01:02:03.6Z stdout F c\n==> f <==\n",
		"\x05 4111 1111 1111 1111 ::1 10.0.0.1 "
		"DE89370400440532013000\n",
	};

	if (i >= (int)(sizeof(seeds) / sizeof(*seeds)))
		return false;
	hw_buf_str(b, seeds[i]);
	return true;
}
