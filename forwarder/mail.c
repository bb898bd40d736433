#include "mail.h"

#include "siphash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	BLOCK_FIRST = 256, /* octets of text; each block is twice the last */
	BLOCK_MAX = 65536,
	FIRST_ROOM = 4,
	/* With fewer recipients the list is looked through; an index beyond. */
	LISTED_MAX = 16,
	SMALL_MAX = 65536, /* octets */
	/* Of a recipient beside its texts; its places in the index, too. */
	RECIPIENT_OCTETS =
		sizeof(char *) + sizeof(struct mail_dsn) + 4 * sizeof(uint32_t),
};

static atomic_size_t all_octets;

struct mail_block {
	struct mail_block *next;
	size_t used;
	size_t size;
	char text[];
};

/* Places of recipients, from 1, by the hash of their paths. */
struct mail_index {
	uint64_t key[2]; /* who writes a data set chooses the paths */
	size_t size;     /* a power of two, at least twice the recipients */
	uint32_t places[];
};

/* ---- memory ------------------------------------------------------ */

/*
 * Data sets that are read side by side may have an envelope each of which
 * nothing is sent yet. A mail of usual size is never in want for them.
 */
static bool take_octets(struct mail *m, size_t octets)
{
	size_t all = atomic_fetch_add(&all_octets, octets);

	if (m->octets + octets > SMALL_MAX && all + octets > MAIL_ALL_MAX) {
		atomic_fetch_sub(&all_octets, octets);
		return false;
	}
	m->octets += octets;
	return true;
}

static void give_octets(struct mail *m, size_t octets)
{
	atomic_fetch_sub(&all_octets, octets);
	m->octets -= octets;
}

/* ---- texts ------------------------------------------------------- */

static struct mail_block *block_new(struct mail *m, size_t least)
{
	struct mail_block *next = m->blocks;
	size_t size = next != NULL ? 2 * next->size : BLOCK_FIRST;
	struct mail_block *b;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < least)
		size = least;
	if (!take_octets(m, size))
		return NULL;
	b = malloc(sizeof *b + size);
	if (b == NULL) {
		give_octets(m, size);
		return NULL;
	}
	b->next = next;
	b->used = 0;
	b->size = size;
	return b;
}

const char *mail_keep(struct mail *m, const char *text)
{
	size_t len = strlen(text) + 1;
	struct mail_block *b = m->blocks;
	char *copy;

	if (b == NULL || b->size - b->used < len) {
		b = block_new(m, len);
		if (b == NULL)
			return NULL;
		m->blocks = b;
	}
	copy = b->text + b->used;
	memcpy(copy, text, len);
	b->used += len;
	return copy;
}

struct mail *mail_new(const char *reverse_path)
{
	struct mail *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->reverse_path = mail_keep(m, reverse_path);
	if (m->reverse_path == NULL) {
		mail_free(m);
		return NULL;
	}
	return m;
}

/* ---- who is there already ---------------------------------------- */

static size_t hash(const struct mail_index *x, const char *path)
{
	struct siphash h;

	siphash_init(&h, x->key);
	siphash_octets(&h, path, strlen(path));
	return (size_t)siphash_end(&h);
}

/* Returns where the path's place is noted, or would be. */
static uint32_t *find_place(
	const struct mail *m, struct mail_index *x, const char *path)
{
	size_t i = hash(x, path) & (x->size - 1);

	while (x->places[i] != 0
		&& strcmp(m->recipients[x->places[i] - 1], path) != 0)
		i = (i + 1) & (x->size - 1);
	return &x->places[i];
}

/* Makes the index large enough for twice the recipients there are. */
static int grow_index(struct mail *m)
{
	size_t size = m->index != NULL ? 2 * m->index->size : 4 * LISTED_MAX;
	struct mail_index *x;
	size_t i;

	x = calloc(1, sizeof *x + size * sizeof *x->places);
	if (x == NULL)
		return -ENOMEM;
	if (getrandom(x->key, sizeof x->key, 0) != sizeof x->key) {
		free(x);
		return -ENOMEM;
	}
	x->size = size;
	for (i = 0; i < m->recipient_count; i++)
		*find_place(m, x, m->recipients[i]) = (uint32_t)(i + 1);
	free(m->index);
	m->index = x;
	return 0;
}

static bool is_listed(const struct mail *m, const char *path)
{
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		if (strcmp(m->recipients[i], path) == 0)
			return true;
	return false;
}

/* ---- recipients -------------------------------------------------- */

static int grow_room(struct mail *m)
{
	size_t room = m->room == 0 ? FIRST_ROOM : 2 * m->room;
	const char **grown;
	struct mail_dsn *dsn;

	if (!take_octets(m, (room - m->room) * RECIPIENT_OCTETS))
		return -ENOMEM;
	grown = realloc(m->recipients, room * sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	m->recipients = grown;
	if (m->dsn != NULL) {
		dsn = realloc(m->dsn, room * sizeof *dsn);
		if (dsn == NULL)
			return -ENOMEM;
		memset(dsn + m->room, 0, (room - m->room) * sizeof *dsn);
		m->dsn = dsn;
	}
	m->room = room;
	return 0;
}

/* Notes what is said of the recipient that is about to be added. */
static int keep_dsn(struct mail *m, const struct mail_dsn *dsn)
{
	struct mail_dsn *own;

	if (dsn == NULL || (dsn->notify == 0 && dsn->orcpt == NULL))
		return 0;
	if (m->dsn == NULL) {
		m->dsn = calloc(m->room, sizeof *m->dsn);
		if (m->dsn == NULL)
			return -ENOMEM;
	}
	own = &m->dsn[m->recipient_count];
	*own = (struct mail_dsn){ .notify = dsn->notify };
	if (dsn->orcpt == NULL)
		return 0;
	own->orcpt = mail_keep(m, dsn->orcpt);
	return own->orcpt != NULL ? 0 : -ENOMEM;
}

static int append(
	struct mail *m, const char *forward_path, const struct mail_dsn *dsn)
{
	const char *copy;
	int err = 0;

	if (m->recipient_count == m->room)
		err = grow_room(m);
	if (err == 0)
		err = keep_dsn(m, dsn);
	if (err != 0)
		return err;
	copy = mail_keep(m, forward_path);
	if (copy == NULL)
		return -ENOMEM;
	m->recipients[m->recipient_count++] = copy;
	return 0;
}

int mail_add_recipient_dsn(
	struct mail *m, const char *forward_path, const struct mail_dsn *dsn)
{
	bool is_indexed = m->recipient_count >= LISTED_MAX;
	uint32_t *place = NULL;
	int err;

	if (is_indexed
		&& (m->index == NULL
			|| 2 * (m->recipient_count + 1) > m->index->size)) {
		err = grow_index(m);
		if (err != 0)
			return err;
	}
	if (is_indexed) {
		place = find_place(m, m->index, forward_path);
		if (*place != 0)
			return 0;
	} else if (is_listed(m, forward_path)) {
		return 0;
	}
	if (m->recipient_count >= MAIL_RECIPIENTS_MAX)
		return -ENOSPC;
	err = append(m, forward_path, dsn);
	if (err == 0 && place != NULL)
		*place = (uint32_t)m->recipient_count;
	return err;
}

int mail_add_recipient(struct mail *m, const char *forward_path)
{
	return mail_add_recipient_dsn(m, forward_path, NULL);
}

void mail_end_recipients(struct mail *m)
{
	free(m->index);
	m->index = NULL;
}

void mail_free(struct mail *m)
{
	struct mail_block *next;

	if (m == NULL)
		return;
	give_octets(m, m->octets);
	for (; m->blocks != NULL; m->blocks = next) {
		next = m->blocks->next;
		free(m->blocks);
	}
	free(m->recipients);
	free(m->dsn);
	free(m->index);
	free(m->added);
	free(m);
}
