/* SPDX-License-Identifier: MIT
 * What only this file knows: the bounds test of the cursor. */
#include "base/cur.h"

#include <string.h>

struct hw_view hw_cur_bytes(struct hw_cur *c, uint64_t n)
{
	struct hw_view v = {c->v.p + c->at, 0};

	if (c->bad || n > c->v.n - c->at) {
		if (!c->bad)
			c->bad_at = c->at;
		c->bad = true;
		return v;
	}
	v.n = (size_t)n;
	c->at += v.n;
	return v;
}

static uint64_t little(struct hw_cur *c, unsigned n)
{
	struct hw_view v = hw_cur_bytes(c, n);
	uint64_t x = 0;

	for (size_t i = v.n; i-- > 0;)
		x = x << 8 | v.p[i];
	return x;
}

uint8_t hw_cur_u8(struct hw_cur *c)
{
	return (uint8_t)little(c, 1);
}

uint16_t hw_cur_u16(struct hw_cur *c)
{
	return (uint16_t)little(c, 2);
}

uint32_t hw_cur_u32(struct hw_cur *c)
{
	return (uint32_t)little(c, 4);
}

uint64_t hw_cur_u64(struct hw_cur *c)
{
	return little(c, 8);
}

float hw_cur_f32(struct hw_cur *c)
{
	uint32_t u = hw_cur_u32(c);
	float f;

	memcpy(&f, &u, sizeof(f));
	return f;
}

double hw_cur_f64(struct hw_cur *c)
{
	uint64_t u = hw_cur_u64(c);
	double f;

	memcpy(&f, &u, sizeof(f));
	return f;
}
