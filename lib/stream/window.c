/* SPDX-License-Identifier: MIT
 * What only this file knows: the order of the fields in a WINDOW frame. */
#include <math.h>

#include "stream/dec.h"

#define ROWS_MAX ((size_t)65536)
/* The least that a row takes: an absurd count of rows is refused before
 * anything is allocated for it. */
#define ROW_HEAD ((size_t)112)
enum { PARTIAL = 1, LEARNING = 2, LOG_CLOCK = 4 };

static void pack_row(struct hw_buf *b, size_t n_vocab, const struct hw_row *r)
{
	hw_buf_u8(b, (uint8_t)r->kind);
	hw_buf_u8(b, (uint8_t)r->severity);
	hw_buf_u16(b, r->sample_cut);
	hw_buf_u32(b, r->source);
	hw_buf_u64(b, r->template_id);
	hw_buf_u64(b, r->count);
	hw_buf_u64(b, r->prev_count);
	hw_buf_u64(b, (uint64_t)r->first_ms);
	hw_buf_u64(b, (uint64_t)r->last_ms);
	hw_buf_u64(b, r->first_line);
	hw_buf_u64(b, r->last_line);
	hw_buf_u64(b, r->line);
	hw_buf_f64(b, r->score);
	hw_buf_f64(b, r->bits);
	hw_buf_f64(b, r->odd);
	hw_buf_u32(b, r->odd_at);
	hw_buf_u32(b, r->odd_len);
	hw_buf_u32(b, (uint32_t)r->template_text.n);
	hw_buf_u32(b, (uint32_t)r->n);
	hw_buf_put(b, r->template_text.p, r->template_text.n);
	frame_pack_ids(b, n_vocab, r->ids, r->n);
}

void frame_pack_window(struct hw_buf *b, size_t n_vocab,
    const struct hw_window *w)
{
	hw_buf_u64(b, w->index);
	hw_buf_u8(b, (uint8_t)w->closed_by);
	hw_buf_u8(b, (uint8_t)((w->partial ? PARTIAL : 0) |
	    (w->learning ? LEARNING : 0) | (w->log_clock ? LOG_CLOCK : 0)));
	hw_buf_u8(b, HW_N_SEVERITIES);
	hw_buf_u8(b, HW_N_ROW_KINDS);
	hw_buf_u32(b, (uint32_t)w->n_rows);
	hw_buf_u64(b, (uint64_t)w->start_ms);
	hw_buf_u64(b, (uint64_t)w->end_ms);
	hw_buf_u64(b, w->records);
	hw_buf_u64(b, w->bytes);
	hw_buf_u64(b, w->tokens);
	hw_buf_u64(b, w->scored);
	hw_buf_f64(b, w->bits);
	hw_buf_u64(b, w->first_line);
	hw_buf_u64(b, w->last_line);
	hw_buf_u64(b, w->prev_records);
	hw_buf_u64(b, (uint64_t)w->prev_ms);
	hw_buf_u64(b, w->groups);
	hw_buf_u64(b, w->templates);
	hw_buf_u64(b, w->forgotten);
	hw_buf_u64(b, w->cut);
	hw_buf_u64(b, w->lost);
	hw_buf_u64(b, w->late);
	for (int i = 0; i < HW_N_SEVERITIES; i++)
		hw_buf_u64(b, w->severity[i]);
	for (int i = 0; i < HW_N_ROW_KINDS; i++)
		hw_buf_u64(b, w->kinds[i]);
	for (size_t i = 0; i < w->n_rows; i++)
		pack_row(b, n_vocab, w->rows + i);
}

/* Ids of all rows lie in one array: *used grows; false: malformed. */
static bool read_row(struct hw_cur *c, struct hw_row *r, size_t n_vocab,
    uint32_t *ids, size_t *used)
{
	unsigned kind = hw_cur_u8(c), severity = hw_cur_u8(c);
	unsigned cut = hw_cur_u16(c);
	uint32_t n_text, n;
	struct hw_view v;

	*r = (struct hw_row){.kind = (enum hw_row_kind)kind,
	    .severity = (enum hw_severity)severity, .sample_cut = cut == 1};
	r->source = hw_cur_u32(c);
	r->template_id = hw_cur_u64(c);
	r->count = hw_cur_u64(c);
	r->prev_count = hw_cur_u64(c);
	r->first_ms = (int64_t)hw_cur_u64(c);
	r->last_ms = (int64_t)hw_cur_u64(c);
	r->first_line = hw_cur_u64(c);
	r->last_line = hw_cur_u64(c);
	r->line = hw_cur_u64(c);
	r->score = hw_cur_f64(c);
	r->bits = hw_cur_f64(c);
	r->odd = hw_cur_f64(c);
	r->odd_at = hw_cur_u32(c);
	r->odd_len = hw_cur_u32(c);
	n_text = hw_cur_u32(c);
	n = hw_cur_u32(c);
	r->template_text = hw_cur_bytes(c, n_text);
	v = hw_cur_bytes(c, (uint64_t)n * frame_id_size(n_vocab));
	if (c->bad || kind >= HW_N_ROW_KINDS || severity >= HW_N_SEVERITIES ||
	    cut > 1 || !frame_is_time(r->first_ms) ||
	    !frame_is_time(r->last_ms) || !isfinite(r->score) ||
	    isinf(r->bits) ||
	    isinf(r->odd) || !frame_unpack_ids(ids + *used, v.p, n, n_vocab))
		return false;
	r->n = n;
	r->ids = ids + *used;
	*used += n;
	return true;
}

/* Fixed fields; the number of severities and kinds is written with them, so
 * that a version with more of them is told from a damaged frame. */
static bool read_head(struct hw_cur *c, struct hw_window *w)
{
	unsigned closed_by, flags, severities, kinds;

	w->index = hw_cur_u64(c);
	closed_by = hw_cur_u8(c);
	flags = hw_cur_u8(c);
	severities = hw_cur_u8(c);
	kinds = hw_cur_u8(c);
	w->closed_by = (enum hw_closed_by)closed_by;
	w->partial = (flags & PARTIAL) != 0;
	w->learning = (flags & LEARNING) != 0;
	w->log_clock = (flags & LOG_CLOCK) != 0;
	w->n_rows = hw_cur_u32(c);
	w->start_ms = (int64_t)hw_cur_u64(c);
	w->end_ms = (int64_t)hw_cur_u64(c);
	w->records = hw_cur_u64(c);
	w->bytes = hw_cur_u64(c);
	w->tokens = hw_cur_u64(c);
	w->scored = hw_cur_u64(c);
	w->bits = hw_cur_f64(c);
	w->first_line = hw_cur_u64(c);
	w->last_line = hw_cur_u64(c);
	w->prev_records = hw_cur_u64(c);
	w->prev_ms = (int64_t)hw_cur_u64(c);
	w->groups = hw_cur_u64(c);
	w->templates = hw_cur_u64(c);
	w->forgotten = hw_cur_u64(c);
	w->cut = hw_cur_u64(c);
	w->lost = hw_cur_u64(c);
	w->late = hw_cur_u64(c);
	for (int i = 0; i < HW_N_SEVERITIES; i++)
		w->severity[i] = hw_cur_u64(c);
	for (int i = 0; i < HW_N_ROW_KINDS; i++)
		w->kinds[i] = hw_cur_u64(c);
	return !c->bad && closed_by < HW_N_CLOSED_BY &&
	    flags <= (PARTIAL | LEARNING | LOG_CLOCK) &&
	    severities == HW_N_SEVERITIES && kinds == HW_N_ROW_KINDS &&
	    frame_is_time(w->start_ms) && frame_is_time(w->end_ms) &&
	    frame_is_time(w->prev_ms) && isfinite(w->bits) &&
	    w->n_rows <= ROWS_MAX &&
	    w->n_rows <= hw_cur_left(c) / ROW_HEAD;
}

enum hw_status hw_dec_window(struct hw_dec *d, const struct hw_frame *f,
    struct hw_window *w, struct hw_err *e)
{
	struct hw_cur c = hw_cur(f->payload);
	size_t used = 0;

	*w = (struct hw_window){0};
	if (f->type != HW_FRAME_WINDOW)
		return hw_fail(e, HW_USAGE, "not a WINDOW frame");
	if (!read_head(&c, w))
		return dec_corrupt(d, f->offset, e, "a malformed WINDOW");
	HW_TRY(dec_grow(d, &d->rows, &d->cap_rows, w->n_rows,
	    sizeof(*d->rows), 0, e));
	/* No more ids than the payload has bytes for. */
	HW_TRY(dec_grow(d, &d->row_ids, &d->cap_row_ids,
	    hw_cur_left(&c) / frame_id_size(d->lens.n), sizeof(*d->row_ids),
	    0, e));
	for (size_t i = 0; i < w->n_rows; i++)
		if (!read_row(&c, d->rows + i, d->lens.n, d->row_ids, &used))
			return dec_corrupt(d, f->offset, e,
			    "a malformed row in a WINDOW");
	if (hw_cur_left(&c) != 0)
		return dec_corrupt(d, f->offset, e, "a WINDOW is too long");
	w->rows = d->rows;
	return HW_OK;
}
