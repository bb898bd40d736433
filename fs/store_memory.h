/*
 * store_memory - a store that lives and dies with the process.
 *
 * The same promises as on disk, kept without one: every call answers at
 * once, inline. One lock; any thread.
 */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "mutex.h"
#include "store_ops.h"

/* One data set with all that belongs to it. */
struct memory_item {
	struct dataset attributes;
	uint64_t key;
	uint64_t token; /* 0: nobody's */
	uint32_t read_upto;
	bool is_listed; /* synced, or submitted */
	char *octets;
	size_t cap;
	struct store_mark_row *marks; /* by mail */
	size_t mark_count;
};

/* See store_standing.h. */
struct memory_standing {
	struct memory_standing *next;
	char writer[WRITER_NAME_MAX + 1];
	store_claimed *claimed; /* NULL: nobody listens */
	void *arg;
	size_t units;
	size_t calls;
};

/* Numbers only grow, so items in order of birth are items in order. */
struct memory {
	struct store base;
	struct mutex lock;
	struct cond changed;
	struct memory_item **items GUARDED_BY(lock);
	size_t count GUARDED_BY(lock);
	size_t cap GUARDED_BY(lock);
	uint64_t next_number GUARDED_BY(lock);
	uint32_t last_job GUARDED_BY(lock);
	uint64_t next_token GUARDED_BY(lock);
	uint64_t version GUARDED_BY(lock);
	struct memory_standing *standing GUARDED_BY(lock);
};

static inline struct memory *memory_of(struct store *s)
{
	return (struct memory *)s;
}

/* Index of the first item with a number over after. */
size_t memory_first_after_locked(struct memory *m, uint64_t after)
	REQUIRES(&m->lock);

/* NULL when there is none. */
struct memory_item *memory_find_locked(struct memory *m, uint64_t number)
	REQUIRES(&m->lock);

/* The one place where a data set changes its state. */
void memory_move_locked(struct memory *m, struct memory_item *item,
	enum dataset_state to, const char *reason, int64_t next_try_ns)
	REQUIRES(&m->lock);

/* Where the mark of a mail is, or where it would go. */
size_t memory_mark_place(const struct memory_item *item, uint32_t mail);
bool memory_mark_is_at(
	const struct memory_item *item, size_t at, uint32_t mail);

/* The next data set of the writer that may be claimed, and the claim. */
MUST_USE bool memory_claim_next_locked(struct memory *m, const char *writer,
	struct store_claim *out) REQUIRES(&m->lock);

/* ---- the table of functions, in four files ---------------------------- */

int memory_listen(
	struct store *s, const char *writer, store_claimed *claimed, void *arg);
void memory_grant(struct store *s, const char *writer, size_t units);
void memory_withdraw(struct store *s, const char *writer);
/* After whatever makes data sets ready; no lock held. */
void memory_serve(struct memory *m);
void memory_standing_fini(struct memory *m);

int memory_claim(struct store *s, const char *writer, size_t max,
	int64_t lease_ns, struct store_claim *claims, size_t *count);
int memory_renew(
	struct store *s, uint64_t number, uint64_t token, int64_t lease_ns);
void memory_checkpoint(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg);
void memory_finish(struct store *s, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg);
int memory_resolve(struct store *s, uint64_t key, uint64_t *number);
int memory_lookup(struct store *s, uint64_t number, struct dataset *out);
ssize_t memory_read(struct store *s, uint64_t number, uint64_t offset,
	void *octets, size_t len);
int memory_mark(struct store *s, uint64_t number, uint32_t mail,
	struct store_mark_row *out);
int memory_marks(struct store *s, uint64_t number, uint32_t after, size_t max,
	struct store_mark_row *out, size_t *count);
int memory_list(struct store *s, const char *writer, uint64_t after, size_t max,
	struct dataset *out, size_t *count);
void memory_stats(struct store *s, struct store_stats *out);
uint64_t memory_wait(struct store *s, uint64_t version, int64_t deadline_ns);

#endif
