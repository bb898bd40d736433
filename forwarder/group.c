#include "group.h"

#include "reply.h"

#include <stdbool.h>

enum { CLOSING = 421 };

/* What the replies so far have said. */
struct course {
	size_t recipients;
	size_t answered; /* commands */
	size_t accepted; /* recipients */
	bool mail_was_refused;
};

static enum group_fit look_at_rcpt(struct course *c, int code)
{
	if (code / 100 != 2)
		return GROUP_PARTLY;
	if (c->mail_was_refused)
		return GROUP_MISFIT;
	c->accepted++;
	return GROUP_PARTLY;
}

/*
 * A peer may refuse DATA after it took recipients. It is rare; a reply to
 * the last RCPT that comes one place too late looks the same.
 */
static enum group_fit look_at_data(const struct course *c, int code)
{
	if (code / 100 == 2)
		return GROUP_MISFIT;
	if (code / 100 == 3 || c->accepted == 0)
		return GROUP_FITS;
	return GROUP_DOUBTFUL;
}

static enum group_fit look_at(struct course *c, int code)
{
	size_t place = c->answered++;

	if (code == CLOSING)
		return GROUP_FITS;
	if (place > c->recipients)
		return look_at_data(c, code);
	if (code / 100 == 3)
		return GROUP_MISFIT;
	if (place > 0)
		return look_at_rcpt(c, code);
	c->mail_was_refused = code / 100 != 2;
	return GROUP_PARTLY;
}

enum group_fit group_look(const char *replies, size_t len, size_t recipients)
{
	struct course course = { .recipients = recipients };
	enum group_fit fit = GROUP_PARTLY;
	struct reply_parser parser;
	size_t used;
	int whole;

	while (fit == GROUP_PARTLY) {
		reply_parser_init(&parser);
		whole = reply_feed(&parser, replies, len, &used, NULL, NULL);
		if (whole < 0)
			return GROUP_MISFIT;
		if (whole == 0)
			return GROUP_PARTLY;
		replies += used;
		len -= used;
		fit = look_at(&course, parser.reply.code);
		if (len > 0 && fit != GROUP_PARTLY
			&& parser.reply.code != CLOSING)
			return GROUP_MISFIT;
	}
	return fit;
}
