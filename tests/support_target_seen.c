#include "support_script.h"

#include <check.h>
#include <time.h>

enum { WAIT_S = 20 };

static struct timespec deadline(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	return until;
}

static size_t count_lines(const struct script *s, const char *command)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < s->line_count; i++)
		count += starts_with(s->lines[i], command);
	return count;
}

static size_t seen(struct script *s,
	size_t (*count)(const struct script *, const char *),
	const char *command, size_t wanted)
{
	struct timespec until = deadline();
	size_t have;
	int err = 0;

	pthread_mutex_lock(&s->lock);
	while ((have = count(s, command)) < wanted && err == 0)
		err = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	pthread_mutex_unlock(&s->lock);
	return have;
}

static size_t count_mails(const struct script *s, const char *command)
{
	(void)command;
	return s->mail_count;
}

static size_t count_connections(const struct script *s, const char *command)
{
	(void)command;
	return count_lines(s, "CONNECT");
}

static size_t count_gates(const struct script *s, const char *command)
{
	(void)command;
	return s->gated;
}

void script_wait_gates(struct script *s, size_t count)
{
	ck_assert_uint_ge(seen(s, count_gates, "", count), count);
}

void script_wait_mails(struct script *s, size_t count)
{
	ck_assert_uint_ge(seen(s, count_mails, "", count), count);
}

void script_wait_commands(struct script *s, const char *command, size_t count)
{
	ck_assert_uint_ge(seen(s, count_lines, command, count), count);
}

void script_wait_connections(struct script *s, size_t count)
{
	ck_assert_uint_ge(seen(s, count_connections, "", count), count);
}

size_t script_mails(struct script *s)
{
	return seen(s, count_mails, "", 0);
}

size_t script_commands(struct script *s, const char *command)
{
	return seen(s, count_lines, command, 0);
}

size_t script_connections(struct script *s)
{
	return seen(s, count_connections, "", 0);
}

size_t script_most_at_once(struct script *s)
{
	size_t most;

	pthread_mutex_lock(&s->lock);
	most = s->most_open;
	pthread_mutex_unlock(&s->lock);
	return most;
}

const char *script_line(struct script *s, const char *command, size_t n)
{
	const char *line = NULL;
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->line_count && line == NULL; i++)
		if (starts_with(s->lines[i], command) && n-- == 0)
			line = s->lines[i];
	pthread_mutex_unlock(&s->lock);
	return line;
}

const char *script_recipients(struct script *s, size_t mail)
{
	ck_assert_uint_lt(mail, script_mails(s));
	return s->mails[mail].recipients;
}

const char *script_content(struct script *s, size_t mail)
{
	ck_assert_uint_lt(mail, script_mails(s));
	return s->mails[mail].content;
}

const char *script_text(struct script *s, size_t mail)
{
	const char *empty = strstr(script_content(s, mail), "\r\n\r\n");

	return empty != NULL ? empty + 4 : "";
}

bool script_saw_pipelining(struct script *s)
{
	bool saw;

	pthread_mutex_lock(&s->lock);
	saw = s->saw_pipelining;
	pthread_mutex_unlock(&s->lock);
	return saw;
}

size_t script_pairs(struct script *s)
{
	size_t pairs;

	pthread_mutex_lock(&s->lock);
	pairs = s->pairs;
	pthread_mutex_unlock(&s->lock);
	return pairs;
}
