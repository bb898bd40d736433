#include "mailboxes.h"

#include <errno.h>
#include <idn2.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

/* Where in an address the reading is. */
enum place {
	WORDS,       /* a name, or a local part without brackets */
	HOST,        /* after its "@" */
	ANGLE,       /* after "<" */
	ROUTE,       /* of "<@a,@b:user@c>", before the colon */
	ANGLE_LOCAL, /* within brackets */
	ANGLE_HOST,
	AFTER,  /* after ">" */
	BROKEN, /* it is none; a bracket may still save it */
	WASTED, /* it is none */
};

static void begin_address(struct mailboxes *m)
{
	m->place = WORDS;
	m->has_words = false;
	m->wants_word = false;
	m->is_phrase = false;
	m->has_at = false;
	m->is_long = false;
	m->local_len = 0;
	m->host_len = 0;
	m->shown_len = 0;
}

/* ---- what was found ---------------------------------------------- */

static bool is_ascii(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* RFC 5321 section 4.1.2: Dot-string */
static bool is_dot_string(const char *local, size_t len)
{
	static const char specials[] = " \"(),:;<>@[\\]";
	size_t i;

	for (i = 0; i < len; i++) {
		if (local[i] <= 0x20 || local[i] == 0x7f)
			return false;
		if (strchr(specials, local[i]) != NULL)
			return false;
		if (local[i] == '.'
			&& (i == 0 || i + 1 == len || local[i + 1] == '.'))
			return false;
	}
	return len > 0;
}

static size_t write_local(char *out, const char *local, size_t len)
{
	size_t n = 0;
	size_t i;

	if (is_dot_string(local, len)) {
		memcpy(out, local, len);
		return len;
	}
	out[n++] = '"';
	for (i = 0; i < len; i++) {
		if (local[i] == '"' || local[i] == '\\')
			out[n++] = '\\';
		out[n++] = local[i];
	}
	out[n++] = '"';
	return n;
}

int mailboxes_join(const char *local, size_t len, const char *domain,
	char out[static ADDRESS_PATH_MAX + 1])
{
	char path[2 * ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 8];
	size_t n = 0;
	size_t used;
	int err;

	if (len > ADDRESS_LOCAL_MAX || strlen(domain) > ADDRESS_DOMAIN_MAX)
		return -EMSGSIZE;
	path[n++] = '<';
	n += write_local(path + n, local, len);
	path[n++] = '@';
	n = (size_t)(stpcpy(path + n, domain) - path);
	path[n++] = '>';
	err = address_parse_path(path, n, false, out, &used);
	if (err == 0 && used != n)
		return -EINVAL;
	return err;
}

static void tell_fault(struct mailboxes *m, enum mailboxes_fault fault)
{
	struct mailbox found = { fault, "", m->shown, m->shown_len };

	while (found.len > 0 && found.text[found.len - 1] == ' ')
		found.len--;
	m->sink(m->arg, &found);
}

static void tell(struct mailboxes *m, const char *domain)
{
	char path[ADDRESS_PATH_MAX + 1];
	struct mailbox found = { MAILBOXES_GOOD, path, "", 0 };
	int err = mailboxes_join(m->local, m->local_len, domain, path);

	if (err == 0)
		m->sink(m->arg, &found);
	else
		tell_fault(m,
			err == -EMSGSIZE ? MAILBOXES_LONG : MAILBOXES_SYNTAX);
}

static void tell_international(struct mailboxes *m)
{
	char *ascii = NULL;
	int err = idn2_to_ascii_8z(
		m->host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

	if (err == IDN2_OK)
		tell(m, ascii);
	else if (err == IDN2_MALLOC)
		tell_fault(m, MAILBOXES_MEMORY);
	else if (err == IDN2_TOO_BIG_DOMAIN || err == IDN2_TOO_BIG_LABEL)
		tell_fault(m, MAILBOXES_LONG);
	else
		tell_fault(m, MAILBOXES_SYNTAX);
	idn2_free(ascii);
}

static void tell_mailbox(struct mailboxes *m)
{
	if (m->is_long) {
		tell_fault(m, MAILBOXES_LONG);
	} else if (!is_ascii(m->local, m->local_len)) {
		tell_fault(m, MAILBOXES_NON_ASCII);
	} else if (!m->has_at) {
		tell(m, m->domain);
	} else {
		m->host[m->host_len] = '\0';
		if (is_ascii(m->host, m->host_len))
			tell(m, m->host);
		else
			tell_international(m);
	}
}

static void tell_null(struct mailboxes *m)
{
	struct mailbox found = { MAILBOXES_GOOD, "", "", 0 };

	m->sink(m->arg, &found);
}

/* ---- the parts of an address ------------------------------------- */

static void append(char *to, size_t *len, size_t cap, const char *octets,
	size_t n, bool *is_long)
{
	if (n > cap - *len) {
		*is_long = true;
		n = cap - *len;
	}
	memcpy(to + *len, octets, n);
	*len += n;
}

static void add_word(struct mailboxes *m)
{
	if (m->has_words && !m->wants_word)
		m->is_phrase = true;
	m->has_words = true;
	m->wants_word = false;
	m->is_long |= m->tokens.is_cut;
	append(m->local, &m->local_len, sizeof m->local, m->tokens.text,
		m->tokens.len, &m->is_long);
}

/* A dot with no word before it is in no local part; a name may have it. */
static void add_dot(struct mailboxes *m)
{
	if (!m->has_words || m->wants_word)
		m->is_phrase = true;
	m->has_words = true;
	m->wants_word = true;
	append(m->local, &m->local_len, sizeof m->local, ".", 1, &m->is_long);
}

static bool is_local(const struct mailboxes *m)
{
	return m->has_words && !m->is_phrase && !m->wants_word;
}

static void begin_host(struct mailboxes *m, enum place place)
{
	m->place = place;
	m->has_at = true;
	m->wants_word = true;
}

/* Returns whether the token goes on with the domain. */
static bool add_host(struct mailboxes *m, int token)
{
	const char *octets = token == '.' ? "." : m->tokens.text;
	size_t n = token == '.' ? 1 : m->tokens.len;
	bool is_dot = token == '.';

	if (token == TOKENS_LITERAL && m->host_len > 0)
		return false;
	if (!is_dot && token != TOKENS_ATOM && token != TOKENS_LITERAL)
		return false;
	if (m->wants_word == is_dot)
		return false;
	m->wants_word = is_dot;
	m->is_long |= m->tokens.is_cut && !is_dot;
	append(m->host, &m->host_len, sizeof m->host - 1, octets, n,
		&m->is_long);
	return true;
}

static void begin_angle(struct mailboxes *m)
{
	size_t shown = m->shown_len;

	begin_address(m);
	m->shown_len = shown;
	m->place = ANGLE;
}

/* ---- places ------------------------------------------------------ */

static void in_words(struct mailboxes *m, int token)
{
	switch (token) {
	case TOKENS_ATOM:
	case TOKENS_QUOTED:
		add_word(m);
		break;
	case '.':
		add_dot(m);
		break;
	case '<':
		begin_angle(m);
		break;
	case '@':
		if (is_local(m))
			begin_host(m, HOST);
		else
			m->place = BROKEN;
		break;
	case ':':
		if (m->has_words && !m->is_in_group) {
			begin_address(m);
			m->is_in_group = true;
			break;
		}
		m->place = BROKEN;
		break;
	default:
		m->place = BROKEN;
		break;
	}
}

/* "a@b <c@d>" is no address, but what is meant is in brackets. */
static void in_host(struct mailboxes *m, int token)
{
	if (token == '<')
		begin_angle(m);
	else if (!add_host(m, token))
		m->place = BROKEN;
}

static void in_angle(struct mailboxes *m, int token)
{
	if (token == TOKENS_ATOM || token == TOKENS_QUOTED) {
		m->place = ANGLE_LOCAL;
		add_word(m);
	} else if (token == '@') {
		m->place = ROUTE;
	} else {
		m->place = token == '>' ? AFTER : WASTED;
	}
}

static void in_route(struct mailboxes *m, int token)
{
	if (token == ':')
		m->place = ANGLE_LOCAL;
	else if (token == TOKENS_QUOTED || token == '<' || token == '>')
		m->place = WASTED;
}

static void in_angle_local(struct mailboxes *m, int token)
{
	if (token == TOKENS_ATOM || token == TOKENS_QUOTED)
		add_word(m);
	else if (token == '.')
		add_dot(m);
	else if (token == '@' && is_local(m))
		begin_host(m, ANGLE_HOST);
	else if (token == '>' && is_local(m))
		m->place = AFTER;
	else
		m->place = WASTED;
}

static void in_angle_host(struct mailboxes *m, int token)
{
	if (token == '>')
		m->place = m->wants_word ? WASTED : AFTER;
	else if (!add_host(m, token))
		m->place = WASTED;
}

static void in_after(struct mailboxes *m, int token)
{
	(void)token;
	m->place = WASTED;
}

static void in_broken(struct mailboxes *m, int token)
{
	if (token == '<')
		begin_angle(m);
}

static void in_wasted(struct mailboxes *m, int token)
{
	(void)m;
	(void)token;
}

/* The address ends here. */
static void end_address(struct mailboxes *m)
{
	switch (m->place) {
	case WORDS:
		if (!m->has_words)
			break;
		if (is_local(m))
			tell_mailbox(m);
		else
			tell_fault(m, MAILBOXES_SYNTAX);
		break;
	case HOST:
		if (m->wants_word)
			tell_fault(m, MAILBOXES_SYNTAX);
		else
			tell_mailbox(m);
		break;
	case AFTER:
		if (m->has_words)
			tell_mailbox(m);
		else
			tell_null(m);
		break;
	default:
		tell_fault(m, MAILBOXES_SYNTAX);
		break;
	}
	begin_address(m);
}

static void take(void *arg, int token)
{
	static void (*const places[])(struct mailboxes * m, int token) = {
		[WORDS] = in_words,
		[HOST] = in_host,
		[ANGLE] = in_angle,
		[ROUTE] = in_route,
		[ANGLE_LOCAL] = in_angle_local,
		[ANGLE_HOST] = in_angle_host,
		[AFTER] = in_after,
		[BROKEN] = in_broken,
		[WASTED] = in_wasted,
	};
	struct mailboxes *m = arg;

	if (token == ',' && m->place == ROUTE)
		return;
	if (token == TOKENS_END || token == ',' || token == ';') {
		end_address(m);
		m->is_in_group &= token == ',';
	} else {
		places[m->place](m, token);
	}
}

void mailboxes_init(struct mailboxes *m, const char *domain,
	mailboxes_sink *sink, void *arg)
{
	m->domain = domain;
	m->sink = sink;
	m->arg = arg;
	m->is_in_group = false;
	tokens_init(&m->tokens, take, m);
	begin_address(m);
}

/* What is shown of an address: not the blanks around it. */
static void show(struct mailboxes *m, char c)
{
	if (tokens_is_white(c))
		c = ' ';
	if (m->shown_len < sizeof m->shown && (m->shown_len > 0 || c != ' '))
		m->shown[m->shown_len++] = c;
}

void mailboxes_feed(struct mailboxes *m, const char *octets, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (octets[i] != ',' && octets[i] != ';')
			show(m, octets[i]);
		tokens_feed(&m->tokens, octets[i]);
	}
}

void mailboxes_finish(struct mailboxes *m)
{
	if (!tokens_finish(&m->tokens))
		m->place = WASTED;
	take(m, TOKENS_END);
	m->is_in_group = false;
}
