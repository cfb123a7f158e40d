/* SPDX-License-Identifier: MIT
 * Opening a model while the n-th allocation fails, for every n: HW_NOMEM, and
 * nothing is left behind. */
#include "tap.h"

#include "fixtures/recipe.h"
#include "model/arch.h"

int main(void)
{
	struct recipe r = {.vocab = 270, .d = 32, .layers = 1, .heads = 2,
	    .kv = 1, .ffn = 32, .context = 16, .theta = 10000, .words = true,
	    .factors = 64, .name = "oom", .pre = "gpt-2"};
	struct tap_alloc t = {0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &t};
	struct hw_model_opts o = {.alloc = &a};
	bool refused = true, clean = true, told = true;
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	struct hw_buf b;
	struct hw_view file;
	long needed;

	hw_buf_init(&b, NULL, (size_t)16 << 20);
	if (recipe_check(&r) != NULL)
		return 99;
	recipe_file(&r, &b);
	file = (struct hw_view){b.p, b.n};
	is_int(hw_model_open_bytes(&m, file, "f", &o, &e), HW_OK, "opens");
	hw_model_close(m);
	needed = t.count;
	is_int(t.live, 0, "all %ld allocations are released", needed);
	for (long n = 1; n <= needed; n++) {
		enum hw_status s;

		t = (struct tap_alloc){.fail_at = n};
		e = (struct hw_err){0};
		m = NULL;
		s = hw_model_open_bytes(&m, file, "f", &o, &e);
		refused = refused && s == HW_NOMEM && m == NULL;
		told = told && e.status == HW_NOMEM && e.msg[0] != '\0';
		clean = clean && t.live == 0;
	}
	ok(needed > 5 && refused, "HW_NOMEM whichever of %ld fails", needed);
	ok(told, "with a message");
	ok(clean, "and nothing leaks");
	hw_buf_release(&b);
	return tap_done();
}
