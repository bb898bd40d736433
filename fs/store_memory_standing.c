#include "store_memory.h"

#include "clock.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static struct memory_standing *find_locked(struct memory *m, const char *writer)
	REQUIRES(&m->lock)
{
	struct memory_standing *st = m->standing;

	while (st != NULL && strcmp(st->writer, writer) != 0)
		st = st->next;
	return st;
}

/* Calls with the lock released; nobody ends listening meanwhile. */
static void call_locked(struct memory *m, struct memory_standing *st,
	const struct store_claim *claim, size_t units) REQUIRES(&m->lock)
{
	store_claimed *claimed = st->claimed;
	void *arg = st->arg;

	st->calls++;
	mutex_unlock(&m->lock);
	claimed(arg, claim, units, 0);
	mutex_lock(&m->lock);
	st->calls--;
	cond_broadcast(&m->changed);
}

static void serve_locked(struct memory *m, struct memory_standing *st)
	REQUIRES(&m->lock)
{
	struct store_claim claim;

	while (st->claimed != NULL && st->units > 0
		&& memory_claim_next_locked(m, st->writer, &claim)) {
		st->units--;
		call_locked(m, st, &claim, 1);
	}
}

void memory_serve(struct memory *m)
{
	struct memory_standing *st;

	mutex_lock(&m->lock);
	for (st = m->standing; st != NULL; st = st->next)
		serve_locked(m, st);
	mutex_unlock(&m->lock);
}

static int make_locked(struct memory *m, const char *writer,
	struct memory_standing **out) REQUIRES(&m->lock)
{
	*out = find_locked(m, writer);
	if (*out != NULL)
		return 0;
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return -ENOMEM;
	text_copy((*out)->writer, sizeof(*out)->writer, writer);
	(*out)->next = m->standing;
	m->standing = *out;
	return 0;
}

int memory_listen(
	struct store *s, const char *writer, store_claimed *claimed, void *arg)
{
	struct memory *m = memory_of(s);
	struct memory_standing *st;
	int err;

	mutex_lock(&m->lock);
	err = make_locked(m, writer, &st);
	if (err == 0) {
		st->claimed = claimed;
		st->arg = arg;
		while (claimed == NULL && st->calls > 0)
			cond_wait_until(&m->changed, &m->lock,
				clock_monotonic_ns() + NS_PER_S);
	}
	mutex_unlock(&m->lock);
	return err;
}

void memory_grant(struct store *s, const char *writer, size_t units)
{
	struct memory *m = memory_of(s);
	struct memory_standing *st;

	mutex_lock(&m->lock);
	st = find_locked(m, writer);
	if (st != NULL) {
		st->units += units;
		serve_locked(m, st);
	}
	mutex_unlock(&m->lock);
}

void memory_withdraw(struct store *s, const char *writer)
{
	struct memory *m = memory_of(s);
	struct memory_standing *st;
	size_t units;

	mutex_lock(&m->lock);
	st = find_locked(m, writer);
	units = st != NULL ? st->units : 0;
	if (units > 0) {
		st->units = 0;
		call_locked(m, st, NULL, units);
	}
	mutex_unlock(&m->lock);
}

void memory_standing_fini(struct memory *m)
{
	struct memory_standing *st = m->standing;
	struct memory_standing *next;

	for (; st != NULL; st = next) {
		next = st->next;
		free(st);
	}
}
