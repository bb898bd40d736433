#include "bsmtp_command.h"

#include "escape.h"
#include "text.h"

#include <stdint.h>
#include <string.h>

enum {
	TOKEN_MAX = 80,   /* octets of an offending token that are shown */
	DOMAIN_MAX = 255, /* octets of the argument of HELO */
};

struct words {
	const char *at;
	const char *end;
};

bool bsmtp_is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

/* Returns the length of the next word, which w->at is moved to. */
static size_t next_word(struct words *w)
{
	size_t n = 0;

	while (w->at < w->end && bsmtp_is_white(*w->at))
		w->at++;
	while (w->at + n < w->end && !bsmtp_is_white(w->at[n]))
		n++;
	return n;
}

void bsmtp_reply(char reply[static BSMTP_REPLY_MAX], const char *text,
	const char *token, size_t len)
{
	char shown[TOKEN_MAX + 1];

	escape_text(token, len, shown, sizeof shown);
	text_format(reply, BSMTP_REPLY_MAX, "%s '%s'", text, shown);
}

static void fail(struct bsmtp_command *c, const char *text, const char *token,
	size_t len)
{
	bsmtp_reply(c->reply, text, token, len);
}

static bool is_graphic_word(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] <= 0x20 || word[i] >= 0x7f)
			return false;
	return true;
}

/*
 * The name is the writer's and never reaches a target, so that a node name
 * that is no domain name is as good as any.
 */
static void parse_helo(struct bsmtp_command *c, struct words *w)
{
	size_t n = next_word(w);
	const char *domain = w->at;

	if (n == 0) {
		text_format(c->reply, sizeof c->reply,
			"501 5.5.4 JES Syntax error. "
			"Too few args after '%s' command",
			c->name);
		return;
	}
	if (n > DOMAIN_MAX || !is_graphic_word(domain, n)) {
		fail(c, "501 5.5.4 JES Syntax error in domain,", domain, n);
		return;
	}
	text_format(c->path, sizeof c->path, "%.*s", (int)n, domain);
	w->at += n;
	if (next_word(w) != 0)
		text_format(c->reply, sizeof c->reply,
			"501 5.5.4 JES Syntax error. "
			"Too many args after '%s' command",
			c->name);
}

static void parse_bare(struct bsmtp_command *c, struct words *w)
{
	if (next_word(w) != 0)
		fail(c, "501 5.5.4 JES Syntax error. Too many args after",
			c->name, strlen(c->name));
}

static void refuse(struct bsmtp_command *c, struct words *w)
{
	(void)w;
	fail(c, "502 5.5.1 JES Command not implemented,", c->name,
		strlen(c->name));
}

/* Reads "FROM:" or "TO:" and what blanks follow it. */
static bool take_keyword(struct words *w, const char *keyword)
{
	size_t len = strlen(keyword);

	next_word(w);
	if ((size_t)(w->end - w->at) < len
		|| !text_equals_nocase(w->at, len, keyword))
		return false;
	w->at += len;
	next_word(w);
	return true;
}

/* Reads the path that is next; the words after it stay in w. */
static bool take_path(struct bsmtp_command *c, struct words *w, bool is_sender)
{
	size_t used;

	if (address_parse_path(
		    w->at, (size_t)(w->end - w->at), is_sender, c->path, &used)
		!= 0)
		return false;
	w->at += used;
	return w->at == w->end || bsmtp_is_white(*w->at);
}

/* Returns the length of the value when word is "keyword=value", else 0. */
static size_t value_of(
	const char *word, size_t len, const char *keyword, const char **value)
{
	size_t n = strlen(keyword);

	if (len <= n || word[n] != '=' || !text_equals_nocase(word, n, keyword))
		return 0;
	*value = word + n + 1;
	return len - n - 1;
}

/* SIZE and BODY are found out by reading the mail: RFC 1870, RFC 6152. */
static bool is_mail_parameter(const char *word, size_t len)
{
	const char *value;
	uint64_t size;
	size_t n = value_of(word, len, "SIZE", &value);

	if (n != 0)
		return text_to_number(value, n, UINT64_MAX, &size) == 0;
	n = value_of(word, len, "BODY", &value);
	return n != 0
		&& (text_equals_nocase(value, n, "7BIT")
			|| text_equals_nocase(value, n, "8BITMIME"));
}

static void parse_parameters(
	struct bsmtp_command *c, struct words *w, bool is_sender)
{
	size_t n;

	while ((n = next_word(w)) != 0) {
		if (!is_sender || !is_mail_parameter(w->at, n)) {
			fail(c, "555 5.5.4 JES Parameter not implemented,",
				w->at, n);
			return;
		}
		w->at += n;
	}
}

static void parse_mail(struct bsmtp_command *c, struct words *w)
{
	const char *path;

	if (!take_keyword(w, "FROM:")) {
		fail(c, "501 5.5.4 JES Syntax error. 'FROM:' expected after",
			c->name, strlen(c->name));
		return;
	}
	path = w->at;
	if (!take_path(c, w, true))
		fail(c, "501 5.1.7 JES Syntax error in sender address,", path,
			(size_t)(w->end - path));
	else
		parse_parameters(c, w, true);
}

static void parse_rcpt(struct bsmtp_command *c, struct words *w)
{
	const char *path;

	if (!take_keyword(w, "TO:")) {
		fail(c, "501 5.5.4 JES Syntax error. 'TO:' expected after",
			c->name, strlen(c->name));
		return;
	}
	path = w->at;
	if (!take_path(c, w, false))
		fail(c, "501 5.1.3 JES Syntax error in recipient address,",
			path, (size_t)(w->end - path));
	else
		parse_parameters(c, w, false);
}

static const struct {
	const char *name;
	enum bsmtp_verb verb;
	void (*parse)(struct bsmtp_command *c, struct words *w);
} verbs[] = {
	{ "HELO", BSMTP_VERB_HELO, parse_helo },
	{ "EHLO", BSMTP_VERB_HELO, parse_helo },
	{ "MAIL", BSMTP_VERB_MAIL, parse_mail },
	{ "RCPT", BSMTP_VERB_RCPT, parse_rcpt },
	{ "DATA", BSMTP_VERB_DATA, parse_bare },
	{ "RSET", BSMTP_VERB_RSET, parse_bare },
	{ "QUIT", BSMTP_VERB_QUIT, parse_bare },
	{ "STARTTLS", BSMTP_VERB_STARTTLS, refuse },
	{ "EXPN", BSMTP_VERB_OTHER, refuse },
	{ "HELP", BSMTP_VERB_OTHER, refuse },
	{ "NOOP", BSMTP_VERB_OTHER, refuse },
	{ "QUEU", BSMTP_VERB_OTHER, refuse },
	{ "TICK", BSMTP_VERB_OTHER, refuse },
	{ "VERB", BSMTP_VERB_OTHER, refuse },
	{ "VRFY", BSMTP_VERB_OTHER, refuse },
};

void bsmtp_command_parse(
	const char *line, size_t len, struct bsmtp_command *out)
{
	struct words w = { line, line + len };
	size_t n = next_word(&w);
	const char *word = w.at;
	size_t i;

	out->verb = BSMTP_VERB_BLANK;
	out->name = "";
	out->path[0] = '\0';
	out->reply[0] = '\0';
	if (n == 0)
		return;
	w.at += n;
	for (i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (!text_equals_nocase(word, n, verbs[i].name))
			continue;
		out->verb = verbs[i].verb;
		out->name = verbs[i].name;
		verbs[i].parse(out, &w);
		return;
	}
	out->verb = BSMTP_VERB_OTHER;
	fail(out, "500 5.5.1 JES Unknown command,", word, n);
}
