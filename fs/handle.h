/*
 * handle - open files and directories, from OPEN to RELEASE.
 *
 * The release of a data set waits until nothing is pending on its handle:
 * the completion of a flush, or the witness's verdict. What became of those
 * decides how it ends. Safe from any thread; waits for no disk.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include "attributes.h"
#include "follow.h"
#include "spool_file.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum handle_kind {
	HANDLE_WRITER,  /* a data set of its own */
	HANDLE_READER,  /* a data set, read by its number */
	HANDLE_TEXT,    /* a virtual file, rendered when it was opened */
	HANDLE_EVENTS,  /* status/events */
	HANDLE_LISTING, /* a directory as it was when it was opened */
};

struct handles;

struct handle {
	enum handle_kind kind;
	uint64_t number;         /* WRITER, READER: the data set */
	struct spool_file *file; /* WRITER */
	uint64_t node; /* WRITER: the data set on whose inode; LISTING */
	char *text;    /* TEXT */
	size_t text_len;
	struct follower *follower; /* EVENTS */
	uint64_t *numbers;         /* LISTING of a writer directory */
	size_t number_count;
	struct spool_caller caller; /* LISTING: who asked */
	atomic_int verdicts;        /* WRITER: the witness has yet to give */
	/* WRITER: FLUSH came last, RELEASE may follow */
	atomic_bool is_closing;
	_Atomic pid_t writer; /* WRITER: the task that wrote last; 0 */
	/* Guarded by the lock of handles */
	struct handle *prev, *next;
	int pending;
	bool is_released, was_killed, is_partial, has_failed;
	struct handles *all;
};

MUST_USE int handles_open(struct handles **out);

/* Nothing is open. NULL is accepted. */
void handles_close(struct handles *hs);

/* These own what they are given once they succeed. NULL: out of memory. */
struct handle *handle_new_writer(
	struct handles *hs, struct spool_file *file, uint64_t node);
struct handle *handle_new_reader(struct handles *hs, uint64_t number);
struct handle *handle_new_text(struct handles *hs, char *text, size_t len);
struct handle *handle_new_events(struct handles *hs, struct follower *follower);
struct handle *handle_new_listing(struct handles *hs, uint64_t node,
	const struct spool_caller *caller, uint64_t *numbers, size_t count);

/* Something is pending on a handle, and no longer. */
void handle_pin(struct handle *h);
void handle_unpin(struct handle *h);

/*
 * How the process ended that closed it last. Where that one had written and
 * was killed, no later close makes whole what it left. While pinned.
 */
void handle_set_killed(struct handle *h, bool was_killed, bool had_written);

/* A close or fsync was answered with an error: never to be sent. Pinned,
 * or before that answer. */
void handle_set_failed(struct handle *h);
bool handle_has_failed(struct handle *h);

/* RELEASE or RELEASEDIR; h is gone. */
void handle_release(struct handle *h);

/*
 * Waits until every writer that is closing was released, but not longer than
 * deadline_ns (monotonic): the kernel sends RELEASE when close(2) has
 * returned already. One that shares its handle with another process never
 * gets that far.
 */
void handles_wait_released(struct handles *hs, int64_t deadline_ns);

/* There will be no RELEASE: every writer counts as killed. */
void handles_release_all(struct handles *hs);

/*
 * The data set of an open handle that was opened on the inode of another.
 * False when there is none.
 */
bool handles_find_opened_as(
	struct handles *hs, uint64_t node, uint64_t *number);

#endif
