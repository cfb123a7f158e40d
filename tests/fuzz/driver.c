/* SPDX-License-Identifier: MIT
 * fuzz_NAME [FILE]...: give a fuzz target each file, or, without one, its own
 * seeds and everything that is one mistake away from them.
 * fuzz_NAME --seeds DIR: write the seeds there, for a fuzzer to start from.
 *
 * What only this file knows: which mistakes.  Each seed cut short at every
 * byte; each bit of its first 2 KiB and a bit of every later byte turned; and
 * at every byte a few numbers that wrap, as 32 and as 64 bits.  Sanitizers take
 * ten times as long: under them, every cut, and a third of the rest. */
#include <config.h>

#include "tap.h"

#include <signal.h>
#include <unistd.h>

#include "fuzz.h"

#define DENSE 2048
#ifdef HW_SANITIZE
#define STEP 3
#else
#define STEP 1
#endif

static char where[128]; /* what the target is looking at */

static void say_where(int sig)
{
	ssize_t n = write(1, where, strlen(where));

	(void)n;
	signal(sig, SIG_DFL);
	raise(sig);
}

/* A copy of exactly n bytes, so that a sanitizer sees the byte beyond. */
static void feed(const unsigned char *p, size_t n, const char *how, size_t at)
{
	unsigned char *copy = NULL;

	snprintf(where, sizeof(where), "Bail out! %s: %s at byte %zu\n",
	    fuzz_name, how, at);
	if (hw_new_aligned(NULL, &copy, n, 1, "a copy", NULL) != HW_OK)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	hw_del_aligned(NULL, copy);
}

static size_t cut(struct hw_buf *b)
{
	for (size_t n = 0; n < b->n; n++)
		feed(b->p, n, "cut short", n);
	return b->n;
}

static size_t turn_bits(struct hw_buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			if (i >= DENSE ? bit != i % 8 :
			    (i * 8 + bit) % STEP != 0)
				continue;
			b->p[i] ^= (unsigned char)(1u << bit);
			feed(b->p, b->n, "bit turned", i);
			b->p[i] ^= (unsigned char)(1u << bit);
			n++;
		}
	return n;
}

static size_t overwrite(struct hw_buf *b)
{
	static const uint64_t numbers[] = {0, UINT64_MAX, UINT64_MAX - 7,
	    (uint64_t)1 << 63, (uint64_t)1 << 61, (uint64_t)1 << 32,
	    0x7fffffff, 0x1000000};
	size_t n = 0;

	for (size_t i = 0; i + 8 <= b->n && i < DENSE; i += STEP)
		for (size_t k = 0; k < 2 * (sizeof(numbers) /
		    sizeof(*numbers)); k++, n++) {
			unsigned char kept[8];
			size_t width = k % 2 ? 8 : 4;

			memcpy(kept, b->p + i, 8);
			for (size_t j = 0; j < width; j++)
				b->p[i + j] = (unsigned char)
				    (numbers[k / 2] >> 8 * j);
			feed(b->p, b->n, "overwritten", i);
			memcpy(b->p + i, kept, 8);
		}
	return n;
}

static void replay_seeds(void)
{
	struct hw_buf b;

	hw_buf_init(&b, NULL, (size_t)16 << 20);
	for (int i = 0; fuzz_seed(i, &b); i++) {
		size_t cuts, bits, numbers;

		feed(b.p, b.n, "seed", 0);
		cuts = cut(&b);
		bits = turn_bits(&b);
		numbers = overwrite(&b);
		ok(b.n > 0, "%s: seed %d of %zu bytes survives %zu cuts, %zu "
		    "turned bits, %zu numbers", fuzz_name, i, b.n, cuts, bits,
		    numbers);
		b.n = 0;
	}
	hw_buf_release(&b);
}

static void replay_file(const char *path)
{
	struct hw_buf b;
	FILE *f = fopen(path, "rb");
	int c;

	hw_buf_init(&b, NULL, (size_t)64 << 20);
	while (f != NULL && (c = getc(f)) != EOF)
		hw_buf_u8(&b, (uint8_t)c);
	feed(b.p, b.n, path, 0);
	ok(f != NULL, "%s: %s", fuzz_name, path);
	if (f != NULL)
		fclose(f);
	hw_buf_release(&b);
}

static int write_seeds(const char *dir)
{
	struct hw_buf b;
	char path[4096];

	hw_buf_init(&b, NULL, (size_t)16 << 20);
	for (int i = 0; fuzz_seed(i, &b); i++, b.n = 0) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/seed-%d", dir, i);
		f = fopen(path, "wb");
		if (f == NULL || fwrite(b.p, 1, b.n, f) != b.n ||
		    fclose(f) != 0)
			return 1;
	}
	hw_buf_release(&b);
	return 0;
}

int main(int argc, char **argv)
{
	tap_keep_memory();
	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		return write_seeds(argv[2]);
	signal(SIGABRT, say_where);
	for (int i = 1; i < argc; i++)
		replay_file(argv[i]);
	if (argc < 2)
		replay_seeds();
	return tap_done();
}
