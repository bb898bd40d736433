#include "siphash.h"

#include <string.h>

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

void siphash_init(struct siphash *h, const uint64_t key[static 2])
{
	h->v[0] = key[0] ^ UINT64_C(0x736f6d6570736575);
	h->v[1] = key[1] ^ UINT64_C(0x646f72616e646f6d);
	h->v[2] = key[0] ^ UINT64_C(0x6c7967656e657261);
	h->v[3] = key[1] ^ UINT64_C(0x7465646279746573);
}

void siphash_word(struct siphash *h, uint64_t word)
{
	h->v[3] ^= word;
	mix(h->v);
	h->v[0] ^= word;
}

void siphash_octets(struct siphash *h, const char *octets, size_t len)
{
	uint64_t word;
	size_t at;

	for (at = 0; len - at >= sizeof word; at += sizeof word) {
		memcpy(&word, octets + at, sizeof word);
		siphash_word(h, word);
	}
	word = 0;
	memcpy(&word, octets + at, len - at);
	siphash_word(h, word | (uint64_t)len << 56);
}

uint64_t siphash_end(struct siphash *h)
{
	h->v[2] ^= 0xff;
	mix(h->v);
	mix(h->v);
	mix(h->v);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
