#include "config_parse.h"

#include "escape.h"
#include "text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 2048 };

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
	const struct config_row *block; /* NULL for the file itself */
	const struct config_word *keyword;
	void *into;
	uint64_t seen; /* a bit for each row */
};

/* ---- messages ---------------------------------------------------------- */

static void say(struct config_source *source, const struct config_word *at,
	const char *severity, const char *text)
{
	char file[MESSAGE_MAX];

	if (source->messages > CONFIG_ERRORS_SHOWN)
		return;
	escape_string(source->file, file, sizeof file);
	if (source->messages++ == CONFIG_ERRORS_SHOWN) {
		buf_printf(source->report,
			"%s: more than %d messages, the rest is not shown\n",
			file, CONFIG_ERRORS_SHOWN);
		return;
	}
	if (at != NULL)
		buf_printf(source->report, "%s:%zu:%zu: %s%s\n", file, at->line,
			at->column, severity, text);
	else
		buf_printf(source->report, "%s: %s%s\n", file, severity, text);
}

void config_error(struct config_source *source, const struct config_word *at,
	const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say(source, at, "", text);
	source->errors++;
}

void config_warning(struct config_source *source, const struct config_word *at,
	const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say(source, at, "warning: ", text);
}

const char *config_show(
	const struct config_word *word, char out[static CONFIG_SHOWN_MAX])
{
	bool is_cut = word->len > CONFIG_WORD_SHOWN;
	size_t len = is_cut ? CONFIG_WORD_SHOWN : word->len;
	size_t used = 1;

	out[0] = '"';
	escape_text(word->text, len, out + used, CONFIG_SHOWN_MAX - used);
	used += strlen(out + used);
	text_copy(out + used, CONFIG_SHOWN_MAX - used, is_cut ? "...\"" : "\"");
	return out;
}

/* "TargetIP, ConnectPort or MaxMsgSent" */
static const char *list_keywords(
	const struct config_row *rows, char *out, size_t cap)
{
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; rows[i].keyword != NULL && used < cap; i++) {
		const char *between =
			rows[i + 1].keyword == NULL ? " or " : ", ";

		text_format(out + used, cap - used, "%s%s",
			i == 0 ? "" : between, rows[i].keyword);
		used += strlen(out + used);
	}
	return out;
}

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

/* Every value passes here, so that no reader sees a NUL or a control. */
static bool is_text(const struct config_word *word)
{
	size_t i;

	for (i = 0; i < word->len; i++)
		if ((unsigned char)word->text[i] < 0x20
			|| word->text[i] == 0x7f)
			return false;
	return true;
}

/* value is "" or a blank and the value as shown. */
static void report_value(struct parser *p, const struct config_row *row,
	const char *value, const char *wrong)
{
	if (row->expected != NULL)
		config_error(p->source, &p->word, "%s%s %s, expected %s",
			row->keyword, value, wrong, row->expected);
	else
		config_error(p->source, &p->word,
			"%s%s %s, expected a number from %ju to %ju",
			row->keyword, value, wrong, (uintmax_t)row->min,
			(uintmax_t)row->max);
}

static void warn_value(struct parser *p, const struct config_row *row)
{
	uint64_t n;

	if (text_to_number(p->word.text, p->word.len, row->max, &n) == 0
		&& n < row->usual_min)
		config_warning(p->source, &p->word,
			"%s %ju is less than CSSMTP takes, expected a number "
			"from %ju to %ju",
			row->keyword, (uintmax_t)n, (uintmax_t)row->usual_min,
			(uintmax_t)row->max);
}

static void parse_value(
	struct parser *p, const struct scope *s, const struct config_row *row)
{
	char shown[1 + CONFIG_SHOWN_MAX] = " ";
	const char *wrong;

	if (p->kind != TOKEN_WORD) {
		report_value(p, row, "", "has no value");
		skip_statement(p);
		return;
	}
	wrong = is_text(&p->word)
		? row->read(row, &p->word, (char *)s->into + row->offset)
		: "has a control character";
	config_show(&p->word, shown + 1);
	if (wrong != NULL)
		report_value(p, row, shown, wrong);
	else if (row->usual_min > 0)
		warn_value(p, row);
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
	struct scope s = { row->rows, row, keyword, NULL, 0 };
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
	s.into = row->open((char *)outer->into + row->offset, keyword);
	parse_scope(p, &s);
	if (row->close != NULL)
		row->close(
			p->source, (char *)outer->into + row->offset, keyword);
}

static void report_unknown(struct parser *p, const struct scope *s)
{
	char shown[CONFIG_SHOWN_MAX];
	char known[MESSAGE_MAX / 2];

	config_show(&p->word, shown);
	list_keywords(s->rows, known, sizeof known);
	if (s->block != NULL)
		config_error(p->source, &p->word, "%s in %s, expected }, %s",
			shown, s->block->keyword, known);
	else
		config_error(p->source, &p->word,
			"unknown statement %s, expected %s", shown, known);
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

static void parse_statement(struct parser *p, struct scope *s)
{
	struct config_word keyword;
	const struct config_row *row;
	uint64_t bit;

	split_brace(p);
	row = find_row(s->rows, &p->word);
	if (row == NULL) {
		report_unknown(p, s);
		skip_statement(p);
		return;
	}
	bit = UINT64_C(1) << (row - s->rows);
	if (row->is_once && (s->seen & bit) != 0)
		config_error(p->source, &p->word, "a second %s, expected one",
			row->keyword);
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
	while (p->kind != TOKEN_END) {
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
			if (s->block != NULL) {
				advance(p);
				return;
			}
			config_error(p->source, &p->word,
				"\"}\" without \"{\", expected a statement");
			advance(p);
			break;
		default:
			advance(p);
		}
	}
	if (s->block != NULL)
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
