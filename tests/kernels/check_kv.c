/* SPDX-License-Identifier: MIT
 * What only this file knows: a token's key and value in their slot. */
#include "kv_tiles.h"

typedef void put_fn(void *k, void *v, const float *kx, const float *vx,
    size_t slot, size_t d);

/* Element i of x, as stored. */
static bool stored(double got, enum hw_kv type, const float *x, size_t i,
    size_t d, bool is_v)
{
	double max = 0, want = (double)x[i];

	if (type == HW_KV_F32)
		return got == want;
	if (type == HW_KV_I16)
		return fabs(got - want) <= half_step(x, d, is_v);
	if (type == HW_KV_F16)
		return got == f16_value(f16_nearest(want));
	if (type == HW_KV_BF16)
		return got == bf16_value(bf16_nearest(want));
	for (size_t j = i / 32 * 32; j < i / 32 * 32 + 32; j++)
		max = fmax(max, fabs((double)x[j]));
	/* Half a step, and the largest may be cut by the rounded scale. */
	return fabs(got - want) <= max / 127 * (0.5 + 127 * 0x1p-11 + 0.01);
}

/* Whether each broken element of a key makes the whole value NaN. */
static bool put_broken(put_fn *f)
{
	enum { D = 20 };
	const float what[] = {NAN, INFINITY, -INFINITY};
	uint16_t k[D * HW_TILE], v[D * HW_TILE];
	bool good = true;

	for (size_t n = 0; n < 3 * D; n++) {
		float x[D] = {0}, y[D] = {0};

		x[n / 3] = what[n % 3];
		f(k, v, x, y, n % HW_TILE, D);
		for (size_t i = 0; i < D; i++)
			good &= isnan(v_at(v, HW_KV_BF16, i, n % HW_TILE, D));
	}
	return good;
}

static void check_put(put_fn *f, enum hw_kv type, const char *name)
{
	size_t step = type == HW_KV_Q8_0 ? 32 : 4;
	bool good = true, others = true;

	for (size_t d = step; d <= HW_ATTN_D; d += step) {
		size_t n = hw_tile_bytes(type, d), slot = below(HW_TILE);
		enum place place = d / step & 1 ? AT_START : AT_END;
		unsigned char *k = guarded(0, n, place), *k0;
		unsigned char *v = guarded(1, n, place), *v0;
		float *x = guarded(2, d * 4, place);
		float *y = guarded(3, d * 4, place);

		for (size_t i = 0; i < n; i++) {
			k[i] = (unsigned char)(1 + below(99));
			v[i] = (unsigned char)(1 + below(99));
		}
		k0 = guarded_copy(4, k, n, AT_END);
		v0 = guarded_copy(5, v, n, AT_END);
		fill(x, d, MIXED);
		fill(y, d, MIXED);
		f(k, v, x, y, slot, d);
		for (size_t c = 0; c < d * HW_TILE; c++) {
			size_t i = c / HW_TILE, j = c % HW_TILE;
			double kx = k_at(k, type, i, j, d);
			double vx = v_at(v, type, i, j, d);

			if (j != slot)
				others &= kx == k_at(k0, type, i, j, d) &&
				    vx == v_at(v0, type, i, j, d);
			else
				good &= stored(kx, type, x, i, d, false) &&
				    stored(vx, type, y, i, d, true);
		}
	}
	verdict(good, "%s: stores the token in its slot", name);
	if (type == HW_KV_BF16)
		verdict(put_broken(f), "%s: a key that is not finite breaks "
		    "its value", name);
	verdict(others, "%s: touches no other slot", name);
}

static void bench_put(put_fn *f, const char *op, const char *name,
    double *base)
{
	static float x[64], y[64];
	struct bench b = {0};
	void *k = guarded(0, 64 * HW_TILE * 4, AT_END);
	void *v = guarded(1, 64 * HW_TILE * 4, AT_END);

	fill(x, 64, MIXED);
	fill(y, 64, MIXED);
	while (bench_more(&b))
		f(k, v, x, y, 5, 64);
	bench_line(op, name, "64", &b, 0, 512, PEAK_NONE, base);
}

#define ROWS(t, T) \
	void check_kv_put_##t(hw_kv_put_##t##_fn *f, const char *name) \
	{ \
		check_put(f, HW_KV_##T, name); \
	} \
	void bench_kv_put_##t(hw_kv_put_##t##_fn *f, const char *name, \
	    double *base) \
	{ \
		bench_put(f, "kv_put_" #t, name, base); \
	}
ROWS(f32, F32)
ROWS(f16, F16)
ROWS(bf16, BF16)
ROWS(q8_0, Q8_0)
ROWS(i16, I16)
