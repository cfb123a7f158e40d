/* SPDX-License-Identifier: MIT
 * What only this file knows: how a vocabulary travels in the HELLO frame. */
#include <inttypes.h>
#include <string.h>

#include "stream/frame.h"

#define FLAG_ADD_BOS 1u
#define FLAG_SPACE_FIRST 2u
#define FLAG_SPACE_EACH 4u
#define NO_TOKEN UINT32_MAX

static uint32_t optional_id(int64_t id)
{
	return id >= 0 ? (uint32_t)id : NO_TOKEN;
}

static uint16_t vocab_flags(const struct hw_vocab *v)
{
	return (uint16_t)((v->add_bos ? FLAG_ADD_BOS : 0) |
	    (v->space == HW_SPACE_FIRST ? FLAG_SPACE_FIRST : 0) |
	    (v->space == HW_SPACE_EACH ? FLAG_SPACE_EACH : 0));
}

/* The encoder made sure that each length fits (frame_lens_init). */
void frame_pack_hello(struct hw_buf *b, const struct hw_hello *h)
{
	const struct hw_vocab *v = h->vocab;
	size_t name = strlen(h->model_name);

	if (name > FRAME_NAME_MAX)
		name = FRAME_NAME_MAX;
	hw_buf_put(b, FRAME_MAGIC, FRAME_MAGIC_N);
	hw_buf_u16(b, FRAME_VERSION);
	hw_buf_u16(b, vocab_flags(v));
	hw_buf_u32(b, (uint32_t)v->n);
	hw_buf_u32(b, (uint32_t)v->n_bytes);
	hw_buf_u32(b, optional_id(v->bos));
	hw_buf_u32(b, optional_id(v->eos));
	hw_buf_u32(b, (uint32_t)name);
	hw_buf_u64(b, v->fingerprint);
	hw_buf_u64(b, h->model_digest);
	hw_buf_put(b, h->model_name, name);
	hw_buf_put(b, v->kind, v->n);
	for (size_t i = 0; i < v->n; i++)
		hw_buf_u16(b, (uint16_t)(v->off[i + 1] - v->off[i]));
	hw_buf_put(b, v->bytes, v->n_bytes);
}

static enum hw_status fill_vocab(struct hw_vocab *v, const unsigned char *kind,
    const unsigned char *len, const unsigned char *bytes, const char *stream,
    uint64_t at, struct hw_err *e)
{
	size_t used = 0;

	for (size_t i = 0; i < v->cap; i++) {
		size_t n = frame_u16(len + 2 * i);

		if (kind[i] > HW_TOKEN_UNUSED || n > v->cap_bytes - used)
			return hw_fail(e, HW_CORRUPT, "%s: HELLO at byte "
			    "%" PRIu64 ": token %zu is malformed", stream, at,
			    i);
		hw_vocab_add(v, bytes + used, n, (enum hw_token_kind)kind[i]);
		used += n;
	}
	hw_vocab_seal(v);
	return used == v->cap_bytes ? HW_OK : hw_fail(e, HW_CORRUPT,
	    "%s: HELLO at byte %" PRIu64 ": %zu bytes belong to no token",
	    stream, at, v->cap_bytes - used);
}

/* The caller checked the magic; c stands behind it. */
static enum hw_status read_hello(struct hw_cur *c, struct frame_hello *h,
    struct hw_view *name, const struct hw_alloc *a, const char *stream,
    uint64_t at, struct hw_err *e)
{
	uint16_t version = hw_cur_u16(c), flags = hw_cur_u16(c);
	uint32_t n = hw_cur_u32(c), n_bytes = hw_cur_u32(c);
	uint32_t bos = hw_cur_u32(c), eos = hw_cur_u32(c);
	uint32_t name_n = hw_cur_u32(c);
	uint64_t fingerprint = hw_cur_u64(c);
	struct hw_view kind, len, bytes;
	struct hw_vocab *v;

	h->digest = hw_cur_u64(c);
	if (version != FRAME_VERSION && !c->bad)
		return hw_fail(e, HW_UNSUPPORTED, "%s: a token stream of "
		    "version %u; this program knows version %d", stream,
		    version, FRAME_VERSION);
	*name = hw_cur_bytes(c, name_n);
	kind = hw_cur_bytes(c, n);
	len = hw_cur_bytes(c, 2 * (uint64_t)n);
	bytes = hw_cur_bytes(c, n_bytes);
	/* A size that is not the payload's lies, whatever it claims: nothing
	 * was allocated yet. */
	if (c->bad || hw_cur_left(c) != 0 || name_n > FRAME_NAME_MAX ||
	    (flags & ~(FLAG_ADD_BOS | FLAG_SPACE_FIRST | FLAG_SPACE_EACH)) !=
	    0 || (bos != NO_TOKEN && bos >= n) ||
	    (eos != NO_TOKEN && eos >= n) ||
	    memchr(name->p, '\0', name->n) != NULL)
		return hw_fail(e, HW_CORRUPT, "%s: HELLO at byte %" PRIu64
		    ": sizes or ids do not fit each other", stream, at);
	HW_TRY(hw_vocab_open(&h->vocab, n, n_bytes, a, e));
	v = h->vocab;
	v->bos = bos != NO_TOKEN ? (int64_t)bos : -1;
	v->eos = eos != NO_TOKEN ? (int64_t)eos : -1;
	v->add_bos = (flags & FLAG_ADD_BOS) != 0;
	v->space = (flags & FLAG_SPACE_EACH) != 0 ? HW_SPACE_EACH :
	    (flags & FLAG_SPACE_FIRST) != 0 ? HW_SPACE_FIRST :
	    HW_SPACE_NEVER;
	HW_TRY(fill_vocab(v, kind.p, len.p, bytes.p, stream, at, e));
	return v->fingerprint == fingerprint ? HW_OK : hw_fail(e, HW_CORRUPT,
	    "%s: HELLO at byte %" PRIu64 ": the vocabulary does not have the "
	    "fingerprint it claims", stream, at);
}

enum hw_status frame_unpack_hello(struct hw_view payload,
    struct frame_hello *h, const struct hw_alloc *a, const char *stream,
    uint64_t at, struct hw_err *e)
{
	struct hw_cur c = hw_cur(payload);
	struct hw_view name = {NULL, 0};
	enum hw_status st;

	*h = (struct frame_hello){0};
	(void)hw_cur_bytes(&c, FRAME_MAGIC_N);
	st = read_hello(&c, h, &name, a, stream, at, e);
	if (st == HW_OK)
		st = hw_new(a, &h->name, name.n + 1, 1, "model name", e);
	if (st == HW_OK && name.n > 0)
		memcpy(h->name, name.p, name.n);
	if (st != HW_OK)
		frame_hello_release(h, a);
	return st;
}

void frame_hello_release(struct frame_hello *h, const struct hw_alloc *a)
{
	hw_vocab_close(h->vocab);
	hw_del(a, h->name);
	*h = (struct frame_hello){0};
}
