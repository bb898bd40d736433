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
	fail(c, "502 5.5.1 JES Command is not implemented,", c->name,
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
			!= 0
		|| (w->at + used < w->end && !bsmtp_is_white(w->at[used]))) {
		c->path[0] = '\0';
		return false;
	}
	w->at += used;
	return true;
}

/* ---- parameters -------------------------------------------------- */

/* SIZE and BODY are found out by reading the mail: RFC 1870, RFC 6152. */
static bool take_size(struct bsmtp_command *c, const char *value, size_t len)
{
	uint64_t size;

	(void)c;
	return text_to_number(value, len, UINT64_MAX, &size) == 0;
}

static bool take_body(struct bsmtp_command *c, const char *value, size_t len)
{
	(void)c;
	return text_equals_nocase(value, len, "7BIT")
		|| text_equals_nocase(value, len, "8BITMIME");
}

static bool take_ret(struct bsmtp_command *c, const char *value, size_t len)
{
	c->ret = dsn_parse_ret(value, len);
	return c->ret != DSN_RET_NONE;
}

static bool take_envid(struct bsmtp_command *c, const char *value, size_t len)
{
	if (!dsn_is_envid(value, len))
		return false;
	memcpy(c->envid, value, len);
	c->envid[len] = '\0';
	return true;
}

static bool take_notify(struct bsmtp_command *c, const char *value, size_t len)
{
	c->notify = dsn_parse_notify(value, len);
	return c->notify != 0;
}

static bool take_orcpt(struct bsmtp_command *c, const char *value, size_t len)
{
	if (!dsn_is_orcpt(value, len))
		return false;
	memcpy(c->orcpt, value, len);
	c->orcpt[len] = '\0';
	return true;
}

static const struct parameter {
	const char *keyword;
	enum bsmtp_verb verb;
	bool (*take)(struct bsmtp_command *c, const char *value, size_t len);
} parameters[] = {
	{ "SIZE", BSMTP_VERB_MAIL, take_size },
	{ "BODY", BSMTP_VERB_MAIL, take_body },
	{ "RET", BSMTP_VERB_MAIL, take_ret },
	{ "ENVID", BSMTP_VERB_MAIL, take_envid },
	{ "NOTIFY", BSMTP_VERB_RCPT, take_notify },
	{ "ORCPT", BSMTP_VERB_RCPT, take_orcpt },
};

enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static size_t find_parameter(
	const struct bsmtp_command *c, const char *keyword, size_t len)
{
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if (parameters[i].verb == c->verb
			&& text_equals_nocase(
				keyword, len, parameters[i].keyword))
			break;
	return i;
}

/* RFC 3461 section 4: none of them twice. */
static void take_parameter(struct bsmtp_command *c, const char *word,
	size_t len, unsigned int *seen)
{
	const char *equals = memchr(word, '=', len);
	size_t keyword_len = equals != NULL ? (size_t)(equals - word) : len;
	size_t i = find_parameter(c, word, keyword_len);
	unsigned int bit = 1U << i;

	if (i == PARAMETERS) {
		fail(c, "555 5.5.4 JES Parameter not implemented,", word, len);
		return;
	}
	if (equals == NULL || (*seen & bit) != 0
		|| !parameters[i].take(c, equals + 1, len - keyword_len - 1))
		fail(c, "501 5.5.4 JES Syntax error in parameter,", word, len);
	*seen |= bit;
}

static void parse_parameters(struct bsmtp_command *c, struct words *w)
{
	unsigned int seen = 0;
	size_t n;

	while (c->reply[0] == '\0' && (n = next_word(w)) != 0) {
		take_parameter(c, w->at, n, &seen);
		w->at += n;
	}
}

/* ---- paths ------------------------------------------------------- */

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
		parse_parameters(c, w);
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
		parse_parameters(c, w);
}

static const struct {
	const char *name;
	enum bsmtp_verb verb;
	void (*parse)(struct bsmtp_command *c, struct words *w);
} verbs[] = {
	/* Most commands are the first three. */
	{ "RCPT", BSMTP_VERB_RCPT, parse_rcpt },
	{ "MAIL", BSMTP_VERB_MAIL, parse_mail },
	{ "DATA", BSMTP_VERB_DATA, parse_bare },
	{ "HELO", BSMTP_VERB_HELO, parse_helo },
	{ "EHLO", BSMTP_VERB_EHLO, parse_helo },
	{ "RSET", BSMTP_VERB_RSET, parse_bare },
	{ "QUIT", BSMTP_VERB_QUIT, parse_bare },
	{ "STARTTLS", BSMTP_VERB_STARTTLS, parse_bare },
	{ "EXPN", BSMTP_VERB_MISSING, refuse },
	{ "HELP", BSMTP_VERB_MISSING, refuse },
	{ "NOOP", BSMTP_VERB_MISSING, refuse },
	{ "QUEU", BSMTP_VERB_MISSING, refuse },
	{ "TICK", BSMTP_VERB_MISSING, refuse },
	{ "VERB", BSMTP_VERB_MISSING, refuse },
	{ "VRFY", BSMTP_VERB_MISSING, refuse },
};

enum { VERBS = sizeof verbs / sizeof *verbs };

/* ---- the line ---------------------------------------------------- */

/* NEL, which is white space too, has two octets in UTF-8. */
static void blank_newlines(char *line, size_t len)
{
	char *at = line;
	char *end = line + len;

	while ((at = memchr(at, 0xc2, (size_t)(end - at))) != NULL) {
		if (at + 1 < end && at[1] == '\x85')
			at[0] = at[1] = ' ';
		at++;
	}
}

/* Returns how long the words are with "@" in place of at_sign. */
static size_t replace_at_sign(char *words, size_t len, const char *at_sign)
{
	size_t n = strlen(at_sign);
	size_t used = 0;
	size_t i = 0;

	if (n == 0 || strcmp(at_sign, "@") == 0)
		return len;
	while (i < len) {
		if (len - i >= n && memcmp(words + i, at_sign, n) == 0) {
			words[used++] = '@';
			i += n;
		} else {
			words[used++] = words[i++];
		}
	}
	return used;
}

static const char *find_control(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			&& !bsmtp_is_white(line[i]))
			return line + i;
	return NULL;
}

static size_t find_verb(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < VERBS; i++)
		if ((word[0] | 0x20) == (verbs[i].name[0] | 0x20)
			&& text_equals_nocase(word, len, verbs[i].name))
			break;
	return i;
}

static void init_command(struct bsmtp_command *c)
{
	c->verb = BSMTP_VERB_BLANK;
	c->name = "";
	c->path[0] = '\0';
	c->ret = DSN_RET_NONE;
	c->envid[0] = '\0';
	c->notify = 0;
	c->orcpt[0] = '\0';
	c->reply[0] = '\0';
}

void bsmtp_command_parse(
	char *line, size_t len, const char *at_sign, struct bsmtp_command *out)
{
	struct words w = { line, line + len };
	const char *control = find_control(line, len);
	const char *word;
	size_t n, verb;

	init_command(out);
	blank_newlines(line, len);
	n = next_word(&w);
	word = w.at;
	if (n == 0)
		return;
	w.at += n;
	verb = find_verb(word, n);
	out->verb = verb < VERBS ? verbs[verb].verb : BSMTP_VERB_UNKNOWN;
	out->name = verb < VERBS ? verbs[verb].name : "";
	if (control != NULL) {
		fail(out, "500 5.5.2 JES Control character in command,",
			control, 1);
		return;
	}
	if (verb == VERBS) {
		fail(out, "500 5.5.1 JES Unknown command,", word, n);
		return;
	}
	if (out->verb == BSMTP_VERB_MAIL || out->verb == BSMTP_VERB_RCPT)
		w.end = w.at
			+ replace_at_sign(line + (w.at - line),
				(size_t)(w.end - w.at), at_sign);
	verbs[verb].parse(out, &w);
}
