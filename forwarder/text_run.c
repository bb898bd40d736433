#include "text_run.h"

#include <string.h>

enum { WIDTH = 16 };

/* Octets side by side; what is compared is 0xff where it is so, else zero. */
typedef unsigned char wide __attribute__((vector_size(WIDTH)));

/* What was met in a step. */
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

/* One octet more is looked at. */
static void look(const char *octets, size_t len, struct met *met)
{
	wide w, is_end;
	size_t i;

#pragma GCC unroll 4
	for (i = 0; i < len; i += WIDTH) {
		w = load(octets + i);
		is_end = (wide)(w == '\n');
		met->line_ends += is_end;
		met->odd |= (wide)(w == '\r')
			| (is_end & (wide)(load(octets + i + 1) == '.'));
		met->high |= w;
	}
}

/* Looks at len octets; returns false when one of them is odd. */
static bool read_step(const char *octets, size_t len, struct text_run *run)
{
	const uint64_t highs = 0x8080808080808080;
	struct met met = { { 0 }, { 0 }, { 0 } };

	look(octets, len, &met);
	if (any(met.odd, UINT64_MAX))
		return false;
	run->lines += sum(-met.line_ends);
	run->has_8bit |= any(met.high, highs);
	return true;
}

/* Octet by octet up to an odd one, but with the line end before a dot. */
static size_t read_rest(const char *octets, size_t len, struct text_run *run)
{
	bool is_last = false;
	size_t i;

	for (i = 0; i < len && octets[i] != '\r' && !is_last; i++) {
		is_last = octets[i] == '\n' && i + 1 < len
			&& octets[i + 1] == '.';
		run->lines += octets[i] == '\n';
		run->has_8bit |= (octets[i] & 0x80) != 0;
	}
	return i;
}

struct text_run text_run_read(const char *octets, size_t len)
{
	struct text_run run = { 0 };
	const char *last;
	uint64_t lines = 0;
	size_t end = len;
	size_t at = 0;

	if (len == 0 || octets[0] == '.')
		return run;
	while (len - at > TEXT_RUN_STEP
		&& read_step(octets + at, TEXT_RUN_STEP, &run)) {
		at += TEXT_RUN_STEP;
		if (run.lines == lines) {
			end = at;
			break;
		}
		lines = run.lines;
	}
	if (end - at > TEXT_RUN_STEP)
		end = at + TEXT_RUN_STEP;
	while (end - at > WIDTH && read_step(octets + at, WIDTH, &run))
		at += WIDTH;
	at += read_rest(octets + at, end - at, &run);
	last = memrchr(octets, '\n', at);
	run.octets = last != NULL ? (size_t)(last - octets) + 1 : 0;
	return run;
}
