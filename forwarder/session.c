#include "session.h"

#include "clock.h"
#include "escape.h"
#include "text.h"

#include <errno.h>
#include <string.h>

enum {
	CONNECT_TIMEOUT_S = 30,
	QUIT_TIMEOUT_S = 5,
	COMMAND_MAX = 512,
	EXPLAINED_MAX = 512, /* octets of a reply that people get to see */
};

void session_init(struct session *s, const char *helo_name,
	const struct timeout_config *timeout, struct session_stops stops)
{
	s->stops = stops;
	s->timeout = timeout;
	s->helo_name = helo_name;
	s->is_open = false;
	s->converts = false;
	s->io_error = 0;
	connection_init(&s->connection, stops.any);
	reply_parser_init(&s->parser);
}

int64_t session_deadline(uint32_t timeout_s)
{
	return clock_monotonic_ns() + (int64_t)timeout_s * NS_PER_S;
}

static enum event event_of(struct session *s, int err)
{
	s->io_error = -err;
	if (err == 0)
		return EVENT_REPLY;
	return err == -ETIMEDOUT ? EVENT_TIMEOUT : EVENT_LOST;
}

/* Counts lines: the first line of an EHLO reply is no keyword. */
struct ehlo_lines {
	struct reply_extensions *offers;
	size_t count;
};

static void take_keyword(void *arg, const char *text, size_t len)
{
	struct ehlo_lines *lines = arg;

	if (lines->count++ > 0)
		reply_extension_line(lines->offers, text, len);
}

static enum event read_reply(
	struct session *s, struct ehlo_lines *lines, int64_t deadline_ns)
{
	const char *input;
	size_t len, used;
	int err;

	reply_parser_init(&s->parser);
	for (;;) {
		err = connection_fill(&s->connection, deadline_ns);
		if (err != 0)
			return event_of(s, err);
		input = connection_input(&s->connection, &len);
		err = reply_feed(&s->parser, input, len, &used,
			lines != NULL ? take_keyword : NULL, lines);
		connection_consume(&s->connection, used);
		if (err < 0)
			return EVENT_GARBAGE;
		if (err > 0)
			return EVENT_REPLY;
	}
}

enum event session_read(struct session *s, int64_t deadline_ns)
{
	return read_reply(s, NULL, deadline_ns);
}

enum event session_wait(struct session *s, int64_t deadline_ns)
{
	return event_of(s, connection_fill_more(&s->connection, deadline_ns));
}

const char *session_unread(const struct session *s, size_t *len)
{
	return connection_input(&s->connection, len);
}

enum event session_write(
	struct session *s, const char *octets, size_t len, int64_t deadline_ns)
{
	return event_of(
		s, connection_write(&s->connection, octets, len, deadline_ns));
}

/* ---- setting up -------------------------------------------------- */

struct step {
	enum stage stage;
	const char *verb; /* NULL: nothing is said, the peer speaks first */
	uint32_t timeout_s;
	struct ehlo_lines *lines;
};

static struct outcome take_step(struct session *s, const struct step *step,
	struct session_trouble *trouble)
{
	const struct transaction_facts facts = { .is_only_session =
							 s->is_only };
	int64_t deadline_ns = session_deadline(step->timeout_s);
	char command[COMMAND_MAX];
	enum event event = EVENT_REPLY;
	size_t len;

	connection_input(&s->connection, &len);
	if (len > 0) {
		/* It answers before it was asked. */
		event = EVENT_GARBAGE;
	} else if (step->verb != NULL) {
		text_format(command, sizeof command, "%s %s\r\n", step->verb,
			s->helo_name);
		len = strlen(command);
		event = session_write(s, command, len, deadline_ns);
	}
	if (event == EVENT_REPLY)
		event = read_reply(s, step->lines, deadline_ns);
	trouble->stage = step->stage;
	trouble->event = event;
	trouble->outcome =
		outcome_decide(step->stage, event, &s->parser.reply, &facts);
	return trouble->outcome;
}

/* A greeting, then EHLO, and HELO where the peer does not know EHLO. */
static bool say_hello(struct session *s, struct session_trouble *trouble)
{
	struct ehlo_lines lines = { &s->offers, 0 };
	const struct step greeting = { STAGE_GREETING, NULL,
		s->timeout->initial_msg_s, NULL };
	const struct step ehlo = { STAGE_EHLO, "EHLO", s->timeout->any_cmd_s,
		&lines };
	const struct step helo = { STAGE_HELO, "HELO", s->timeout->any_cmd_s,
		NULL };
	struct outcome outcome;

	memset(&s->offers, 0, sizeof s->offers);
	s->is_esmtp = true;
	outcome = take_step(s, &greeting, trouble);
	if (outcome.result != RESULT_GO_ON)
		return false;
	outcome = take_step(s, &ehlo, trouble);
	if ((outcome.effects & EFFECT_HELO) != 0) {
		memset(&s->offers, 0, sizeof s->offers);
		s->is_esmtp = false;
		outcome = take_step(s, &helo, trouble);
	}
	return outcome.result == RESULT_GO_ON;
}

static bool connect_target(struct session *s,
	const struct target_config *target, struct session_trouble *trouble)
{
	const struct transaction_facts facts = { .is_only_session =
							 s->is_only };
	int err = connection_open(&s->connection, &target->address,
		session_deadline(CONNECT_TIMEOUT_S));

	if (err == 0)
		return true;
	trouble->stage = STAGE_CONNECT;
	trouble->event = event_of(s, err);
	trouble->outcome =
		outcome_decide(STAGE_CONNECT, trouble->event, NULL, &facts);
	return false;
}

static bool set_up(struct session *s, const struct target_config *target,
	struct session_trouble *trouble)
{
	s->is_used = false;
	s->in_reset = false;
	s->knows_dot = false;
	s->dot_names_address = false;
	s->mails = 0;
	s->opened_ns = clock_monotonic_ns();
	if (!connect_target(s, target, trouble))
		return false;
	s->is_open = true;
	if (say_hello(s, trouble))
		return true;
	if (trouble->event == EVENT_REPLY
		&& (trouble->outcome.effects & EFFECT_CLOSE) == 0)
		session_quit(s);
	session_close(s);
	return false;
}

bool session_open(struct session *s, const struct target_config *target,
	struct session_trouble *trouble)
{
	bool is_set_up;

	s->connection.stop_fd = s->stops.opening;
	is_set_up = set_up(s, target, trouble);
	s->connection.stop_fd = s->stops.any;
	return is_set_up;
}

/* ---- ending ------------------------------------------------------ */

bool session_is_quiet(struct session *s)
{
	return !connection_is_readable(&s->connection);
}

bool session_was_stopped(const struct session *s)
{
	return s->connection.was_stopped;
}

/*
 * The last reply is kept for session_explain(): what the peer says to QUIT
 * explains nothing.
 */
void session_quit(struct session *s)
{
	static const char quit[] = "QUIT\r\n";
	int64_t deadline_ns = session_deadline(QUIT_TIMEOUT_S);
	const char *input;
	size_t len;

	if (!s->is_open)
		return;
	if (connection_write(&s->connection, quit, sizeof quit - 1, deadline_ns)
		== 0)
		while (clock_monotonic_ns() < deadline_ns
			&& connection_fill(&s->connection, deadline_ns) == 0) {
			input = connection_input(&s->connection, &len);
			connection_consume(&s->connection, len);
			if (memchr(input, '\n', len) != NULL)
				break;
		}
	session_close(s);
}

void session_close(struct session *s)
{
	connection_close(&s->connection);
	s->is_open = false;
}

/* Lines of one reply become words of one line. */
static void explain_reply(const struct reply *r, char *out, size_t cap)
{
	char text[EXPLAINED_MAX];
	size_t used;
	char *c;

	text_copy(text, sizeof text, r->text);
	for (c = text; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	text_format(out, cap, "%d ", r->code);
	used = strlen(out);
	escape_string(text, out + used, cap - used);
}

void session_explain(
	const struct session *s, enum event event, char *out, size_t cap)
{
	switch (event) {
	case EVENT_REPLY:
		explain_reply(&s->parser.reply, out, cap);
		return;
	case EVENT_LOST:
		text_copy(out, cap,
			s->io_error == ECONNRESET ? "connection lost"
						  : strerror(s->io_error));
		return;
	case EVENT_TIMEOUT:
		text_copy(out, cap, "no reply in time");
		return;
	case EVENT_GARBAGE:
	case EVENTS:
		break;
	}
	text_copy(out, cap, "not a reply");
}
