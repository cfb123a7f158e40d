/* SPDX-License-Identifier: MIT
 * What only this file knows: how keys that no file wrote are kept. */
#include "model/synth.h"

#include <stdio.h>
#include <string.h>

#define MAX_VALUES ((size_t)48 << 20)
#define MAX_KEYS ((size_t)1 << 20)

/* Offsets, since the buffer may move until it is sealed. */
struct hw_synth_key {
	size_t name, name_n, value;
	uint32_t type, elem;
	size_t n;
};

void hw_synth_init(struct hw_synth *s, struct hw_container *c)
{
	*s = (struct hw_synth){.c = c, .arch = ""};
	hw_buf_init(&s->values, c->alloc, MAX_VALUES);
	hw_buf_init(&s->keys, c->alloc, MAX_KEYS);
}

void hw_synth_release(struct hw_synth *s)
{
	hw_buf_release(&s->values);
	hw_buf_release(&s->keys);
}

static void add(struct hw_synth *s, const char *key, enum hw_meta_type type,
    enum hw_meta_type elem, size_t n)
{
	struct hw_synth_key k = {.name = s->values.n, .type = type,
	    .elem = elem, .n = n};

	if (key[0] == '.')
		hw_buf_str(&s->values, s->arch);
	hw_buf_str(&s->values, key);
	k.name_n = s->values.n - k.name;
	k.value = s->values.n;
	hw_buf_put(&s->keys, &k, sizeof(k));
}

void hw_synth_u32(struct hw_synth *s, const char *key, uint32_t x)
{
	add(s, key, HW_META_U32, HW_META_U8, 1);
	hw_buf_u32(&s->values, x);
}

void hw_synth_i32(struct hw_synth *s, const char *key, int32_t x)
{
	add(s, key, HW_META_I32, HW_META_U8, 1);
	hw_buf_u32(&s->values, (uint32_t)x);
}

void hw_synth_real(struct hw_synth *s, const char *key, double x)
{
	add(s, key, HW_META_F64, HW_META_U8, 1);
	hw_buf_f64(&s->values, x);
}

void hw_synth_bool(struct hw_synth *s, const char *key, bool x)
{
	add(s, key, HW_META_BOOL, HW_META_U8, 1);
	hw_buf_u8(&s->values, x);
}

void hw_synth_string(struct hw_synth *s, const char *key, const char *x)
{
	add(s, key, HW_META_STRING, HW_META_U8, 1);
	hw_buf_str(&s->values, x);
}

void hw_synth_array(struct hw_synth *s, const char *key,
    enum hw_meta_type elem, size_t n)
{
	add(s, key, HW_META_ARRAY, elem, n);
}

enum hw_status hw_synth_seal(struct hw_synth *s, struct hw_err *e)
{
	struct hw_container *c = s->c;
	size_t n = s->keys.n / sizeof(struct hw_synth_key);
	struct hw_synth_key k, next;
	struct hw_view twice;

	HW_TRY(hw_buf_status(&s->values, "keys", e));
	HW_TRY(hw_buf_status(&s->keys, "keys", e));
	HW_TRY(hw_names_open(&c->keys, n, c->alloc, e));
	HW_TRY(hw_new(c->alloc, &c->metas, n, sizeof(*c->metas), "keys", e));
	for (size_t i = 0; i < n; i++) {
		size_t end = s->values.n;

		memcpy(&k, s->keys.p + i * sizeof(k), sizeof(k));
		if (i + 1 < n) {
			memcpy(&next, s->keys.p + (i + 1) * sizeof(k),
			    sizeof(k));
			end = next.name;
		}
		c->keys.name[i] = (struct hw_view){s->values.p + k.name,
		    k.name_n};
		c->metas[i] = (struct hw_meta){.at = k.value,
		    .type = (enum hw_meta_type)k.type,
		    .elem = (enum hw_meta_type)k.elem, .n = k.n,
		    .bytes = {s->values.p + k.value, end - k.value}};
	}
	if (!hw_names_sort(&c->keys, &twice))
		return hw_fail(e, HW_CORRUPT, "%s: the key %.*s comes twice",
		    c->path, twice.n < 64 ? (int)twice.n : 64,
		    (const char *)twice.p);
	/* The buffer is the container's from here on. */
	c->file = (struct hw_view){s->values.p, s->values.n};
	c->header = s->values.n;
	c->made = s->values.p;
	hw_buf_init(&s->values, c->alloc, MAX_VALUES);
	return HW_OK;
}
