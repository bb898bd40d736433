/*
 * Any octets as a mail's content, header and text, read and then sent. The
 * first octet says how they are cut in pieces, which must not matter, and what
 * is configured; the size told is the size sent, and nothing of what is to be
 * left out is in the header that is sent.
 */
#include "../forwarder/bsmtp_content.h"
#include "buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static struct input_config input;
static struct header_config header;
static struct heading_rules rules;

static void configure(uint8_t how)
{
	static const struct origin origin = { .host = "here.example",
		.user = "ann",
		.uid = 1001,
		.job_name = "CAT",
		.job_id = "JOB00001",
		.dataset = 1 };

	input_config_init(&input);
	header_config_init(&header);
	header.adds_sender = (how & 1) != 0;
	header.is_strict = (how & 2) != 0;
	if ((how & 4) != 0)
		strcpy(input.at_sign, "\xc2\xa7");
	heading_rules_init(&rules, &input, &header, &origin);
}

typedef bool take_piece(void *arg, const struct line *piece);

/* Cuts lines that end in LF in pieces of at most step octets. */
static void cut(
	const char *text, size_t len, size_t step, take_piece *take, void *arg)
{
	struct line piece = { .number = 1 };
	const char *end = text + len;
	const char *lf;
	size_t n;

	while (text < end) {
		lf = memchr(text, '\n', (size_t)(end - text));
		n = (size_t)((lf != NULL ? lf : end) - text);
		piece.is_start = true;
		do {
			piece.text = text;
			piece.len = n < step ? n : step;
			text += piece.len;
			n -= piece.len;
			piece.is_end = n == 0;
			if (!take(arg, &piece))
				return;
			piece.is_start = false;
		} while (n > 0);
		text += lf != NULL;
		piece.number++;
	}
}

/* ---- read -------------------------------------------------------- */

struct reading {
	struct bsmtp_content content;
	struct buf faults;
	size_t taken; /* octets before the final dot, where there is one */
	size_t line;  /* octets of the line before this piece */
};

static bool read_piece(void *arg, const struct line *piece)
{
	struct reading *r = arg;
	enum bsmtp_text_kind kind = BSMTP_TEXT_LINE;
	char reply[BSMTP_REPLY_MAX];
	bool is_end = bsmtp_content_read(&r->content, piece, &kind);

	if (is_end != piece->is_end)
		abort();
	if (kind == BSMTP_TEXT_END)
		return false;
	r->line += piece->len;
	if (is_end) {
		r->taken += r->line + 1;
		r->line = 0;
	}
	if (bsmtp_content_take_fault(&r->content, reply))
		buf_printf(&r->faults, "%u %s", (unsigned int)piece->number,
			reply);
	return true;
}

/* ---- sent -------------------------------------------------------- */

struct sending {
	struct compose compose;
	struct buf sent; /* lines that end in LF */
	size_t line_len;
	bool is_unfoldable;
	bool is_text;
};

static void check_header_line(const struct sending *s)
{
	const char *line = s->sent.data + s->sent.len - s->line_len - 1;
	struct header h;

	if (s->line_len > HEADER_LINE_MAX && !s->is_unfoldable)
		abort();
	header_init(&h);
	if (s->line_len == 0 || line[0] == ' ' || line[0] == '\t')
		return;
	if (header_take(&h, line, s->line_len) != HEADER_FIELD)
		abort();
	if (h.field == HEADER_BCC || h.field == HEADER_RESENT_BCC
		|| h.field == HEADER_RETURN_PATH
		|| h.field == HEADER_X_JES_ORIGIN)
		abort();
}

static bool send_piece(void *arg, const struct line *piece)
{
	struct sending *s = arg;
	struct compose_part part;
	struct line undone = *piece;

	if (piece->is_start && piece->len > 0 && piece->text[0] == '.') {
		undone.text++;
		undone.len--;
	}
	compose_put(&s->compose, &undone);
	while (compose_get(&s->compose, &part)) {
		if (part.is_header == s->is_text)
			abort();
		if (!part.is_sent)
			continue;
		buf_append(&s->sent, part.text, part.len);
		s->line_len += part.len;
		if (!part.is_end)
			continue;
		buf_puts(&s->sent, "\n");
		if (part.is_header)
			check_header_line(s);
		s->is_text |= part.is_header && s->line_len == 0;
		s->line_len = 0;
	}
	return true;
}

static uint64_t wire_size(const char *text, size_t len)
{
	uint64_t size = len;

	while (len-- > 0)
		size += *text++ == '\n';
	return size;
}

/* Appends what became of the mail. */
static void run(const char *text, size_t len, size_t step, struct buf *told)
{
	static struct reading r;
	static struct sending s;
	char mime[HEADING_MIME_MAX];
	struct mail *m = mail_new("a@b");

	memset(&r, 0, sizeof r);
	buf_init(&r.faults);
	bsmtp_content_init(&r.content, &rules);
	cut(text, len, step, read_piece, &r);
	m->number = 1;
	if (bsmtp_content_end(&r.content, "N", m) != 0)
		abort();
	if (r.taken > len)
		r.taken = len;

	memset(&s, 0, sizeof s);
	buf_init(&s.sent);
	s.is_unfoldable = r.content.heading.compose.has_unfoldable;
	compose_init(&s.compose, &input, m->drops_sender);
	cut(text, r.taken, step, send_piece, &s);
	if (m->size_octets
		!= wire_size(s.sent.data, s.sent.len)
			+ wire_size(m->added, strlen(m->added))
			+ (m->mime != 0 ? wire_size(
				   mime, heading_mime(m->mime, "", mime))
					: 0))
		abort();
	buf_append(told, r.faults.data, r.faults.len);
	buf_puts(told, m->added);
	buf_append(told, s.sent.data, s.sent.len);
	buf_fini(&r.faults);
	buf_fini(&s.sent);
	mail_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *text = (const char *)octets + 1;
	struct buf whole, pieces;

	if (len == 0)
		return 0;
	len--;
	configure(octets[0] >> 5);
	buf_init(&whole);
	buf_init(&pieces);
	run(text, len, SIZE_MAX, &whole);
	run(text, len, octets[0] % 32 + 1u, &pieces);
	if (whole.len != pieces.len
		|| memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
