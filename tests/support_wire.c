#include "support_wire.h"

#include "support_files.h"
#include "support_run.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static unsigned int digit(char c)
{
	ck_assert(isxdigit((unsigned char)c));
	return (unsigned int)(isdigit((unsigned char)c)
			? c - '0'
			: tolower((unsigned char)c) - 'a' + 10);
}

static char octet_of(const char *digits)
{
	return (char)(digit(digits[0]) << 4 | digit(digits[1]));
}

static void add_text(struct buf *out, const char *line, size_t len)
{
	size_t i = 0;
	char c;

	while (i < len) {
		if (line[i] != '\\') {
			buf_append(out, line + i, 1);
			i++;
			continue;
		}
		if (i + 1 == len)
			return;
		ck_assert(i + 3 < len && line[i + 1] == 'x');
		c = octet_of(line + i + 2);
		buf_append(out, &c, 1);
		i += 4;
	}
	buf_puts(out, "\n");
}

static void add_octets(struct buf *out, const char *line, size_t len)
{
	size_t i;
	char c;

	for (i = 0; i + 1 < len; i += 2) {
		while (line[i] == ' ')
			i++;
		c = octet_of(line + i);
		buf_append(out, &c, 1);
	}
}

static void add_line(struct buf *out, const char *line, size_t len)
{
	buf_append(out, line, len);
	buf_puts(out, "\n");
}

void wire_case_read(const char *name, struct wire_case *c)
{
	static const struct {
		const char *title;
		void (*add)(struct buf *out, const char *line, size_t len);
		size_t member;
	} sections[] = {
		{ "[conf]", add_line, offsetof(struct wire_case, conf) },
		{ "[text]", add_text, offsetof(struct wire_case, octets) },
		{ "[octets]", add_octets, offsetof(struct wire_case, octets) },
		{ "[expected]", add_line,
			offsetof(struct wire_case, expected) },
	};
	char *text = file_text("%s/%s", WIRE_FOLDER, name);
	int section = -1;
	char *line, *end;
	int i;

	buf_init(&c->conf);
	buf_init(&c->octets);
	buf_init(&c->expected);
	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		for (i = 0; i < COUNT(sections); i++)
			if (strncmp(line, sections[i].title,
				    (size_t)(end - line))
					== 0
				&& end > line)
				break;
		if (i < COUNT(sections))
			section = i;
		else if (section >= 0)
			sections[section].add(
				(struct buf *)((char *)c
					+ sections[section].member),
				line, (size_t)(end - line));
	}
	free(text);
}

void wire_case_fini(struct wire_case *c)
{
	buf_fini(&c->conf);
	buf_fini(&c->octets);
	buf_fini(&c->expected);
}

void wire_show(struct buf *out, const char *octets, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (octets[i] == '\r' && i + 1 < len && octets[i + 1] == '\n')
			continue;
		if (octets[i] == '\n' && i > 0 && octets[i - 1] == '\r')
			buf_puts(out, "\n");
		else if (octets[i] < ' ' || octets[i] > '~'
			|| octets[i] == '\\')
			buf_printf(out, "\\x%02x",
				(unsigned int)(unsigned char)octets[i]);
		else
			buf_append(out, octets + i, 1);
	}
}
