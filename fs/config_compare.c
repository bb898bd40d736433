#include "config_compare.h"

#include "buf.h"
#include "config_rows.h"
#include "config_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Rows count their offsets from the struct around it. */
_Static_assert(offsetof(struct config_writer, config) == 0
		&& offsetof(struct config_mount, config) == 0,
	"what a table fills begins with what it settles");

struct comparison {
	struct config_changes changes;
	struct buf *report;
	const char *name; /* of the writer, or jesfs.conf */
};

static void tell(struct comparison *c, const char *block, const char *keyword,
	bool is_kept)
{
	if (is_kept)
		c->changes.kept++;
	else
		c->changes.changed++;
	buf_printf(c->report, "%s: %s%s%s %s\n", c->name,
		block != NULL ? block : "", block != NULL ? " " : "", keyword,
		is_kept ? "stays as it was, it changes at the next start"
			: "changes");
}

static bool is_same(
	const struct config_row *row, const void *running, const void *read)
{
	if (row->is_same != NULL)
		return row->is_same(running, read);
	return memcmp((const char *)running + row->value_offset,
		       (const char *)read + row->value_offset, row->value_size)
		== 0;
}

static void compare_row(struct comparison *c, const char *block,
	const struct config_row *row, const void *running, void *read)
{
	if (is_same(row, running, read))
		return;
	tell(c, block, row->keyword, row->is_fixed);
	if (row->is_fixed)
		memcpy((char *)read + row->value_offset,
			(const char *)running + row->value_offset,
			row->value_size);
}

static void compare_rows(struct comparison *c, const struct config_row *rows,
	const void *running, void *read)
{
	const struct config_row *inner;

	for (; rows->keyword != NULL; rows++) {
		if (rows->rows == NULL || rows->is_same != NULL) {
			compare_row(c, NULL, rows, running, read);
			continue;
		}
		for (inner = rows->rows; inner->keyword != NULL; inner++)
			compare_row(c, rows->keyword, inner, running, read);
	}
}

/* ---- writers ------------------------------------------------------------- */

static const struct writer_config *find(
	const struct config *config, const struct writer_config *writer)
{
	size_t i;

	for (i = 0; i < config->writer_count; i++)
		if (strcmp(config->writers[i].file, writer->file) == 0)
			return &config->writers[i];
	return NULL;
}

static bool lacks_mbcharset(const struct writer_config *writer)
{
	size_t i;

	for (i = 0; i < writer->target_count; i++)
		if (writer->targets[i].mbcharset[0] == '\0')
			return true;
	return false;
}

/* MBCS stays, so what goes with it does. */
static void keep_targets(struct comparison *c,
	const struct writer_config *running, struct writer_config *out)
{
	if (!out->input.is_mbcs || !lacks_mbcharset(out))
		return;
	memcpy(out->targets, running->targets, sizeof out->targets);
	out->target_count = running->target_count;
	buf_printf(c->report,
		"%s: TargetServer stays as it was, MBCS needs its MBCharset\n",
		running->name);
	c->changes.kept++;
}

static void compare_writer(struct comparison *c, const struct config *read,
	const struct writer_config *running, struct writer_config *out)
{
	const struct writer_config *found = find(read, running);

	c->name = running->name;
	if (found == NULL) {
		*out = *running;
		buf_printf(c->report,
			"%s: its file is gone, it ends at the next start\n",
			running->name);
		c->changes.kept++;
		return;
	}
	*out = *found;
	compare_rows(c, config_writer_rows, running, out);
	keep_targets(c, running, out);
}

static void tell_new(struct comparison *c, const struct config *running,
	const struct config *read)
{
	size_t i;

	for (i = 0; i < read->writer_count; i++) {
		if (find(running, &read->writers[i]) != NULL)
			continue;
		buf_printf(c->report,
			"%s: is new, it is attached at the next start\n",
			read->writers[i].name);
		c->changes.kept++;
	}
}

int config_compare(const struct config *running, struct config *read,
	struct config_changes *out, struct buf *report)
{
	struct comparison c = { .report = report, .name = "jesfs.conf" };
	struct writer_config *writers;
	size_t i;

	writers = calloc(running->writer_count + 1, sizeof *writers);
	if (writers == NULL)
		return -ENOMEM;
	compare_rows(&c, config_mount_rows, running, read);
	read->has_user = running->has_user;
	read->user_uid = running->user_uid;
	read->user_gid = running->user_gid;
	for (i = 0; i < running->writer_count; i++)
		compare_writer(&c, read, &running->writers[i], &writers[i]);
	tell_new(&c, running, read);
	free(read->writers);
	read->writers = writers;
	read->writer_count = running->writer_count;
	*out = c.changes;
	return 0;
}
