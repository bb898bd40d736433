#include "support_crashmail.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SMALL_MAX = 6000,
	LARGE = 1300000, /* over what the store keeps in segments */
	LINE_OCTETS = 64,
};

static void put(struct crash_text *t, const char *octets, size_t len)
{
	if (t->cap - t->len < len) {
		t->cap = (t->cap + len) * 2;
		t->octets = realloc(t->octets, t->cap);
		if (t->octets == NULL)
			abort();
	}
	memcpy(t->octets + t->len, octets, len);
	t->len += len;
}

static void put_line(struct crash_text *t, const char *line, const char *end)
{
	put(t, line, strlen(line));
	put(t, end, strlen(end));
}

static uint64_t name_hash(const char *name)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(1099511628211);
	return h;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void crash_put_content(struct crash_text *t, const char *name, const char *end,
	bool is_stuffed)
{
	uint64_t state = name_hash(name) | 1;
	size_t size = name[0] == 'L' ? LARGE : next_random(&state) % SMALL_MAX;
	char line[LINE_OCTETS + 1];
	size_t done, i;

	put_line(t, "From: writer@crash.example", end);
	put(t, "Subject: ", 9);
	put_line(t, name, end);
	put_line(t, "", end);
	for (done = 0; done < size; done += LINE_OCTETS) {
		for (i = 0; i < LINE_OCTETS; i++)
			line[i] = (char)('a' + next_random(&state) % 26);
		if (next_random(&state) % 8 == 0)
			line[0] = '.';
		line[LINE_OCTETS] = '\0';
		if (is_stuffed && line[0] == '.')
			put(t, ".", 1);
		put_line(t, line, end);
	}
	put(t, "End of ", 7);
	put_line(t, name, end);
}

void crash_mail_name(
	char out[static CRASH_NAME_MAX], const char *dataset, unsigned mail)
{
	snprintf(out, CRASH_NAME_MAX, "%.30sm%u", dataset, mail);
}

void crash_put_dataset(struct crash_text *t, const char *name, unsigned mails)
{
	char mail[CRASH_NAME_MAX];
	char line[CRASH_NAME_MAX + 32];
	unsigned i;

	put_line(t, "HELO crash.example", "\n");
	for (i = 1; i <= mails; i++) {
		crash_mail_name(mail, name, i);
		put_line(t, "MAIL FROM:<writer@crash.example>", "\n");
		snprintf(line, sizeof line, "RCPT TO:<%s@crash.example>", mail);
		put_line(t, line, "\n");
		put_line(t, "DATA", "\n");
		crash_put_content(t, mail, "\n", true);
		put_line(t, ".", "\n");
	}
}
