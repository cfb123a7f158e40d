/* SPDX-License-Identifier: MIT
 * What only this file knows: what attention means.  Oracle: the softmax of
 * all visible keys at once, in double, over the numbers that the tiles hold.
 *
 * Bound: a score is d roundings off and its exponential carries that and the
 * rounding of its argument; sum and acc then see n additions of positive
 * weights, relative to sum p |v|.  A weight below 2^-126 may count as that, or
 * as 0; bf16: queries may be rounded to it, weights be off by 2^-7. */
#include "kv_tiles.h"

typedef void attn_fn(struct hw_attn *a, const void *k, const void *v,
    size_t n_tiles, int64_t first, void *scratch);

/* ---- attention ----------------------------------------------------------- */

struct problem {
	enum hw_kv type;
	size_t n_tiles, bytes;
	int64_t first;
	unsigned char *k, *v;
	double *kx, *vx; /* (keys, d): what the tiles hold */
	void *scratch;
	struct hw_attn a;
};

/* Numbers where a query sees the slot; NaN, as guarded() leaves it, where
 * none does.  The sizes make scores that differ by some 30 octaves. */
static void fill_i16(const struct problem *p, unsigned char *kt,
    unsigned char *vt, size_t j)
{
	size_t d = p->a.d;
	double sum = 0, k[HW_ATTN_D];
	float ks, vs = (float)uniform(0.1, 1) / HW_I16_VALUE;

	for (size_t i = 0; i < d; i++) {
		k[i] = uniform(-1, 1);
		sum += k[i] * k[i];
	}
	ks = (float)(sqrt(sum) / HW_I16_KEY);
	for (size_t i = 0; i < d; i++) {
		int16_t kw = (int16_t)lrint(k[i] / (double)ks);
		int16_t vw = (int16_t)lrint(uniform(-1, 1) * HW_I16_VALUE);

		memcpy(kt + cell(HW_KV_I16, false, i, j, d) * 2, &kw, 2);
		memcpy(vt + cell(HW_KV_I16, true, i, j, d) * 2, &vw, 2);
	}
	memcpy(kt + d * HW_TILE * 2 + j * 4, &ks, 4);
	memcpy(vt + d * HW_TILE * 2 + j * 4, &vs, 4);
}

static void fill_tile(const struct problem *p, size_t t)
{
	size_t d = p->a.d, groups = d / 32;
	unsigned char *kt = p->k + t * p->bytes, *vt = p->v + t * p->bytes;

	for (size_t j = 0; j < HW_TILE; j++) {
		int64_t index = p->first + (int64_t)(t * HW_TILE + j);
		bool seen = false;

		for (size_t i = 0; i < p->a.m; i++)
			seen |= p->a.lo[i] <= index && index < p->a.hi[i];
		if (!seen)
			continue;
		if (p->type == HW_KV_I16) {
			fill_i16(p, kt, vt, j);
			continue;
		}
		for (size_t i = 0; i < d; i++) {
			size_t kc = cell(p->type, false, i, j, d);
			size_t vc = cell(p->type, true, i, j, d);
			float kx = (float)uniform(-1, 1);
			float vx = (float)uniform(-1, 1);
			uint16_t (*draw)(enum sign) = p->type ==
			    HW_KV_F16 ? f16_random : bf16_random;
			uint16_t k16 = draw(MIXED), v16 = draw(MIXED);

			if (p->type == HW_KV_F32) {
				memcpy(kt + kc * 4, &kx, 4);
				memcpy(vt + vc * 4, &vx, 4);
			} else if (p->type == HW_KV_Q8_0) {
				kt[kc] = (unsigned char)rnd();
				vt[vc] = (unsigned char)rnd();
			} else {
				memcpy(kt + kc * 2, &k16, 2);
				memcpy(vt + vc * 2, &v16, 2);
			}
		}
		for (size_t g = 0; p->type == HW_KV_Q8_0 && g < groups; g++) {
			uint16_t s = f16_nearest(uniform(0.5, 1) / 127);

			memcpy(kt + d * HW_TILE + (g * HW_TILE + j) * 2, &s,
			    2);
			memcpy(vt + d * HW_TILE + (j * groups + g) * 2, &s, 2);
		}
	}
}

static void reset(const struct hw_attn *a)
{
	for (size_t i = 0; i < a->m; i++) {
		a->max[i] = -INFINITY;
		a->sum[i] = 0;
	}
	memset(a->acc, 0, a->m * a->d * sizeof(*a->acc));
}

/* Bands of every kind: empty, inside one tile, on and beside the edges of
 * tiles, beyond the run, and several queries with the same (as the heads of
 * one token have). */
static void fill_bands(const struct problem *p, int64_t *lo, int64_t *hi)
{
	size_t n = p->n_tiles * HW_TILE;

	for (size_t i = 0; i < p->a.m; i++) {
		size_t from = below(n + 1), len = below(n + 1);

		switch (below(5)) {
		case 0:
			len = below(3);
			break;
		case 1:
			from = from / HW_TILE * HW_TILE + below(3);
			len = len / HW_TILE * HW_TILE + below(3);
			break;
		case 2:
			from = 0;
			len = n + 5;
			break;
		}
		lo[i] = p->first + (int64_t)from - 1;
		hi[i] = lo[i] + (int64_t)len;
		if (i > 0 && below(2) == 0) {
			lo[i] = lo[i - 1];
			hi[i] = hi[i - 1];
		}
	}
}

static void fill_slopes(struct problem *p, float *slope, int64_t *from)
{
	for (size_t i = 0; i < p->a.m; i++) {
		slope[i] = (float)uniform(0, 1);
		from[i] = p->first + (int64_t)below(p->n_tiles * HW_TILE + 3);
	}
	p->a.slope = slope;
	p->a.at = from;
}

/* What becomes of a score; *e is its error. */
static double adjusted(const struct hw_attn *a, size_t i, double s,
    int64_t index, double *e)
{
	double cap = (double)a->cap;

	if (cap > 0) {
		s = cap * tanh(s / cap);
		*e += 8 * U * cap;
	}
	if (a->slope != NULL) {
		s += (double)a->slope[i] * (double)(index - a->at[i]);
		*e += U * fabs(s);
	}
	return s;
}

static struct problem problem(enum hw_kv type, size_t m, size_t d,
    size_t n_tiles, enum place place)
{
	struct problem p = {.type = type, .n_tiles = n_tiles};
	int64_t *lo, *hi;
	float *q;

	p.bytes = hw_tile_bytes(type, d);
	p.first = (int64_t)(below(2) == 0 ? below(100) :
	    ((size_t)1 << 30) + below(100)) * HW_RUN * HW_TILE;
	p.k = guarded(0, n_tiles * p.bytes, place);
	p.v = guarded(1, n_tiles * p.bytes, place);
	p.scratch = guarded(2, HW_ATTN_SCRATCH, place);
	p.a.m = m;
	p.a.d = d;
	p.a.q = q = guarded(3, m * d * 4, place);
	p.a.lo = lo = guarded(4, m * sizeof(*lo), place);
	p.a.hi = hi = guarded(5, m * sizeof(*hi), place);
	p.a.max = guarded(6, m * 4, place);
	p.a.sum = guarded(7, m * 4, place);
	p.a.acc = guarded(8, m * d * 4, place);
	if (below(2) == 0) {
		/* Or so large that references move, however they are kept. */
		double most = below(3) == 0 ? 80 : 10;

		for (size_t i = 0; i < m * d; i++)
			q[i] = (float)uniform(-most, most);
	} else {
		/* Weights of a size, of scores that no rounding blurs. */
		for (size_t i = 0; i < m * d; i++)
			q[i] = (float)bf16_value(bf16_nearest(uniform(-1, 1) /
			    sqrt((double)d)));
	}
	fill_bands(&p, lo, hi);
	if (below(3) == 0)
		p.a.cap = (float)uniform(5, 60);
	if (below(3) == 0)
		fill_slopes(&p, guarded(9, m * 4, place),
		    guarded(10, m * sizeof(int64_t), place));
	for (size_t t = 0; t < n_tiles; t++)
		fill_tile(&p, t);
	reset(&p.a);
	return p;
}

static void decode(struct problem *p)
{
	size_t n = p->n_tiles * HW_TILE, d = p->a.d;

	p->kx = malloc((n * d + 1) * sizeof(*p->kx));
	p->vx = malloc((n * d + 1) * sizeof(*p->vx));
	for (size_t j = 0; j < n; j++)
		for (size_t c = 0; c < d; c++) {
			size_t at = j / HW_TILE * p->bytes;

			p->kx[j * d + c] = k_at(p->k + at, p->type, c,
			    j % HW_TILE, d);
			p->vx[j * d + c] = v_at(p->v + at, p->type, c,
			    j % HW_TILE, d);
		}
}

/* i16: in each run of tiles half a step of the weights, times the values'
 * integers; and all of a weight whose product with its value's scale is below
 * HW_I16_MIN (to rounding), which is as good as zero. */
static double weight_steps(const struct problem *p, const double *s, size_t c)
{
	size_t n = p->n_tiles * HW_TILE, run = HW_RUN * HW_TILE;
	double all = 0;

	for (size_t from = 0; from < n; from += run) {
		double most = 0, size = 0;

		for (size_t j = from; j < from + run && j < n; j++) {
			double v = fabs(p->vx[j * p->a.d + c]);
			float vs;

			if (isinf(s[j]))
				continue;
			memcpy(&vs, p->v + j / HW_TILE * p->bytes + p->a.d *
			    HW_TILE * 2 + j % HW_TILE * 4, 4);
			most = fmax(most, s[j] * (double)vs);
			size += 0.51 / HW_I16_VALUE * v / (double)vs;
			if (s[j] * (double)vs < 1.1 * HW_I16_MIN)
				all += s[j] * v;
		}
		all += most * size;
	}
	return all;
}

/* Error of query i over its bound: the largest of its d results. */
static double query_error(const struct problem *p, size_t i)
{
	size_t n = p->n_tiles * HW_TILE, d = p->a.d, seen = 0;
	double *s = malloc(n * sizeof(*s)), *e = malloc(n * sizeof(*e));
	double max = -(double)INFINITY, sum = 0, rel = 0, worst = 0;
	double q_step = p->type == HW_KV_I16 ?
	    half_step(p->a.q + i * d, d, false) : 0;
	double rounded = 0;
	double coarse = p->type == HW_KV_BF16 ? 0x1p-7 : 0;

	for (size_t c = 0; c < d && p->type == HW_KV_BF16; c++) {
		double x = (double)p->a.q[i * d + c];

		if (x != bf16_value(bf16_nearest(x)))
			rounded = 0x1p-8;
	}
	for (size_t j = 0; j < n; j++) {
		int64_t index = p->first + (int64_t)j;
		double size = 0;

		s[j] = -(double)INFINITY;
		if (index < p->a.lo[i] || index >= p->a.hi[i])
			continue;
		seen++;
		s[j] = e[j] = 0;
		for (size_t c = 0; c < d; c++) {
			double x = (double)p->a.q[i * d + c] *
			    p->kx[j * d + c];

			s[j] += x;
			size += fabs(x);
			e[j] += q_step * fabs(p->kx[j * d + c]);
		}
		/* Of the score; q8_0 rounds its keys to float as well. */
		e[j] += (((double)d + 2) * U + rounded) * size;
		s[j] = adjusted(&p->a, i, s[j], index, &e[j]);
		max = fmax(max, s[j]);
	}
	for (size_t j = 0; j < n; j++) {
		if (isinf(s[j]))
			continue;
		s[j] -= max;
		e[j] = log(2) * (e[j] + U * (fabs(s[j]) + 20)) + 4 * U;
		s[j] = exp2(s[j]);
		sum += s[j];
	}
	for (size_t j = 0; j < n; j++)
		if (!isinf(s[j]) && s[j] > 0)
			rel += s[j] * e[j] / sum;
	for (size_t c = 0; c < d && seen > 0; c++) {
		double want = 0, bound = 0, got;

		for (size_t j = 0; j < n; j++) {
			double v;

			if (isinf(s[j]))
				continue;
			v = p->vx[j * d + c] * s[j] / sum;
			want += v;
			bound += fabs(v) * (e[j] + rel + 2 * coarse +
			    (2 * (double)seen + 20) * U) + 0x1p-126;
		}
		if (p->type == HW_KV_I16)
			bound += weight_steps(p, s, c) / sum;
		got = (double)p->a.acc[i * d + c] / (double)p->a.sum[i];
		if (!(fabs(got - want) <= bound))
			worst = fmax(worst, isnan(got) ? 1e9 :
			    fabs(got - want) / bound);
	}
	for (size_t c = 0; c < d && seen == 0; c++)
		if (p->a.sum[i] != 0 || !isinf(p->a.max[i]) ||
		    p->a.acc[i * d + c] != 0)
			worst = 1e9;
	free(s);
	free(e);
	return worst;
}

/* The whole again, cut into runs of tiles (where runs may be cut) and into
 * groups of queries: the state must come out the same, bit for bit. */
static bool same_when_cut(struct problem *p, attn_fn *f)
{
	size_t m = p->a.m, d = p->a.d, bytes = m * (d + 2) * 4;
	float *got = malloc(bytes), *max = got, *sum = max + m, *acc = sum + m;
	struct hw_attn a = p->a;
	bool same;

	a.max = max;
	a.sum = sum;
	a.acc = acc;
	reset(&a);
	for (size_t i = 0; i < m; i += a.m) {
		a.m = 1 + below(below(2) == 0 ? 2 : 20);
		a.m = a.m < m - i ? a.m : m - i;
		a.q = p->a.q + i * d;
		a.lo = p->a.lo + i;
		a.hi = p->a.hi + i;
		if (a.slope != NULL) {
			a.slope = p->a.slope + i;
			a.at = p->a.at + i;
		}
		a.max = max + i;
		a.sum = sum + i;
		a.acc = acc + i * d;
		for (size_t t = 0, n; t < p->n_tiles; t += n) {
			n = (1 + below(3)) * HW_RUN;
			n = n < p->n_tiles - t ? n : p->n_tiles - t;
			f(&a, p->k + t * p->bytes, p->v + t * p->bytes, n,
			    p->first + (int64_t)(t * HW_TILE), p->scratch);
		}
	}
	same = memcmp(max, p->a.max, m * 4) == 0 &&
	    memcmp(sum, p->a.sum, m * 4) == 0 &&
	    memcmp(acc, p->a.acc, m * d * 4) == 0;
	free(got);
	return same;
}

static bool sees_any(const struct problem *p, size_t i)
{
	int64_t end = p->first + (int64_t)(p->n_tiles * HW_TILE);
	int64_t lo = p->a.lo[i] > p->first ? p->a.lo[i] : p->first;

	return lo < (p->a.hi[i] < end ? p->a.hi[i] : end);
}

/* From a state that is not empty, such as a learned sink makes: a query that
 * sees no key of the run keeps it, bit for bit.  The state is lost. */
static bool unseeing_kept(struct problem *p, attn_fn *f)
{
	size_t m = p->a.m, d = p->a.d;
	float *was = malloc(m * (d + 2) * 4 + 1), *to = was;
	bool kept = true;

	for (size_t i = 0; i < m; i++) {
		p->a.max[i] = (float)uniform(-9, 9);
		p->a.sum[i] = (float)uniform(1, 2);
		for (size_t c = 0; c < d; c++)
			p->a.acc[i * d + c] = (float)uniform(-1, 1);
		*to++ = p->a.max[i];
		*to++ = p->a.sum[i];
		memcpy(to, p->a.acc + i * d, d * 4);
		to += d;
	}
	f(&p->a, p->k, p->v, p->n_tiles, p->first, p->scratch);
	to = was;
	for (size_t i = 0; i < m; i++, to += d + 2)
		kept &= sees_any(p, i) || (memcmp(to, p->a.max + i, 4) == 0 &&
		    memcmp(to + 1, p->a.sum + i, 4) == 0 &&
		    memcmp(to + 2, p->a.acc + i * d, d * 4) == 0);
	free(was);
	return kept;
}

static void check_attn(attn_fn *f, enum hw_kv type, const char *name)
{
	size_t step = type == HW_KV_Q8_0 ? 32 : 4;
	double worst = 0;
	bool same = true, kept = true;

	for (size_t n = 0; n < 150; n++) {
		size_t d = n == 5 ? HW_ATTN_D : step * (1 + below(96 / step));
		size_t m = below(20), tiles = below(12);
		struct problem p;

		if (n % 10 == 0) { /* real heads, a full call */
			d = n % 20 == 0 ? 64 : 128;
			m = HW_ATTN_M;
			tiles = n == 0 ? 129 : 9;
		}
		p = problem(type, m, d, tiles, n & 1 ? AT_START : AT_END);
		f(&p.a, p.k, p.v, tiles, p.first, p.scratch);
		decode(&p);
		for (size_t i = 0; i < m; i += n == 0 ? 7 : 1) {
			double err = query_error(&p, i);

			if (err > 1 && worst <= 1)
				note("m=%zu d=%zu tiles=%zu, query %zu: %.3g "
				    "times the bound", m, d, tiles, i, err);
			worst = fmax(worst, err);
		}
		same &= same_when_cut(&p, f);
		kept &= unseeing_kept(&p, f);
		free(p.kx);
		free(p.vx);
	}
	verdict(worst <= 1, "%s: within its bound; unseen keys are worth "
	    "nothing", name);
	verdict(same, "%s: the same bits in any runs of tiles, with any "
	    "queries", name);
	verdict(kept, "%s: who sees nothing keeps its state", name);
}

/* ---- bench --------------------------------------------------------------- */

/* A window of 2048 and m queries: the heads of neighbouring tokens. */
static void bench_attn(attn_fn *f, enum hw_kv type, const char *op,
    const char *name, double *base)
{
	static const size_t at[][2] = {
		{64, 64}, {63, 64}, {64, 128}, {3, 64}, {1, 64},
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		struct problem p = problem(type, at[i][0], at[i][1], 129,
		    AT_END);
		int64_t *lo = guarded(4, p.a.m * sizeof(*lo), AT_END);
		int64_t *hi = guarded(5, p.a.m * sizeof(*hi), AT_END);
		struct bench b = {0};
		char shape[32];

		p.a.cap = 0;
		p.a.slope = NULL;
		for (size_t j = 0; j < p.a.m; j++) {
			lo[j] = p.first + (int64_t)(p.a.m == 63 ? j / 3 : 0);
			hi[j] = lo[j] + 2048;
		}
		for (size_t t = 0; t < p.n_tiles; t++)
			fill_tile(&p, t);
		while (bench_more(&b)) {
			reset(&p.a);
			f(&p.a, p.k, p.v, p.n_tiles, p.first, p.scratch);
		}
		snprintf(shape, sizeof(shape), "%zux2048x%zu", p.a.m, p.a.d);
		bench_line(op, name, shape, &b,
		    4. * (double)p.a.m * 2048 * (double)p.a.d,
		    (double)(2 * p.n_tiles * p.bytes), PEAK_FMA, base + i);
	}
}

#define ROWS(t, T) \
	void check_attn_##t(hw_attn_##t##_fn *f, const char *name) \
	{ \
		check_attn(f, HW_KV_##T, name); \
	} \
	void bench_attn_##t(hw_attn_##t##_fn *f, const char *name, \
	    double *base) \
	{ \
		bench_attn(f, HW_KV_##T, "attn_" #t, name, base); \
	}
ROWS(f32, F32)
ROWS(f16, F16)
ROWS(bf16, BF16)
ROWS(q8_0, Q8_0)
ROWS(i16, I16)
