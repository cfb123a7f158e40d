/* SPDX-License-Identifier: MIT
 * lib/engine/rope: angles near and far. */
#include "tap.h"

#include "engine/rope.h"

#define TWO_PI 6.283185307179586476925286766559L

static struct hw_net net = {.rope_theta = 500000, .rope_dims = 64};
static uint64_t turn[32];
static double near[HW_ROPE_NEAR * 64];
static struct hw_rope rope = {.turn = turn, .near = near};
static float cs[64], other[64];

static enum hw_status init(struct hw_err *e)
{
	return hw_rope_init(&rope, &net, HW_ROPE_GLOBAL, 9, e);
}

static double worst(uint64_t at)
{
	double w = 0;

	hw_rope_angles(&rope, at, 1, cs);
	for (int j = 0; j < 32; j++) {
		long double f = powl(500000.0L, -2.0L * j / 64);
		long double a = fmodl((long double)at * f, TWO_PI);

		w = fmax(w, fabs((double)cs[2 * j] - (double)cosl(a)));
		w = fmax(w, fabs((double)cs[2 * j + 1] - (double)sinl(a)));
	}
	return w;
}

/* Angle of pair j at a minus at b. */
static double apart(int j, uint64_t a, uint64_t b)
{
	hw_rope_angles(&rope, a, 1, cs);
	hw_rope_angles(&rope, b, 1, other);
	return atan2((double)cs[2 * j + 1], (double)cs[2 * j]) -
	    atan2((double)other[2 * j + 1], (double)other[2 * j]);
}

static void accuracy(void)
{
	ok(worst(0) == 0, "no turn at 0");
	ok(worst(1) < 1e-7 && worst(2047) < 1e-7, "exact in the window");
	ok(worst(4194304) < 2e-7, "and at four million (%.2g)",
	    worst(4194304));
	ok(worst((uint64_t)1 << 31) < 1e-5, "and at 2^31 (%.2g)",
	    worst((uint64_t)1 << 31));
}

static void differences(void)
{
	static const uint64_t far[] = {(uint64_t)1 << 24, (uint64_t)1 << 40,
	    UINT64_MAX - 100};
	double w = 0;

	for (size_t i = 0; i < 3; i++)
		for (int j = 0; j < 32; j++) {
			double d = apart(j, far[i] + 1000, far[i]) -
			    apart(j, 1000, 0);

			w = fmax(w, fabs(remainder(d, (double)TWO_PI)));
		}
	ok(w < 1e-6, "a distance turns alike at any index, even where 64 bits "
	    "wrap (%.2g)", w);
}

/* From any index on, over the places where the first of 16 is turned anew. */
static void runs(void)
{
	static const uint64_t from[] = {0, 5, 4096 + 15, UINT64_MAX - 20};
	float row[64], all[40 * 64];
	bool same = true;

	for (size_t f = 0; f < 4; f++) {
		hw_rope_angles(&rope, from[f], 40, all);
		for (size_t i = 0; i < 40; i++) {
			hw_rope_angles(&rope, from[f] + i, 1, row);
			same &= memcmp(row, all + i * 64, sizeof(row)) == 0;
		}
	}
	ok(same, "many at once are those of each, to the bit");
}

static void factors(void)
{
	float f[32];
	struct hw_err e = {0};

	for (int j = 0; j < 32; j++)
		f[j] = 8;
	hw_rope_angles(&rope, 100, 1, cs);
	net.rope_factors = f;
	is_int(init(&e), HW_OK, "with factors of 8");
	hw_rope_angles(&rope, 800, 1, other);
	ok(fabs((double)cs[10] - (double)other[10]) < 1e-7, "it takes 8 times "
	    "as long");
	f[3] = 0;
	is_int(init(&e), HW_CORRUPT, "a factor of 0 is "
	    "refused");
	ok(strstr(e.msg, "frequency 3") != NULL, "by name");
	f[3] = NAN;
	is_int(init(NULL), HW_CORRUPT, "so is NaN");
}

/* Halves, a scale, another base for local layers, other factors for a cache
 * that is larger than the original context. */
static void kinds(void)
{
	float twice[32], four[32];
	bool same = true;

	for (int j = 0; j < 32; j++) {
		twice[j] = 2;
		four[j] = 4;
	}
	net = (struct hw_net){.rope_theta = 500000, .rope_dims = 64,
	    .local_theta = 100, .rope_factors = twice, .rope_long = four,
	    .rope_original = 100};
	is_int(hw_rope_init(&rope, &net, HW_ROPE_GLOBAL, 100, NULL), HW_OK,
	    "a cache of the original context");
	hw_rope_angles(&rope, 2, 1, cs);
	is_int(hw_rope_init(&rope, &net, HW_ROPE_GLOBAL, 101, NULL), HW_OK,
	    "and a larger one");
	hw_rope_angles(&rope, 4, 1, other);
	ok(memcmp(cs, other, sizeof(cs)) == 0, "have factors of their own");
	is_int(hw_rope_init(&rope, &net, HW_ROPE_LOCAL, 101, NULL), HW_OK,
	    "local layers");
	hw_rope_angles(&rope, 1, 1, other);
	ok(fabs((double)other[2] - cos(pow(100, -2.0 / 64))) < 1e-7,
	    "have a base of their own, and no factors");
	hw_rope_angles(&rope, 7, 1, cs);
	net.rope_halves = true;
	net.rope_scale = 0.5;
	is_int(hw_rope_init(&rope, &net, HW_ROPE_LOCAL, 9, NULL), HW_OK,
	    "of halves, scaled");
	hw_rope_angles(&rope, 7, 1, other);
	for (int j = 0; j < 32; j++)
		same &= other[j] == cs[2 * j] / 2 &&
		    other[j + 32] == cs[2 * j + 1] / 2;
	ok(same, "cosines come first, then sines");
}

int main(void)
{
	is_int(init(NULL), HW_OK, "frequencies");
	accuracy();
	differences();
	runs();
	factors();
	kinds();
	return tap_done();
}
