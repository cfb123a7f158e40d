/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_CUR_H
#define HW_BASE_CUR_H

/* A cursor over untrusted bytes.  Reading past the end yields 0 (or an empty
 * view) and sets `bad`; the first such place sticks in bad_at.  Parsers read
 * a whole piece and test once.  Little-endian. */
#include "headwater.h"

struct hw_cur {
	struct hw_view v;
	size_t at;
	bool bad;
	size_t bad_at;
};

static inline struct hw_cur hw_cur(struct hw_view v)
{
	return (struct hw_cur){.v = v};
}
static inline size_t hw_cur_left(const struct hw_cur *c)
{
	return c->v.n - c->at;
}
uint8_t hw_cur_u8(struct hw_cur *c);
uint16_t hw_cur_u16(struct hw_cur *c);
uint32_t hw_cur_u32(struct hw_cur *c);
uint64_t hw_cur_u64(struct hw_cur *c);
float hw_cur_f32(struct hw_cur *c);
double hw_cur_f64(struct hw_cur *c);
struct hw_view hw_cur_bytes(struct hw_cur *c, uint64_t n);

#endif
