/* SPDX-License-Identifier: MIT
 * quants: quantized weights as floats, to the bit what the public package gguf
 * makes of them.
 *
 * What only this file knows: the rule of the blocks that quants_gguf.py also
 * follows, and how its digests are compared: with the kernels' floats, and
 * with those of the definition that the other tests hold kernels against. */
#include "tap.h"

#include <math.h>

#include "cpu.h"
#include "fixtures/quants.h"
#include "kernels.h"
#include "sha256.h"

enum { BLOCKS = 1024 };
static unsigned char blocks[BLOCKS * 256];
static float by_kernel[BLOCKS * 256], by_definition[BLOCKS * 256];

static uint64_t splitmix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static void make_blocks(const struct quant *q)
{
	static const unsigned char fills[8] = {0x00, 0xff, 0x80, 0x7f, 0x0f,
	    0xf0, 0x55, 0xaa};
	static const uint16_t scales[17] = {0x7c00, 0x7e01, 0x7c01, 0x7bff, 0,
	    1, 0x03ff, 0x0400, 0x3c00, 0xfc00, 0xfe00, 0xfbff, 0x8000, 0x8001,
	    0x83ff, 0x8400, 0xbc00};

	for (size_t i = 0; i < BLOCKS * q->bytes; i++)
		blocks[i] = (unsigned char)(splitmix64(i) >> 32);
	for (size_t i = 0; i < 8 * 17; i++) {
		unsigned char *b = blocks + i * q->bytes;

		memset(b, fills[i / 17], q->bytes);
		for (size_t s = 0; s < 2 && q->f16[s] >= 0; s++)
			quant_put_f16(b, q->f16[s], scales[(i * (1 + 4 * s) +
			    s) % 17]);
	}
}

/* Of NaN only that it is one counts.  (The machine is little-endian, as all
 * that we run on are.) */
static void digest(float *x, size_t n, char hex[65])
{
	const uint32_t nan = 0x7fc00000;

	for (size_t i = 0; i < n; i++)
		if (isnan(x[i]))
			memcpy(&x[i], &nan, sizeof(nan));
	sha256(x, n * sizeof(*x), hex);
}

static void to_f32(const char *name, float *y, size_t n)
{
	struct hw_kernels k;

	hw_kernels_select(&k, hw_cpu_detect());
#define TYPE(type, elems, bytes, form) \
	if (strcmp(name, #type) == 0) \
		k.type##_to_f32(y, blocks, n);
#include "types.def"
#undef TYPE
}

static void compare(const char *name, const char *in, const char *out)
{
	const struct quant *q = quant_named(name);
	size_t n = BLOCKS * q->elems;
	double size;
	char hex[65];

	make_blocks(q);
	sha256(blocks, BLOCKS * q->bytes, hex);
	is_str(hex, in, "%s: the blocks are made again", name);
	to_f32(name, by_kernel, n);
	for (size_t i = 0; i < n; i++)
		by_definition[i] = q->weight(blocks + i / q->elems * q->bytes,
		    i % q->elems, &size);
	digest(by_kernel, n, hex);
	is_str(hex, out, "%s: %zu weights, to the bit", name, n);
	digest(by_definition, n, hex);
	is_str(hex, out, "%s: and so says our definition", name);
}

int main(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096], name[16], in[65], out[65];
	int types = 0, known = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/golden/quants.txt",
	    srcdir != NULL ? srcdir : ".");
	f = fopen(path, "r");
	if (!ok(f != NULL, "the vectors are there"))
		return tap_done();
	while (fscanf(f, "%15s %64s %64s", name, in, out) == 3) {
		types++;
		if (ok(quant_named(name) != NULL, "%s is known", name))
			compare(name, in, out);
	}
	fclose(f);
#define TYPE(type, elems, bytes, form) known++;
#include "types.def"
#undef TYPE
	is_int(types, known, "every quantized type has its vectors");
	return tap_done();
}
