#include "config_read.h"

#include "buf.h"
#include "config_account.h"
#include "config_file.h"
#include "config_host.h"
#include "config_parse.h"
#include "config_table.h"
#include "text.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* What one call of config_read() works on. */
struct reading {
	struct buf *report;
	struct buf text; /* of the writer's file at hand */
	size_t errors;   /* of all files */
	struct config *config;
};

static int load(struct reading *r, const char *file, struct buf *text)
{
	struct config_source source = { .file = file, .report = r->report };
	char why[CONFIG_FILE_WHY_MAX];
	int err;

	buf_reset(text);
	err = config_file_read(file, text, why);
	if (err != 0) {
		config_error(&source, NULL, "%s", why);
		r->errors++;
	}
	return err;
}

/* ---- what jesfs.conf names ----------------------------------------------- */

static void check_group(
	struct config_source *source, struct config_mount *mount)
{
	struct config *c = &mount->config;
	char shown[CONFIG_SHOWN_MAX];
	int err;

	if (mount->group.len == 0)
		return;
	err = config_find_group(c->operator_group, &c->operator_gid);
	c->has_operator_gid = err == 0;
	if (err != 0)
		config_error(source, &mount->group,
			"OperatorGroup %s: %s, expected the name of a group",
			config_show(&mount->group, shown),
			err == -ENOENT ? "no such group" : strerror(-err));
}

static void check_user(struct config_source *source, struct config_mount *mount)
{
	struct config *c = &mount->config;
	char shown[CONFIG_SHOWN_MAX];
	int err;

	if (mount->user.len == 0)
		return;
	err = config_find_user(c->user, &c->user_uid, &c->user_gid);
	c->has_user = err == 0;
	if (err != 0)
		config_error(source, &mount->user,
			"User %s: %s, expected the name of a user",
			config_show(&mount->user, shown),
			err == -ENOENT ? "no such user" : strerror(-err));
}

/* ---- writers' files ------------------------------------------------------ */

/* "/etc/jesfs/writers/MAIL.conf" is of writer MAIL. */
static int name_from_file(
	const char *file, char out[static WRITER_NAME_MAX + 1])
{
	static const char ending[] = ".conf";
	const char *slash = strrchr(file, '/');
	const char *name = slash != NULL ? slash + 1 : file;
	size_t len = strlen(name);
	size_t ending_len = sizeof ending - 1;

	if (len > ending_len && strcmp(name + len - ending_len, ending) == 0)
		len -= ending_len;
	return writer_name_parse(name, len, out);
}

/* at is where ExtWrtName stands; NULL when the file's name counts. */
static void check_name(struct reading *r, struct config_source *source,
	const struct config_word *at, const struct writer_config *writer)
{
	size_t i;

	for (i = 0; i < r->config->writer_count; i++)
		if (strcmp(r->config->writers[i].name, writer->name) == 0) {
			config_error(source, at,
				"writer name %s is taken by %s, expected one "
				"file for each name",
				writer->name, r->config->writers[i].file);
			return;
		}
}

static int add_writer(struct reading *r, const struct writer_config *writer)
{
	struct config *c = r->config;
	struct writer_config *grown;

	grown = realloc(c->writers, (c->writer_count + 1) * sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	c->writers = grown;
	c->writers[c->writer_count++] = *writer;
	return 0;
}

/* Who can write the program can read and refuse all mail. */
static void check_exit(const struct reading *r, struct config_source *source,
	const struct config_writer *w)
{
	const struct exit_config *e = &w->config.exit;
	char why[CONFIG_FILE_WHY_MAX];
	char shown[CONFIG_SHOWN_MAX];

	if (e->kind != USER_EXIT_EXEC)
		return;
	if (config_file_check_program(
		    e->path, r->config->has_user ? r->config->user_uid : 0, why)
		!= 0)
		config_error(source, &w->at.user_exit, "UserExit %s: %s",
			config_show(&w->at.user_exit, shown), why);
}

static int find_submitter(
	const struct config_word *name, bool is_group, uint32_t *id)
{
	char text[CONFIG_WORD_SHOWN];
	gid_t gid;
	size_t at = is_group ? 1 : 0;

	text_format(text, sizeof text, "%.*s", (int)(name->len - at),
		name->text + at);
	return is_group ? config_find_group(text, id)
			: config_find_user(text, id, &gid);
}

static void check_submitters(
	struct config_source *source, struct config_writer *w)
{
	struct submitters *s = &w->config.submitters;
	const struct config_word *name;
	char shown[CONFIG_SHOWN_MAX];
	bool is_group;
	size_t i;
	int err;

	for (i = 0; i < w->submitter_count; i++) {
		name = &w->submitters[i];
		is_group = name->text[0] == '@';
		err = find_submitter(name, is_group, &s->all[i].id);
		s->all[i].is_group = is_group;
		if (err != 0)
			config_error(source, name,
				"Submitters %s: %s, expected the name of a %s",
				config_show(name, shown),
				err != -ENOENT     ? strerror(-err)
					: is_group ? "no such group"
						   : "no such user",
				is_group ? "group" : "user");
	}
	s->count = w->submitter_count;
}

static int read_writer(struct reading *r, const char *file)
{
	struct config_source source = { .file = file, .report = r->report };
	struct config_writer w;
	const struct config_word *at = NULL;
	int err;

	err = load(r, file, &r->text);
	if (err != 0)
		return err == -ENOMEM ? err : 0;
	config_writer_read(&source, r->text.data, r->text.len, &w);
	text_copy(w.config.file, sizeof w.config.file, file);
	if (w.at.name.len != 0)
		at = &w.at.name;
	else if (name_from_file(file, w.config.name) != 0)
		config_error(&source, NULL,
			"the name of the file is not a writer name, expected 1 "
			"to 8 of A-Z 0-9 $ # @ and .conf, or ExtWrtName in it");
	if (w.config.name[0] != '\0')
		check_name(r, &source, at, &w.config);
	check_submitters(&source, &w);
	check_exit(r, &source, &w);
	r->errors += source.errors;
	return add_writer(r, &w.config);
}

/* Reads the files of one WriterConfig. */
static int read_pattern(struct reading *r, struct config_source *source,
	const struct config_word *at, const char *pattern)
{
	char shown[CONFIG_SHOWN_MAX];
	glob_t found;
	size_t i;
	int err;

	err = glob(pattern, GLOB_ERR, NULL, &found);
	if (err == GLOB_NOSPACE)
		return -ENOMEM;
	if (err != 0) {
		config_error(source, at,
			"WriterConfig %s %s, expected at least one file",
			config_show(at, shown),
			err == GLOB_NOMATCH ? "matches no file"
					    : "cannot be looked up");
		return 0;
	}
	err = 0;
	for (i = 0; err == 0 && i < found.gl_pathc; i++) {
		if (r->config->writer_count == DATASET_WRITERS_MAX) {
			config_error(source, at,
				"WriterConfig %s gives more than %d writers, "
				"expected no more",
				config_show(at, shown), DATASET_WRITERS_MAX);
			break;
		}
		err = read_writer(r, found.gl_pathv[i]);
	}
	globfree(&found);
	return err;
}

static int read_writers(struct reading *r, struct config_source *source,
	const struct config_mount *mount)
{
	char pattern[PATH_MAX];
	size_t i;
	int err = 0;

	for (i = 0; err == 0 && i < mount->pattern_count; i++) {
		const struct config_word *at = &mount->patterns[i];

		text_format(pattern, sizeof pattern, "%.*s", (int)at->len,
			at->text);
		err = read_pattern(r, source, at, pattern);
	}
	return err;
}

/* ---- all of it ----------------------------------------------------------- */

static void check_required(
	struct config_source *source, const struct config_mount *mount)
{
	if (mount->config.spool_directory[0] == '\0')
		config_error(
			source, NULL, "no valid SpoolDirectory, expected one");
	if (mount->pattern_count == 0)
		config_error(source, NULL,
			"no valid WriterConfig, expected at least one");
}

static int read_mount(struct reading *r, const char *file, struct buf *text)
{
	struct config_source source = { .file = file, .report = r->report };
	struct config_mount mount;
	int err;

	err = load(r, file, text);
	if (err != 0)
		return err == -ENOMEM ? err : 0;
	config_mount_read(&source, text->data, text->len, &mount);
	check_required(&source, &mount);
	check_group(&source, &mount);
	check_user(&source, &mount);
	*r->config = mount.config;
	err = read_writers(r, &source, &mount);
	r->errors += source.errors;
	return err;
}

int config_read(const char *file, struct config **out, struct buf *report)
{
	struct reading r = { .report = report };
	struct buf text;
	int err;

	r.config = calloc(1, sizeof *r.config);
	if (r.config == NULL)
		return -ENOMEM;
	buf_init(&text);
	buf_init(&r.text);
	err = read_mount(&r, file, &text);
	if (err == 0 && r.errors != 0)
		err = -EINVAL;
	if (err == 0)
		err = buf_error(report);
	buf_fini(&r.text);
	buf_fini(&text);
	if (err != 0) {
		config_free(r.config);
		return err;
	}
	if (r.config->helo_name[0] == '\0')
		config_host_helo(
			&r.config->writers[0].targets[0], r.config->helo_name);
	*out = r.config;
	return 0;
}

int config_read_writer(
	const char *file, struct writer_config *out, struct buf *report)
{
	struct config_source source = { .file = file, .report = report };
	struct reading r = { .report = report };
	struct config_writer w;
	int err;

	buf_init(&r.text);
	err = load(&r, file, &r.text);
	if (err == 0) {
		config_writer_read(&source, r.text.data, r.text.len, &w);
		if (source.errors != 0)
			err = -EINVAL;
	}
	buf_fini(&r.text);
	if (err == 0)
		err = buf_error(report);
	if (err == 0)
		*out = w.config;
	return err;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	free(c->writers);
	free(c);
}
