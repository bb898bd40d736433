#include "config_parse.h"

#include "config_hint.h"
#include "text.h"

#include <string.h>

enum { CHOICES_MAX = 128 };

enum token_kind { TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EOL, TOKEN_END };

struct parser {
	struct config_source *source;
	const char *text;
	size_t len;
	size_t pos; /* after the current token */
	size_t line;
	size_t line_start;
	enum token_kind kind; /* the current token */
	struct config_word word;
};

/* One table at work. */
struct scope {
	const struct config_row *rows;
	const struct scope *outer;      /* NULL for the file itself */
	const struct config_row *block; /* the same */
	const struct config_word *keyword;
	void *into;
	uint64_t seen; /* a bit for each row */
	bool is_closed;
};

/* ---- tokens ------------------------------------------------------------ */

static bool is_blank(const struct parser *p)
{
	char c = p->text[p->pos];

	if (c == '\r') /* of a line that ends in CR LF */
		return p->pos + 1 == p->len || p->text[p->pos + 1] == '\n';
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct parser *p)
{
	while (p->pos < p->len && is_blank(p))
		p->pos++;
	if (p->pos == p->len || p->text[p->pos] != '#')
		return;
	while (p->pos < p->len && p->text[p->pos] != '\n')
		p->pos++;
}

static bool ends_word(const struct parser *p)
{
	return p->text[p->pos] == '\n' || is_blank(p);
}

static enum token_kind take_word(struct parser *p)
{
	char first = p->text[p->pos++];

	if (first == '{')
		return TOKEN_OPEN;
	if (first == '}')
		return TOKEN_CLOSE;
	while (p->pos < p->len && !ends_word(p))
		p->pos++;
	return TOKEN_WORD;
}

static void advance(struct parser *p)
{
	if (p->kind == TOKEN_EOL) {
		p->line++;
		p->line_start = p->pos;
	}
	skip_blanks(p);
	p->word.text = p->text + p->pos;
	p->word.line = p->line;
	p->word.column = p->pos - p->line_start + 1;
	if (p->pos == p->len) {
		p->kind = TOKEN_END;
	} else if (p->text[p->pos] == '\n') {
		p->kind = TOKEN_EOL;
		p->pos++;
	} else {
		p->kind = take_word(p);
	}
	p->word.len = (size_t)(p->text + p->pos - p->word.text);
}

static void skip_line_ends(struct parser *p)
{
	while (p->kind == TOKEN_EOL)
		advance(p);
}

/* Skips a block whose brace is the current token, and blocks in it. */
static void skip_block(struct parser *p)
{
	size_t depth = 0;

	do {
		if (p->kind == TOKEN_OPEN)
			depth++;
		else if (p->kind == TOKEN_CLOSE)
			depth--;
		advance(p);
	} while (depth > 0 && p->kind != TOKEN_END);
}

/* Skips what is left of a statement that made no sense. */
static void skip_statement(struct parser *p)
{
	while (p->kind == TOKEN_WORD)
		advance(p);
	skip_line_ends(p);
	if (p->kind == TOKEN_OPEN)
		skip_block(p);
}

/* ---- statements -------------------------------------------------------- */

static const struct config_row *find_row(
	const struct config_row *rows, const struct config_word *keyword)
{
	for (; rows->keyword != NULL; rows++)
		if (text_equals_nocase(
			    keyword->text, keyword->len, rows->keyword))
			return rows;
	return NULL;
}

/* Every value passes here, so that no reader sees a NUL or a control; a tab
 * may stand between the words of a phrase. */
static bool is_text(
	const struct config_row *row, const struct config_word *word)
{
	size_t i;

	for (i = 0; i < word->len; i++) {
		unsigned char c = (unsigned char)word->text[i];

		if ((c < 0x20 && !(c == '\t' && row->is_phrase)) || c == 0x7f)
			return false;
	}
	return true;
}

/* "YES or NO" */
static const char *list_choices(
	const char *const *choices, char out[static CHOICES_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (; *choices != NULL; choices++) {
		text_format(out + used, CHOICES_MAX - used, "%s%s",
			used == 0                    ? ""
				: choices[1] == NULL ? " or "
						     : ", ",
			*choices);
		used += strlen(out + used);
	}
	return out;
}

/* value is "" or a blank and the value as shown. */
static void report_value(struct parser *p, const struct config_row *row,
	const char *value, const char *wrong)
{
	char choices[CHOICES_MAX];
	const char *expected = row->expected;

	if (row->choices != NULL)
		expected = list_choices(row->choices, choices);
	if (expected != NULL)
		config_error(p->source, &p->word, "%s%s %s, expected %s",
			row->keyword, value, wrong, expected);
	else
		config_error(p->source, &p->word,
			"%s%s %s, expected a number from %ju to %ju",
			row->keyword, value, wrong, (uintmax_t)row->min,
			(uintmax_t)row->max);
}

static void warn_value(struct parser *p, const struct config_row *row)
{
	char shown[CONFIG_SHOWN_MAX];
	uint64_t n;

	if (text_to_number(p->word.text, p->word.len, row->max, &n) == 0
		&& n < row->usual_min)
		config_warning(p->source, &p->word,
			"%s %ju is less than CSSMTP takes, expected a number "
			"from %ju to %ju",
			row->keyword, (uintmax_t)n, (uintmax_t)row->usual_min,
			(uintmax_t)row->max);
	if (row->no_effect != NULL
		&& (row->effective == NULL
			|| !text_equals_nocase(
				p->word.text, p->word.len, row->effective)))
		config_warning(p->source, &p->word, "%s %s %s", row->keyword,
			config_show(&p->word, shown), row->no_effect);
}

static void keep_place(const struct scope *s, const struct config_row *row,
	const struct config_word *word)
{
	if (row->place != 0)
		memcpy((char *)s->into + row->place, word, sizeof *word);
}

/* Makes the current word last as long as there are words on the line. */
static void take_phrase(struct parser *p)
{
	struct config_word phrase = p->word;
	struct parser ahead = *p;

	advance(&ahead);
	while (ahead.kind == TOKEN_WORD) {
		*p = ahead;
		phrase.len = (size_t)(p->word.text + p->word.len - phrase.text);
		advance(&ahead);
	}
	p->word = phrase;
}

static void read_value(
	struct parser *p, const struct scope *s, const struct config_row *row)
{
	char shown[1 + CONFIG_SHOWN_MAX] = " ";
	const char *wrong;

	wrong = is_text(row, &p->word)
		? row->read(row, &p->word, (char *)s->into + row->offset)
		: "has a control character";
	if (wrong != NULL) {
		config_show(&p->word, shown + 1);
		report_value(p, row, shown, wrong);
		return;
	}
	keep_place(s, row, &p->word);
	warn_value(p, row);
}

static void parse_value(
	struct parser *p, const struct scope *s, const struct config_row *row)
{
	char shown[CONFIG_SHOWN_MAX];

	if (p->kind != TOKEN_WORD) {
		report_value(p, row, "", "has no value");
		skip_statement(p);
		return;
	}
	if (row->is_phrase)
		take_phrase(p);
	read_value(p, s, row);
	advance(p);
	if (p->kind != TOKEN_WORD && p->kind != TOKEN_OPEN)
		return;
	config_error(p->source, &p->word,
		"%s after the value of %s, expected the end of the line",
		config_show(&p->word, shown), row->keyword);
	skip_statement(p);
}

static void parse_scope(struct parser *p, struct scope *s);

/*
 * Where the brace is missing but a statement of the block follows, the block
 * is read as if it were there, so that its statements are checked too.
 */
static void parse_block(struct parser *p, const struct scope *outer,
	const struct config_row *row, const struct config_word *keyword)
{
	struct scope s = {
		.rows = row->rows,
		.outer = outer,
		.block = row,
		.keyword = keyword,
		.into = outer->into,
	};
	char shown[CONFIG_SHOWN_MAX];

	skip_line_ends(p);
	if (p->kind == TOKEN_OPEN) {
		advance(p);
	} else {
		config_error(p->source, &p->word, "%s after %s, expected {",
			p->kind == TOKEN_END ? "end of the file"
					     : config_show(&p->word, shown),
			row->keyword);
		if (p->kind != TOKEN_WORD
			|| find_row(row->rows, &p->word) == NULL)
			return;
	}
	keep_place(outer, row, keyword);
	if (row->no_effect != NULL)
		config_warning(p->source, keyword, "%s %s", row->keyword,
			row->no_effect);
	if (row->open != NULL)
		row->open(s.into, keyword);
	parse_scope(p, &s);
	if (row->close != NULL)
		row->close(p->source, s.into, keyword);
}

/* A statement of the file in a block: its end was forgotten. */
static bool closes_block(struct parser *p, struct scope *s)
{
	char shown[CONFIG_SHOWN_MAX];

	if (s->outer == NULL || find_row(s->outer->rows, &p->word) == NULL)
		return false;
	config_error(p->source, &p->word, "%s in %s, expected } before it",
		config_show(&p->word, shown), s->block->keyword);
	s->is_closed = true;
	return true;
}

static void report_unknown(struct parser *p, const struct scope *s)
{
	char shown[CONFIG_SHOWN_MAX];
	char hint[CONFIG_HINT_MAX];

	config_show(&p->word, shown);
	config_hint(s->rows, &p->word, hint);
	if (s->block != NULL)
		config_error(p->source, &p->word, "%s in %s, expected %s",
			shown, s->block->keyword, hint);
	else
		config_error(p->source, &p->word,
			"unknown statement %s, expected %s", shown, hint);
}

/* "TargetServer{" is the keyword and its brace: no keyword has one in it. */
static void split_brace(struct parser *p)
{
	size_t len = 1;

	while (len < p->word.len && p->word.text[len] != '{'
		&& p->word.text[len] != '}')
		len++;
	p->pos -= p->word.len - len;
	p->word.len = len;
}

static void report_second(struct parser *p, const struct config_row *row)
{
	if (row->is_once)
		config_error(p->source, &p->word, "a second %s, expected one",
			row->keyword);
	else if (!row->is_many)
		config_warning(p->source, &p->word,
			"a second %s, the last one counts", row->keyword);
}

static void parse_statement(struct parser *p, struct scope *s)
{
	struct config_word keyword;
	const struct config_row *row;
	uint64_t bit;

	split_brace(p);
	row = find_row(s->rows, &p->word);
	if (row == NULL && closes_block(p, s))
		return;
	if (row == NULL) {
		report_unknown(p, s);
		skip_statement(p);
		return;
	}
	bit = UINT64_C(1) << (row - s->rows);
	if ((s->seen & bit) != 0)
		report_second(p, row);
	s->seen |= bit;
	keyword = p->word;
	advance(p);
	if (row->rows != NULL)
		parse_block(p, s, row, &keyword);
	else
		parse_value(p, s, row);
}

/* Reads statements up to the brace or the end that closes the scope. */
static void parse_scope(struct parser *p, struct scope *s)
{
	while (p->kind != TOKEN_END && !s->is_closed) {
		switch (p->kind) {
		case TOKEN_WORD:
			parse_statement(p, s);
			break;
		case TOKEN_OPEN:
			config_error(p->source, &p->word,
				"\"{\" out of place, expected a statement");
			skip_block(p);
			break;
		case TOKEN_CLOSE:
			if (s->block == NULL)
				config_error(p->source, &p->word,
					"\"}\" without \"{\", expected a "
					"statement");
			s->is_closed = s->block != NULL;
			advance(p);
			break;
		default:
			advance(p);
		}
	}
	if (s->block != NULL && !s->is_closed)
		config_error(p->source, s->keyword,
			"%s is not closed, expected } before the end of the "
			"file",
			s->block->keyword);
}

void config_parse(struct config_source *source, const char *text, size_t len,
	const struct config_row *rows, void *into)
{
	struct parser p = {
		.source = source,
		.text = text,
		.len = len,
		.line = 1,
		.kind = TOKEN_WORD,
	};
	struct scope s = { .rows = rows, .into = into };

	if (len == 0)
		return;
	advance(&p);
	parse_scope(&p, &s);
}
