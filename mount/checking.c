#include "checking.h"

#include "checker.h"
#include "spool_open.h"
#include "text.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct checking {
	size_t count;
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

static int start(struct checking *c, const struct writer_config *writer,
	struct spool *spool)
{
	struct spool_check check = { .begin = begin, .feed = feed, .end = end };
	int err;

	err = checker_rules_open(
		&writer->input, &writer->header, &c->rules[c->count]);
	if (err != 0)
		return err;
	check.rules = c->rules[c->count++];
	spool_check_datasets(spool, writer->name, &check);
	return 0;
}

int checking_start(const struct config *config, struct spool *spool,
	struct checking **out, const char **failed)
{
	size_t n = config->writer_count;
	struct checking *c = calloc(1, sizeof *c + n * sizeof c->rules[0]);
	int err = 0;
	size_t i;

	*failed = config->writers[0].name;
	if (c == NULL)
		return -ENOMEM;
	for (i = 0; err == 0 && i < n; i++) {
		*failed = config->writers[i].name;
		err = start(c, &config->writers[i], spool);
	}
	*out = c;
	return err;
}

void checking_stop(struct checking *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++)
		checker_rules_close(c->rules[i]);
	free(c);
}
