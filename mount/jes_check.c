#include "jes_check.h"

#include "buf.h"
#include "checker.h"
#include "config.h"
#include "config_read.h"
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	PIECE_OCTETS = 256 * 1024, /* as much as caches near a core hold */
	SHOWN_MAX = 4 * PATH_MAX,
};

struct checking {
	struct writer_config config;
	struct checker_rules *rules;
	char *piece;
	bool is_faulty;
	bool is_unreadable;
	char name[SHOWN_MAX]; /* of the file at hand, escaped */
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "jes: %s: %s\n", what, why);
}

/* ---- one file ------------------------------------------------------------ */

static void tell(void *arg, const struct checker_fault *fault)
{
	const struct checking *k = arg;

	printf("%s:%" PRIu64 ": %s\n", k->name, fault->record, fault->reply);
}

static void count(const char *what, uint64_t n)
{
	printf(" %" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void sum_up(struct checking *k, const struct checker *c)
{
	printf("%s:", k->name);
	count("mail", checker_mails(c));
	putchar(',');
	count("error", checker_faults(c));
	putchar('\n');
	if (checker_faults(c) != 0)
		k->is_faulty = true;
}

/* What the checker says no to is no error of ours. */
static int unless_refused(int err)
{
	return err == -EINVAL ? 0 : err;
}

static int read_file(struct checking *k, int fd, struct checker *c)
{
	ssize_t n;
	int err = 0;

	while (err == 0) {
		n = read(fd, k->piece, PIECE_OCTETS);
		if (n == 0)
			return unless_refused(checker_finish(c));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			err = checker_feed(c, k->piece, (size_t)n);
	}
	return unless_refused(err);
}

static int check_octets(struct checking *k, int fd)
{
	struct checker *c = checker_new(k->rules, tell, k);
	int err = -ENOMEM;

	if (c != NULL)
		err = read_file(k, fd, c);
	if (err == 0)
		sum_up(k, c);
	checker_free(c);
	return err;
}

static void check_file(struct checking *k, const char *file)
{
	bool is_input = strcmp(file, "-") == 0;
	int fd = STDIN_FILENO;
	int err = 0;

	escape_string(is_input ? "-" : file, k->name, sizeof k->name);
	if (!is_input)
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		err = -errno;
	if (err == 0)
		err = check_octets(k, fd);
	if (err != 0) {
		fail(k->name, strerror(-err));
		k->is_unreadable = true;
	}
	if (fd >= 0 && !is_input)
		close(fd);
}

/* ---- all of them --------------------------------------------------------- */

/* Says what is wrong, and nothing of what is only unusual. */
static int read_config(struct checking *k, const char *file)
{
	struct buf report;
	int err;

	buf_init(&report);
	err = config_read_writer(file, &k->config, &report);
	if (err != 0 && report.len > 0)
		fwrite(report.data, 1, report.len, stderr);
	else if (err != 0)
		fail(file, strerror(-err));
	buf_fini(&report);
	return err;
}

static int configure(struct checking *k, const struct jes_options *options)
{
	int err = 0;

	input_config_init(&k->config.input);
	header_config_init(&k->config.header);
	if (options->config_file != NULL)
		err = read_config(k, options->config_file);
	if (err != 0)
		return EX_CONFIG;
	if (options->has_format)
		k->config.input.format = options->format;
	err = checker_rules_open(
		&k->config.input, &k->config.header, &k->rules);
	if (err != 0)
		fail("cannot begin", strerror(-err));
	return err != 0 ? EX_OSERR : EX_OK;
}

static int check_all(struct checking *k, char *const *files)
{
	k->piece = malloc(PIECE_OCTETS);
	if (k->piece == NULL) {
		fail("cannot begin", strerror(ENOMEM));
		return EX_OSERR;
	}
	for (; *files != NULL; files++)
		check_file(k, *files);
	free(k->piece);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		fail("cannot print", strerror(errno));
		return EX_IOERR;
	}
	if (k->is_unreadable)
		return EX_NOINPUT;
	return k->is_faulty ? EX_DATAERR : EX_OK;
}

int jes_check(const struct jes_options *options)
{
	struct checking *k = calloc(1, sizeof *k);
	int status = EX_OSERR;

	if (k == NULL) {
		fail("cannot begin", strerror(ENOMEM));
		return status;
	}
	status = configure(k, options);
	if (status == EX_OK)
		status = check_all(k, options->files);
	checker_rules_close(k->rules);
	free(k);
	return status;
}
