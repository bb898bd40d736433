/*
 * The promises of close(2), tested by breaking them off: the program is
 * killed, or its power is cut, again and again while writers write.
 *
 * CRASH_ROUNDS says how often (20), CRASH_SEED where the dice start.
 */
#include "support_crash.h"
#include "support_files.h"
#include "support_mount.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WRITERS = 4,
	ROUNDS = 20,
	SESSIONS = 5, /* ConnectLimit's default */
	SPAN_MIN = 20,
	SPAN_MAX = 400, /* data sets between two breaks */
	PATIENCE_S = 1500,
};

struct scene {
	struct mount mount;
	pid_t capture;
	pid_t writers[WRITERS];
	char writer_log[MOUNT_PATH_MAX + 16];
	char capture_log[MOUNT_PATH_MAX + 16];
	char shadow[MOUNT_PATH_MAX + 16]; /* "" without power cuts */
	const char *drop;                 /* POWERCUT_DROP */
	size_t doubts;                    /* named so far */
	size_t log_seen;                  /* octets of the program's log */
};

static int rounds(void)
{
	const char *text = getenv("CRASH_ROUNDS");

	return text != NULL ? atoi(text) : ROUNDS;
}

static void sow(void)
{
	const char *text = getenv("CRASH_SEED");
	unsigned seed = text != NULL ? (unsigned)strtoul(text, NULL, 10)
				     : (unsigned)getpid();

	printf("CRASH_SEED=%u\n", seed);
	srand(seed);
}

static pid_t start_capture(const struct scene *s)
{
	char path[PATH_MAX], port[16];
	pid_t pid;

	program_path("capture", path);
	snprintf(port, sizeof port, "%u", s->mount.targets[0].port);
	pid = fork();
	ck_assert(pid >= 0);
	if (pid > 0)
		return pid;
	execl(path, "capture", "-p", port, "-l", s->capture_log, (char *)NULL);
	_exit(127);
}

static void start_program(struct scene *s)
{
	char directory[MOUNT_PATH_MAX + 16];

	if (s->shadow[0] == '\0') {
		mount_start(&s->mount);
		return;
	}
	snprintf(directory, sizeof directory, "%s/spool", s->mount.scratch);
	ck_assert_int_eq(shell("rm -rf '%s' && mkdir -p '%s' '%s'", s->shadow,
				 s->shadow, directory),
		0);
	setenv("POWERCUT_DIR", directory, 1);
	setenv("POWERCUT_SHADOW", s->shadow, 1);
	if (s->drop != NULL)
		setenv("POWERCUT_DROP", s->drop, 1);
	mount_start_over(&s->mount, "powercut.so");
}

static void open_scene(struct scene *s, bool has_cuts, const char *drop)
{
	unsigned i;

	memset(s, 0, sizeof *s);
	mount_init(&s->mount);
	mount_add_silent_target(&s->mount);
	snprintf(s->writer_log, sizeof s->writer_log, "%s/written",
		s->mount.scratch);
	snprintf(s->capture_log, sizeof s->capture_log, "%s/received",
		s->mount.scratch);
	if (has_cuts)
		snprintf(s->shadow, sizeof s->shadow, "%s/shadow",
			s->mount.scratch);
	s->drop = drop;
	s->capture = start_capture(s);
	start_program(s);
	for (i = 0; i < WRITERS; i++)
		s->writers[i] =
			crash_writer_start(s->mount.drop, s->writer_log, i + 1);
}

/* ---- waiting ---------------------------------------------------------- */

struct awaited_size {
	const char *file;
	off_t size;
};

static bool has_grown_to(const void *arg)
{
	const struct awaited_size *a = arg;
	struct stat st;

	return stat(a->file, &st) == 0 && st.st_size >= a->size;
}

/* Lets the writers make a random number of data sets. */
static void let_them_write(const struct scene *s)
{
	enum { LINES_OCTETS = 40 };
	struct awaited_size a = { s->writer_log, 0 };
	struct stat st;

	if (stat(s->writer_log, &st) == 0)
		a.size = st.st_size;
	a.size += LINES_OCTETS * (SPAN_MIN + rand() % (SPAN_MAX - SPAN_MIN));
	wait_until(has_grown_to, &a, "data sets of the writers");
}

static bool is_drained(const void *arg)
{
	static const char *const moving[] = { " open ", " ready ", " active ",
		" waiting " };
	const struct mount *m = arg;
	char *text = file_text("%s/status/queue", m->point);
	bool is_still = true;
	size_t i;

	for (i = 0; i < sizeof moving / sizeof moving[0]; i++)
		if (strstr(text, moving[i]) != NULL)
			is_still = false;
	free(text);
	return is_still;
}

/* ---- breaking ---------------------------------------------------------- */

/*
 * A mail that the next life had no time to send again is in doubt once more
 * and named again; it counts once.
 */
/* Whether the rest of the line at stands in the text before it, too. */
static bool stands_before(const char *text, const char *at)
{
	char line[64];
	size_t len = strcspn(at, "\n") + 1;

	ck_assert_uint_lt(len, sizeof line);
	memcpy(line, at, len);
	line[len] = '\0';
	return strstr(text, line) < at;
}

/*
 * Doubts that the last start was the first to name. One that was named before
 * stays until its mail is settled, over any number of crashes.
 */
static size_t count_new_doubts(struct scene *s)
{
	size_t len;
	char *text = file_get(s->mount.log, &len);
	const char *at = text + s->log_seen;
	size_t count = 0;

	while ((at = strstr(at, "in doubt: ")) != NULL) {
		count += stands_before(text, at) ? 0 : 1;
		at++;
	}
	free(text);
	s->log_seen = len;
	s->doubts += count;
	return count;
}

/* Puts the disk in the place of what the program believed to be there. */
static void lose_power(const struct scene *s)
{
	ck_assert_int_eq(shell("cd '%s' && rm -rf spool && cp -a "
			       "shadow/tree spool && rm -rf shadow",
				 s->mount.scratch),
		0);
}

static void break_off(struct scene *s)
{
	let_them_write(s);
	mount_kill(&s->mount);
	if (s->shadow[0] != '\0')
		lose_power(s);
	start_program(s);
	ck_assert_uint_le(count_new_doubts(s), 2 * SESSIONS);
}

static void close_scene(struct scene *s, struct crash_verdict *verdict)
{
	struct crash_evidence evidence = {
		.writer_log = s->writer_log,
		.daemon_log = s->mount.log,
		.capture_log = s->capture_log,
	};
	unsigned i;
	int status;

	for (i = 0; i < WRITERS; i++) {
		kill(s->writers[i], SIGTERM);
		waitpid(s->writers[i], &status, 0);
		ck_assert_int_eq(status, 0);
	}
	wait_until(is_drained, &s->mount, "an empty queue");
	ck_assert_int_eq(crash_judge(&evidence, verdict), 0);
	printf("promised %zu data sets, %zu mails; received %zu, repeated %zu, "
	       "in doubt %zu\n",
		verdict->promised, verdict->mails, verdict->received,
		verdict->repeated, s->doubts);
	ck_assert_int_eq(mount_stop(&s->mount), 0);
	kill(s->capture, SIGKILL);
	waitpid(s->capture, &status, 0);
	mount_fini(&s->mount);
}

static void expect_promises_kept(const struct crash_verdict *v)
{
	ck_assert_uint_gt(v->promised, 0);
	ck_assert_msg(
		v->missing == 0, "%zu are missing; %s", v->missing, v->first);
	ck_assert_msg(
		v->damaged == 0, "%zu are damaged; %s", v->damaged, v->first);
	ck_assert_msg(v->unnamed == 0, "%zu are repeated unnamed; %s",
		v->unnamed, v->first);
}

/* ---- claims ------------------------------------------------------------ */

START_TEST(a_kill_loses_nothing_and_names_its_repeats)
{
	struct crash_verdict verdict;
	struct scene s;
	int i;

	open_scene(&s, false, NULL);
	for (i = 0; i < rounds(); i++)
		break_off(&s);
	close_scene(&s, &verdict);
	expect_promises_kept(&verdict);
}
END_TEST

START_TEST(a_power_cut_loses_nothing_that_close_promised)
{
	struct crash_verdict verdict;
	struct scene s;
	int i;

	open_scene(&s, true, NULL);
	for (i = 0; i < rounds(); i++)
		break_off(&s);
	close_scene(&s, &verdict);
	expect_promises_kept(&verdict);
}
END_TEST

/*
 * The control: with segments whose syncs do nothing the same cut must lose
 * what was promised. A test of power cuts that cannot fail proves nothing.
 */
START_TEST(a_power_cut_of_unsynced_segments_is_noticed)
{
	struct crash_verdict verdict;
	struct scene s;
	int i;

	open_scene(&s, true, "0000");
	for (i = 0; i < 3; i++)
		break_off(&s);
	close_scene(&s, &verdict);
	ck_assert_uint_gt(verdict.missing, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crash");
	TCase *tests = tcase_create("promises");

	setvbuf(stdout, NULL, _IOLBF, 0);
	sow();
	tcase_set_timeout(tests, PATIENCE_S);
	tcase_add_test(tests, a_kill_loses_nothing_and_names_its_repeats);
	tcase_add_test(tests, a_power_cut_loses_nothing_that_close_promised);
	tcase_add_test(tests, a_power_cut_of_unsynced_segments_is_noticed);
	suite_add_tcase(suite, tests);
	return mount_main(suite);
}
