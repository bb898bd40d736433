/*
 * spool - the life of data sets: names, index, and who may select what.
 *
 * Above the store: labels, states and owners in memory, so that no lookup
 * touches a disk. Functions lock inside and may be called from any thread
 * unless they say otherwise. Blocking functions say so.
 *
 * Source: design of the spool directory; IBM, z/OS JES2 (select, hold,
 * release, purge).
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "attributes.h"
#include "dataset.h"
#include "store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spool;

/* ---- what an attached forwarder uses -------------------------------- */

/*
 * Names the function to call when a data set of the writer may have become
 * selectable, now or at a later time. The writer has been added. Called with no
 * lock held, from any thread; it must not block. One per writer; call before
 * the forwarder's threads start. NULL detaches, and returns only when no call
 * is running.
 */
void spool_attach(struct spool *sp, const char *writer,
	void (*arrived)(void *arg), void *arg);

/*
 * How many data sets of the writer could be selected now, of WAITING ones
 * whose time has come at most 64; next_due_ns gets the wall time at which the
 * next one may be, INT64_MAX for none. Quick, however many there are.
 */
size_t spool_selectable(
	struct spool *sp, const char *writer, int64_t *next_due_ns);

/*
 * store_listen(), store_grant() and store_withdraw(). Claims count as ACTIVE
 * before claimed is called. The writer has been added; one listener each.
 */
MUST_USE int spool_listen(struct spool *sp, const char *writer,
	store_claimed *claimed, void *arg);
void spool_grant(struct spool *sp, const char *writer, size_t units);
void spool_withdraw(struct spool *sp, const char *writer);

/* store_claim(); blocks for a commit. Claims count as ACTIVE at once. */
MUST_USE int spool_select(struct spool *sp, const char *writer, size_t max,
	struct store_claim *claims, size_t *count);

/* store_read(); for any data set on the spool. */
MUST_USE ssize_t spool_read(struct spool *sp, uint64_t number, uint64_t offset,
	void *octets, size_t len);

/* store_mark_read(). */
MUST_USE int spool_mark_read(struct spool *sp, uint64_t number, uint32_t mail,
	struct store_mark_row *out);

/* store_checkpoint(). */
void spool_checkpoint(struct spool *sp, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count, store_done *done,
	void *arg);

/*
 * store_finish(); the spool shows the new state before done is called. Also
 * -ENOMEM, then nothing was asked for. It logs nothing: the caller knows why.
 */
void spool_finish(struct spool *sp, uint64_t number, uint64_t token,
	const struct store_finish *how, store_done *done, void *arg);

/*
 * What a data set is; the live size and times while it is open. Does not
 * wait for a disk. -ENOENT when it is gone.
 */
MUST_USE int spool_stat(struct spool *sp, uint64_t number, struct dataset *out);

#endif
