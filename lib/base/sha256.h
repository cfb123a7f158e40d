/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_SHA256_H
#define HW_BASE_SHA256_H

/* HMAC-SHA-256 (FIPS 180-4, RFC 2104): a keyed hash from which nobody without
 * the key learns more than which values are equal. */
#include <stddef.h>
#include <stdint.h>

#define HW_SHA256_SIZE 32

void hw_sha256(const void *p, size_t n, unsigned char out[HW_SHA256_SIZE]);

struct hw_hmac { /* the two inner states of a key, ready for messages */
	uint32_t inner[8], outer[8];
};
void hw_hmac_init(struct hw_hmac *h, const void *key, size_t n);
void hw_hmac(const struct hw_hmac *h, const void *p, size_t n,
    unsigned char out[HW_SHA256_SIZE]);

#endif
