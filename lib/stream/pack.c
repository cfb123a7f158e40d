/* SPDX-License-Identifier: MIT
 * What only this file knows: the order of the fields in the payloads of
 * RECORD, SCORES and END, and how wide a token id is. */
#include "stream/frame.h"

#include <string.h>

enum hw_status frame_lens_init(struct frame_lens *t, const struct hw_vocab *v,
    const struct hw_alloc *a, struct hw_err *e)
{
	*t = (struct frame_lens){.alloc = a};
	HW_TRY(hw_new(a, &t->len, v->n, sizeof(*t->len), "token lengths", e));
	t->n = v->n;
	t->each = v->space == HW_SPACE_EACH;
	if (v->space != HW_SPACE_NEVER && hw_new(a, &t->how, v->n, 1,
	    "token lengths", e) != HW_OK) {
		frame_lens_release(t);
		return HW_NOMEM;
	}
	for (size_t i = 0; i < v->n; i++) {
		size_t len = v->off[i + 1] - v->off[i];

		if (len > UINT16_MAX) {
			frame_lens_release(t);
			return hw_fail(e, HW_LIMIT, "token %zu is %zu bytes "
			    "long, over the limit of %d", i, len, UINT16_MAX);
		}
		t->len[i] = v->kind[i] == HW_TOKEN_SPECIAL ? 0 :
		    (uint16_t)len;
		if (t->how != NULL)
			t->how[i] = v->kind[i] != HW_TOKEN_NORMAL ?
			    LENS_OTHER : len > 0 && v->bytes[v->off[i]] == ' '
			    ? LENS_SPACE : LENS_PLAIN;
	}
	return HW_OK;
}

void frame_lens_release(struct frame_lens *t)
{
	hw_del(t->alloc, t->len);
	hw_del(t->alloc, t->how);
	*t = (struct frame_lens){.alloc = t->alloc};
}

bool frame_lens_sum(const struct frame_lens *t, const uint32_t *ids, size_t n,
    uint64_t *bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (ids[i] >= t->n)
			return false;
		sum += t->len[ids[i]];
	}
	/* As hw_vocab_text leaves them out. */
	for (size_t i = 0; i < (t->how == NULL ? 0 : t->each ? n : n > 0); i++)
		sum -= t->how[ids[i]] == LENS_SPACE &&
		    (i == 0 || t->how[ids[i - 1]] == LENS_OTHER);
	*bytes = sum;
	return true;
}

/* ---- ids ----------------------------------------------------------------- */

void frame_pack_ids(struct hw_buf *b, size_t n_vocab, const uint32_t *ids,
    size_t n)
{
	size_t size = frame_id_size(n_vocab);
	unsigned char *p;

	if (!hw_buf_room(b, n * size))
		return;
	p = b->p + b->n;
	b->n += n * size;
	if (size == 2) {
		for (size_t i = 0; i < n; i++) {
			p[2 * i] = (unsigned char)ids[i];
			p[2 * i + 1] = (unsigned char)(ids[i] >> 8);
		}
		return;
	}
	for (size_t i = 0; i < n; i++) {
		p[4 * i] = (unsigned char)ids[i];
		p[4 * i + 1] = (unsigned char)(ids[i] >> 8);
		p[4 * i + 2] = (unsigned char)(ids[i] >> 16);
		p[4 * i + 3] = (unsigned char)(ids[i] >> 24);
	}
}

bool frame_unpack_ids(uint32_t *ids, const unsigned char *p, size_t n,
    size_t n_vocab)
{
	uint32_t most = 0;

	if (frame_id_size(n_vocab) == 2)
		for (size_t i = 0; i < n; i++) {
			ids[i] = frame_u16(p + 2 * i);
			most = ids[i] > most ? ids[i] : most;
		}
	else
		for (size_t i = 0; i < n; i++) {
			ids[i] = frame_u32(p + 4 * i);
			most = ids[i] > most ? ids[i] : most;
		}
	return n == 0 || most < n_vocab;
}

/* ---- payloads ------------------------------------------------------------ */

void frame_pack_record(struct hw_buf *b, size_t n_vocab, uint32_t bytes,
    const struct hw_record *r)
{
	hw_buf_u32(b, (uint32_t)r->n);
	hw_buf_u32(b, bytes);
	hw_buf_u32(b, r->source);
	hw_buf_u32(b, r->flags);
	hw_buf_u64(b, r->offset);
	hw_buf_u64(b, r->line);
	hw_buf_u64(b, (uint64_t)r->arrival_ms);
	hw_buf_u64(b, r->template_id);
	frame_pack_ids(b, n_vocab, r->ids, r->n);
}

bool frame_record_counts(struct hw_view v, size_t n_vocab,
    struct frame_counts *c)
{
	if (v.n < RECORD_HEAD)
		return false;
	c->n = frame_u32(v.p);
	c->bytes = frame_u32(v.p + 4);
	c->flags = frame_u32(v.p + 12);
	return c->n <= HW_TOK_MAX && (c->flags & ~RECORD_FLAGS) == 0 &&
	    v.n - RECORD_HEAD == (size_t)c->n * frame_id_size(n_vocab);
}

static void put_floats(unsigned char *p, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t u;

		memcpy(&u, x + i, sizeof(u));
		p[4 * i] = (unsigned char)u;
		p[4 * i + 1] = (unsigned char)(u >> 8);
		p[4 * i + 2] = (unsigned char)(u >> 16);
		p[4 * i + 3] = (unsigned char)(u >> 24);
	}
}

void frame_pack_scores(struct hw_buf *b, const struct hw_scores *s)
{
	hw_buf_u32(b, (uint32_t)s->n);
	if (!hw_buf_room(b, 8 * s->n))
		return;
	put_floats(b->p + b->n, s->bits, s->n);
	put_floats(b->p + b->n + 4 * s->n, s->entropy, s->n);
	b->n += 8 * s->n;
}

bool frame_is_scores_of(struct hw_view v, uint32_t n)
{
	return v.n >= SCORES_HEAD && frame_u32(v.p) == n &&
	    v.n - SCORES_HEAD == 8 * (size_t)n;
}

void frame_pack_end(struct hw_buf *b, const struct hw_end *n)
{
	hw_buf_u64(b, n->records);
	hw_buf_u64(b, n->tokens);
	hw_buf_u64(b, n->bytes);
}

bool frame_unpack_end(struct hw_view v, struct hw_end *n)
{
	if (v.n != END_SIZE)
		return false;
	n->records = frame_u64(v.p);
	n->tokens = frame_u64(v.p + 8);
	n->bytes = frame_u64(v.p + 16);
	return true;
}
