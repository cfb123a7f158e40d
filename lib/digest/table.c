/* SPDX-License-Identifier: MIT
 * What only this file knows: the hash chains and the order of forgetting.
 * Links are indices, so the table is two allocations for ever. */
#include "digest/table.h"

enum hw_status hw_table_init(struct hw_table *t, size_t max,
    const struct hw_alloc *a, struct hw_err *e)
{
	size_t buckets = 16;

	*t = (struct hw_table){.alloc = a, .oldest = HW_NONE,
	    .newest = HW_NONE};
	if (max < 1 || max > (size_t)1 << 24)
		return hw_fail(e, HW_USAGE, "a table of %zu templates is not "
		    "possible (1 to 2^24)", max);
	while (buckets < max)
		buckets *= 2;
	t->max = (uint32_t)max;
	t->mask = (uint32_t)buckets - 1;
	HW_TRY(hw_new(a, &t->bucket, buckets, sizeof(*t->bucket),
	    "template table", e));
	for (size_t i = 0; i < buckets; i++)
		t->bucket[i] = HW_NONE;
	/* Not zeroed: a table is as large as it was ever full. */
	return hw_new_aligned(a, &t->entry, max, sizeof(*t->entry),
	    "templates", e);
}

void hw_table_release(struct hw_table *t)
{
	hw_del(t->alloc, t->bucket);
	hw_del_aligned(t->alloc, t->entry);
	*t = (struct hw_table){0};
}

static uint32_t *chain(struct hw_table *t, uint64_t id)
{
	return &t->bucket[(uint32_t)(id >> 32) & t->mask];
}

static void unlink_age(struct hw_table *t, struct hw_entry *x)
{
	if (x->older != HW_NONE)
		t->entry[x->older].newer = x->newer;
	else
		t->oldest = x->newer;
	if (x->newer != HW_NONE)
		t->entry[x->newer].older = x->older;
	else
		t->newest = x->older;
}

static void make_newest(struct hw_table *t, uint32_t i)
{
	struct hw_entry *x = &t->entry[i];

	x->older = t->newest;
	x->newer = HW_NONE;
	if (t->newest != HW_NONE)
		t->entry[t->newest].newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

struct hw_entry *hw_table_peek(struct hw_table *t, uint64_t id)
{
	for (uint32_t i = *chain(t, id); i != HW_NONE; i = t->entry[i].next)
		if (t->entry[i].id == id)
			return &t->entry[i];
	return NULL;
}

struct hw_entry *hw_table_find(struct hw_table *t, uint64_t id)
{
	struct hw_entry *x = hw_table_peek(t, id);

	if (x != NULL && x != &t->entry[t->newest]) {
		unlink_age(t, x);
		make_newest(t, (uint32_t)(x - t->entry));
	}
	return x;
}

/* What points at entry i in its chain. */
static uint32_t *link_to(struct hw_table *t, uint32_t i)
{
	uint32_t *link = chain(t, t->entry[i].id);

	while (*link != i)
		link = &t->entry[*link].next;
	return link;
}

/* Forget the least recently seen; its index is free. */
static uint32_t forget(struct hw_table *t)
{
	uint32_t i = t->oldest;

	*link_to(t, i) = t->entry[i].next;
	unlink_age(t, &t->entry[i]);
	t->forgotten++;
	return i;
}

struct hw_entry *hw_table_add(struct hw_table *t, uint64_t id)
{
	uint32_t i = t->n < t->max ? t->n++ : forget(t);
	struct hw_sample kept = {0};
	uint32_t *head = chain(t, id);

	if (i < t->used)
		kept = t->entry[i].sample;
	else
		t->used = i + 1;
	t->entry[i] = (struct hw_entry){.id = id, .next = *head,
	    .sample = kept};
	*head = i;
	make_newest(t, i);
	return &t->entry[i];
}

void hw_table_rename(struct hw_table *t, struct hw_entry *x, uint64_t id)
{
	uint32_t i = (uint32_t)(x - t->entry), *head;

	*link_to(t, i) = x->next;
	x->id = id;
	head = chain(t, id);
	x->next = *head;
	*head = i;
}

void hw_table_remove(struct hw_table *t, struct hw_entry *x)
{
	uint32_t i = (uint32_t)(x - t->entry), last = t->n - 1;
	struct hw_sample spare = x->sample;

	*link_to(t, i) = x->next;
	unlink_age(t, x);
	t->n--;
	if (i != last) {
		*link_to(t, last) = i;
		*x = t->entry[last];
		if (x->older != HW_NONE)
			t->entry[x->older].newer = i;
		else
			t->oldest = i;
		if (x->newer != HW_NONE)
			t->entry[x->newer].older = i;
		else
			t->newest = i;
	}
	/* The room of its sample serves the next entry that is added. */
	t->entry[last].sample = spare;
}
