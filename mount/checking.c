#include "checking.h"

#include "checker.h"
#include "text.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct checking {
	const struct config *config;
	size_t count; /* of its writers, in their order */
	struct checker_rules *rules[];
};

/*
 * What users keep open must not take the memory that sending needs: nobody is
 * told no behind a large envelope, or beside so many others.
 */
enum {
	HELD_OCTETS_MAX = 65536,
	CHECKERS_MAX = 1024,
};

static atomic_uint checkers;

static void *begin(void *rules)
{
	struct checker *c = NULL;

	if (atomic_fetch_add(&checkers, 1) < CHECKERS_MAX)
		c = checker_new(rules, NULL, NULL);
	if (c == NULL)
		atomic_fetch_sub(&checkers, 1);
	return c;
}

/* When memory is out nobody is told no: the reader sees it all later. */
static bool feed(void *checker, const void *octets, size_t len,
	char why[static REASON_MAX + 1])
{
	const struct checker_fault *fault;

	if (checker_feed(checker, octets, len) != -EINVAL) {
		if (checker_held_octets(checker) > HELD_OCTETS_MAX)
			checker_give_up(checker);
		return true;
	}
	fault = checker_fault(checker);
	text_format(why, REASON_MAX + 1, "line %llu: %s",
		(unsigned long long)fault->record, fault->reply);
	return false;
}

static void end(void *checker)
{
	checker_free(checker);
	atomic_fetch_sub(&checkers, 1);
}

int checking_open(
	const struct config *config, struct checking **out, const char **failed)
{
	size_t n = config->writer_count;
	struct checking *c = calloc(1, sizeof *c + n * sizeof c->rules[0]);
	const struct writer_config *writer;
	int err = 0;

	*failed = config->writers[0].name;
	if (c == NULL)
		return -ENOMEM;
	c->config = config;
	while (err == 0 && c->count < n) {
		writer = &config->writers[c->count];
		*failed = writer->name;
		err = checker_rules_open(
			&writer->input, &writer->header, &c->rules[c->count]);
		if (err == 0)
			c->count++;
	}
	if (err != 0) {
		checking_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void checking_start(struct checking *c, struct spool *spool)
{
	struct spool_check check = { .begin = begin, .feed = feed, .end = end };
	size_t i;

	for (i = 0; i < c->count; i++) {
		check.rules = c->rules[i];
		spool_check_datasets(spool, c->config->writers[i].name, &check);
	}
}

static bool is_complete(
	void *checking, const char *writer, spool_reader *read, void *arg)
{
	const struct checking *c = checking;
	size_t i;

	for (i = 0; i < c->count; i++)
		if (strcmp(c->config->writers[i].name, writer) == 0)
			return checker_is_complete(c->rules[i], read, arg);
	return false;
}

struct spool_judge checking_judge(struct checking *c)
{
	return (struct spool_judge){ .rules = c, .is_complete = is_complete };
}

void checking_close(struct checking *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++)
		checker_rules_close(c->rules[i]);
	free(c);
}
