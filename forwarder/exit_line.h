/*
 * exit_line - what is asked of a user exit's program, and what it answers:
 * one line each.
 *
 * The question is a JSON object, the answer "accept", "reject TEXT" or "hold
 * TEXT". Pure. Safe from any thread.
 * Source: RFC 8259; the words of the answer are ours.
 */
#ifndef EXIT_LINE_H
#define EXIT_LINE_H

#include "attributes.h"
#include "mail.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum { EXIT_ANSWER_MAX = 1024 }; /* octets of an answer, with its LF */

struct exit_question {
	const char *writer;
	const char *job_id;
	const char *job_name;
	const char *user; /* "" has no name */
	const struct mail *mail;
	const char *header; /* its lines as sent, each with LF */
	size_t header_len;
	bool is_header_cut;
};

/*
 * Appends the question with its LF. There is no other control character in
 * it, and what was not UTF-8 is U+FFFD.
 */
void exit_question_write(struct buf *out, const struct exit_question *question);

enum exit_verdict { EXIT_ACCEPT, EXIT_REJECT, EXIT_HOLD };

struct exit_answer {
	enum exit_verdict verdict;
	const char *text; /* points into the line; raw octets */
	size_t text_len;  /* 0 where nothing was said */
};

/*
 * Reads an answer of len octets without its LF. Returns false when it is
 * none.
 */
MUST_USE bool exit_answer_read(
	const char *line, size_t len, struct exit_answer *out);

#endif
