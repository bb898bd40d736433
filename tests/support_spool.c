#include "support_spool.h"

#include "clock.h"
#include "support_folder.h"
#include "support_run.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEADLINE_NS (20 * NS_PER_S)
#define LOOK_NS NS_PER_MS

const struct spool_caller alice = { .uid = 1000, .gid = 100, .pid = 4711 };
const struct spool_caller bob = { .uid = 1001, .gid = 100, .pid = 4712 };
const struct spool_caller operator_caller = { .is_operator = true };

struct store *test_store;
struct spool *test_spool;

static char directory[PATH_MAX]; /* "" in memory */

static void open_directory(void)
{
	struct store_local_settings settings = { .directory = directory };
	char why[256] = "";
	int err;

	err = store_local_open(&settings, &test_store, why, sizeof why);
	ck_assert_msg(err == 0, "%s", why);
}

void store_on_disk_open(void)
{
	folder_make(directory, sizeof directory);
	open_directory();
}

void store_on_disk_reopen(void)
{
	if (directory[0] == '\0')
		return;
	store_close(test_store);
	open_directory();
}

void store_on_disk_close(void)
{
	store_close(test_store);
	if (directory[0] != '\0')
		folder_remove(directory);
	directory[0] = '\0';
}

static void open_spool(void)
{
	ck_assert_int_eq(
		spool_open(test_store, judge_by_dot, NULL, &test_spool), 0);
	ck_assert_int_eq(spool_add_writer(test_spool, "MAIL"), 0);
}

void spool_set_up(void)
{
	log_capture();
	ck_assert_int_eq(store_memory_open(&test_store), 0);
	open_spool();
}

void spool_set_up_disk(void)
{
	log_capture();
	store_on_disk_open();
	open_spool();
}

void spool_tear_down(void)
{
	spool_close(test_spool);
	store_on_disk_close();
}

int spool_run_on_stores(const char *name, void (*add_tests)(TCase *tests))
{
	Suite *suite = suite_create(name);
	TCase *in_memory = tcase_create("in memory");
	TCase *on_disk = tcase_create("on disk");

	tcase_add_checked_fixture(in_memory, spool_set_up, spool_tear_down);
	tcase_add_checked_fixture(on_disk, spool_set_up_disk, spool_tear_down);
	add_tests(in_memory);
	add_tests(on_disk);
	suite_add_tcase(suite, in_memory);
	suite_add_tcase(suite, on_disk);
	return suite_run(suite);
}

/* Gives other threads a moment; false once the deadline has passed. */
static bool look_again(int64_t deadline_ns)
{
	struct mutex lock;
	struct cond never;

	mutex_init(&lock, RANK_LEAF);
	cond_init(&never);
	mutex_lock(&lock);
	cond_wait_until(&never, &lock, clock_monotonic_ns() + LOOK_NS);
	mutex_unlock(&lock);
	cond_fini(&never);
	mutex_fini(&lock);
	return clock_monotonic_ns() < deadline_ns;
}

/* ---- data sets ------------------------------------------------------- */

char judged_writer[WRITER_NAME_MAX + 1];

static bool ends_in_dot(
	void *rules, const char *writer, spool_reader *read, void *arg)
{
	char text[4096];
	ssize_t len = read(arg, 0, text, sizeof text);

	(void)rules;
	strcpy(judged_writer, writer);
	return len >= 3 && memcmp(text + len - 3, "\n.\n", 3) == 0;
}

static const struct spool_judge by_dot = { .is_complete = ends_in_dot };
const struct spool_judge *const judge_by_dot = &by_dot;

struct spool_file *dataset_create(
	struct spool *sp, const char *label, const struct spool_caller *owner)
{
	struct spool_file *f;

	ck_assert_int_eq(
		spool_create(sp, "MAIL", label, owner, 0644, "mail", false, &f),
		0);
	return f;
}

void dataset_write(struct spool_file *f, const char *text)
{
	ck_assert_int_eq(spool_file_write(f, 0, true, text, strlen(text)), 0);
}

int dataset_flush(struct spool_file *f)
{
	struct awaited a;

	awaited_init(&a);
	spool_file_flush(f, awaited_set, &a);
	return awaited_wait(&a);
}

uint64_t dataset_put(struct spool *sp, const char *label, const char *text,
	const struct spool_caller *owner)
{
	struct spool_file *f = dataset_create(sp, label, owner);
	uint64_t number = spool_file_number(f);

	dataset_write(f, text);
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	wait_for_state(sp, number, DATASET_READY);
	return number;
}

int dataset_unlink(
	struct spool *sp, const char *name, const struct spool_caller *caller)
{
	struct awaited a;

	awaited_init(&a);
	spool_unlink(sp, "MAIL", name, caller, awaited_set, &a);
	return awaited_wait(&a);
}

void wait_for_state(struct spool *sp, uint64_t number, enum dataset_state state)
{
	int64_t deadline_ns = clock_monotonic_ns() + DEADLINE_NS;
	struct dataset d;

	for (;;) {
		ck_assert_int_eq(spool_stat(sp, number, &d), 0);
		if (d.state == state)
			return;
		ck_assert_msg(look_again(deadline_ns), "%s, not %s",
			dataset_state_name(d.state), dataset_state_name(state));
	}
}

void wait_until_gone(struct spool *sp, uint64_t number)
{
	int64_t deadline_ns = clock_monotonic_ns() + DEADLINE_NS;
	struct dataset d;

	while (spool_stat(sp, number, &d) == 0)
		ck_assert(look_again(deadline_ns));
}

void wait_until_purged(uint64_t number)
{
	int64_t deadline_ns = clock_monotonic_ns() + DEADLINE_NS;
	struct dataset d;

	while (store_lookup(test_store, number, &d) != STORE_NONE)
		ck_assert(look_again(deadline_ns));
}

const char *job_name_of(struct spool *sp, uint64_t number)
{
	static _Thread_local char name[LABEL_MAX + 16];
	char job_id[JOB_ID_LEN + 1];
	struct dataset d;

	ck_assert_int_eq(spool_stat(sp, number, &d), 0);
	dataset_job_id(d.job, job_id);
	snprintf(name, sizeof name, "%s.%s", job_id, d.label);
	return name;
}

int dataset_finish(struct spool *sp, const struct store_claim *claim,
	enum dataset_state to, int64_t next_try_ns, const char *reason)
{
	struct store_finish how = {
		.to = to, .next_try_ns = next_try_ns, .reason = reason
	};
	struct awaited a;

	awaited_init(&a);
	spool_finish(
		sp, claim->dataset.number, claim->token, &how, awaited_set, &a);
	return awaited_wait(&a);
}

uint64_t number_of(const char *name, const struct spool_caller *caller)
{
	struct dataset d;

	return spool_find(test_spool, "MAIL", name, caller, &d) == 0 ? d.number
								     : 0;
}

size_t listed(const struct spool_caller *caller)
{
	uint64_t *numbers;
	size_t count;

	ck_assert_int_eq(
		spool_numbers(test_spool, "MAIL", caller, &numbers, &count), 0);
	free(numbers);
	return count;
}

void check_name(
	uint64_t number, const struct spool_caller *caller, const char *want)
{
	char name[LABEL_MAX + 16];

	ck_assert_int_eq(
		spool_name(test_spool, number, caller, name, sizeof name), 0);
	ck_assert_str_eq(name, want);
}

/* ---- the log --------------------------------------------------------- */

static int log_fd = -1;

/*
 * Appended: two threads that write at the offset they share lose a line, for
 * Linux guards the offset of files that were opened, not of a memfd.
 */
void log_capture(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = memfd_create("log", MFD_CLOEXEC);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_eq(fcntl(log_fd, F_SETFL, O_APPEND), 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

int log_count(const char *text)
{
	static char log[1 << 16];
	ssize_t len = pread(log_fd, log, sizeof log - 1, 0);
	int count = 0;
	char *at, *line, *rest = log;

	ck_assert_int_ge(len, 0);
	log[len] = '\0';
	while ((line = strtok_r(rest, "\n", &at)) != NULL) {
		rest = NULL;
		count += strstr(line, text) != NULL;
	}
	return count;
}

void wait_for_log(const char *text)
{
	int64_t deadline_ns = clock_monotonic_ns() + DEADLINE_NS;

	while (log_count(text) == 0)
		ck_assert(look_again(deadline_ns));
}
