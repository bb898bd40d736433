#include "catalogue_room.h"

#include "disk_reserve.h"
#include "text.h"

enum {
	PAGE_OCTETS = 4096,
	PAGES_MOST = 1073741823, /* SQLite's own limit */
	LAST_OCTETS = 128 << 10, /* never given to the log */
};

static void limit_pages(struct catalogue *c, int64_t pages)
{
	char sql[64];

	text_format(sql, sizeof sql, "PRAGMA max_page_count = %lld",
		(long long)pages);
	if (catalogue_exec(c->db, sql) == 0)
		c->is_limited = pages < PAGES_MOST;
}

static int64_t count_pages(struct catalogue *c)
{
	sqlite3_stmt *st;
	int64_t pages = PAGES_MOST;

	if (sqlite3_prepare_v2(c->db, "PRAGMA page_count", -1, &st, NULL)
		!= SQLITE_OK)
		return pages;
	if (sqlite3_step(st) == SQLITE_ROW)
		pages = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return pages;
}

/* What is in the log can then be put into the file, now or at a start. */
static void limit_growth(struct catalogue *c)
{
	uint64_t octets = disk_reserve_size(c->reserve) / 2;

	limit_pages(c, count_pages(c) + (int64_t)(octets / PAGE_OCTETS));
}

void catalogue_room_give(struct catalogue *c)
{
	disk_reserve_release(c->reserve);
	c->has_given = true;
}

void catalogue_room_share(struct catalogue *c)
{
	disk_reserve_take(c->reserve, LAST_OCTETS);
	limit_growth(c);
}

void catalogue_room_keep(struct catalogue *c)
{
	if (!c->has_given)
		return;
	c->has_given = false;
	disk_reserve_take(c->reserve, UINT64_MAX);
	if (!disk_reserve_is_full(c->reserve))
		limit_growth(c);
	else if (c->is_limited)
		limit_pages(c, PAGES_MOST);
}

void catalogue_room_look(struct catalogue *c)
{
	if (!disk_reserve_is_due(c->reserve))
		return;
	disk_reserve_take(c->reserve, UINT64_MAX);
	if (disk_reserve_is_full(c->reserve))
		atomic_store(&c->has_room_again, true);
}

void catalogue_room_use(struct catalogue *c)
{
	if (c->is_limited && atomic_exchange(&c->has_room_again, false))
		limit_pages(c, PAGES_MOST);
}
