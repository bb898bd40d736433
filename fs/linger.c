#include "linger.h"

#include "siphash.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

_Static_assert((LINGER_MAX & (LINGER_MAX - 1)) == 0, "a power of two");

enum { MASK = LINGER_MAX - 1 };

int linger_init(struct linger *l, int64_t for_ns)
{
	memset(l, 0, sizeof *l);
	if (for_ns == 0)
		return 0;
	if (getrandom(l->key, sizeof l->key, 0) != sizeof l->key)
		return -EIO;
	l->slots = calloc(LINGER_MAX, sizeof *l->slots);
	l->numbers = calloc(LINGER_MAX, sizeof(struct roster_entry *));
	l->labels = calloc(LINGER_MAX, sizeof(struct roster_entry *));
	if (l->slots == NULL || l->numbers == NULL || l->labels == NULL) {
		linger_fini(l);
		return -ENOMEM;
	}
	l->for_ns = for_ns;
	return 0;
}

void linger_fini(struct linger *l)
{
	size_t i;

	for (i = 0; l->slots != NULL && i < l->used; i++)
		roster_entry_free(l->slots[(l->first + i) & MASK].entry);
	free(l->slots);
	free(l->numbers);
	free(l->labels);
	memset(l, 0, sizeof *l);
}

static struct roster_entry **number_bucket(
	const struct linger *l, uint64_t number)
{
	return &l->numbers[number & MASK];
}

static struct roster_entry **label_bucket(
	const struct linger *l, uint8_t writer, uid_t uid, const char *label)
{
	struct siphash h;

	siphash_init(&h, l->key);
	siphash_word(&h, (uint64_t)writer << 32 | uid);
	siphash_octets(&h, label, strlen(label));
	return &l->labels[siphash_end(&h) & MASK];
}

static bool is_over(
	const struct linger *l, const struct roster_entry *e, int64_t now_ns)
{
	return l->slots[e->slot].until_ns <= now_ns;
}

static struct roster_entry *find_label(
	const struct linger *l, uint8_t writer, uid_t uid, const char *label)
{
	struct roster_entry *e = *label_bucket(l, writer, uid, label);

	while (e != NULL
		&& (e->writer != writer || e->uid != uid
			|| strcmp(e->label, label) != 0))
		e = e->next_label;
	return e;
}

struct roster_entry *linger_by_label(const struct linger *l, uint8_t writer,
	uid_t uid, const char *label, int64_t now_ns)
{
	struct roster_entry *e;

	if (l->used == 0)
		return NULL;
	e = find_label(l, writer, uid, label);
	return e != NULL && !is_over(l, e, now_ns) ? e : NULL;
}

struct roster_entry *linger_by_number(
	const struct linger *l, uint64_t number, int64_t now_ns)
{
	struct roster_entry *e;

	if (l->used == 0)
		return NULL;
	e = *number_bucket(l, number);
	while (e != NULL && e->number != number)
		e = e->next_job;
	return e != NULL && !is_over(l, e, now_ns) ? e : NULL;
}

/* Gaps at the start of the ring are of no use. */
static void close_gap(struct linger *l)
{
	while (l->used > 0 && l->slots[l->first].entry == NULL) {
		l->first = (l->first + 1) & MASK;
		l->used--;
	}
}

void linger_remove(struct linger *l, struct roster_entry *e)
{
	struct roster_entry **at = number_bucket(l, e->number);

	while (*at != e)
		at = &(*at)->next_job;
	*at = e->next_job;
	at = label_bucket(l, e->writer, e->uid, e->label);
	while (*at != e)
		at = &(*at)->next_label;
	*at = e->next_label;
	l->slots[e->slot].entry = NULL;
	close_gap(l);
}

static void drop_first(struct linger *l)
{
	struct roster_entry *e = l->slots[l->first].entry;

	linger_remove(l, e);
	roster_entry_free(e);
}

static void put(struct linger *l, struct roster_entry *e, int64_t now_ns)
{
	size_t slot = (l->first + l->used) & MASK;
	struct roster_entry **at = number_bucket(l, e->number);

	l->slots[slot] = (struct linger_slot){ e, now_ns + l->for_ns };
	l->used++;
	e->slot = (uint32_t)slot;
	e->next_job = *at;
	*at = e;
	at = label_bucket(l, e->writer, e->uid, e->label);
	e->next_label = *at;
	*at = e;
}

/* Whatever is added, more than it has been there for too long goes. */
enum { DROPS_MAX = 2 };

struct roster_entry *linger_add(
	struct linger *l, struct roster_entry *e, int64_t now_ns)
{
	struct roster_entry *old;
	int i;

	if (l->for_ns == 0)
		return e;
	for (i = 0; i < DROPS_MAX && l->used > 0; i++)
		if (l->used == LINGER_MAX
			|| is_over(l, l->slots[l->first].entry, now_ns))
			drop_first(l);
	old = find_label(l, e->writer, e->uid, e->label);
	if (old != NULL)
		linger_remove(l, old);
	put(l, e, now_ns);
	return old;
}
