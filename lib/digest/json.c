/* SPDX-License-Identifier: MIT
 * What only this file knows: the JSON Lines of detokenize(1), which may gain
 * fields but keep those that they have ("v" is 1 as long as that is true).
 *
 * Written by hand, without a JSON library: its memory would come from one hook
 * for the whole process, which a library must not set, and a tree a line costs
 * more than everything else that detokenize does.  The tests read it back with
 * another program's parser. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "digest/render.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void put_string(struct hw_buf *b, struct hw_view v)
{
	hw_buf_u8(b, '"');
	while (v.n > 0) {
		uint32_t code = 0;
		unsigned n;
		size_t plain = 0;

		while (plain < v.n && v.p[plain] >= 0x20 &&
		    v.p[plain] < 0x7f && v.p[plain] != '"' &&
		    v.p[plain] != '\\')
			plain++;
		hw_buf_put(b, v.p, plain);
		v.p += plain;
		v.n -= plain;
		if (v.n == 0)
			break;
		n = utf8_next(v, &code);
		if (n == 0)
			hw_buf_str(b, REPLACEMENT);
		else if (code == '"' || code == '\\')
			hw_buf_fmt(b, "\\%c", (int)code);
		else if (code == '\n')
			hw_buf_str(b, "\\n");
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			hw_buf_fmt(b, "\\u%04x", code);
		else
			hw_buf_put(b, v.p, n);
		n = n > 0 ? n : 1;
		v.p += n;
		v.n -= n;
	}
	hw_buf_u8(b, '"');
}

static bool is_utf8(struct hw_view v)
{
	while (v.n > 0) {
		uint32_t code;
		unsigned n = utf8_next(v, &code);

		if (n == 0)
			return false;
		v.p += n;
		v.n -= n;
	}
	return true;
}

static void put_base64(struct hw_buf *b, struct hw_view v)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	hw_buf_u8(b, '"');
	for (size_t i = 0; i < v.n; i += 3) {
		size_t n = v.n - i < 3 ? v.n - i : 3;
		uint32_t x = (uint32_t)v.p[i] << 16;
		char c[4];

		x |= n > 1 ? (uint32_t)v.p[i + 1] << 8 : 0;
		x |= n > 2 ? v.p[i + 2] : 0;
		for (unsigned k = 0; k < 4; k++)
			c[k] = k <= n ? digits[x >> (18 - 6 * k) & 63] : '=';
		hw_buf_put(b, c, 4);
	}
	hw_buf_u8(b, '"');
}

/* ---- members: each begins with its comma --------------------------------- */

static void open_object(struct hw_buf *b, const char *type)
{
	hw_buf_fmt(b, "{\"v\":1,\"type\":\"%s\"", type);
}

static void close_object(struct hw_buf *b)
{
	hw_buf_str(b, "}\n");
}

static void member(struct hw_buf *b, const char *name)
{
	hw_buf_fmt(b, ",\"%s\":", name);
}

static void put_count(struct hw_buf *b, const char *name, uint64_t x)
{
	hw_buf_fmt(b, ",\"%s\":%" PRIu64, name, x);
}

static void put_flag(struct hw_buf *b, const char *name, bool x)
{
	hw_buf_fmt(b, ",\"%s\":%s", name, x ? "true" : "false");
}

/* What was not scored has no number: null. */
static void put_bits(struct hw_buf *b, const char *name, double x)
{
	member(b, name);
	if (isfinite(x))
		put_fixed(b, x, 4);
	else
		hw_buf_str(b, "null");
}

static void put_time(struct hw_buf *b, const char *name, int64_t ms)
{
	member(b, name);
	if (ms == 0) {
		hw_buf_str(b, "null");
		return;
	}
	hw_buf_u8(b, '"');
	put_rfc3339(b, ms);
	hw_buf_u8(b, '"');
}

/* Text, and beside it the bytes themselves where they are not UTF-8. */
static void put_text(struct hw_buf *b, const char *name, struct hw_view v)
{
	member(b, name);
	put_string(b, v);
	if (is_utf8(v))
		return;
	hw_buf_fmt(b, ",\"%s_base64\":", name);
	put_base64(b, v);
}

static void put_source_name(struct hw_render *r, uint32_t source)
{
	struct hw_view name = render_name(r, source);

	if (name.n > 0)
		put_text(&r->out, "source", name);
	else
		hw_buf_fmt(&r->out, ",\"source\":\"%" PRIu32 "\"", source);
}

/* ---- records ------------------------------------------------------------- */

/* The token that the model least expected, beyond what it knew it could not
 * know: the largest bits - entropy. */
static void put_odd(struct hw_render *r, const struct hw_record *rec,
    const struct hw_scores *s)
{
	const struct hw_vocab *v = r->vocab;
	size_t odd = rec->n, at = 0, odd_at = 0;
	double most = -INFINITY;

	for (size_t i = 0; i < rec->n; i++) {
		double x = (double)s->bits[i] - (double)s->entropy[i];

		if (x > most) { /* never for NaN */
			most = x;
			odd = i;
			odd_at = at;
		}
		at += hw_vocab_text(v, rec->ids, i).n;
	}
	member(&r->out, "odd");
	if (odd == rec->n) {
		hw_buf_str(&r->out, "null");
		return;
	}
	hw_buf_fmt(&r->out, "{\"at\":%zu", odd_at);
	put_text(&r->out, "text", hw_vocab_bytes(v, rec->ids[odd]));
	put_bits(&r->out, "bits", (double)s->bits[odd]);
	put_bits(&r->out, "entropy", (double)s->entropy[odd]);
	hw_buf_u8(&r->out, '}');
}

static double sum(const float *x, size_t n)
{
	double all = 0;

	for (size_t i = 0; i < n; i++)
		all += isnan(x[i]) ? 0 : (double)x[i];
	return all;
}

void json_record(struct hw_render *r, const struct hw_record *rec,
    const struct hw_scores *s)
{
	struct hw_buf *b = &r->out;

	open_object(b, "record");
	put_count(b, "seq", r->n_records);
	put_source_name(r, rec->source);
	put_count(b, "line", rec->line);
	put_count(b, "offset", rec->offset);
	put_time(b, "arrival", rec->arrival_ms);
	if ((rec->flags & HW_RECORD_CONT) != 0)
		put_flag(b, "continues", true);
	if ((rec->flags & HW_RECORD_MORE) != 0)
		put_flag(b, "more", true);
	put_text(b, "text", render_record_text(r, rec));
	put_count(b, "tokens", rec->n);
	if (s != NULL) {
		put_bits(b, "bits", sum(s->bits, s->n));
		put_odd(r, rec, s);
	}
	close_object(b);
}

/* ---- windows ------------------------------------------------------------- */

static const char *const closed_names[HW_N_CLOSED_BY] = {
	"lines", "tokens", "bytes", "time", "idle", "match", "signal", "end",
};

/* An object of counts: "name":{"a":1,...} */
static void put_counts(struct hw_buf *b, const char *name,
    const char *const *names, const uint64_t *x, int n)
{
	member(b, name);
	for (int i = 0; i < n; i++)
		hw_buf_fmt(b, "%c\"%s\":%" PRIu64, i == 0 ? '{' : ',',
		    names[i], x[i]);
	hw_buf_u8(b, '}');
}

static void put_rate(struct hw_buf *b, const char *name, uint64_t records,
    int64_t ms)
{
	put_bits(b, name, ms > 0 ? (double)records * 1000 / (double)ms : NAN);
}

static void put_row(struct hw_render *r, const struct hw_row *row)
{
	struct hw_buf *b = &r->out;
	struct hw_view v;

	hw_buf_fmt(b, "{\"id\":\"%016" PRIx64 "\"", row->template_id);
	hw_buf_fmt(b, ",\"change\":\"%s\"", hw_row_kind_names[row->kind]);
	hw_buf_fmt(b, ",\"severity\":\"%s\"", hw_severity_names[row->severity]);
	put_count(b, "count", row->count);
	put_count(b, "prev", row->prev_count);
	put_time(b, "first", row->first_ms);
	put_time(b, "last", row->last_ms);
	put_count(b, "first_line", row->first_line);
	put_count(b, "last_line", row->last_line);
	put_bits(b, "score", row->score);
	put_bits(b, "bits", row->bits);
	put_source_name(r, row->source);
	put_count(b, "line", row->line);
	put_text(b, "template", row->template_text);
	v = render_spell(r, row->ids, row->n);
	put_text(b, "sample", v);
	put_flag(b, "sample_cut", row->sample_cut);
	member(b, "odd");
	if (row->odd_len > 0 && row->odd_at < v.n &&
	    row->odd_len <= v.n - row->odd_at) {
		struct hw_view odd = {v.p + row->odd_at, row->odd_len};

		hw_buf_fmt(b, "{\"at\":%" PRIu32, row->odd_at);
		put_text(b, "text", odd);
		put_bits(b, "excess", row->odd);
		hw_buf_u8(b, '}');
	} else {
		hw_buf_str(b, "null");
	}
	hw_buf_u8(b, '}');
}

void json_window(struct hw_render *r, const struct hw_window *w)
{
	struct hw_buf *b = &r->out;

	open_object(b, "window");
	put_count(b, "seq", w->index);
	put_time(b, "start", w->start_ms);
	put_time(b, "end", w->end_ms);
	hw_buf_fmt(b, ",\"clock\":\"%s\"", w->log_clock ? "log" : "arrival");
	hw_buf_fmt(b, ",\"closed_by\":\"%s\"", closed_names[w->closed_by]);
	put_flag(b, "partial", w->partial);
	put_flag(b, "learning", w->learning);
	hw_buf_fmt(b, ",\"lines\":{\"total\":%" PRIu64 ",\"first\":%" PRIu64
	    ",\"last\":%" PRIu64 ",\"prev\":%" PRIu64 "}", w->records,
	    w->first_line, w->last_line, w->prev_records);
	put_count(b, "bytes", w->bytes);
	put_rate(b, "rate", w->records, w->start_ms != 0 ?
	    w->end_ms - w->start_ms : 0);
	put_rate(b, "rate_prev", w->prev_records, w->prev_ms);
	put_counts(b, "severity", hw_severity_names, w->severity,
	    HW_N_SEVERITIES);
	put_count(b, "patterns", w->groups);
	put_counts(b, "changes", hw_row_kind_names, w->kinds, HW_N_ROW_KINDS);
	put_bits(b, "bits", w->bits);
	hw_buf_fmt(b, ",\"coverage\":{\"lines_scored\":%" PRIu64
	    ",\"lines_lost\":%" PRIu64 ",\"lines_late\":%" PRIu64
	    ",\"lines_cut\":%" PRIu64
	    ",\"tokens\":%" PRIu64 ",\"templates\":%" PRIu64
	    ",\"templates_forgotten\":%" PRIu64 "}", w->scored, w->lost,
	    w->late, w->cut, w->tokens, w->templates, w->forgotten);
	member(b, "top");
	hw_buf_u8(b, '[');
	for (size_t i = 0; i < w->n_rows; i++) {
		if (i > 0)
			hw_buf_u8(b, ',');
		put_row(r, w->rows + i);
	}
	hw_buf_u8(b, ']');
	close_object(b);
}

/* ---- the rest ------------------------------------------------------------ */

void json_gap(struct hw_render *r, const struct hw_gap *g)
{
	open_object(&r->out, "gap");
	put_count(&r->out, "lines", g->records);
	put_text(&r->out, "reason", g->reason);
	close_object(&r->out);
}

void json_note(struct hw_render *r, struct hw_view text)
{
	open_object(&r->out, "note");
	put_text(&r->out, "text", text);
	close_object(&r->out);
}

void json_end(struct hw_render *r, const struct hw_end *n)
{
	open_object(&r->out, "end");
	put_count(&r->out, "lines", n->records);
	put_count(&r->out, "tokens", n->tokens);
	put_count(&r->out, "bytes", n->bytes);
	close_object(&r->out);
}
