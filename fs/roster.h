/*
 * roster - the data sets of a spool in memory: by number, job and label.
 *
 * One small entry per data set, in one allocation with its label, which is
 * kept exactly as long as it is. One thread at a time: the spool's lock.
 */
#ifndef ROSTER_H
#define ROSTER_H

#include "attributes.h"
#include "dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spool_file;

struct roster_entry {
	struct roster_entry *next_job;
	struct roster_entry *next_label;
	struct spool_file *file; /* while a handle is open */
	char *reason;            /* NULL for none */
	uint64_t number;
	uint64_t token; /* of its last claim, 0 before the first */
	uint64_t size_octets;
	int64_t created_ns;
	int64_t changed_ns;
	int64_t next_try_ns;
	uint32_t job;
	uint32_t slot; /* in the queue of the waiting */
	uid_t uid;
	gid_t gid;
	uint16_t mode;
	uint8_t state; /* enum dataset_state */
	uint8_t writer;
	bool has_label : 1;
	bool is_hidden : 1;     /* its name was taken away while it was open */
	bool is_unlabelled : 1; /* to lose its label at the end of the start */
	char job_name[JOB_NAME_MAX];
	char label[];
};

struct roster_slot {
	uint64_t number;
	struct roster_entry *entry; /* NULL once removed */
};

struct roster {
	struct roster_slot *slots; /* in the order of numbers */
	size_t first, used, cap;   /* slots [first, used) of cap */
	size_t live;               /* entries */
	struct roster_entry **jobs, **labels;
	size_t buckets; /* of each, a power of two */
	uint64_t key[2];
};

MUST_USE int roster_init(struct roster *r);

/* Frees the entries too. */
void roster_fini(struct roster *r);

/* An entry outside of any roster; NULL when memory is out. */
struct roster_entry *roster_entry_new(const struct dataset *d, uint8_t writer);

/* One that is to take the place of another, with a label of its own. */
struct roster_entry *roster_entry_renamed(const char *label);

/* All that e says but its label goes over to fresh. */
void roster_entry_copy(struct roster_entry *fresh, struct roster_entry *e);

/* Accepts NULL. */
void roster_entry_free(struct roster_entry *e);

/* Fills in what an entry says, but for the writer's name. */
void roster_entry_get(const struct roster_entry *e, struct dataset *out);

/* Puts e in, without its label. Returns 0 or -ENOMEM. */
MUST_USE int roster_insert(struct roster *r, struct roster_entry *e);

/* Takes e out; it stays the caller's. */
void roster_remove(struct roster *r, struct roster_entry *e);

/* Puts fresh, of roster_entry_renamed(), in the place of e, with all that e
 * says but its label, which fresh has not taken yet; e stays the caller's. */
void roster_replace(
	struct roster *r, struct roster_entry *e, struct roster_entry *fresh);

/* Makes e the one its label finds; the one that was loses it. */
void roster_take_label(struct roster *r, struct roster_entry *e);

void roster_drop_label(struct roster *r, struct roster_entry *e);

/* Each returns NULL when there is none. */
struct roster_entry *roster_by_number(const struct roster *r, uint64_t number);
struct roster_entry *roster_by_job(
	const struct roster *r, uint32_t job, const char *label);
struct roster_entry *roster_by_label(
	const struct roster *r, uint8_t writer, uid_t uid, const char *label);

/*
 * Walks in the order of numbers, as long as nothing is put in or taken out:
 * roster_seek() gives the place behind a number, roster_step() the entry there
 * and the next place, NULL at the end.
 */
size_t roster_seek(const struct roster *r, uint64_t after);
struct roster_entry *roster_step(const struct roster *r, size_t *place);

#endif
