#include "framing.h"

#include <string.h>

enum {
	SEGMENT_HEAD = 2, /* octets before a segment of NETDATA */
	RECORD_MAX = 32760,
	EXTENDED = 0x80, /* a block descriptor word of a large block */

	WHOLE = 0,
	FIRST = 1,
	LAST = 2,
	MIDDLE = 3,
};

void framing_init(struct framing *f, enum input_records form,
	uint32_t record_length, enum input_carriage carriage, bool is_inside)
{
	memset(f, 0, offsetof(struct framing, netdata));
	f->form = form;
	f->record_length = record_length;
	f->is_inside = is_inside;
	netdata_init(&f->netdata, carriage);
	if (is_inside)
		f->netdata.phase = NETDATA_DATA;
}

/* Keeps octets of the head until there are want. */
static size_t read_head(
	struct framing *f, const char *octets, size_t len, size_t want)
{
	size_t n = want - f->len;

	if (n > len)
		n = len;
	memcpy(f->head + f->len, octets, n);
	f->len += n;
	return n;
}

static void begin_segment(
	struct framing *f, bool is_first, bool is_last, uint32_t length)
{
	if (is_first == f->is_open) {
		f->damage = is_first ? "a record begins within a record"
				     : "a segment of no record";
		return;
	}
	f->is_open = true;
	f->is_last = is_last;
	f->left = length;
	f->state = FRAMING_TEXT;
	f->len = 0;
}

/* ---- variable records -------------------------------------------- */

static uint32_t length_of(const char *word)
{
	return (uint32_t)(unsigned char)word[0] << 8 | (unsigned char)word[1];
}

static bool is_descriptor(const char *word)
{
	uint32_t length = length_of(word);

	return length >= FRAMING_WORD && length <= RECORD_MAX
		&& (unsigned char)word[2] <= MIDDLE && word[3] == 0;
}

static uint32_t block_length_of(const char *word)
{
	uint32_t high = (unsigned char)word[0] & ~(unsigned)EXTENDED;

	if (((unsigned char)word[0] & EXTENDED) == 0)
		return word[2] == 0 && word[3] == 0 ? length_of(word) : 0;
	return high << 24 | (uint32_t)(unsigned char)word[1] << 16
		| length_of(word + 2);
}

/* Whether the first word is a block's: the next one is within it. */
static bool begins_block(const char *words)
{
	const char *next = words + FRAMING_WORD;

	return is_descriptor(next)
		&& block_length_of(words) >= length_of(next) + FRAMING_WORD;
}

static void begin_variable(struct framing *f, const char *word)
{
	unsigned char code = (unsigned char)word[2];

	if (!is_descriptor(word)) {
		f->damage = "a record descriptor word is wrong";
		return;
	}
	begin_segment(f, code == WHOLE || code == FIRST,
		code == WHOLE || code == LAST, length_of(word) - FRAMING_WORD);
}

/* A word that may be a block's is looked at with the one after it. */
static size_t read_variable(struct framing *f, const char *octets, size_t len)
{
	size_t used = 0;

	if (f->len < FRAMING_WORD)
		used = read_head(f, octets, len, FRAMING_WORD);
	if (f->len < FRAMING_WORD)
		return used;
	if (f->head[0] == 0 && (unsigned char)f->head[1] < 2 * FRAMING_WORD) {
		begin_variable(f, f->head);
		return used;
	}
	used += read_head(f, octets + used, len - used, sizeof f->head);
	if (f->len < sizeof f->head)
		return used;
	if (begins_block(f->head)) {
		begin_variable(f, f->head + FRAMING_WORD);
		return used;
	}
	begin_variable(f, f->head);
	f->text_len = FRAMING_WORD;
	return used;
}

/* ---- NETDATA ----------------------------------------------------- */

static void skip_segment(struct framing *f, uint32_t length, bool is_control)
{
	f->state = FRAMING_SKIP;
	f->is_control = is_control;
	f->left = length;
	f->len = 0;
}

static size_t read_netdata(struct framing *f, const char *octets, size_t len)
{
	size_t used;
	uint32_t length;
	unsigned flags;
	bool is_control;

	if (f->netdata.phase == NETDATA_OVER)
		return len;
	used = read_head(f, octets, len, SEGMENT_HEAD);
	if (f->len < SEGMENT_HEAD)
		return used;
	length = (unsigned char)f->head[0];
	flags = (unsigned char)f->head[1];
	if (length < SEGMENT_HEAD) {
		f->damage = "the length of a segment is wrong";
		return used;
	}
	length -= SEGMENT_HEAD;
	f->is_last = (flags & NETDATA_LAST) != 0;
	is_control =
		(flags & (NETDATA_NUMBER | NETDATA_CONTROL)) == NETDATA_CONTROL;
	if (is_control || (flags & NETDATA_NUMBER) != 0
		|| f->netdata.phase == NETDATA_OTHER)
		skip_segment(f, length, is_control);
	else if (f->netdata.len > 0)
		f->damage = "a record within a control record";
	else if (f->netdata.phase == NETDATA_DATA)
		begin_segment(
			f, (flags & NETDATA_FIRST) != 0, f->is_last, length);
	else
		f->damage = "it does not begin with INMR01";
	return used;
}

static void end_skip(struct framing *f)
{
	f->state = FRAMING_HEAD;
	if (!f->is_control || !f->is_last)
		return;
	f->damage = f->is_open ? "a control record within a record"
			       : netdata_end_control(&f->netdata);
}

static size_t skip(struct framing *f, const char *octets, size_t len)
{
	size_t n = len < f->left ? len : f->left;

	if (f->is_control)
		netdata_add(&f->netdata, octets, n);
	f->left -= (uint32_t)n;
	if (f->left == 0)
		end_skip(f);
	return n;
}

/* ---- all of them ------------------------------------------------- */

size_t framing_read(struct framing *f, const char *octets, size_t len)
{
	if (f->state == FRAMING_SKIP)
		return skip(f, octets, len);
	if (f->form == INPUT_VARIABLE)
		return read_variable(f, octets, len);
	if (f->form == INPUT_NETDATA)
		return read_netdata(f, octets, len);
	begin_segment(f, true, true, f->record_length);
	return 0;
}

bool framing_take(struct framing *f, size_t len)
{
	f->left -= (uint32_t)len;
	if (f->left > 0)
		return false;
	f->state = FRAMING_HEAD;
	f->is_open = !f->is_last;
	return f->is_last;
}

void framing_finish(struct framing *f)
{
	if (f->damage != NULL || f->form == INPUT_FIXED)
		return;
	if (f->is_open || f->len > 0 || f->state != FRAMING_HEAD)
		f->damage = "it ends within a record";
	else if (f->form == INPUT_NETDATA && !f->is_inside
		&& f->netdata.phase != NETDATA_OVER)
		f->damage = "it ends without INMR06";
}
