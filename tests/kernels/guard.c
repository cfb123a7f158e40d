/* SPDX-License-Identifier: MIT
 * What only this file knows: pages that trap, random numbers, and the 16-bit
 * formats by their definition. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

uint64_t check_seed;
static uint64_t state;

void *guarded(int slot, size_t bytes, enum place place)
{
	static char *map[GUARD_SLOTS];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p;

	if (bytes > GUARD_BYTES) {
		fprintf(stderr, "guarded: %zu bytes\n", bytes);
		exit(99);
	}
	if (map[slot] == NULL) {
		p = mmap(NULL, GUARD_BYTES + 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p == MAP_FAILED || mprotect(p, page, PROT_NONE) != 0 ||
		    mprotect(p + page + GUARD_BYTES, page, PROT_NONE) != 0) {
			perror("guarded");
			exit(99);
		}
		map[slot] = p + page;
	}
	p = map[slot] + (place == AT_END ? GUARD_BYTES - bytes : 0);
	memset(p, 0xff, bytes);
	return p;
}

void *guarded_copy(int slot, const void *from, size_t bytes, enum place place)
{
	void *p = guarded(slot, bytes, place);

	memcpy(p, from, bytes);
	return p;
}

void reseed(void)
{
	state = check_seed;
}

uint64_t rnd(void) /* splitmix64 */
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

size_t below(size_t n)
{
	return (size_t)(rnd() % n);
}

double uniform(double lo, double hi)
{
	return lo + (hi - lo) * (double)(rnd() >> 11) * 0x1p-53;
}

void fill(float *x, size_t n, enum sign sign)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)uniform(sign == MIXED ? -1 : 0.5, 1);
}

/* A binary format with this many bits of exponent and fraction. */
static double value(uint16_t h, int e_bits, int f_bits)
{
	int e = h >> f_bits & ((1 << e_bits) - 1);
	int bias = (1 << (e_bits - 1)) - 1;
	int f = h & ((1 << f_bits) - 1);
	double sign = h >> 15 ? -1 : 1;

	if (e == (1 << e_bits) - 1)
		return f != 0 ? (double)NAN : sign * (double)INFINITY;
	if (e == 0)
		return sign * ldexp(f, 1 - bias - f_bits);
	return sign * ldexp((1 << f_bits) + f, e - bias - f_bits);
}

static uint16_t nearest(double x, int e_bits, int f_bits)
{
	int bias = (1 << (e_bits - 1)) - 1, e;
	int sign = signbit(x) ? 0x8000 : 0;
	double units;

	x = fabs(x);
	if (isinf(x))
		return (uint16_t)(sign | ((1 << e_bits) - 1) << f_bits);
	frexp(x, &e);
	if (x == 0 || e - 1 < 1 - bias)
		e = 2 - bias;
	units = rint(ldexp(x, f_bits - (e - 1))); /* ties to even */
	/* A carry out of the fraction steps into the exponent by itself. */
	units += ldexp(e - 2 + bias, f_bits);
	if (units > ldexp((1 << e_bits) - 1, f_bits))
		units = ldexp((1 << e_bits) - 1, f_bits);
	return (uint16_t)(sign | (int)units);
}

double f16_value(uint16_t h)
{
	static double table[0x10000];

	if (table[0x3c00] == 0)
		for (uint32_t i = 0; i < 0x10000; i++)
			table[i] = value((uint16_t)i, 5, 10);
	return table[h];
}

double bf16_value(uint16_t h)
{
	static double table[0x10000];

	if (table[0x3f80] == 0)
		for (uint32_t i = 0; i < 0x10000; i++)
			table[i] = value((uint16_t)i, 8, 7);
	return table[h];
}

uint16_t f16_random(enum sign sign)
{
	uint32_t r = (uint32_t)rnd();

	return (uint16_t)(sign == POSITIVE ? 0x3800 | (r & 0x3ff) :
	    (8 + (r >> 16) % 7) << 10 | (r & 0x83ff));
}

uint16_t bf16_random(enum sign sign)
{
	uint32_t r = (uint32_t)rnd();

	return (uint16_t)(sign == POSITIVE ? 0x3f00 | (r & 0x7f) :
	    (120 + (r >> 16) % 7) << 7 | (r & 0x807f));
}

uint16_t f16_nearest(double x)
{
	return nearest(x, 5, 10);
}

uint16_t bf16_nearest(double x)
{
	return nearest(x, 8, 7);
}
