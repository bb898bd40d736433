/*
 * store_ops - what a back end implements: store.h as a table of functions.
 *
 * struct store is the first member of the back end's own struct.
 */
#ifndef STORE_OPS_H
#define STORE_OPS_H

#include "store.h"

struct store_ops {
	void (*close)(struct store *s);
	int (*begin)(struct store *s, const struct dataset *attributes,
		uint64_t key, uint64_t *number, uint32_t *job);
	int (*append)(struct store *s, uint64_t number, uint64_t offset,
		const void *octets, size_t len);
	int (*truncate)(struct store *s, uint64_t number, uint64_t size);
	int (*describe)(struct store *s, uint64_t number, mode_t mode,
		int64_t changed_ns);
	void (*sync)(
		struct store *s, uint64_t number, store_done *done, void *arg);
	void (*submit)(struct store *s, uint64_t number, enum dataset_state to,
		const char *reason, store_done *done, void *arg);
	int (*resolve)(struct store *s, uint64_t key, uint64_t *number);
	int (*claim)(struct store *s, const char *writer, size_t max,
		int64_t lease_ns, struct store_claim *claims, size_t *count);
	int (*renew)(struct store *s, uint64_t number, uint64_t token,
		int64_t lease_ns);
	void (*checkpoint)(struct store *s, uint64_t number, uint64_t token,
		const struct store_mark *marks, size_t count, store_done *done,
		void *arg);
	void (*finish)(struct store *s, uint64_t number, uint64_t token,
		const struct store_finish *how, store_done *done, void *arg);
	void (*move)(struct store *s, uint64_t number, enum dataset_state from,
		enum dataset_state to, const char *reason, store_done *done,
		void *arg);
	void (*rename)(struct store *s, uint64_t number,
		const struct store_rename *how, store_done *done, void *arg);
	void (*unlabel)(
		struct store *s, uint64_t number, store_done *done, void *arg);
	int (*lookup)(struct store *s, uint64_t number, struct dataset *out);
	ssize_t (*read)(struct store *s, uint64_t number, uint64_t offset,
		void *octets, size_t len);
	int (*mark)(struct store *s, uint64_t number, uint32_t mail,
		struct store_mark_row *out);
	int (*marks)(struct store *s, uint64_t number, uint32_t after,
		size_t max, struct store_mark_row *out, size_t *count);
	int (*list)(struct store *s, const char *writer, uint64_t after,
		size_t max, struct dataset *out, size_t *count);
	void (*stats)(struct store *s, struct store_stats *out);
	uint64_t (*wait)(
		struct store *s, uint64_t version, int64_t deadline_ns);
	int (*listen)(struct store *s, const char *writer,
		store_claimed *claimed, void *arg);
	void (*grant)(struct store *s, const char *writer, size_t units);
	void (*withdraw)(struct store *s, const char *writer);
};

struct store {
	const struct store_ops *ops;
};

/* Whether submit may end in this state: READY, HELD or PURGED. */
bool store_may_submit(enum dataset_state to);

/* Whether store_move() makes this step. What is ACTIVE is somebody's: it
 * may only go back to READY or HELD. */
bool store_may_move(enum dataset_state from, enum dataset_state to);

/* The reason a data set keeps in this state: "" where it has none. */
const char *store_reason(enum dataset_state state, const char *reason);

/* Whether a mail from read_upto on would be passed over: later it would
 * count as delivered. */
bool store_marks_leave_gap(
	uint32_t read_upto, const struct store_mark *marks, size_t count);

/* Fills a row with its own copies. 0 or -ENOMEM, then out is as it was. */
MUST_USE int store_mark_row_make(
	struct store_mark_row *out, const struct store_mark *mark);

#endif
