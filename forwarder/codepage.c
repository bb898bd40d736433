#include "codepage.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum {
	OCTETS = 256,
	PAIRS = OCTETS * OCTETS,
	BLANK_EBCDIC = 0x40,
	/* The first characters of two octets: what comes before are controls.
	 */
	PAIR_MIN = 0x40,
	SHIFT_OUT = 0x0e,
	SHIFT_IN = 0x0f,
};

static const char unconvertible[] = "?";

/* What one octet, or two, become. */
struct character {
	unsigned char len;
	bool is_unknown;
	char utf8[CODEPAGE_UTF8_MAX];
};

struct codepage {
	bool is_ebcdic;
	bool is_line_end[OCTETS];
	/* The ASCII octet; zero for what is none, and for line ends. */
	char plain[OCTETS];
	struct character characters[OCTETS];
	/* By both octets; NULL for a page that has none. */
	struct character *pairs;
};

/* ---- the tables -------------------------------------------------- */

/* Returns 0 or -ENOTSUP. */
static int convert(
	iconv_t cd, const char *octets, size_t len, struct character *c)
{
	char *in = (char *)octets;
	char *out = c->utf8;
	size_t in_left = len;
	size_t out_left = sizeof c->utf8;

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &in_left, &out, &out_left) == (size_t)-1) {
		if (errno != EILSEQ)
			return -ENOTSUP;
		c->is_unknown = true;
		c->utf8[0] = unconvertible[0];
		c->len = 1;
		return 0;
	}
	c->len = (unsigned char)(sizeof c->utf8 - out_left);
	return 0;
}

static bool is_shift(size_t octet)
{
	return octet == SHIFT_OUT || octet == SHIFT_IN;
}

static bool is_utf8(const struct character *c, const char *octets)
{
	return !c->is_unknown && c->len == strlen(octets)
		&& memcmp(c->utf8, octets, c->len) == 0;
}

static void sort_octet(struct codepage *page, size_t octet)
{
	const struct character *c = &page->characters[octet];

	if (is_utf8(c, "\n") || (page->is_ebcdic && is_utf8(c, "\xc2\x85")))
		page->is_line_end[octet] = true;
	else if (c->len == 1 && !c->is_unknown)
		page->plain[octet] = c->utf8[0];
}

/* What no page has is as good as unknown: controls, and a shift between. */
static int build_pairs(iconv_t cd, struct codepage *page)
{
	const struct character none = { 1, true, { unconvertible[0] } };
	size_t i;
	int err;

	page->pairs = malloc(PAIRS * sizeof *page->pairs);
	if (page->pairs == NULL)
		return -ENOMEM;
	for (i = 0; i < PAIRS; i++) {
		const char octets[] = { SHIFT_OUT, (char)(i / OCTETS),
			(char)(i % OCTETS) };

		page->pairs[i] = none;
		if (i / OCTETS < PAIR_MIN || i % OCTETS < PAIR_MIN)
			continue;
		page->pairs[i].is_unknown = false;
		err = convert(cd, octets, sizeof octets, &page->pairs[i]);
		if (err != 0 || page->pairs[i].len == 0)
			return -ENOTSUP;
	}
	return 0;
}

static int build(iconv_t cd, struct codepage *page)
{
	bool has_shifts = false;
	size_t i;
	int err;

	for (i = 0; i < OCTETS; i++) {
		const char octet = (char)i;

		err = convert(cd, &octet, 1, &page->characters[i]);
		if (err != 0)
			return err;
		if (page->characters[i].len > 0)
			continue;
		if (!is_shift(i))
			return -ENOTSUP;
		has_shifts = true;
	}
	page->is_ebcdic = is_utf8(&page->characters[BLANK_EBCDIC], " ");
	for (i = 0; i < OCTETS; i++)
		sort_octet(page, i);
	if (!has_shifts)
		return 0;
	return page->is_ebcdic ? build_pairs(cd, page) : -ENOTSUP;
}

int codepage_open(const char *name, struct codepage **out)
{
	iconv_t cd = iconv_open("UTF-8", name);
	struct codepage *page;
	int err;

	if (cd == (iconv_t)-1)
		return errno == EINVAL ? -EINVAL : -ENOMEM;
	page = calloc(1, sizeof *page);
	err = page != NULL ? build(cd, page) : -ENOMEM;
	iconv_close(cd);
	if (err != 0) {
		codepage_close(page);
		return err;
	}
	*out = page;
	return 0;
}

void codepage_close(struct codepage *page)
{
	if (page == NULL)
		return;
	free(page->pairs);
	free(page);
}

bool codepage_is_ebcdic(const struct codepage *page)
{
	return page->is_ebcdic;
}

bool codepage_is_line_end(const struct codepage *page, char octet)
{
	return page->is_line_end[(unsigned char)octet];
}

/* ---- octets ------------------------------------------------------ */

static size_t put(
	struct codepage_state *state, const struct character *c, char *out)
{
	memcpy(out, c->utf8, c->len);
	state->unconvertible += c->is_unknown;
	return c->len;
}

/* The second octet never came. */
static size_t put_half(struct codepage_state *state, char *out)
{
	if (!state->has_first)
		return 0;
	state->has_first = false;
	state->unconvertible++;
	out[0] = unconvertible[0];
	return 1;
}

/* A shift to where one is already does nothing. */
static size_t shift(struct codepage_state *state, char octet, char *out)
{
	state->is_double = octet == SHIFT_OUT;
	return put_half(state, out);
}

/* Converts until shifted in again. */
static size_t convert_pairs(const struct codepage *page,
	struct codepage_state *state, const char *in, size_t len, size_t *used,
	char *out, size_t cap)
{
	size_t written = 0;
	size_t read = 0;
	unsigned char octet;

	while (read < len && cap - written >= CODEPAGE_UTF8_MAX
		&& state->is_double) {
		octet = (unsigned char)in[read];
		if (page->is_line_end[octet]) {
			written += put_half(state, out + written);
			break;
		}
		read++;
		if (is_shift(octet)) {
			written += shift(state, (char)octet, out + written);
		} else if (!state->has_first) {
			state->first = octet;
			state->has_first = true;
		} else {
			state->has_first = false;
			written += put(state,
				&page->pairs[state->first * OCTETS + octet],
				out + written);
		}
	}
	*used = read;
	return written;
}

/* Most of any text. */
static size_t convert_plain(
	const char *plain, const char *in, size_t len, char *out)
{
	size_t i;
	char c;

	for (i = 0; i < len; i++) {
		c = plain[(unsigned char)in[i]];
		if (c == '\0')
			break;
		out[i] = c;
	}
	return i;
}

/* Converts until shifted out. */
static size_t convert_octets(const struct codepage *page,
	struct codepage_state *state, const char *in, size_t len, size_t *used,
	char *out, size_t cap)
{
	size_t written = 0;
	size_t read = 0;
	size_t room, n;

	while (read < len && cap - written >= CODEPAGE_UTF8_MAX
		&& !state->is_double) {
		room = cap - written - (CODEPAGE_UTF8_MAX - 1);
		n = len - read < room ? len - read : room;
		n = convert_plain(page->plain, in + read, n, out + written);
		read += n;
		written += n;
		if (read == len || cap - written < CODEPAGE_UTF8_MAX
			|| codepage_is_line_end(page, in[read]))
			break;
		if (page->pairs != NULL && is_shift((unsigned char)in[read]))
			shift(state, in[read], out + written);
		else
			written += put(state,
				&page->characters[(unsigned char)in[read]],
				out + written);
		read++;
	}
	*used = read;
	return written;
}

size_t codepage_to_utf8(const struct codepage *page,
	struct codepage_state *state, const char *in, size_t len, size_t *used,
	char *out, size_t cap)
{
	size_t written = 0;
	size_t read = 0;
	bool was_double;
	size_t n = 0;

	do {
		was_double = state->is_double;
		written += (was_double ? convert_pairs : convert_octets)(page,
			state, in + read, len - read, &n, out + written,
			cap - written);
		read += n;
	} while (state->is_double != was_double);
	*used = read;
	return written;
}

size_t codepage_end_line(struct codepage_state *state, char *out)
{
	state->is_double = false;
	return put_half(state, out);
}
