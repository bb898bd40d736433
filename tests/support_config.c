#include "support_config.h"

#include <check.h>
#include <stdlib.h>

static char *said(struct buf *report)
{
	size_t len;
	char *text = buf_steal(report, &len);

	ck_assert_ptr_nonnull(text);
	return text;
}

char *config_read_writer_text(
	const char *text, size_t len, struct config_writer *out, size_t *errors)
{
	struct buf report;
	struct config_source source = { .file = "W", .report = &report };

	buf_init(&report);
	config_writer_read(&source, text, len, out);
	*errors = source.errors;
	return said(&report);
}

char *config_read_mount_text(
	const char *text, size_t len, struct config_mount *out, size_t *errors)
{
	struct buf report;
	struct config_source source = { .file = "J", .report = &report };

	buf_init(&report);
	config_mount_read(&source, text, len, out);
	*errors = source.errors;
	return said(&report);
}
