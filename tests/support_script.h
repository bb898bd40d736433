/*
 * support_script - the inside of a scripted target server: what its threads
 * and those that look at it share, under its lock.
 */
#ifndef SUPPORT_SCRIPT_H
#define SUPPORT_SCRIPT_H

#include "support_target.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	ROWS_MAX = 16,
	LINES_MAX = 8192,
	MAILS_MAX = 4096,
	PEERS_MAX = 512,
};

struct received {
	char *recipients;
	char *content;
};

struct script {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct script_row rows[ROWS_MAX];
	size_t row_count;
	int used[ROWS_MAX];
	bool is_released;
	size_t gated;  /* answers that came to a gate */
	size_t passes; /* gates that may be passed */
	bool is_closing;
	bool is_listening;
	int listener;
	int stop_fd;
	uint16_t port;
	pthread_t acceptor;
	pthread_t peers[PEERS_MAX];
	size_t peer_count;
	size_t open, most_open;
	char *lines[LINES_MAX];
	size_t line_count;
	struct received mails[MAILS_MAX];
	size_t mail_count;
	bool saw_pipelining;
	size_t pairs;
};

static inline bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

#endif
