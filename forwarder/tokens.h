/*
 * tokens - the words and marks of an address field, as its octets go by.
 *
 * Comments and folding white space are between tokens. Octets of 0x80 and
 * above are as good as letters.
 *
 * Pure, streaming, constant memory. One thread at a time.
 * Source: RFC 5322 sections 3.2.2 to 3.2.4.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include <stdbool.h>
#include <stddef.h>

enum { TOKENS_MAX = 1024 }; /* octets of one that are kept */

/* A mark, such as '@' or ',', is a token that stands for itself. */
enum {
	TOKENS_END = 0,
	TOKENS_ATOM = 'a',    /* without dots */
	TOKENS_QUOTED = 'q',  /* without its quotes and backslashes */
	TOKENS_LITERAL = '[', /* with its brackets */
};

typedef void tokens_sink(void *arg, int token);

struct tokens {
	tokens_sink *sink;
	void *arg;
	unsigned char mode;
	bool is_escaped;
	unsigned int depth; /* of comments */

	/* The token that the sink is told of, when it is no mark. */
	bool is_cut; /* it is longer */
	size_t len;
	char text[TOKENS_MAX];
};

void tokens_init(struct tokens *t, tokens_sink *sink, void *arg);

/* White space, and what is sent as such. */
bool tokens_is_white(char c);

void tokens_feed(struct tokens *t, char c);

/*
 * Says that the field ends here; the next one may begin. Returns false when a
 * quoted string, a comment or a literal was not closed; it is no token then.
 */
bool tokens_finish(struct tokens *t);

#endif
