/*
 * exit_program - the program of a user exit: started, asked, ended.
 *
 * It runs without a shell, in a process group of its own, in /, with a small
 * environment and no descriptor of ours but its three streams. What it says on
 * standard error is logged, a few lines for each question.
 *
 * One thread; waits have deadlines, and end when stop_fd becomes readable.
 */
#ifndef EXIT_PROGRAM_H
#define EXIT_PROGRAM_H

#include "attributes.h"
#include "exit_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	EXIT_WHY_MAX = 128,   /* octets of what is wrong with it */
	EXIT_NOTE_MAX = 200,  /* octets of a line of its standard error */
	EXIT_NOTES_LINES = 5, /* of them that are logged for a question */
};

struct exit_program {
	const char *writer;
	pid_t pid; /* 0: it does not run */
	int pid_fd;
	int in; /* its standard input; -1: closed, as the others */
	int out;
	int err;
	char answer[EXIT_ANSWER_MAX];
	size_t answer_len;
	char note[EXIT_NOTE_MAX]; /* a line that is not over yet */
	size_t note_len;
	unsigned int notes; /* lines logged since it was asked */
	size_t note_octets; /* read since it was asked */
};

/* writer stays the caller's. */
void exit_program_init(struct exit_program *p, const char *writer);

/* Starts it. Returns 0 or -errno. */
MUST_USE int exit_program_start(struct exit_program *p, const char *path);

/*
 * Waits until one of two descriptors becomes readable, or the program says
 * what it was not asked. Returns false for that, with why.
 */
bool exit_program_rest(struct exit_program *p, int stop_fd, int wake_fd,
	char why[static EXIT_WHY_MAX]);

/* Whether it has said nothing unasked. Does not wait; false with why. */
MUST_USE bool exit_program_is_quiet(
	struct exit_program *p, char why[static EXIT_WHY_MAX]);

enum exit_end {
	EXIT_ANSWERED,
	EXIT_STOPPED, /* by stop_fd */
	EXIT_FAILED,  /* why says it */
};

/*
 * Asks. out points into p. After anything but EXIT_ANSWERED the program is to
 * be ended.
 */
MUST_USE enum exit_end exit_program_ask(struct exit_program *p,
	const char *question, size_t len, int stop_fd, uint32_t timeout_s,
	struct exit_answer *out, char why[static EXIT_WHY_MAX]);

/*
 * Ends it and all of its process group: SIGTERM, then, after grace_ms or, if
 * that is 0, at once, SIGKILL. May be called when it does not run.
 */
void exit_program_end(struct exit_program *p, int grace_ms);

#endif
