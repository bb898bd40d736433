#include "bsmtp_text.h"

#include <string.h>

enum {
	OCTETS_PER_KB = 1000, /* in JESMsgSize */
	LINE_END = 2,         /* CR LF */
};

struct bsmtp_text_rules bsmtp_text_rules(const struct input_config *config)
{
	return (struct bsmtp_text_rules){
		.size_max = (uint64_t)config->message_size_kb * OCTETS_PER_KB,
		.takes_long_lines = config->long_line != LONG_LINE_ERROR,
		.counts_characters = config->page[0] != '\0'
			|| config->records == INPUT_NETDATA,
		.truncates = config->long_line == LONG_LINE_TRUNCATE,
		/* Within a record it is an octet as any other. */
		.refuses_cr = config->bare_cr == BARE_CR_REJECT
			&& config->records == INPUT_STREAM,
		.refuses_unconvertible =
			config->unconvertible == UNCONVERTIBLE_ERROR,
	};
}

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

bool bsmtp_text_takes(const struct bsmtp_text *t, uint64_t octets)
{
	uint64_t max = t->rules.size_max;

	return max == 0
		|| (t->size_octets <= max && octets <= max - t->size_octets);
}

/* Octets of UTF-8 that begin no character. */
static uint64_t count_later(const char *octets, size_t len)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < len; i++)
		count += ((unsigned char)octets[i] & 0xc0) == 0x80;
	return count;
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
	if (t->rules.refuses_cr && !t->has_cr)
		t->has_cr = memchr(octets, '\r', len) != NULL;
	if (t->rules.counts_characters)
		t->line_later += count_later(octets, len);
}

static enum bsmtp_text_kind count_octets(struct bsmtp_text *t, uint64_t octets)
{
	t->size_octets += octets;
	if (t->rules.size_max != 0 && t->size_octets > t->rules.size_max)
		return BSMTP_TEXT_LARGE;
	return BSMTP_TEXT_LINE;
}

/* Counts a line of len octets, later of which begin no character. */
static enum bsmtp_text_kind count_line(
	struct bsmtp_text *t, uint64_t len, uint64_t later)
{
	bool is_long = len > BSMTP_TEXT_MAX;
	enum bsmtp_text_kind kind;

	t->has_long_line |= is_long;
	kind = count_octets(t,
		(is_long && t->rules.truncates ? BSMTP_TEXT_MAX : len)
			+ LINE_END);
	if (len - later > BSMTP_TEXT_MAX && !t->rules.takes_long_lines)
		return BSMTP_TEXT_LONG;
	return kind;
}

static enum bsmtp_text_kind end_line(struct bsmtp_text *t, bool is_header)
{
	uint64_t len = t->line_len - t->has_dot;
	uint64_t later = t->line_later;
	bool is_end = t->may_end;
	bool has_cr = t->has_cr;
	enum bsmtp_text_kind kind;

	t->line_len = 0;
	t->line_later = 0;
	t->has_dot = false;
	t->may_end = false;
	t->has_cr = false;
	if (is_end)
		return BSMTP_TEXT_END;
	kind = is_header ? count_octets(t, len + LINE_END)
			 : count_line(t, len, later);
	return has_cr ? BSMTP_TEXT_BARE_CR : kind;
}

enum bsmtp_text_kind bsmtp_text_end_line(struct bsmtp_text *t)
{
	return end_line(t, false);
}

enum bsmtp_text_kind bsmtp_text_end_header_line(struct bsmtp_text *t)
{
	return end_line(t, true);
}

enum bsmtp_text_kind bsmtp_text_line(
	struct bsmtp_text *t, const char *octets, size_t len)
{
	uint64_t later = 0;

	if (len > 0 && (octets[0] == '.' || t->rules.refuses_cr)) {
		bsmtp_text_read(t, octets, len);
		return bsmtp_text_end_line(t);
	}
	if (!t->has_8bit)
		t->has_8bit = has_8bit(octets, len);
	if (len > BSMTP_TEXT_MAX && t->rules.counts_characters)
		later = count_later(octets, len);
	return count_line(t, len, later);
}
