/*
 * catalogue_private - what the files of the catalogue share.
 */
#ifndef CATALOGUE_PRIVATE_H
#define CATALOGUE_PRIVATE_H

#include "catalogue_read.h"
#include "mutex.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_GET,
	STATEMENT_SET,
	STATEMENT_INSERT,
	STATEMENT_SET_CONTENT,
	STATEMENT_SET_STATE,
	STATEMENT_MOVE,
	STATEMENT_CLAIM,
	STATEMENT_SET_PROGRESS,
	STATEMENT_SET_LABEL,
	STATEMENT_DROP_LABEL,
	STATEMENT_DELETE,
	STATEMENT_ADD_EXTENT,
	STATEMENT_DELETE_EXTENTS,
	STATEMENT_PUT_MARK,
	STATEMENT_DELETE_MARK,
	STATEMENT_DELETE_MARKS,
	STATEMENTS,
};

enum question {
	QUESTION_LOOKUP,
	QUESTION_LIST,
	QUESTION_LIST_WRITER,
	QUESTION_MARKS,
	QUESTIONS,
};

/* The columns of a row, in the order every statement names them. */
#define ROW_COLUMNS                                                            \
	"number, job, state, writer, uid, gid, mode, label, has_label, "       \
	"job_name, size, created, changed, next_try, reason"
enum { DATASET_COLUMNS = 15 };

struct catalogue {
	sqlite3 *db; /* the committer's */
	sqlite3_stmt *statements[STATEMENTS];
	atomic_bool is_failed; /* a sync failed: never write again */

	struct mutex read_lock; /* one question at a time */
	sqlite3 *read_db GUARDED_BY(read_lock);
	sqlite3_stmt *questions[QUESTIONS] GUARDED_BY(read_lock);

	sqlite3 *log_db; /* the checkpointer's */
	pthread_t checkpointer;
	struct mutex log_lock;
	struct cond log_grew;
	bool is_log_long GUARDED_BY(log_lock);
	bool is_stopping GUARDED_BY(log_lock);
	bool is_started;
	int log_pages;      /* after the last commit; the committer's */
	int log_pages_long; /* so many are worth copying */
	int index_file;     /* of the log; -1: none. See catalogue_log.c */
	int reserve;        /* disk_reserve.h; -1: none */
	bool lacks_room;    /* a write failed for want of it; the committer's */
	bool has_given;     /* the reserve is in use; the committer's */
	bool is_limited;    /* the file may not grow; the committer's */
	atomic_bool has_room_again;
	int64_t relieved_ns;         /* when relief was of no use; 0: never */
	atomic_bool wants_last_copy; /* the committer copies what is left */
};

/* SQLite's result as -errno. */
int catalogue_errno(int result);

/* Runs one SQL text, several statements maybe, that return nothing. */
MUST_USE int catalogue_exec(sqlite3 *db, const char *sql);

/* Reads the columns of ROW_COLUMNS; what is out of range becomes HELD. */
void catalogue_read_dataset(sqlite3_stmt *st, struct dataset *out);

MUST_USE int catalogue_prepare_statements(struct catalogue *c);
MUST_USE int catalogue_prepare_questions(struct catalogue *c);

/*
 * Makes the log's file as long as it will become, before anything is
 * written, and its index longer than it may become. Returns 0 or -errno.
 */
MUST_USE int catalogue_log_extend(struct catalogue *c, const char *path);

/*
 * Whether the log has room for a transaction: 0 or STORE_FULL. After a write
 * that failed for want of room the reserve is used up first.
 */
MUST_USE int catalogue_log_check(struct catalogue *c);

/*
 * At a start on a disk without room: all of the log is put into the file, so
 * that it starts again. Returns 0 or -EIO.
 */
MUST_USE int catalogue_log_relieve(struct catalogue *c);

/* The thread that copies the log: its start and stop. */
MUST_USE int catalogue_log_start(struct catalogue *c);
void catalogue_log_stop(struct catalogue *c);

#endif
