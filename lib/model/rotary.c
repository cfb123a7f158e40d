/* SPDX-License-Identifier: MIT
 * What only this file knows: the ways in which models stretch their rotary
 * frequencies to longer contexts, as divisors of the frequencies. */
#include "model/arch.h"

#include <math.h>

#define TWO_PI 6.283185307179586476925286766559

/* Factors that are all the same, or that the caller fills. */
static enum hw_status factors(struct hw_model *m, double factor,
    struct hw_err *e)
{
	HW_TRY(hw_new(m->alloc, &m->factors, (size_t)m->net.rope_dims / 2,
	    sizeof(float), "rotary factors", e));
	for (int i = 0; i < m->net.rope_dims / 2; i++)
		m->factors[i] = (float)factor;
	m->net.rope_factors = m->factors;
	return HW_OK;
}

/* The dimension that turns `turns` times within the original context. */
static double dimension(const struct hw_net *n, double context, double turns)
{
	return n->rope_dims * log(context / (turns * TWO_PI)) /
	    (2 * log(n->rope_theta));
}

/*
 * YaRN (arXiv 2309.00071): dimensions that turn often keep their frequency,
 * those that turn seldom are stretched by the factor, with a ramp between;
 * and all scores grow a little, by the scale of cosine and sine.
 */
static enum hw_status yarn(struct hw_model *m, double factor,
    struct hw_err *e)
{
	struct hw_net *n = &m->net;
	double fast = 32, slow = 1, low, high, more = 1;
	int context = n->n_ctx;
	bool whole = m->yarn_whole;

	HW_TRY(hw_arch_int_or(m, "rope.scaling.original_context_length", 1,
	    INT32_MAX, &context, e));
	HW_TRY(hw_arch_real_or(m, "rope.scaling.yarn_beta_fast", 0.01, 1e6,
	    &fast, e));
	HW_TRY(hw_arch_real_or(m, "rope.scaling.yarn_beta_slow", 0.01, 1e6,
	    &slow, e));
	HW_TRY(hw_arch_real_or(m, "rope.scaling.attn_factor", 1e-3, 1e3,
	    &more, e));
	HW_TRY(hw_meta_bool_or(&m->c, "headwater.yarn_whole", &whole, e));
	if (n->rope_theta <= 1)
		return hw_fail(e, HW_CORRUPT, "%s: YaRN on a rotary base of "
		    "%g", m->c.path, n->rope_theta);
	low = dimension(n, context, fast);
	high = dimension(n, context, slow);
	if (whole) {
		low = floor(low);
		high = ceil(high);
	}
	low = fmax(low, 0);
	high = fmin(high, n->rope_dims - 1);
	HW_TRY(factors(m, factor, e));
	for (int i = 0; i < n->rope_dims / 2; i++) {
		double ramp = (i - low) / fmax(high - low, 0.001);

		ramp = fmin(fmax(ramp, 0), 1);
		m->factors[i] = (float)(1 / (ramp / factor + 1 - ramp));
	}
	n->rope_scale = more * (1 + 0.1 * log(factor));
	return HW_OK;
}

static enum hw_status read_scaling(struct hw_model *m, struct hw_err *e)
{
	const struct hw_container *c = &m->c;
	struct hw_view type = {(const unsigned char *)"none", 4};
	char key[HW_ARCH_KEY];
	double factor = 1;

	HW_TRY(hw_meta_string_or(c, hw_arch_key(m, "rope.scaling.type", key),
	    &type, e));
	/* LongRoPE's factors are tensors: see hw_arch_longrope. */
	if (hw_view_is(type, "none") || hw_view_is(type, "longrope"))
		return HW_OK;
	if (!hw_view_is(type, "linear") && !hw_view_is(type, "yarn"))
		return hw_fail(e, HW_UNSUPPORTED, "%s: rotary scaling of type "
		    "%.*s", c->path, type.n < 32 ? (int)type.n : 32,
		    (const char *)type.p);
	HW_TRY(hw_meta_real(c, hw_arch_key(m, "rope.scaling.factor", key),
	    1e-3, 1e6, &factor, e));
	return hw_view_is(type, "linear") ? factors(m, factor, e) :
	    yarn(m, factor, e);
}

enum hw_status hw_arch_rope(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;

	n->rope_theta = 10000;
	HW_TRY(hw_arch_real_or(m, "rope.freq_base", 1, 1e12, &n->rope_theta,
	    e));
	n->rope_dims = n->d_head;
	HW_TRY(hw_arch_int_or(m, "rope.dimension_count", 2, n->d_head,
	    &n->rope_dims, e));
	if (n->rope_dims % 2 != 0)
		return hw_fail(e, HW_CORRUPT, "%s: an odd number of rotated "
		    "dimensions, %d", m->c.path, n->rope_dims);
	return read_scaling(m, e);
}

enum hw_status hw_arch_longrope(struct hw_model *m, struct hw_err *e)
{
	struct hw_net *n = &m->net;
	double scale = 0;

	if (n->rope_long == NULL && n->rope_factors == NULL)
		return HW_OK;
	n->rope_original = n->n_ctx;
	HW_TRY(hw_arch_int_or(m, "rope.scaling.original_context_length", 1,
	    INT32_MAX, &n->rope_original, e));
	HW_TRY(hw_arch_real_or(m, "rope.scaling.attn_factor", 1e-3, 1e3,
	    &scale, e));
	n->rope_scale = scale;
	return HW_OK;
}

/* A factor of 0 or NaN would turn every score into NaN. */
enum hw_status hw_arch_check_factors(const struct hw_model *m,
    const float *f, const char *tensor, struct hw_err *e)
{
	for (int i = 0; f != NULL && i < m->net.rope_dims / 2; i++)
		if (!(f[i] >= 1e-3f && f[i] <= 1e6f))
			return hw_fail(e, HW_CORRUPT, "%s: tensor %s: factor "
			    "%d is %g", m->c.path, tensor, i, (double)f[i]);
	return HW_OK;
}
