#include "capture_session.h"

#include "capture_keep.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_OCTETS = 4096,
	OUT_OCTETS = 8192,
	HANG_S = 3600,
};

const char *const session_stage_names[SESSION_STAGES] = { "connect", "helo",
	"mail", "rcpt", "data", "dot", "quit" };

struct session_options session_options = { .has_pipelining = true };

struct session {
	int fd;
	bool is_over;
	char in[LINE_OCTETS];
	size_t in_next, in_len;
	char out[OUT_OCTETS];
	size_t out_len;
	bool has_from;
	struct keep_envelope envelope;
	struct keep keep;
};

/* ---- the wire ----------------------------------------------------------- */

static void flush(struct session *s)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < s->out_len && !s->is_over) {
		n = write(s->fd, s->out + sent, s->out_len - sent);
		if (n <= 0)
			s->is_over = true;
		else
			sent += (size_t)n;
	}
	s->out_len = 0;
}

static void reply(struct session *s, const char *line)
{
	size_t len = strlen(line);

	if (s->out_len + len + 2 > sizeof s->out)
		flush(s);
	memcpy(s->out + s->out_len, line, len);
	memcpy(s->out + s->out_len + len, "\r\n", 2);
	s->out_len += len + 2;
}

/* Replies leave together, when the client has no more to say for now. */
static int next_octet(struct session *s)
{
	ssize_t n;

	if (s->in_next < s->in_len)
		return (unsigned char)s->in[s->in_next++];
	flush(s);
	n = s->is_over ? 0 : read(s->fd, s->in, sizeof s->in);
	if (n <= 0) {
		s->is_over = true;
		return EOF;
	}
	s->in_len = (size_t)n;
	s->in_next = 1;
	return (unsigned char)s->in[0];
}

/* Reads one command line; what does not fit is cut off. */
static bool read_line(struct session *s, char line[static LINE_OCTETS])
{
	size_t len = 0;
	int c;

	while ((c = next_octet(s)) != EOF && c != '\n')
		if (c != '\0' && len + 1 < LINE_OCTETS)
			line[len++] = (char)c;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return c != EOF;
}

static void wait_ms(long ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* Does what was asked for at this stage; true when that was the answer. */
static bool is_faulty(struct session *s, enum session_stage stage)
{
	struct session_fault *fault = &session_options.faults[stage];
	char line[64];

	if (fault->kind == FAULT_NONE || fault->kind == FAULT_LOSE
		|| atomic_fetch_sub(&fault->left, 1) <= 0)
		return false;
	switch (fault->kind) {
	case FAULT_NONE:
	case FAULT_LOSE:
		return false;
	case FAULT_WAIT:
		flush(s);
		wait_ms(fault->number);
		return false;
	case FAULT_CODE:
		text_format(line, sizeof line, "%ld as asked for at %s",
			fault->number, session_stage_names[stage]);
		reply(s, line);
		return true;
	case FAULT_GARBAGE:
		reply(s, "\001\377 this is no reply");
		return true;
	case FAULT_HANG:
		flush(s);
		wait_ms(HANG_S * 1000L);
		break;
	case FAULT_CLOSE:
		flush(s);
		break;
	}
	s->is_over = true;
	return true;
}

/* ---- the commands ------------------------------------------------------- */

static void envelope_reset(struct session *s)
{
	s->has_from = false;
	s->envelope.recipients[0] = '\0';
}

static void on_ehlo(struct session *s, const char *name)
{
	char line[64];

	if (is_faulty(s, AT_HELO))
		return;
	if (session_options.is_helo_only) {
		reply(s, "502 5.5.1 HELO is all there is");
		return;
	}
	text_copy(s->envelope.helo, sizeof s->envelope.helo, name);
	envelope_reset(s);
	reply(s, "250-capture");
	if (session_options.has_pipelining)
		reply(s, "250-PIPELINING");
	if (session_options.keyword != NULL) {
		text_format(
			line, sizeof line, "250-%s", session_options.keyword);
		reply(s, line);
	}
	reply(s, "250-8BITMIME");
	text_format(line, sizeof line, "250 SIZE %llu",
		(unsigned long long)session_options.size);
	reply(s, line);
}

static void on_helo(struct session *s, const char *name)
{
	if (is_faulty(s, AT_HELO))
		return;
	text_copy(s->envelope.helo, sizeof s->envelope.helo, name);
	envelope_reset(s);
	reply(s, "250 capture");
}

static bool is_over_size(uint64_t size)
{
	return session_options.size > 0 && size > session_options.size;
}

static bool is_too_large(const char *mail)
{
	const char *size = strcasestr(mail, " SIZE=");

	return size != NULL && is_over_size(strtoull(size + 6, NULL, 10));
}

static void on_mail(struct session *s, const char *path)
{
	if (is_faulty(s, AT_MAIL))
		return;
	if (s->has_from || s->envelope.helo[0] == '\0') {
		reply(s, "503 5.5.1 not now");
		return;
	}
	if (is_too_large(path)) {
		reply(s, "552 5.3.4 too large");
		return;
	}
	text_copy(s->envelope.from, sizeof s->envelope.from, path);
	s->has_from = true;
	reply(s, "250 2.1.0 sender taken");
}

static void on_rcpt(struct session *s, const char *path)
{
	size_t used = strlen(s->envelope.recipients);

	if (is_faulty(s, AT_RCPT))
		return;
	if (!s->has_from)
		reply(s, "503 5.5.1 not now");
	else if (strncasecmp(path, "<reject", 7) == 0)
		reply(s, "550 5.1.1 nobody here has that name");
	else if (strncasecmp(path, "<defer", 6) == 0)
		reply(s, "451 4.2.1 not today");
	else if (text_format(s->envelope.recipients + used,
			 sizeof s->envelope.recipients - used, "%s\n", path))
		reply(s, "250 2.1.5 recipient taken");
	else {
		s->envelope.recipients[used] = '\0';
		reply(s, "452 4.5.3 too many recipients");
	}
}

/*
 * Octets of a mail up to the line with the dot alone; the dot that
 * transparency put before others is taken away. RFC 5321 section 4.5.2.
 */
static bool receive(struct session *s)
{
	enum { LINE_START, DOT, DOT_CR, TEXT, CR } at = LINE_START;
	int c;

	while ((c = next_octet(s)) != EOF) {
		if (at == LINE_START && c == '.') {
			at = DOT;
			continue;
		}
		if (at == DOT && c == '\r') {
			at = DOT_CR;
			continue;
		}
		if (at == DOT_CR && c == '\n')
			return true;
		if (at == DOT_CR)
			keep_octet(&s->keep, '\r');
		keep_octet(&s->keep, (char)c);
		if (at == CR && c == '\n')
			at = LINE_START;
		else
			at = c == '\r' ? CR : TEXT;
	}
	return false;
}

static void end_of_data(struct session *s)
{
	struct session_fault *fault = &session_options.faults[AT_DOT];

	if (is_faulty(s, AT_DOT)) {
		keep_drop(&s->keep);
	} else if (is_over_size(s->keep.size)) {
		keep_drop(&s->keep);
		reply(s, "552 5.3.4 too large");
	} else if (!keep_end(&s->keep, &s->envelope)) {
		reply(s, "452 4.3.1 could not keep it");
	} else if (fault->kind == FAULT_LOSE
		&& atomic_fetch_sub(&fault->left, 1) > 0) {
		s->is_over = true;
	} else {
		reply(s, "250 2.0.0 kept");
	}
	envelope_reset(s);
}

static void on_data(struct session *s, const char *nothing)
{
	(void)nothing;
	if (is_faulty(s, AT_DATA))
		return;
	if (s->envelope.recipients[0] == '\0') {
		reply(s, "554 5.5.1 no valid recipients");
		return;
	}
	reply(s, "354 go on");
	keep_begin(&s->keep);
	if (receive(s))
		end_of_data(s);
	else
		keep_drop(&s->keep);
}

static void on_rset(struct session *s, const char *nothing)
{
	(void)nothing;
	envelope_reset(s);
	reply(s, "250 2.0.0 forgotten");
}

static void on_noop(struct session *s, const char *nothing)
{
	(void)nothing;
	reply(s, "250 2.0.0 nothing done");
}

static void on_quit(struct session *s, const char *nothing)
{
	(void)nothing;
	if (is_faulty(s, AT_QUIT))
		return;
	reply(s, "221 2.0.0 goodbye");
	flush(s);
	s->is_over = true;
}

static const struct {
	const char *verb;
	void (*run)(struct session *s, const char *rest);
} commands[] = {
	{ "EHLO ", on_ehlo },
	{ "HELO ", on_helo },
	{ "MAIL FROM:", on_mail },
	{ "RCPT TO:", on_rcpt },
	{ "DATA", on_data },
	{ "RSET", on_rset },
	{ "NOOP", on_noop },
	{ "QUIT", on_quit },
};

static void run_command(struct session *s, const char *line)
{
	size_t i, len;

	for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		len = strlen(commands[i].verb);
		if (strncasecmp(line, commands[i].verb, len) == 0) {
			commands[i].run(s, line + len);
			return;
		}
	}
	reply(s, "500 5.5.2 what is that");
}

void session_serve(int fd)
{
	struct session *s = calloc(1, sizeof *s);
	char line[LINE_OCTETS];

	if (s != NULL) {
		s->fd = fd;
		if (!is_faulty(s, AT_CONNECT))
			reply(s, "220 capture ESMTP");
		while (!s->is_over && read_line(s, line))
			run_command(s, line);
	}
	free(s);
	close(fd);
}
