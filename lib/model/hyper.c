/* SPDX-License-Identifier: MIT
 * What only this file knows: the parameters that architectures share, under
 * keys that begin with the architecture's name. */
#include <stdio.h>

#include "model/arch.h"

#define MAX_PERIOD 4096

const char *hw_arch_key(const struct hw_model *m, const char *suffix,
    char *buf)
{
	snprintf(buf, HW_ARCH_KEY, "%s.%s", m->info.arch, suffix);
	return buf;
}

/* A period P instead of a list: the last of each P layers sees everything. */
static enum hw_status periodic(struct hw_model *m, const char *key, int *w,
    int window, struct hw_err *e)
{
	int period = 1;

	HW_TRY(hw_meta_int_or(&m->c, key, 1, MAX_PERIOD, &period, e));
	for (int i = 0; i < m->net.n_layers; i++)
		w[i] = period == 1 || i % period < period - 1 ? window : 0;
	return HW_OK;
}

enum hw_status hw_arch_windows(struct hw_model *m, struct hw_err *e)
{
	const struct hw_container *c = &m->c;
	char key[HW_ARCH_KEY];
	const struct hw_meta *list;
	struct hw_cur cur;
	int window = 0;

	HW_TRY(hw_meta_int_or(c, hw_arch_key(m, "attention.sliding_window",
	    key), 0, INT32_MAX, &window, e));
	if (window == 0)
		return HW_OK;
	HW_TRY(hw_new(m->alloc, &m->windows, (size_t)m->net.n_layers,
	    sizeof(*m->windows), "windows", e));
	m->net.windows = m->windows;
	hw_arch_key(m, "attention.sliding_window_pattern", key);
	list = hw_meta_find(c, key);
	if (list == NULL || list->type != HW_META_ARRAY)
		return periodic(m, key, m->windows, window, e);
	HW_TRY(hw_meta_array_or(c, key, HW_META_BOOL, &list, e));
	if (list->n != (size_t)m->net.n_layers)
		return hw_fail(e, HW_CORRUPT, "%s: byte %zu: %s is for %zu "
		    "layers, not %d", c->path, list->at, key, list->n,
		    m->net.n_layers);
	cur = hw_cur(list->bytes);
	for (int i = 0; i < m->net.n_layers; i++)
		m->windows[i] = hw_cur_u8(&cur) != 0 ? window : 0;
	return HW_OK;
}
