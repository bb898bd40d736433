#include "text_run.h"

#include <string.h>

enum { WIDTH = 16 };

/* Octets side by side; what is compared is 0xff where it is so, else zero. */
typedef unsigned char wide __attribute__((vector_size(WIDTH)));

/* What a step has met. */
struct met {
	wide line_ends; /* minus how many */
	wide odd;       /* a CR, or a dot after a line end */
	wide high;
};

static wide load(const char *octets)
{
	wide w;

	memcpy(&w, octets, sizeof w);
	return w;
}

static bool any(wide w, uint64_t mask)
{
	uint64_t halves[2];

	memcpy(halves, &w, sizeof halves);
	return ((halves[0] | halves[1]) & mask) != 0;
}

/* The sum of all of them, each of which is at most 16. */
static uint64_t sum(wide w)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t halves[2];

	memcpy(halves, &w, sizeof halves);
	return (halves[0] * ones >> 56) + (halves[1] * ones >> 56);
}

/* One octet more than the step is looked at. */
static void look(const char *octets, struct met *met)
{
	wide w, is_end;
	size_t i;

	for (i = 0; i < TEXT_RUN_STEP; i += WIDTH) {
		w = load(octets + i);
		is_end = (wide)(w == '\n');
		met->line_ends += is_end;
		met->odd |= (wide)(w == '\r')
			| (is_end & (wide)(load(octets + i + 1) == '.'));
		met->high |= w;
	}
}

struct text_run text_run_read(const char *octets, size_t len)
{
	const uint64_t highs = 0x8080808080808080;
	struct text_run run = { 0, 0, false };
	size_t at = 0;
	wide high = { 0 };

	if (len == 0 || octets[0] == '.')
		return run;
	while (len - at > TEXT_RUN_STEP) {
		struct met met = { { 0 }, { 0 }, { 0 } };
		uint64_t lines;

		look(octets + at, &met);
		lines = sum(-met.line_ends);
		if (lines == 0 || any(met.odd, UINT64_MAX))
			break;
		high |= met.high;
		run.lines += lines;
		at += TEXT_RUN_STEP;
	}
	if (at == 0)
		return run;
	/* Its last step has a line end. */
	run.octets =
		(size_t)((const char *)memrchr(octets, '\n', at) - octets) + 1;
	run.has_8bit = any(high, highs);
	return run;
}
