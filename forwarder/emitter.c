#include "emitter.h"

#include <assert.h>
#include <string.h>

enum {
	STEP_MAX = 2, /* octets that one special octet can become */

	/*
	 * How far ahead a run of plain octets is looked for. Without it, input
	 * made of CRs would have the rest of the buffer searched for each.
	 */
	RUN_MAX = 1024,
};

void emitter_init(struct emitter *e)
{
	e->place = EMITTER_LINE_START;
	e->had_cr = false;
}

/* Returns how many octets of in come before a CR, LF or NUL. */
static size_t plain_run(const char *in, size_t len)
{
	static const char special[] = { '\n', '\r', '\0' };
	const char *hit;
	size_t i;

	if (len > RUN_MAX)
		len = RUN_MAX;
	for (i = 0; i < sizeof special; i++) {
		hit = memchr(in, special[i], len);
		if (hit != NULL)
			len = (size_t)(hit - in);
	}
	return len;
}

static size_t put(char *out, const char *octets, size_t len)
{
	memcpy(out, octets, len);
	return len;
}

/*
 * The first dot of a line is the writer's transparency: it is taken off, and
 * put back where a second one follows, since that one is content.
 */
static size_t emit_dot(struct emitter *e, char *out)
{
	if (e->place == EMITTER_LINE_START) {
		e->place = EMITTER_DOT;
		return 0;
	}
	if (e->place == EMITTER_DOT) {
		e->place = EMITTER_TEXT;
		return put(out, "..", 2);
	}
	return put(out, ".", 1);
}

/*
 * Writes what one octet that is no plain text becomes; needs STEP_MAX octets
 * of room. *used gets 0 when the octet is to be looked at again.
 */
static size_t emit_special(
	struct emitter *e, char octet, size_t *used, char *out)
{
	*used = 1;
	if (octet == '\n') {
		emitter_init(e);
		return put(out, "\r\n", 2);
	}
	if (e->had_cr) {
		e->had_cr = false;
		e->place = EMITTER_TEXT;
		*used = 0;
		return put(out, " ", 1);
	}
	if (octet == '\r') {
		e->had_cr = true;
		return 0;
	}
	if (octet == '.')
		return emit_dot(e, out);
	assert(octet == '\0');
	e->place = EMITTER_TEXT;
	return put(out, " ", 1);
}

static bool is_special(const struct emitter *e, char octet)
{
	if (octet == '\n' || octet == '\r' || octet == '\0' || e->had_cr)
		return true;
	return octet == '.' && e->place != EMITTER_TEXT;
}

size_t emitter_feed(struct emitter *e, const char *in, size_t in_len,
	size_t *consumed, char *out, size_t out_cap)
{
	size_t read = 0;
	size_t written = 0;
	size_t n;

	assert(out_cap >= EMITTER_OUT_MIN);
	while (read < in_len && out_cap - written >= STEP_MAX) {
		if (is_special(e, in[read])) {
			written += emit_special(e, in[read], &n, out + written);
			read += n;
			continue;
		}
		n = in_len - read;
		if (n > out_cap - written)
			n = out_cap - written;
		n = plain_run(in + read, n);
		written += put(out + written, in + read, n);
		read += n;
		e->place = EMITTER_TEXT;
	}
	*consumed = read;
	return written;
}

size_t emitter_finish(struct emitter *e, char *out)
{
	size_t written = 0;

	if (e->had_cr || e->place != EMITTER_LINE_START)
		written = put(out, "\r\n", 2);
	emitter_init(e);
	return written + put(out + written, ".\r\n", 3);
}
