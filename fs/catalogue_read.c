#include "catalogue_private.h"

#include "store_read.h"

#include <string.h>

_Static_assert(STORE_MARK_CLAIMED == 0, "it is written so in QUESTION_MARKS");

static const char *const question_texts[QUESTIONS] = {
	[QUESTION_LOOKUP] =
		"SELECT " ROW_COLUMNS " FROM dataset WHERE number = ?1",
	[QUESTION_LIST] =
		"SELECT " ROW_COLUMNS " FROM dataset WHERE number > ?1 "
		"ORDER BY number LIMIT ?2",
	[QUESTION_LIST_WRITER] =
		"SELECT " ROW_COLUMNS " FROM dataset WHERE number > ?1 "
		"AND writer = ?3 ORDER BY number LIMIT ?2",
	/* The implied claim of mail 1 looks like any other mark: 0 is
	 * STORE_MARK_CLAIMED. */
	[QUESTION_MARKS] =
		"SELECT 1 AS mail, 0, 0, 0, x'', x'' FROM dataset "
		"WHERE number = ?1 AND first_claimed != 0 AND ?2 < 1 "
		"UNION ALL "
		"SELECT mail, kind, tries, next_try, recipients, reason "
		"FROM mark WHERE number = ?1 AND mail > ?2 "
		"ORDER BY mail LIMIT ?3",
};

int catalogue_prepare_questions(struct catalogue *c)
{
	int result = SQLITE_OK;
	size_t i;

	for (i = 0; i < QUESTIONS && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(c->read_db, question_texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &c->questions[i], NULL);
	return catalogue_errno(result);
}

int catalogue_lookup(struct catalogue *c, uint64_t number, struct dataset *out)
{
	sqlite3_stmt *st;
	int result;

	mutex_lock(&c->read_lock);
	st = c->questions[QUESTION_LOOKUP];
	sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
	result = sqlite3_step(st);
	if (result == SQLITE_ROW)
		catalogue_read_dataset(st, out);
	sqlite3_reset(st);
	mutex_unlock(&c->read_lock);
	return result == SQLITE_DONE ? STORE_NONE : catalogue_errno(result);
}

int catalogue_list(struct catalogue *c, const char *writer, uint64_t after,
	size_t max, struct dataset *out, size_t *count)
{
	sqlite3_stmt *st;
	size_t found = 0;
	int result = SQLITE_DONE;

	if (after > INT64_MAX)
		after = INT64_MAX;
	mutex_lock(&c->read_lock);
	st = c->questions[writer == NULL ? QUESTION_LIST
					 : QUESTION_LIST_WRITER];
	sqlite3_bind_int64(st, 1, (sqlite3_int64)after);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)(max & INT32_MAX));
	if (writer != NULL)
		sqlite3_bind_blob(
			st, 3, writer, (int)strlen(writer), SQLITE_STATIC);
	while (found < max && (result = sqlite3_step(st)) == SQLITE_ROW)
		catalogue_read_dataset(st, &out[found++]);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	mutex_unlock(&c->read_lock);
	if (catalogue_errno(result) != 0)
		return catalogue_errno(result);
	*count = found;
	return 0;
}

/* ---- marks ----------------------------------------------------------- */

/* A copy of a blob column as text; NULL when memory is out. */
static char *column_text(sqlite3_stmt *st, int column)
{
	const char *octets = sqlite3_column_blob(st, column);
	int len = sqlite3_column_bytes(st, column);

	return octets != NULL ? strndup(octets, (size_t)len) : strdup("");
}

static int read_mark(sqlite3_stmt *st, struct store_mark_row *out)
{
	out->mail = (uint32_t)sqlite3_column_int64(st, 0);
	out->kind = (enum store_mark_kind)sqlite3_column_int(st, 1);
	out->tries = (uint32_t)sqlite3_column_int64(st, 2);
	out->next_try_ns = sqlite3_column_int64(st, 3);
	out->recipients = column_text(st, 4);
	out->reason = column_text(st, 5);
	if (out->recipients != NULL && out->reason != NULL)
		return 0;
	store_mark_fini(out);
	return -ENOMEM;
}

int catalogue_marks(struct catalogue *c, uint64_t number, uint32_t after,
	size_t max, struct store_mark_row *out, size_t *count)
{
	sqlite3_stmt *st;
	size_t found = 0;
	int result = SQLITE_DONE;
	int err = 0;

	mutex_lock(&c->read_lock);
	st = c->questions[QUESTION_MARKS];
	sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
	sqlite3_bind_int64(st, 2, after);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)(max & INT32_MAX));
	while (found < max && err == 0
		&& (result = sqlite3_step(st)) == SQLITE_ROW) {
		err = read_mark(st, &out[found]);
		if (err == 0)
			found++;
	}
	sqlite3_reset(st);
	mutex_unlock(&c->read_lock);
	if (err == 0)
		err = catalogue_errno(result);
	while (err != 0 && found > 0)
		store_mark_fini(&out[--found]);
	if (err == 0)
		*count = found;
	return err;
}
