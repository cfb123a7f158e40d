/* SPDX-License-Identifier: MIT
 * lib/digest/trigram.c: what was seen, and what is forgotten. */
#include "tap.h"

#include "digest/trigram.h"

static void trigrams(void)
{
	struct hw_trigram t;
	int wrong = 0;

	if (hw_trigram_init(&t, NULL, NULL) != HW_OK)
		return;
	ok(!hw_trigram_see(&t, 1, 2, 3) && hw_trigram_see(&t, 1, 2, 3),
	    "a trigram is new once");
	ok(!hw_trigram_see(&t, 3, 2, 1), "order matters");
	for (uint32_t i = 0; i < 50000; i++)
		wrong += hw_trigram_see(&t, i, i * 7, 5);
	ok(wrong < 50000 / 20, "few are mistaken for others (%d)", wrong);
	for (uint32_t i = 0; i < 3 * HW_TRIGRAM_BITS; i++)
		(void)hw_trigram_see(&t, i, 9, 9);
	wrong = 0;
	for (uint32_t i = 0; i < 1000; i++)
		wrong += hw_trigram_see(&t, i, i * 7, 5);
	ok(wrong < 500, "the old are forgotten in the end (%d left)", wrong);
	hw_trigram_release(&t);
}

int main(void)
{
	trigrams();
	return tap_done();
}
