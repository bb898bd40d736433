/*
 * siphash - a keyed hash that users who choose the input cannot steer.
 *
 * Pure. Safe from any thread.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", with
 * one round per word and three at the end.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash {
	uint64_t v[4];
};

void siphash_init(struct siphash *h, const uint64_t key[static 2]);

/* Takes one word. */
void siphash_word(struct siphash *h, uint64_t word);

/* Takes octets, padded to words with their number at the end. */
void siphash_octets(struct siphash *h, const char *octets, size_t len);

uint64_t siphash_end(struct siphash *h);

#endif
