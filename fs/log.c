#include "log.h"

#include "clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 1024 };

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
static void write_stderr(const char *text)
{
	char stamp[CLOCK_STAMP_MAX];
	char line[CLOCK_STAMP_MAX + LINE_MAX_OCTETS + 2];
	int len;

	clock_stamp(clock_wall_ns(), stamp);
	len = snprintf(line, sizeof line, "%s %s\n", stamp, text);
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nowhere left to say so */
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[LINE_MAX_OCTETS];
	va_list args;
	char *c;

	if ((level_mask & level) == 0)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';

	if (destination == LOG_TO_SYSLOG)
		syslog(syslog_priority(level), "%s", text);
	else
		write_stderr(text);
}
