#include "bsmtp_text.h"

#include <string.h>

void bsmtp_text_init(struct bsmtp_text *t)
{
	memset(t, 0, sizeof *t);
}

static uint64_t load(const char *octets)
{
	uint64_t word;

	memcpy(&word, octets, sizeof word);
	return word;
}

/* By words: the last one overlaps what was seen, so no octet is left over. */
static bool has_8bit(const char *octets, size_t len)
{
	const uint64_t high = 0x8080808080808080;
	const size_t step = sizeof high;
	uint64_t seen = 0;
	size_t i;

	if (len < step) {
		while (len-- > 0)
			seen |= (unsigned char)*octets++;
	} else {
		for (i = 0; i + step <= len; i += step)
			seen |= load(octets + i);
		seen |= load(octets + len - step);
	}
	return (seen & high) != 0;
}

static bool is_blank(const char *octets, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (octets[i] != ' ')
			return false;
	return true;
}

void bsmtp_text_read(struct bsmtp_text *t, const char *octets, size_t len)
{
	size_t skip = 0;

	if (len == 0)
		return;
	if (t->line_len == 0) {
		t->has_dot = octets[0] == '.';
		t->may_end = t->has_dot;
		skip = 1;
	}
	if (t->may_end)
		t->may_end = is_blank(octets + skip, len - skip);
	t->line_len += len;
	if (!t->has_8bit)
		t->has_8bit = has_8bit(octets, len);
}

enum bsmtp_text_kind bsmtp_text_end_line(struct bsmtp_text *t)
{
	uint64_t len = t->line_len - t->has_dot;
	bool is_end = t->may_end;

	t->line_len = 0;
	t->has_dot = false;
	t->may_end = false;
	if (is_end)
		return BSMTP_TEXT_END;
	t->size_octets += len + 2;
	return len > BSMTP_TEXT_MAX ? BSMTP_TEXT_LONG : BSMTP_TEXT_LINE;
}
