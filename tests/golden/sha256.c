/* SPDX-License-Identifier: MIT
 * What only this file knows: SHA-256, slowly.  Its constants are the first
 * bits of the fractional parts of roots of primes, and are computed. */
#include "sha256.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t turn(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t fraction(long double x)
{
	return (uint32_t)((x - floorl(x)) * 4294967296.0L);
}

static void constants(uint32_t k[64], uint32_t h[8])
{
	int n = 0;

	for (int p = 2; n < 64; p++) {
		int prime = 1;

		for (int q = 2; q * q <= p; q++)
			prime &= p % q != 0;
		if (!prime)
			continue;
		if (n < 8)
			h[n] = fraction(sqrtl(p));
		k[n++] = fraction(cbrtl(p));
	}
}

static void block(uint32_t h[8], const uint32_t k[64], const unsigned char *p)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		    (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
		    w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
	memcpy(v, h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[0], e = v[4], t1, t2;

		t1 = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
		    ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
		t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +
		    ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha256(const void *data, size_t n, char hex[65])
{
	const unsigned char *p = data;
	unsigned char tail[128] = {0};
	uint32_t k[64], h[8];
	size_t rest = n % 64, end = rest < 56 ? 64 : 128;

	constants(k, h);
	for (size_t i = 0; i + 64 <= n; i += 64)
		block(h, k, p + i);
	if (rest > 0)
		memcpy(tail, p + n - rest, rest);
	tail[rest] = 0x80;
	for (int i = 0; i < 8; i++)
		tail[end - 1 - (size_t)i] =
		    (unsigned char)((uint64_t)n * 8 >> (8 * i));
	for (size_t i = 0; i < end; i += 64)
		block(h, k, tail + i);
	for (int i = 0; i < 8; i++)
		snprintf(hex + 8 * i, 9, "%08x", (unsigned)h[i]);
}
