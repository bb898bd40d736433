#include "address.h"

#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* What is left to read. */
struct cursor {
	const char *at;
	const char *end;
};

static bool is_next(const struct cursor *c, char wanted)
{
	return c->at < c->end && *c->at == wanted;
}

static bool take(struct cursor *c, char wanted)
{
	bool found = is_next(c, wanted);

	c->at += found;
	return found;
}

/* The classes of RFC 5321 are ASCII whatever the locale says. */
static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		|| (c >= '0' && c <= '9');
}

static bool is_atom_char(char c)
{
	return is_letter_or_digit(c)
		|| (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_graphic(char c)
{
	return c > 0x20 && c < 0x7f;
}

/* label = Let-dig [Ldh-str], at most 63 octets */
static int parse_label(struct cursor *c)
{
	const char *start = c->at;

	while (c->at < c->end && (is_letter_or_digit(*c->at) || *c->at == '-'))
		c->at++;
	if (c->at == start || *start == '-' || c->at[-1] == '-')
		return -EINVAL;
	return c->at - start > ADDRESS_LABEL_MAX ? -EMSGSIZE : 0;
}

static int parse_name(struct cursor *c)
{
	int err;

	do
		err = parse_label(c);
	while (err == 0 && take(c, '.'));
	return err;
}

/* Address-literal; only the two forms anything is known to use. */
static int parse_literal(struct cursor *c)
{
	static const char tag[] = "IPv6:";
	char text[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];
	const char *start = c->at + 1;
	const char *end = memchr(start, ']', (size_t)(c->end - start));
	int family = AF_INET;
	size_t len;

	if (end == NULL)
		return -EINVAL;
	len = (size_t)(end - start);
	if (len >= sizeof tag - 1
		&& text_equals_nocase(start, sizeof tag - 1, tag)) {
		family = AF_INET6;
		start += sizeof tag - 1;
		len -= sizeof tag - 1;
	}
	if (len >= sizeof text || memchr(start, '\0', len) != NULL)
		return -EINVAL;
	memcpy(text, start, len);
	text[len] = '\0';
	if (inet_pton(family, text, address) != 1)
		return -EINVAL;
	c->at = end + 1;
	return 0;
}

static int parse_domain(struct cursor *c)
{
	const char *start = c->at;
	int err = is_next(c, '[') ? parse_literal(c) : parse_name(c);

	if (err == 0 && c->at - start > ADDRESS_DOMAIN_MAX)
		return -EMSGSIZE;
	return err;
}

/* DQUOTE *QcontentSMTP DQUOTE, without blanks */
static int parse_quoted(struct cursor *c)
{
	c->at++;
	while (c->at < c->end && is_graphic(*c->at)) {
		if (take(c, '"'))
			return 0;
		if (take(c, '\\') && (c->at == c->end || !is_graphic(*c->at)))
			return -EINVAL;
		c->at++;
	}
	return -EINVAL;
}

/* Dot-string = Atom *("." Atom) */
static int parse_dot_string(struct cursor *c)
{
	const char *start;

	do {
		start = c->at;
		while (c->at < c->end && is_atom_char(*c->at))
			c->at++;
		if (c->at == start)
			return -EINVAL;
	} while (take(c, '.'));
	return 0;
}

static int parse_local(struct cursor *c)
{
	const char *start = c->at;
	int err = is_next(c, '"') ? parse_quoted(c) : parse_dot_string(c);

	if (err == 0 && c->at - start > ADDRESS_LOCAL_MAX)
		return -EMSGSIZE;
	return err;
}

/* A-d-l ":": "@a,@b:", which RFC 5321 appendix C lets us drop */
static int skip_route(struct cursor *c)
{
	int err;

	if (!is_next(c, '@'))
		return 0;
	do {
		if (!take(c, '@'))
			return -EINVAL;
		err = parse_domain(c);
	} while (err == 0 && take(c, ','));
	if (err != 0)
		return err;
	return take(c, ':') ? 0 : -EINVAL;
}

static int parse_mailbox(struct cursor *c)
{
	int err = parse_local(c);

	if (err != 0)
		return err;
	if (!take(c, '@'))
		return -EINVAL;
	return parse_domain(c);
}

int address_parse_path(const char *text, size_t len, bool may_be_null,
	char out[static ADDRESS_PATH_MAX + 1], size_t *used)
{
	struct cursor c = { text, text + len };
	const char *mailbox;
	size_t n;
	int err = 0;

	if (!take(&c, '<'))
		return -EINVAL;
	mailbox = c.at;
	if (!may_be_null || !is_next(&c, '>')) {
		err = skip_route(&c);
		mailbox = c.at;
		if (err == 0)
			err = parse_mailbox(&c);
	}
	if (err != 0)
		return err;
	n = (size_t)(c.at - mailbox);
	if (!take(&c, '>'))
		return -EINVAL;
	if (n > ADDRESS_PATH_MAX)
		return -EMSGSIZE;

	memcpy(out, mailbox, n);
	out[n] = '\0';
	*used = (size_t)(c.at - text);
	return 0;
}

bool address_is_domain(const char *text, size_t len)
{
	struct cursor c = { text, text + len };

	return parse_domain(&c) == 0 && c.at == c.end;
}
