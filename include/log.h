/*
 * log - one line per event, to standard error or syslog.
 *
 * A line that reports to the operator starts with its message id. Arguments
 * that came from users or peers are escaped by the caller (escape.h); as a
 * last gate control characters never leave here. Safe from any thread.
 * Levels are CSSMTP's LogLevel bits (IBM: LogLevel statement).
 * Errors, warnings and events also go to events.h, whatever the mask says.
 */
#ifndef LOG_H
#define LOG_H

#include "attributes.h"

#include <sys/types.h>

enum log_level {
	LOG_LEVEL_ERROR = 1,
	LOG_LEVEL_WARNING = 2,
	LOG_LEVEL_EVENT = 4,
	LOG_LEVEL_INFORMATION = 8,
};

enum log_destination { LOG_TO_STDERR, LOG_TO_SYSLOG };

/* mask is a sum of levels; lines of another level are dropped. */
void log_open(enum log_destination where, unsigned int mask);

void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whose data set a line is about: then he may read it in status/events. */
struct log_subject {
	uid_t uid;
	const char *writer;
	const char *job_id;
};

void log_about(const struct log_subject *about, enum log_level level,
	const char *format, ...) PRINTF_LIKE(3, 4);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_event(...) log_line(LOG_LEVEL_EVENT, __VA_ARGS__)
#define log_information(...) log_line(LOG_LEVEL_INFORMATION, __VA_ARGS__)

#endif
