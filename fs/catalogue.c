#include "catalogue_private.h"

#include <string.h>

static const char *const statement_texts[STATEMENTS] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_GET] = "SELECT value FROM meta WHERE name = ?1",
	[STATEMENT_SET] = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
	[STATEMENT_INSERT] =
		"INSERT INTO dataset (" ROW_COLUMNS
		", key, token, read_upto, first_claimed, content, segment, "
		"position, length, extents) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
		"?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
		"?19, ?20, ?21, ?22, ?23, ?24)",
	[STATEMENT_SET_CONTENT] =
		"UPDATE dataset SET state = ?2, reason = ?3, size = ?4, "
		"changed = ?5, content = ?6, segment = ?7, position = ?8, "
		"length = ?9, extents = ?10, token = ?11, read_upto = ?12, "
		"first_claimed = ?13, mode = ?14 WHERE number = ?1",
	[STATEMENT_SET_STATE] =
		"UPDATE dataset SET state = ?2, reason = ?3, next_try = ?4, "
		"token = 0 WHERE number = ?1",
	[STATEMENT_MOVE] =
		"UPDATE dataset SET state = ?2, reason = x'', next_try = 0, "
		"token = ?3, read_upto = ?4, first_claimed = ?5 "
		"WHERE number = ?1",
	[STATEMENT_CLAIM] =
		"UPDATE dataset SET state = ?2, reason = x'', next_try = 0, "
		"token = ?3, read_upto = ?4, first_claimed = ?5 "
		"WHERE number = ?1 RETURNING " ROW_COLUMNS,
	[STATEMENT_SET_PROGRESS] =
		"UPDATE dataset SET state = ?2, read_upto = ?3, "
		"first_claimed = ?4 WHERE number = ?1",
	[STATEMENT_SET_LABEL] =
		"UPDATE dataset SET writer = coalesce(?2, writer), "
		"label = ?3, has_label = ?4 WHERE number = ?1",
	[STATEMENT_DROP_LABEL] =
		"UPDATE dataset SET has_label = has_label & ~1 "
		"WHERE number = ?1",
	[STATEMENT_DELETE] = "DELETE FROM dataset WHERE number = ?1",
	[STATEMENT_ADD_EXTENT] =
		"INSERT INTO extent VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[STATEMENT_DELETE_EXTENTS] = "DELETE FROM extent WHERE number = ?1",
	[STATEMENT_PUT_MARK] = "INSERT OR REPLACE INTO mark VALUES "
			       "(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STATEMENT_DELETE_MARK] =
		"DELETE FROM mark WHERE number = ?1 AND mail = ?2",
	[STATEMENT_DELETE_MARKS] = "DELETE FROM mark WHERE number = ?1",
};

int catalogue_errno(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY: /* somebody else's tool writes to the file */
		return STORE_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_DAMAGED;
	default:
		return -EIO;
	}
}

int catalogue_exec(sqlite3 *db, const char *sql)
{
	return catalogue_errno(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* ---- binding and reading --------------------------------------------- */

static void bind_number(sqlite3_stmt *st, int at, uint64_t value)
{
	sqlite3_bind_int64(st, at, (sqlite3_int64)value);
}

/*
 * Names hold any octet, so they are blobs. The text lives until the
 * statement is reset. A failed bind leaves NULL, which the schema refuses.
 */
static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_blob(st, at, text, (int)strlen(text), SQLITE_STATIC);
}

static void bind_extent(sqlite3_stmt *st, int at, const struct extent *e)
{
	bind_number(st, at, e->segment);
	bind_number(st, at + 1, e->position);
	bind_number(st, at + 2, e->length);
}

static void bind_claim(
	sqlite3_stmt *st, int at, const struct catalogue_row *row)
{
	bind_number(st, at, row->token);
	bind_number(st, at + 1, row->read_upto);
	sqlite3_bind_int(st, at + 2, row->is_first_claimed);
}

static void read_text(sqlite3_stmt *st, int column, char *out, size_t cap)
{
	const void *octets = sqlite3_column_blob(st, column);
	int len = sqlite3_column_bytes(st, column);

	if (octets == NULL || len < 0 || (size_t)len >= cap)
		len = 0;
	if (len > 0)
		memcpy(out, octets, (size_t)len);
	out[len] = '\0';
}

/* The lowest bit says whether it has its label, the others when it was given
 * it: 0 for a data set that was never renamed. */
static void bind_has_label(sqlite3_stmt *st, int at, const struct dataset *d)
{
	bind_number(st, at, d->named << 1 | d->has_label);
}

static void read_has_label(sqlite3_stmt *st, int column, struct dataset *out)
{
	uint64_t value = (uint64_t)sqlite3_column_int64(st, column);

	out->has_label = (value & 1) != 0;
	out->named = value >> 1;
}

void catalogue_read_dataset(sqlite3_stmt *st, struct dataset *out)
{
	int state = sqlite3_column_int(st, 2);

	out->number = (uint64_t)sqlite3_column_int64(st, 0);
	out->job = (uint32_t)sqlite3_column_int64(st, 1);
	read_text(st, 3, out->writer, sizeof out->writer);
	out->uid = (uid_t)sqlite3_column_int64(st, 4);
	out->gid = (gid_t)sqlite3_column_int64(st, 5);
	out->mode = (mode_t)sqlite3_column_int(st, 6) & 0600;
	read_text(st, 7, out->label, sizeof out->label);
	read_has_label(st, 8, out);
	read_text(st, 9, out->job_name, sizeof out->job_name);
	out->size_octets = (uint64_t)sqlite3_column_int64(st, 10);
	out->created_ns = sqlite3_column_int64(st, 11);
	out->changed_ns = sqlite3_column_int64(st, 12);
	out->next_try_ns = sqlite3_column_int64(st, 13);
	read_text(st, 14, out->reason, sizeof out->reason);
	out->state = state >= DATASET_OPEN && state < DATASET_PURGED
		? (enum dataset_state)state
		: DATASET_HELD;
}

/* ---- transactions ---------------------------------------------------- */

/* Runs a statement that returns no row, with what is bound to it. */
static int run(struct catalogue *c, enum statement which)
{
	sqlite3_stmt *st = c->statements[which];
	int result;

	if (c->is_failed)
		return -EIO;
	result = sqlite3_step(st);
	sqlite3_reset(st);
	if (result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC)
		c->is_failed = true;
	if (result == SQLITE_FULL)
		c->lacks_room = true;
	return catalogue_errno(result);
}

int catalogue_begin(struct catalogue *c)
{
	int err = catalogue_log_check(c);

	return err != 0 ? err : run(c, STATEMENT_BEGIN);
}

void catalogue_rollback(struct catalogue *c)
{
	if (!sqlite3_get_autocommit(c->db))
		sqlite3_step(c->statements[STATEMENT_ROLLBACK]);
	sqlite3_reset(c->statements[STATEMENT_ROLLBACK]);
}

/*
 * A commit that fails for want of room has written nothing a restart would
 * believe. After any other failure the log may hold all of it.
 */
int catalogue_commit(struct catalogue *c)
{
	int err = run(c, STATEMENT_COMMIT);

	if (err == 0)
		return 0;
	catalogue_rollback(c);
	if (err != STORE_FULL && err != -ENOMEM && err != STORE_BUSY) {
		c->is_failed = true;
		err = -EIO;
	}
	return err;
}

int catalogue_get(struct catalogue *c, enum catalogue_number which,
	uint64_t otherwise, uint64_t *value)
{
	sqlite3_stmt *st = c->statements[STATEMENT_GET];
	int result;

	sqlite3_bind_int(st, 1, which);
	result = sqlite3_step(st);
	if (result == SQLITE_ROW)
		*value = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (result == SQLITE_DONE)
		*value = otherwise;
	return catalogue_errno(result);
}

int catalogue_set(
	struct catalogue *c, enum catalogue_number which, uint64_t value)
{
	sqlite3_stmt *st = c->statements[STATEMENT_SET];

	sqlite3_bind_int(st, 1, which);
	bind_number(st, 2, value);
	return run(c, STATEMENT_SET);
}

bool catalogue_is_failed(struct catalogue *c)
{
	return c->is_failed;
}

/* ---- rows ------------------------------------------------------------ */

int catalogue_insert(struct catalogue *c, const struct catalogue_row *row)
{
	sqlite3_stmt *st = c->statements[STATEMENT_INSERT];
	const struct dataset *d = &row->dataset;

	bind_number(st, 1, d->number);
	bind_number(st, 2, d->job);
	sqlite3_bind_int(st, 3, d->state);
	bind_text(st, 4, d->writer);
	bind_number(st, 5, d->uid);
	bind_number(st, 6, d->gid);
	bind_number(st, 7, d->mode);
	bind_text(st, 8, d->label);
	bind_has_label(st, 9, d);
	bind_text(st, 10, d->job_name);
	bind_number(st, 11, d->size_octets);
	sqlite3_bind_int64(st, 12, d->created_ns);
	sqlite3_bind_int64(st, 13, d->changed_ns);
	sqlite3_bind_int64(st, 14, d->next_try_ns);
	bind_text(st, 15, d->reason);
	bind_number(st, 16, row->key);
	bind_claim(st, 17, row);
	sqlite3_bind_int(st, 20, row->content);
	bind_extent(st, 21, &row->extent);
	bind_number(st, 24, row->extents);
	return run(c, STATEMENT_INSERT);
}

int catalogue_set_content(struct catalogue *c, const struct catalogue_row *row)
{
	sqlite3_stmt *st = c->statements[STATEMENT_SET_CONTENT];
	const struct dataset *d = &row->dataset;

	bind_number(st, 1, d->number);
	sqlite3_bind_int(st, 2, d->state);
	bind_text(st, 3, d->reason);
	bind_number(st, 4, d->size_octets);
	sqlite3_bind_int64(st, 5, d->changed_ns);
	sqlite3_bind_int(st, 6, row->content);
	bind_extent(st, 7, &row->extent);
	bind_number(st, 10, row->extents);
	bind_claim(st, 11, row);
	bind_number(st, 14, d->mode);
	return run(c, STATEMENT_SET_CONTENT);
}

int catalogue_set_state(struct catalogue *c, uint64_t number,
	enum dataset_state state, const char *reason, int64_t next_try_ns)
{
	sqlite3_stmt *st = c->statements[STATEMENT_SET_STATE];

	bind_number(st, 1, number);
	sqlite3_bind_int(st, 2, state);
	bind_text(st, 3, reason);
	sqlite3_bind_int64(st, 4, next_try_ns);
	return run(c, STATEMENT_SET_STATE);
}

int catalogue_move(struct catalogue *c, const struct catalogue_row *row)
{
	sqlite3_stmt *st = c->statements[STATEMENT_MOVE];

	bind_number(st, 1, row->dataset.number);
	sqlite3_bind_int(st, 2, row->dataset.state);
	bind_claim(st, 3, row);
	return run(c, STATEMENT_MOVE);
}

int catalogue_claim(struct catalogue *c, uint64_t number, uint64_t token,
	uint32_t read_upto, bool is_first_claimed, struct dataset *out)
{
	sqlite3_stmt *st = c->statements[STATEMENT_CLAIM];
	int result;

	bind_number(st, 1, number);
	sqlite3_bind_int(st, 2, DATASET_ACTIVE);
	bind_number(st, 3, token);
	bind_number(st, 4, read_upto);
	sqlite3_bind_int(st, 5, is_first_claimed);
	result = sqlite3_step(st);
	if (result == SQLITE_ROW) {
		catalogue_read_dataset(st, out);
		result = sqlite3_step(st);
	} else if (result == SQLITE_DONE) {
		result = SQLITE_CORRUPT; /* the store knows it, the row is gone
					  */
	}
	sqlite3_reset(st);
	if (result == SQLITE_FULL)
		c->lacks_room = true;
	return catalogue_errno(result);
}

int catalogue_set_progress(struct catalogue *c, uint64_t number,
	enum dataset_state state, uint32_t read_upto, bool is_first_claimed)
{
	sqlite3_stmt *st = c->statements[STATEMENT_SET_PROGRESS];

	bind_number(st, 1, number);
	sqlite3_bind_int(st, 2, state);
	bind_number(st, 3, read_upto);
	sqlite3_bind_int(st, 4, is_first_claimed);
	return run(c, STATEMENT_SET_PROGRESS);
}

int catalogue_set_label(
	struct catalogue *c, const struct dataset *d, bool has_writer)
{
	sqlite3_stmt *st = c->statements[STATEMENT_SET_LABEL];

	bind_number(st, 1, d->number);
	if (has_writer)
		bind_text(st, 2, d->writer);
	else
		sqlite3_bind_null(st, 2);
	bind_text(st, 3, d->label);
	bind_has_label(st, 4, d);
	return run(c, STATEMENT_SET_LABEL);
}

/* Runs a statement whose one argument is the number. */
static int run_on(struct catalogue *c, enum statement which, uint64_t number)
{
	bind_number(c->statements[which], 1, number);
	return run(c, which);
}

int catalogue_delete(struct catalogue *c, uint64_t number, bool has_more)
{
	int err = 0;

	if (has_more)
		err = run_on(c, STATEMENT_DELETE_MARKS, number);
	if (has_more && err == 0)
		err = run_on(c, STATEMENT_DELETE_EXTENTS, number);
	return err != 0 ? err : run_on(c, STATEMENT_DELETE, number);
}

int catalogue_drop_label(struct catalogue *c, uint64_t number)
{
	return run_on(c, STATEMENT_DROP_LABEL, number);
}

int catalogue_delete_extents(struct catalogue *c, uint64_t number)
{
	return run_on(c, STATEMENT_DELETE_EXTENTS, number);
}

int catalogue_add_extent(struct catalogue *c, uint64_t number, uint32_t nth,
	const struct extent *e)
{
	sqlite3_stmt *st = c->statements[STATEMENT_ADD_EXTENT];

	bind_number(st, 1, number);
	bind_number(st, 2, nth);
	bind_extent(st, 3, e);
	bind_number(st, 6, e->offset);
	return run(c, STATEMENT_ADD_EXTENT);
}

int catalogue_put_mark(
	struct catalogue *c, uint64_t number, const struct store_mark *mark)
{
	sqlite3_stmt *st = c->statements[STATEMENT_PUT_MARK];

	bind_number(st, 1, number);
	bind_number(st, 2, mark->mail);
	sqlite3_bind_int(st, 3, mark->kind);
	bind_number(st, 4, mark->tries);
	sqlite3_bind_int64(st, 5, mark->next_try_ns);
	bind_text(st, 6, mark->recipients);
	bind_text(st, 7, mark->reason);
	return run(c, STATEMENT_PUT_MARK);
}

int catalogue_delete_mark(struct catalogue *c, uint64_t number, uint32_t mail)
{
	sqlite3_stmt *st = c->statements[STATEMENT_DELETE_MARK];

	bind_number(st, 1, number);
	bind_number(st, 2, mail);
	return run(c, STATEMENT_DELETE_MARK);
}

int catalogue_prepare_statements(struct catalogue *c)
{
	int result = SQLITE_OK;
	size_t i;

	for (i = 0; i < STATEMENTS && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(c->db, statement_texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &c->statements[i], NULL);
	return catalogue_errno(result);
}
