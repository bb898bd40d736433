#include "catalogue_private.h"
#include "catalogue_room.h"

#include "disk_reserve.h"
#include "log.h"
#include "text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SCHEMA_VERSION = 2,
	BUSY_MS = 30000,
	META_CLEAN = 100,
	READ_OCTETS = 1 << 20, /* in one system call */
};

/* Before the first table: both are written into an empty file only. */
static const char settings_sql[] = "PRAGMA page_size = 4096;"
				   "PRAGMA auto_vacuum = INCREMENTAL;"
				   "PRAGMA journal_mode = WAL;"
				   "PRAGMA synchronous = FULL;"
				   "PRAGMA secure_delete = OFF;"
				   "PRAGMA temp_store = MEMORY;"
				   "PRAGMA wal_autocheckpoint = 0;";

/*
 * A number is never used twice (AUTOINCREMENT is not needed for that: the
 * store hands numbers out and keeps the next one in meta).
 */
static const char schema_sql[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE meta ("
	" name INTEGER PRIMARY KEY, value INTEGER NOT NULL);"
	"CREATE TABLE dataset ("
	" number INTEGER PRIMARY KEY,"
	" job INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" writer BLOB NOT NULL,"
	" uid INTEGER NOT NULL,"
	" gid INTEGER NOT NULL,"
	" mode INTEGER NOT NULL,"
	" label BLOB NOT NULL,"
	" has_label INTEGER NOT NULL,"
	" job_name BLOB NOT NULL,"
	" size INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" changed INTEGER NOT NULL,"
	" next_try INTEGER NOT NULL,"
	" reason BLOB NOT NULL,"
	" key INTEGER NOT NULL,"
	" token INTEGER NOT NULL,"
	" read_upto INTEGER NOT NULL,"
	" first_claimed INTEGER NOT NULL,"
	" content INTEGER NOT NULL,"
	" segment INTEGER NOT NULL,"
	" position INTEGER NOT NULL,"
	" length INTEGER NOT NULL,"
	" extents INTEGER NOT NULL);"
	"CREATE TABLE extent ("
	" number INTEGER NOT NULL,"
	" nth INTEGER NOT NULL,"
	" segment INTEGER NOT NULL,"
	" position INTEGER NOT NULL,"
	" length INTEGER NOT NULL,"
	" offset INTEGER NOT NULL,"
	" PRIMARY KEY (number, nth)) WITHOUT ROWID;"
	"CREATE TABLE mark ("
	" number INTEGER NOT NULL,"
	" mail INTEGER NOT NULL,"
	" kind INTEGER NOT NULL,"
	" tries INTEGER NOT NULL,"
	" next_try INTEGER NOT NULL,"
	" recipients BLOB NOT NULL,"
	" reason BLOB NOT NULL,"
	" PRIMARY KEY (number, mail)) WITHOUT ROWID;"
	"PRAGMA user_version = 2;"
	"COMMIT;";

/* The one number a statement answers with. */
static int ask_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *st;
	int result = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (result != SQLITE_OK)
		return catalogue_errno(result);
	result = sqlite3_step(st);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return catalogue_errno(result);
}

static int open_connection(const char *path, sqlite3 **out)
{
	int result = sqlite3_open_v2(path, out,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
			| SQLITE_OPEN_NOFOLLOW,
		NULL);

	if (result != SQLITE_OK)
		return catalogue_errno(result);
	sqlite3_extended_result_codes(*out, 1);
	sqlite3_busy_timeout(*out, BUSY_MS);
	return catalogue_exec(*out, settings_sql);
}

static int check_schema(sqlite3 *db, char *why, size_t why_cap)
{
	int64_t version = 0;
	int err = ask_number(db, "PRAGMA user_version", &version);

	if (err != 0)
		return err;
	if (version == 0)
		return catalogue_exec(db, schema_sql);
	if (version == SCHEMA_VERSION)
		return 0;
	text_format(why, why_cap,
		"the catalogue spool.db has schema %lld, this program knows %d",
		(long long)version, SCHEMA_VERSION);
	return -EPROTO;
}

/*
 * Before anybody relies on the catalogue, however large it is: a million data
 * sets take 0.3 to 0.5 s here, less than the start takes to read their rows,
 * and there are never more than ten million. Later, beside the commits, it
 * would be one read transaction for each table, and the log would grow until
 * that is over.
 */
static int quick_check(sqlite3 *db, char *why, size_t why_cap)
{
	sqlite3_stmt *st;
	const char *verdict = NULL;
	int result;
	int err;

	result = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL);
	if (result != SQLITE_OK)
		return catalogue_errno(result);
	result = sqlite3_step(st);
	err = catalogue_errno(result);
	if (result == SQLITE_ROW)
		verdict = (const char *)sqlite3_column_text(st, 0);
	if (err == 0 && (verdict == NULL || strcmp(verdict, "ok") != 0)) {
		text_format(why, why_cap, "the catalogue spool.db: %s",
			verdict != NULL ? verdict : "no answer");
		err = STORE_DAMAGED;
	}
	sqlite3_finalize(st);
	return err;
}

static int set_clean(sqlite3 *db, bool is_clean)
{
	char sql[80];

	text_format(sql, sizeof sql,
		"INSERT OR REPLACE INTO meta VALUES (%d, %d)", META_CLEAN,
		is_clean);
	return catalogue_exec(db, sql);
}

/* A file that was never open counts as one that was stopped cleanly. */
static int check_stop(sqlite3 *db, char *why, size_t why_cap)
{
	int64_t clean = 1;
	int err = ask_number(
		db, "SELECT value FROM meta WHERE name = 100", &clean);

	if (err == 0 && clean == 0)
		err = quick_check(db, why, why_cap);
	if (err == 0)
		err = set_clean(db, false);
	return err;
}

static int open_all(
	struct catalogue *c, const char *path, char *why, size_t why_cap)
{
	bool is_short = disk_reserve_is_needed(c->reserve);
	int err;

	if (is_short)
		catalogue_room_give(c);
	err = open_connection(path, &c->db);
	if (err == 0 && is_short)
		err = catalogue_log_relieve(c);
	if (err == 0)
		err = check_schema(c->db, why, why_cap);
	if (err == 0)
		err = check_stop(c->db, why, why_cap);
	if (err == 0)
		err = catalogue_prepare_statements(c);
	if (err == 0)
		err = open_connection(path, &c->read_db);
	if (err == 0)
		err = catalogue_prepare_questions(c);
	if (err == 0)
		err = open_connection(path, &c->log_db);
	if (err == 0)
		err = catalogue_log_extend(c, path);
	if (err == 0 && is_short)
		catalogue_room_keep(c);
	else
		disk_reserve_take(c->reserve, UINT64_MAX);
	if (err == 0)
		err = catalogue_log_start(c);
	return err;
}

/*
 * A start needs every page, and the check after an unclean stop comes to them
 * in the order of the trees, a seek for each. Before SQLite has the file: to
 * close a descriptor would take away its locks.
 */
static void read_through(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *octets = malloc(READ_OCTETS);
	ssize_t got = 1;

	while (fd >= 0 && octets != NULL && got > 0)
		got = read(fd, octets, READ_OCTETS);
	free(octets);
	if (fd >= 0)
		close(fd);
}

/* The mode is ours to choose only while the file does not exist. */
static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int catalogue_open(const char *directory, struct catalogue **out, char *why,
	size_t why_cap)
{
	char path[4096];
	struct catalogue *c;
	int err;

	if (!text_format(path, sizeof path, "%s/spool.db", directory))
		return -ENAMETOOLONG;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return -ENOMEM;
	c->index_file = -1;
	c->reserve = -1;
	mutex_init(&c->read_lock, RANK_CATALOGUE);
	mutex_init(&c->log_lock, RANK_LEAF);
	cond_init(&c->log_grew);
	if (why_cap > 0)
		why[0] = '\0';
	err = make_file(path);
	read_through(path);
	if (err == 0) {
		c->reserve = disk_reserve_open(directory);
		err = c->reserve < 0 ? c->reserve : 0;
	}
	if (err == 0)
		err = open_all(c, path, why, why_cap);
	if (err != 0) {
		if (why_cap > 0 && why[0] == '\0')
			text_format(why, why_cap, "the catalogue %s: %s", path,
				c->db != NULL ? sqlite3_errmsg(c->db)
					      : strerror(-err));
		catalogue_close(c, false);
		return err;
	}
	*out = c;
	return 0;
}

/* Pages that purged rows left are given back while nothing waits. */
static void tidy(struct catalogue *c, bool is_clean)
{
	if (c->is_failed || !is_clean)
		return;
	if (catalogue_exec(c->db, "PRAGMA incremental_vacuum(10000)") == 0
		&& set_clean(c->db, true) == 0)
		return;
	if (catalogue_log_relieve(c) != 0 || set_clean(c->db, true) != 0)
		log_warning("spool: the catalogue was not closed cleanly");
}

/*
 * The last connection copies the log and unlinks it. After a failed sync the
 * log is all there is, and the next start reads it on healthy storage.
 */
static void close_connection(struct catalogue *c, sqlite3 *db)
{
	if (db != NULL && c->is_failed)
		sqlite3_db_config(
			db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(db);
}

void catalogue_close(struct catalogue *c, bool is_clean)
{
	size_t i;

	if (c == NULL)
		return;
	catalogue_log_stop(c);
	tidy(c, is_clean);
	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(c->statements[i]);
	for (i = 0; i < QUESTIONS; i++)
		sqlite3_finalize(c->questions[i]);
	close_connection(c, c->read_db);
	close_connection(c, c->log_db);
	close_connection(c, c->db);
	if (c->index_file >= 0)
		close(c->index_file); /* now nothing is locked any more */
	if (c->reserve >= 0) {
		disk_reserve_take(
			c->reserve, UINT64_MAX); /* what the log had */
		close(c->reserve);
	}
	cond_fini(&c->log_grew);
	mutex_fini(&c->log_lock);
	mutex_fini(&c->read_lock);
	free(c);
}

/* ---- start ----------------------------------------------------------- */

static void read_row(sqlite3_stmt *st, struct catalogue_row *row)
{
	int at = DATASET_COLUMNS;

	memset(row, 0, sizeof *row);
	catalogue_read_dataset(st, &row->dataset);
	row->key = (uint64_t)sqlite3_column_int64(st, at++);
	row->token = (uint64_t)sqlite3_column_int64(st, at++);
	row->read_upto = (uint32_t)sqlite3_column_int64(st, at++);
	row->is_first_claimed = sqlite3_column_int(st, at++) != 0;
	row->content = (enum catalogue_content)sqlite3_column_int(st, at++);
	row->extent.segment = (uint32_t)sqlite3_column_int64(st, at++);
	row->extent.position = (uint64_t)sqlite3_column_int64(st, at++);
	row->extent.length = (uint32_t)sqlite3_column_int64(st, at++);
	row->extents = (uint32_t)sqlite3_column_int64(st, at++);
}

int catalogue_each_row(struct catalogue *c,
	int (*found)(void *arg, const struct catalogue_row *row), void *arg)
{
	struct catalogue_row row;
	sqlite3_stmt *st;
	int result;
	int err = 0;

	result = sqlite3_prepare_v2(c->db,
		"SELECT " ROW_COLUMNS
		", key, token, read_upto, first_claimed, content, segment, "
		"position, length, extents FROM dataset ORDER BY number",
		-1, &st, NULL);
	if (result != SQLITE_OK)
		return catalogue_errno(result);
	while (err == 0 && (result = sqlite3_step(st)) == SQLITE_ROW) {
		read_row(st, &row);
		err = found(arg, &row);
	}
	sqlite3_finalize(st);
	return err != 0 ? err : catalogue_errno(result);
}

int catalogue_extents(struct catalogue *c, uint64_t number, struct extent *out,
	size_t max, size_t *count)
{
	sqlite3_stmt *st;
	struct extent *e;
	int result;

	*count = 0;
	result = sqlite3_prepare_v2(c->db,
		"SELECT segment, position, length, offset FROM extent "
		"WHERE number = ?1 ORDER BY nth",
		-1, &st, NULL);
	if (result != SQLITE_OK)
		return catalogue_errno(result);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
	while (*count < max && (result = sqlite3_step(st)) == SQLITE_ROW) {
		e = &out[(*count)++];
		e->segment = (uint32_t)sqlite3_column_int64(st, 0);
		e->position = (uint64_t)sqlite3_column_int64(st, 1);
		e->length = (uint32_t)sqlite3_column_int64(st, 2);
		e->offset = (uint32_t)sqlite3_column_int64(st, 3);
	}
	sqlite3_finalize(st);
	return catalogue_errno(result);
}

int catalogue_each_marked(struct catalogue *c,
	int (*found)(void *arg, uint64_t number), void *arg)
{
	sqlite3_stmt *st;
	int result;
	int err = 0;

	result = sqlite3_prepare_v2(
		c->db, "SELECT DISTINCT number FROM mark", -1, &st, NULL);
	if (result != SQLITE_OK)
		return catalogue_errno(result);
	while (err == 0 && (result = sqlite3_step(st)) == SQLITE_ROW)
		err = found(arg, (uint64_t)sqlite3_column_int64(st, 0));
	sqlite3_finalize(st);
	return err != 0 ? err : catalogue_errno(result);
}
