/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_HASH_H
#define HW_BASE_HASH_H

/* Checksums and hashes. */
#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, RFC 3720), continued from `crc` (0 to begin). */
uint32_t hw_crc32c(uint32_t crc, const void *p, size_t n);

/* A 64-bit hash with good mixing (FNV-1a over 8-byte words, finished with the
 * splitmix64 mixer): for tables and fingerprints, not for secrets.  The
 * result is the same on every machine; it is part of the file formats. */
uint64_t hw_hash64(uint64_t seed, const void *p, size_t n);
uint64_t hw_mix64(uint64_t x); /* splitmix64's finalizer: a bijection */

#endif
