/* SPDX-License-Identifier: MIT
 * What only this file knows: how a line of the text form becomes the payload
 * of a frame, and what a stream written by hand may leave out: its head, its
 * end, and where its records stand. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "stream/dec.h"

/* ---- scanning a line ----------------------------------------------------- */

struct scan {
	const unsigned char *p, *end;
};

static bool word(struct scan *s, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
		return false;
	s->p += n;
	return true;
}

static void blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
	    *s->p == '\r'))
		s->p++;
}

static bool decimal(struct scan *s, uint64_t *x)
{
	const unsigned char *start = s->p;

	for (*x = 0; s->p < s->end && hw_is_digit(*s->p); s->p++)
		if (!hw_mul(*x, 10, x) || !hw_add(*x, *s->p - '0', x))
			return false;
	return s->p > start;
}

static bool decimal32(struct scan *s, uint32_t *x)
{
	uint64_t wide = 0;
	bool good = decimal(s, &wide) && wide <= UINT32_MAX;

	*x = (uint32_t)wide;
	return good;
}

static int hex_digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex64(struct scan *s, uint64_t *x)
{
	int digits = 0;

	for (*x = 0; s->p < s->end && hex_digit(*s->p) >= 0; s->p++, digits++)
		*x = *x << 4 | (uint64_t)hex_digit(*s->p);
	return digits > 0 && digits <= 16;
}

/* "key=": a number after it. */
static bool key(struct scan *s, const char *name, uint64_t *x)
{
	blanks(s);
	return word(s, name) && decimal(s, x);
}

static bool key_hex(struct scan *s, const char *name, uint64_t *x)
{
	blanks(s);
	return word(s, name) && hex64(s, x);
}

static bool put_hex_byte(struct scan *s, struct hw_buf *b)
{
	int high, low;

	if (s->end - s->p < 2)
		return false;
	high = hex_digit(s->p[0]);
	low = hex_digit(s->p[1]);
	if (high < 0 || low < 0)
		return false;
	hw_buf_u8(b, (uint8_t)(high << 4 | low));
	s->p += 2;
	return true;
}

/* The rest of the line, with \xHH taken back. */
static bool rest(struct scan *s, struct hw_buf *b)
{
	while (s->p < s->end) {
		if (*s->p != '\\')
			hw_buf_u8(b, *s->p++);
		else if (!word(s, "\\x") || !put_hex_byte(s, b))
			return false;
	}
	return true;
}

/* ":" and a score: a number, or "-" where there was none. */
static bool score(struct scan *s, float *x)
{
	char text[48];
	size_t n = 0;
	char *end;

	if (!word(s, ":"))
		return false;
	while (s->p < s->end && *s->p != ':' && *s->p > ' ' &&
	    n < sizeof(text) - 1)
		text[n++] = (char)*s->p++;
	text[n] = '\0';
	if (strcmp(text, "-") == 0) {
		*x = NAN;
		return true;
	}
	*x = strtof(text, &end);
	return n > 0 && *end == '\0' && isfinite(*x);
}

/* ---- records ------------------------------------------------------------- */

static enum hw_status wrong(struct hw_dec *d, struct hw_err *e,
    const char *what)
{
	return hw_fail(e, HW_CORRUPT, "%s: line %" PRIu64 ": %s", d->name,
	    d->text.line, what);
}

/* "#at": where the next record stands, where that differs from what follows
 * from the one before. */
static enum hw_status read_at(struct hw_dec *d, struct scan *s,
    struct hw_err *e)
{
	struct text_at *at = &d->text.next;
	uint32_t source;
	bool minus, good = true;
	uint64_t x;

	for (blanks(s); good && s->p < s->end; blanks(s)) {
		if (word(s, "source=")) {
			good = decimal32(s, &source);
			*at = text_at_begin(source, at->arrival_ms);
		} else if (word(s, "line="))
			good = decimal(s, &at->line);
		else if (word(s, "offset="))
			good = decimal(s, &at->offset);
		else if (word(s, "arrival=")) {
			minus = word(s, "-");
			good = decimal(s, &x) && x <= INT64_MAX;
			at->arrival_ms = minus ? -(int64_t)x : (int64_t)x;
		} else if (word(s, "template="))
			good = hex64(s, &at->template_id);
		else if (word(s, "part=first"))
			at->flags = HW_RECORD_MORE;
		else if (word(s, "part=middle"))
			at->flags = HW_RECORD_MORE | HW_RECORD_CONT;
		else if (word(s, "part=last"))
			at->flags = HW_RECORD_CONT;
		else
			good = false;
	}
	return good ? HW_OK : wrong(d, e, "a malformed #at line");
}

/* Ids, each with two scores or none with any, into the arrays of the typed
 * views: d->ids, d->bits (bits and entropies in turn). */
static enum hw_status read_ids(struct hw_dec *d, struct scan *s, size_t *count,
    bool *scored, struct hw_err *e)
{
	size_t n = 0;

	*scored = false;
	for (blanks(s); s->p < s->end; blanks(s), n++) {
		if (n == HW_TOK_MAX)
			return wrong(d, e, "too many tokens in a record");
		HW_TRY(dec_grow(d, &d->ids, &d->cap_ids, n + 1,
		    sizeof(*d->ids), n, e));
		if (!decimal32(s, d->ids + n))
			return wrong(d, e, "not a token id");
		if (d->ids[n] >= d->text.vocab->n)
			return wrong(d, e,
			    "a token id outside the vocabulary");
		if (n == 0)
			*scored = s->p < s->end && *s->p == ':';
		if (*scored) {
			HW_TRY(dec_grow(d, &d->bits, &d->cap_bits, 2 * n + 2,
			    sizeof(*d->bits), 2 * n, e));
			if (!score(s, d->bits + 2 * n) ||
			    !score(s, d->bits + 2 * n + 1))
				return wrong(d, e, "an id without its two "
				    "scores (id:bits:entropy)");
		}
		if (s->p < s->end && *s->p > ' ')
			return wrong(d, e, "ids are separated by blanks");
	}
	*count = n;
	return HW_OK;
}

static void pack_scores(struct hw_buf *b, const float *x, size_t n)
{
	hw_buf_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		hw_buf_f32(b, x[2 * i]);
	for (size_t i = 0; i < n; i++)
		hw_buf_f32(b, x[2 * i + 1]);
}

static enum hw_status read_record(struct hw_dec *d, struct scan *s,
    struct hw_frame *f, struct hw_err *e)
{
	struct text_in *t = &d->text;
	struct text_at at = t->next;
	uint64_t bytes = 0;
	bool scored = false;
	size_t n = 0;

	if (s->end - s->p == 1 && *s->p == '-')
		s->p++; /* a record without tokens */
	HW_TRY(read_ids(d, s, &n, &scored, e));
	if (!frame_lens_sum(&d->lens, d->ids, n, &bytes) ||
	    bytes > UINT32_MAX)
		return wrong(d, e, "a record that is too long");
	frame_pack_record(&t->payload, d->lens.n, (uint32_t)bytes,
	    &(struct hw_record){at.source,
	    at.flags | (scored ? HW_RECORD_SCORED : 0), at.offset, at.line,
	    at.arrival_ms, at.template_id, n, d->ids});
	t->scores.n = 0;
	if (scored)
		pack_scores(&t->scores, d->bits, n);
	t->scores_next = scored;
	t->next = text_at_next(at, (uint32_t)bytes);
	f->type = HW_FRAME_RECORD;
	return hw_buf_status(&t->scores, d->name, e);
}

/* ---- the other frames ---------------------------------------------------- */

/* With `s`, the rest of a #tokstream line. */
static enum hw_status read_hello(struct hw_dec *d, struct scan *s,
    struct hw_frame *f, struct hw_err *e)
{
	struct text_in *t = &d->text;
	struct hw_hello h = {t->vocab, "", 0};
	struct hw_buf name;
	uint64_t version = 0, print = 0;
	enum hw_status st = HW_OK;

	hw_buf_init(&name, d->alloc, FRAME_NAME_MAX + 1);
	if (s != NULL) {
		t->headed = true;
		if (!key(s, "", &version) || !key_hex(s, "vocab=", &print) ||
		    !key_hex(s, "digest=", &h.model_digest))
			st = wrong(d, e, "a malformed #tokstream line");
		else if (version != FRAME_VERSION)
			st = hw_fail(e, HW_UNSUPPORTED, "%s: line %" PRIu64
			    ": a token stream of version %" PRIu64, d->name,
			    t->line, version);
		else if (print != t->vocab->fingerprint)
			st = wrong(d, e, "written with another vocabulary "
			    "(-m MODEL says which)");
		blanks(s);
		if (st == HW_OK && (!word(s, "model=") || !rest(s, &name)))
			st = wrong(d, e, "a malformed #tokstream line");
	}
	hw_buf_u8(&name, '\0');
	if (st == HW_OK && name.full)
		st = wrong(d, e, "a model name that is too long");
	if (st == HW_OK)
		st = hw_buf_status(&name, d->name, e);
	if (st == HW_OK) {
		h.model_name = (const char *)name.p;
		frame_pack_hello(&t->payload, &h);
		f->type = HW_FRAME_HELLO;
		t->greeted = true;
		t->next = text_at_begin(0, 0);
	}
	hw_buf_release(&name);
	return st;
}

/* "#source 3 name" and "#gap 7 reason"; width: bytes of the number. */
static bool read_named(struct hw_buf *b, struct scan *s, int width)
{
	uint64_t x = 0;

	if (!key(s, "", &x) || (width == 4 && x > UINT32_MAX))
		return false;
	if (width == 4)
		hw_buf_u32(b, (uint32_t)x);
	else
		hw_buf_u64(b, x);
	(void)word(s, " ");
	return rest(s, b);
}

static bool read_end(struct hw_buf *b, struct scan *s)
{
	struct hw_end n;

	if (!key(s, "records=", &n.records) || !key(s, "tokens=", &n.tokens) ||
	    !key(s, "bytes=", &n.bytes))
		return false;
	frame_pack_end(b, &n);
	blanks(s);
	return s->p == s->end;
}

static bool read_any(struct hw_buf *b, struct scan *s, struct hw_frame *f)
{
	uint64_t type = 0, flags = 0, channel = 0;

	if (!key(s, "type=", &type) || !key(s, "flags=", &flags) ||
	    !key(s, "channel=", &channel) || type > UINT8_MAX ||
	    flags > UINT8_MAX || channel > UINT16_MAX)
		return false;
	f->type = (uint8_t)type;
	f->flags = (uint8_t)flags;
	f->channel = (uint16_t)channel;
	blanks(s);
	if (!word(s, "payload="))
		return false;
	while (s->p < s->end)
		if (!put_hex_byte(s, b))
			return false;
	/* These have a form of their own, which keeps the account. */
	return type != HW_FRAME_HELLO && type != HW_FRAME_RECORD &&
	    type != HW_FRAME_SCORES && type != HW_FRAME_END;
}

/* A line that begins with '#'.  HW_END: no frame comes of it. */
static enum hw_status read_hash(struct hw_dec *d, struct scan *s,
    struct hw_frame *f, struct hw_err *e)
{
	struct hw_buf *b = &d->text.payload;
	bool good;

	if (s->p == s->end || *s->p <= ' ')
		return HW_END; /* a comment */
	if (word(s, "at")) {
		HW_TRY(read_at(d, s, e));
		return HW_END;
	}
	if (word(s, "source")) {
		f->type = HW_FRAME_SOURCE;
		good = read_named(b, s, 4);
	} else if (word(s, "gap")) {
		f->type = HW_FRAME_GAP;
		good = read_named(b, s, 8);
	} else if (word(s, "note")) {
		f->type = HW_FRAME_NOTE;
		(void)word(s, " ");
		good = rest(s, b);
	} else if (word(s, "end")) {
		f->type = HW_FRAME_END;
		good = read_end(b, s);
	} else if (word(s, "frame")) {
		good = read_any(b, s, f);
	} else {
		return hw_fail(e, HW_UNSUPPORTED, "%s: line %" PRIu64 ": an "
		    "unknown kind of line ('# ' begins a comment)", d->name,
		    d->text.line);
	}
	return good ? HW_OK : wrong(d, e, "malformed");
}

/* ---- lines --------------------------------------------------------------- */

/* The next line without its newline; HW_END: not all of it is here. */
static enum hw_status next_line(struct hw_dec *d, struct scan *s,
    struct hw_err *e)
{
	struct text_in *t = &d->text;
	const unsigned char *p, *nl = NULL;
	size_t have = d->n - d->at;

	if (have == 0)
		return HW_END;
	p = d->buf + d->at;
	if (have > t->searched)
		nl = memchr(p + t->searched, '\n', have - t->searched);
	if (nl == NULL && !d->finished) {
		t->searched = have;
		return have <= FRAME_MAX ? HW_END :
		    wrong(d, e, "a line without end");
	}
	*s = (struct scan){p, nl != NULL ? nl : p + have};
	t->line++;
	t->searched = 0;
	return HW_OK;
}

static void consume(struct hw_dec *d, const struct scan *line)
{
	size_t n = (size_t)(line->end - (d->buf + d->at));

	d->at += n + (d->at + n < d->n); /* and its newline */
}

/* The end that a stream written by hand need not say. */
static enum hw_status implied_end(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e)
{
	if (!d->finished || !d->text.greeted || d->text.headed || d->ended)
		return HW_END;
	frame_pack_end(&d->text.payload, &d->count);
	f->type = HW_FRAME_END;
	return hw_buf_status(&d->text.payload, d->name, e);
}

static enum hw_status frame_of_line(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e)
{
	struct scan line = {NULL, NULL}, s;
	enum hw_status st;

	for (;;) {
		st = next_line(d, &line, e);
		if (st == HW_END)
			return implied_end(d, f, e);
		if (st != HW_OK)
			return st;
		s = line;
		f->offset = d->base + d->at;
		st = HW_END;
		if (word(&s, "#tokstream"))
			st = read_hello(d, &s, f, e);
		else if (!d->text.greeted) {
			/* The line stays: HELLO comes first. */
			d->text.line--;
			return read_hello(d, NULL, f, e);
		} else if (word(&s, "#"))
			st = read_hash(d, &s, f, e);
		else {
			blanks(&s);
			if (s.p < s.end)
				st = read_record(d, &s, f, e);
		}
		consume(d, &line);
		if (st != HW_END)
			return st;
	}
}

enum hw_status text_find(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e)
{
	struct text_in *t = &d->text;

	*f = (struct hw_frame){.seq = d->seq, .offset = d->base + d->at};
	if (t->scores_next) {
		t->scores_next = false;
		f->type = HW_FRAME_SCORES;
		f->payload = (struct hw_view){t->scores.p, t->scores.n};
		d->seq++;
		return HW_OK;
	}
	t->payload.n = 0;
	HW_TRY(frame_of_line(d, f, e));
	HW_TRY(hw_buf_status(&t->payload, d->name, e));
	f->payload = (struct hw_view){t->payload.p, t->payload.n};
	d->seq++;
	return HW_OK;
}
