/* SPDX-License-Identifier: MIT
 * grouping FILE: the template of each line, as a digest counts it in the end:
 * the file is read once to learn, and once to tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest/group.h"
#include "digest/mask.h"

#include "clock.h"

#define MAX 65536

static struct hw_mask *mask;
static struct hw_group_memory groups;

static long pass(FILE *f, bool learn)
{
	static char line[MAX];
	long n = 0;

	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct hw_view v = hw_mask_text(mask, (struct hw_view){
		    (unsigned char *)line, strlen(line)});
		struct hw_group x;
		size_t spans;
		const struct hw_span *s = hw_mask_spans(mask, &spans);

		hw_group_place(&groups, v, s, spans, learn, &x);
		if (!learn)
			printf("%.*s\n", (int)x.text.n,
			    (const char *)x.text.p);
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct hw_err e = {0};
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	struct span start;
	long n;

	if (f == NULL || hw_mask_open(&mask, MAX, NULL, NULL, &e) != HW_OK ||
	    hw_group_init(&groups, 3 * MAX + 16, NULL, &e) != HW_OK) {
		fprintf(stderr, "grouping: %s\n", e.msg);
		return 1;
	}
	start = span_begin();
	n = pass(f, true);
	fprintf(stderr, "ours: %.0f lines a second of processor time\n",
	    (double)n / span_since(start).cpu);
	(void)pass(f, false);
	hw_group_release(&groups);
	hw_mask_close(mask);
	return fclose(f) == 0 && fflush(stdout) == 0 ? 0 : 1;
}
