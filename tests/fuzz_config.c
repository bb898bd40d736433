/*
 * Any octets as a configuration file: the first octet chooses jesfs.conf or
 * a writer's file.
 */
#include "../fs/config_table.h"
#include "config_compare.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check(const struct config_writer *w)
{
	size_t i;

	if (w->config.target_count > CONFIG_TARGETS_MAX)
		abort();
	for (i = 0; i < w->config.target_count; i++)
		if (w->config.targets[i].port == 0)
			abort();
	if (w->config.unusable_count > CONFIG_TARGETS_MAX
		|| w->config.report.administrator_count
			> CONFIG_ADMINISTRATORS_MAX
		|| (w->config.exit.kind == USER_EXIT_EXEC
			&& w->config.exit.path[0] != '/'))
		abort();
}

/* A file without an error is no change to itself. */
static void compare(const struct config_writer *w, struct buf *report)
{
	struct writer_config running = w->config;
	struct config one = { .writers = &running, .writer_count = 1 };
	struct config other = { .writer_count = 1 };
	struct config_changes changes;

	other.writers = malloc(sizeof *other.writers);
	if (other.writers == NULL)
		return;
	*other.writers = w->config;
	if (config_compare(&one, &other, &changes, report) == 0
		&& changes.changed + changes.kept > 0)
		abort();
	free(other.writers);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct buf report;
	struct config_source source = { .file = "F", .report = &report };
	struct config_writer writer;
	struct config_mount mount;

	if (len == 0)
		return 0;
	buf_init(&report);
	if (octets[0] % 2 == 0) {
		config_mount_read(
			&source, (const char *)octets + 1, len - 1, &mount);
	} else {
		config_writer_read(
			&source, (const char *)octets + 1, len - 1, &writer);
		check(&writer);
		if (source.errors == 0)
			compare(&writer, &report);
	}
	if (source.errors > 0 && report.len == 0)
		abort();
	buf_fini(&report);
	return 0;
}
