#include "log.h"

#include "clock.h"
#include "events.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum {
	LINE_MAX_OCTETS = 1024,
	SUBJECT_MAX = 64, /* writer, job id, blanks */
	EVENT_LEVELS = LOG_LEVEL_ERROR | LOG_LEVEL_WARNING | LOG_LEVEL_EVENT,
};

/* A daemon turns to syslog when its threads run already. */
static _Atomic(enum log_destination) destination = LOG_TO_STDERR;
static atomic_uint level_mask =
	LOG_LEVEL_ERROR | LOG_LEVEL_WARNING | LOG_LEVEL_EVENT;

void log_open(enum log_destination where, unsigned int mask)
{
	if (where == LOG_TO_SYSLOG)
		openlog("jesfs", LOG_PID, LOG_MAIL);
	level_mask = mask;
	destination = where;
}

static int syslog_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_EVENT:
		return LOG_NOTICE;
	case LOG_LEVEL_INFORMATION:
		break;
	}
	return LOG_INFO;
}

/* One write per line, so that lines of several threads do not mix. */
static void write_stderr(const char *stamp, const char *text)
{
	char line[CLOCK_STAMP_MAX + LINE_MAX_OCTETS + 2];
	int len;

	len = snprintf(line, sizeof line, "%s %s\n", stamp, text);
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nowhere left to say so */
}

/* ---- events -------------------------------------------------------------- */

/* The octets of the message id that text starts with; 0 without one. */
static size_t id_length(const char *text)
{
	size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	size_t digits = strspn(text + letters, "0123456789");
	size_t len = letters + digits;

	if (letters < 3 || digits < 3 || strchr("IWE", text[len]) == NULL
		|| text[len] == '\0' || text[len + 1] != ' ')
		return 0;
	return len + 1;
}

/* The stamp, the message id, the writer, the job id, what is left. */
static void add_event(int64_t wall_ns, const char *stamp, const char *text,
	const struct log_subject *about)
{
	char line[CLOCK_STAMP_MAX + LINE_MAX_OCTETS + SUBJECT_MAX];
	size_t id_len = id_length(text);
	const char *rest = id_len > 0 ? text + id_len + 1 : text;
	size_t job_len = about != NULL ? strlen(about->job_id) : 0;
	int len;

	if (job_len > 0 && strncmp(rest, about->job_id, job_len) == 0
		&& rest[job_len] == ' ')
		rest += job_len + 1;
	len = snprintf(line, sizeof line, "%s %.*s %s %s %s\n", stamp,
		id_len > 0 ? (int)id_len : 1, id_len > 0 ? text : "-",
		about != NULL ? about->writer : "-",
		about != NULL ? about->job_id : "-", rest);
	if (len > 0 && (size_t)len < sizeof line)
		events_add(wall_ns, about != NULL ? &about->uid : NULL, line,
			(size_t)len);
}

/* ---- lines --------------------------------------------------------------- */

static void put_line(
	const struct log_subject *about, enum log_level level, char *text)
{
	int64_t now_ns = clock_wall_ns();
	char stamp[CLOCK_STAMP_MAX];
	char *c;

	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	clock_stamp(now_ns, stamp);
	if ((level & EVENT_LEVELS) != 0)
		add_event(now_ns, stamp, text, about);
	if ((level_mask & level) == 0)
		return;
	if (destination == LOG_TO_SYSLOG)
		syslog(syslog_priority(level), "%s", text);
	else
		write_stderr(stamp, text);
}

static bool is_wanted(enum log_level level)
{
	return ((level_mask | EVENT_LEVELS) & level) != 0;
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[LINE_MAX_OCTETS];
	va_list args;

	if (!is_wanted(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put_line(NULL, level, text);
}

void log_about(const struct log_subject *about, enum log_level level,
	const char *format, ...)
{
	char text[LINE_MAX_OCTETS];
	va_list args;

	if (!is_wanted(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put_line(about, level, text);
}
