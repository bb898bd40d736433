#include "exit_line.h"

#include "buf.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* ---- JSON ---------------------------------------------------------------- */

/* The forms of RFC 3629: first octet, what the second may be, and how many. */
static const struct {
	unsigned char first_low, first_high, second_low, second_high, len;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool is_continued(const unsigned char *c, size_t from, size_t upto)
{
	size_t i;

	for (i = from; i < upto; i++)
		if (c[i] < 0x80 || c[i] > 0xbf)
			return false;
	return true;
}

/* How many octets the character takes; 0 when it is none. */
static size_t character_len(const unsigned char *c, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (c[0] < forms[i].first_low || c[0] > forms[i].first_high)
			continue;
		return forms[i].len <= len && c[1] >= forms[i].second_low
				&& c[1] <= forms[i].second_high
				&& is_continued(c, 2, forms[i].len)
			? forms[i].len
			: 0;
	}
	return 0;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One octet that is not plain, or the character it begins. */
static size_t put_special(struct buf *out, const unsigned char *c, size_t len)
{
	size_t n;

	if (*c == '"' || *c == '\\') {
		buf_printf(out, "\\%c", *c);
		return 1;
	}
	if (*c < 0x80) {
		buf_printf(out, "\\u%04x", *c);
		return 1;
	}
	n = character_len(c, len);
	if (n == 0) {
		buf_puts(out, "\\ufffd");
		return 1;
	}
	buf_append(out, c, n);
	return n;
}

static void put_text(struct buf *out, const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t plain;

	buf_puts(out, "\"");
	while (len > 0) {
		for (plain = 0; plain < len && is_plain(c[plain]); plain++)
			continue;
		buf_append(out, c, plain);
		c += plain;
		len -= plain;
		if (len == 0)
			break;
		plain = put_special(out, c, len);
		c += plain;
		len -= plain;
	}
	buf_puts(out, "\"");
}

static void put_member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "\"%s\":", name);
	put_text(out, text, strlen(text));
	buf_puts(out, ",");
}

static void put_recipients(struct buf *out, const struct mail *m)
{
	size_t i;

	buf_puts(out, "\"recipients\":[");
	for (i = 0; i < m->recipient_count; i++) {
		if (i > 0)
			buf_puts(out, ",");
		put_text(out, m->recipients[i], strlen(m->recipients[i]));
	}
	buf_puts(out, "],");
}

void exit_question_write(struct buf *out, const struct exit_question *question)
{
	const struct mail *m = question->mail;

	buf_puts(out, "{");
	put_member(out, "writer", question->writer);
	put_member(out, "job", question->job_id);
	put_member(out, "job_name", question->job_name);
	put_member(out, "user", question->user);
	buf_printf(out, "\"mail\":%" PRIu32 ",", m->number);
	put_member(out, "sender", m->reverse_path);
	put_recipients(out, m);
	buf_printf(out, "\"size\":%" PRIu64 ",", m->size_octets);
	buf_puts(out, "\"header\":");
	put_text(out, question->header, question->header_len);
	buf_printf(out, ",\"header_cut\":%s}\n",
		question->is_header_cut ? "true" : "false");
}

/* ---- the answer ---------------------------------------------------------- */

static bool starts_with_word(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(line, word, n) == 0
		&& (len == n || line[n] == ' ');
}

bool exit_answer_read(const char *line, size_t len, struct exit_answer *out)
{
	static const struct {
		const char *word;
		enum exit_verdict verdict;
	} words[] = {
		{ "accept", EXIT_ACCEPT },
		{ "reject", EXIT_REJECT },
		{ "hold", EXIT_HOLD },
	};
	size_t i;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!starts_with_word(line, len, words[i].word))
			continue;
		line += strlen(words[i].word);
		len -= strlen(words[i].word);
		for (; len > 0 && *line == ' '; len--)
			line++;
		/* Who accepts has no more to say. */
		if (words[i].verdict == EXIT_ACCEPT && len > 0)
			return false;
		*out = (struct exit_answer){ words[i].verdict, line, len };
		return true;
	}
	return false;
}
