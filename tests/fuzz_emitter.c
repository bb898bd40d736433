/*
 * Any octets as the content of a mail. The first two octets say how the rest
 * is cut in pieces and how much room there is, which must not matter. What a
 * receiver makes of the output must be the lines of the content.
 */
#include "../forwarder/bsmtp_text.h"
#include "../forwarder/emitter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* Octets that come out of len octets: each may become two, and the end. */
static size_t room_for(size_t len)
{
	return 2 * len + EMITTER_OUT_MIN;
}

static size_t emit(
	const char *in, size_t len, size_t step, size_t cap, char *out)
{
	struct emitter e;
	size_t room = room_for(len);
	size_t used = 0;
	size_t sent = 0;
	size_t n, got, consumed;

	emitter_init(&e);
	while (used < len) {
		n = len - used < step ? len - used : step;
		got = emitter_feed(&e, in + used, n, &consumed, out + sent,
			cap < room - sent ? cap : room - sent);
		if (consumed > n || got > cap || got + consumed == 0)
			abort();
		used += consumed;
		sent += got;
	}
	return sent + emitter_finish(&e, out + sent);
}

/* CR and LF only as a pair, no NUL, the final dot line at the end alone. */
static void check_form(const char *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (out[i] == '\0')
			abort();
		if (out[i] == '\r' && (i + 1 == len || out[i + 1] != '\n'))
			abort();
		if (out[i] == '\n' && (i == 0 || out[i - 1] != '\r'))
			abort();
		if (out[i] == '.' && (i == 0 || out[i - 1] == '\n')
			&& out[i + 1] == '\r' && i + 3 != len)
			abort();
	}
	if (len < 3 || memcmp(out + len - 3, ".\r\n", 3) != 0)
		abort();
}

/* Takes the dots off as a receiver does; returns the length. */
static size_t unstuff(char *out, size_t len)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < len; i++)
		if (out[i] != '.' || (i > 0 && out[i - 1] != '\n'))
			out[kept++] = out[i];
	return kept;
}

/* Writes what the writer meant by one line of the content. */
static size_t mean_line(const char *line, size_t len, char *out)
{
	size_t i;
	size_t n = 0;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (i = len > 0 && line[0] == '.'; i < len; i++)
		out[n++] = line[i] == '\r' || line[i] == '\0' ? ' ' : line[i];
	out[n++] = '\r';
	out[n++] = '\n';
	return n;
}

/* The same for all lines, in the plainest way. */
static size_t mean(
	const char *in, size_t len, char *out, struct bsmtp_text *text)
{
	size_t n = 0;
	size_t at = 0;

	bsmtp_text_init(text);
	while (at < len) {
		const char *end = memchr(in + at, '\n', len - at);
		size_t line = end != NULL ? (size_t)(end - in) - at : len - at;

		n += mean_line(in + at, line, out + n);
		bsmtp_text_read(text, in + at, line);
		if (bsmtp_text_end_line(text) == BSMTP_TEXT_END)
			text->size_octets += 2 + line - 1
				- (line > 1 && in[at + line - 1] == '\r');
		at += line + (end != NULL);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *in = (const char *)octets + 2;
	struct bsmtp_text text;
	char *whole, *pieces;
	size_t n, meant;

	if (len < 2)
		return 0;
	len -= 2;
	whole = malloc(room_for(len));
	pieces = malloc(room_for(len));
	n = emit(in, len, SIZE_MAX, SIZE_MAX, whole);
	check_form(whole, n);
	if (emit(in, len, octets[0] % 32 + 1u,
		    octets[1] % 32 + (size_t)EMITTER_OUT_MIN, pieces)
			!= n
		|| memcmp(whole, pieces, n) != 0)
		abort();

	n = unstuff(whole, n - 3);
	meant = mean(in, len, pieces, &text);
	if (n != meant || memcmp(whole, pieces, n) != 0
		|| n != text.size_octets)
		abort();
	free(whole);
	free(pieces);
	return 0;
}
