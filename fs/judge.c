#include "judge.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

struct judge {
	struct store *store;
	struct spool_judge by;
	struct chores *chores; /* cases, one after the other */
};

/* ---- one data set ---------------------------------------------------- */

struct reading {
	struct store *store;
	uint64_t number;
	int err; /* the first error */
};

static ssize_t read_octets(void *arg, uint64_t offset, void *octets, size_t len)
{
	struct reading *r = arg;
	ssize_t got;

	if (r->err != 0)
		return r->err;
	got = store_read(r->store, r->number, offset, octets, len);
	if (got < 0)
		r->err = (int)got;
	return got;
}

struct judge_verdict judge_dataset(struct store *store,
	const struct spool_judge *by, const char *writer, uint64_t number,
	const char *incomplete)
{
	struct reading r = { store, number, 0 };
	bool whole = by->is_complete(by->rules, writer, read_octets, &r);

	if (r.err == STORE_DAMAGED)
		return (struct judge_verdict){ DATASET_HELD,
			"DAMAGED: a checksum is wrong" };
	if (r.err != 0)
		return (struct judge_verdict){ DATASET_HELD,
			"DAMAGED: it cannot be read" };
	if (!whole)
		return (struct judge_verdict){ DATASET_HELD, incomplete };
	return (struct judge_verdict){ DATASET_READY, "" };
}

/* ---- the thread ------------------------------------------------------ */

static void decide(struct chore *chore)
{
	struct judge_case *c = (struct judge_case *)((char *)chore
		- offsetof(struct judge_case, chore));
	const struct judge *j = c->judge;

	c->decided(c,
		judge_dataset(
			j->store, &j->by, c->writer, c->number, c->incomplete));
}

int judge_open(
	struct store *store, const struct spool_judge *by, struct judge **out)
{
	struct judge *j = calloc(1, sizeof *j);
	int err;

	if (j == NULL)
		return -ENOMEM;
	j->store = store;
	j->by = *by;
	err = chores_start(1, &j->chores);
	if (err != 0) {
		free(j);
		return err;
	}
	*out = j;
	return 0;
}

void judge_close(struct judge *j)
{
	if (j == NULL)
		return;
	chores_stop(j->chores);
	free(j);
}

void judge_put(struct judge *j, struct judge_case *c)
{
	c->chore.run = decide;
	c->judge = j;
	chores_add(j->chores, &c->chore);
}
