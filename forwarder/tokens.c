#include "tokens.h"

#include <limits.h>
#include <string.h>

enum mode { BETWEEN, ATOM, QUOTED, COMMENT, LITERAL };

void tokens_init(struct tokens *t, tokens_sink *sink, void *arg)
{
	t->sink = sink;
	t->arg = arg;
	t->mode = BETWEEN;
	t->is_escaped = false;
	t->depth = 0;
	t->is_cut = false;
	t->len = 0;
}

bool tokens_is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static void begin(struct tokens *t, enum mode mode)
{
	t->mode = mode;
	t->len = 0;
	t->is_cut = false;
}

static void keep(struct tokens *t, char c)
{
	if (t->len < sizeof t->text)
		t->text[t->len++] = c;
	else
		t->is_cut = true;
}

static void end(struct tokens *t, int token)
{
	t->mode = BETWEEN;
	t->sink(t->arg, token);
}

static void end_atom(struct tokens *t)
{
	if (t->mode == ATOM)
		end(t, TOKENS_ATOM);
}

static void read_comment(struct tokens *t, char c)
{
	if (c == '(' && t->depth < UINT_MAX)
		t->depth++;
	else if (c == ')' && --t->depth == 0)
		t->mode = BETWEEN;
}

static void read_delimited(struct tokens *t, char c)
{
	if (t->is_escaped) {
		t->is_escaped = false;
		if (t->mode != COMMENT)
			keep(t, c);
	} else if (c == '\\') {
		t->is_escaped = true;
	} else if (t->mode == COMMENT) {
		read_comment(t, c);
	} else if (t->mode == QUOTED && c == '"') {
		end(t, TOKENS_QUOTED);
	} else {
		keep(t, c);
		if (t->mode == LITERAL && c == ']')
			end(t, TOKENS_LITERAL);
	}
}

static void read_delimiter(struct tokens *t, char c)
{
	end_atom(t);
	if (c == '(') {
		t->mode = COMMENT;
		t->depth = 1;
	} else if (c == '"') {
		begin(t, QUOTED);
	} else if (c == '[') {
		begin(t, LITERAL);
		keep(t, c);
	} else if (c != ' ') {
		t->sink(t->arg, c);
	}
}

void tokens_feed(struct tokens *t, char c)
{
	static const char delimiters[] = " (\"[,:;<>@.)]\\";

	if (tokens_is_white(c))
		c = ' ';
	if (t->mode != BETWEEN && t->mode != ATOM) {
		read_delimited(t, c);
	} else if (strchr(delimiters, c) != NULL) {
		read_delimiter(t, c);
	} else {
		if (t->mode != ATOM)
			begin(t, ATOM);
		keep(t, c);
	}
}

bool tokens_finish(struct tokens *t)
{
	bool is_closed;

	end_atom(t);
	is_closed = t->mode == BETWEEN;
	t->mode = BETWEEN;
	t->is_escaped = false;
	t->depth = 0;
	return is_closed;
}
