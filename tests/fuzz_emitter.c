/*
 * Any octets as the lines of a mail, parted by LF. The first two octets say
 * how lines are cut in pieces and how much room there is, which must not
 * matter. What a receiver makes of the output must be the lines.
 */
#include "../forwarder/emitter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* Octets that come out of len octets: each may become two, and the end. */
static size_t room_for(size_t len)
{
	return 2 * len + EMITTER_OUT_MIN;
}

static size_t drain(struct emitter *e, size_t cap, char *out, size_t room)
{
	size_t sent = 0;
	size_t got;

	while (!emitter_is_idle(e)) {
		got = emitter_get(
			e, out + sent, cap < room - sent ? cap : room - sent);
		if (got > cap || (got == 0 && !emitter_is_idle(e)))
			abort();
		sent += got;
	}
	return sent;
}

static size_t emit(
	const char *in, size_t len, size_t step, size_t cap, char *out)
{
	struct emitter e;
	size_t room = room_for(len) + EMITTER_OUT_MIN;
	size_t sent = 0;

	emitter_init(&e, false);
	while (len > 0) {
		const char *end = memchr(in, '\n', len);
		size_t line = end != NULL ? (size_t)(end - in) : len;
		size_t n = line < step ? line : step;
		bool is_end = end != NULL && n == line;

		emitter_put(&e, in, n, is_end);
		sent += drain(&e, cap, out + sent, room - sent);
		in += n + is_end;
		len -= n + is_end;
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

/* What is meant, in the plainest way; returns the length. */
static size_t mean(const char *in, size_t len, char *out)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (in[i] == '\n')
			out[n++] = '\r';
		out[n++] = in[i] == '\r' || in[i] == '\0' ? ' ' : in[i];
	}
	if (len > 0 && in[len - 1] != '\n') {
		out[n++] = '\r';
		out[n++] = '\n';
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *in = (const char *)octets + 2;
	char *whole, *pieces;
	size_t n;

	if (len < 2)
		return 0;
	len -= 2;
	whole = malloc(room_for(len) + EMITTER_OUT_MIN);
	pieces = malloc(room_for(len) + EMITTER_OUT_MIN);
	n = emit(in, len, SIZE_MAX, SIZE_MAX, whole);
	check_form(whole, n);
	if (emit(in, len, octets[0] % 32 + 1u,
		    octets[1] % 32 + (size_t)EMITTER_OUT_MIN, pieces)
			!= n
		|| memcmp(whole, pieces, n) != 0)
		abort();

	n = unstuff(whole, n - 3);
	if (mean(in, len, pieces) != n || memcmp(whole, pieces, n) != 0)
		abort();
	free(whole);
	free(pieces);
	return 0;
}
