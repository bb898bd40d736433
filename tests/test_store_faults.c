/*
 * Every call that may fail is made to fail once: the first, then the second,
 * until the scenario runs without a failure. Whatever was answered must be
 * what the next start finds.
 *
 * Calls to the kernel are taken over by defining them here: the dynamic
 * linker then sends SQLite's calls here too, which --wrap would not. Those
 * for memory are wrapped, because SQLite's are its own affair. A sync that
 * succeeds does nothing: the next start reads from the page cache.
 */
#include "support_local.h"
#include "support_run.h"

#include "clock.h"
#include "log.h"

#include <assert.h>
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum fault { FAULT_NONE, FAULT_SYNC, FAULT_WRITE, FAULT_MEMORY, FAULTS };

static enum fault armed;
static int fault_errno;
static atomic_int countdown; /* the call that brings it to 0 fails */
static atomic_bool has_failed;

static bool fails(enum fault kind)
{
	if (armed != kind || atomic_fetch_sub(&countdown, 1) != 1)
		return false;
	atomic_store(&has_failed, true);
	errno = fault_errno;
	return true;
}

/* ---- calls taken over ------------------------------------------------ */

int fsync(int fd)
{
	(void)fd;
	return fails(FAULT_SYNC) ? -1 : 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return fails(FAULT_SYNC) ? -1 : 0;
}

ssize_t pwrite64(int fd, const void *octets, size_t len, off64_t offset)
{
	if (fails(FAULT_WRITE))
		return -1;
	return syscall(SYS_pwrite64, fd, octets, len, offset);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t offset)
{
	if (fails(FAULT_WRITE))
		return -1;
	return syscall(SYS_pwritev, fd, pieces, (long)count, (long)offset,
		(long)(offset >> 32));
}

int ftruncate64(int fd, off64_t size)
{
	if (fails(FAULT_WRITE))
		return -1;
	return (int)syscall(SYS_ftruncate, fd, size);
}

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);

void *__wrap_malloc(size_t len)
{
	return fails(FAULT_MEMORY) ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
	return fails(FAULT_MEMORY) ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
	return fails(FAULT_MEMORY) ? NULL : __real_realloc(old, len);
}

/* ---- the scenario ---------------------------------------------------- */

enum { DATASETS = 6, LARGE_AT = 3, LARGE_OCTETS = (1 << 20) + 5000 };

/* What one data set was told; in memory shared with the judge. */
struct told {
	uint64_t number;  /* 0: begin failed */
	uint64_t written; /* octets whose append succeeded */
	uint64_t synced;  /* octets a sync had answered 0 for */
	bool is_submitted;
	bool is_purged; /* by a finish that answered 0 */
	bool was_eio;   /* a sync or the submit answered -EIO */
	bool may_be_purged;
};

static struct told *told;

static void append_pattern(struct store *s, struct told *t, uint64_t size)
{
	unsigned char *octets = __real_malloc(size);
	size_t len = size - t->written;

	pattern_fill(octets, (unsigned int)t->number, t->written, len);
	if (store_append(s, t->number, t->written, octets, len) == 0)
		t->written = size;
	free(octets);
}

static void sync_told(struct store *s, struct told *t)
{
	uint64_t written = t->written;
	int err = sync_wait(s, t->number);

	if (err == 0)
		t->synced = written;
	t->was_eio |= err == -EIO;
}

static void submit_told(struct store *s, struct told *t)
{
	int err = submit_wait(s, t->number, DATASET_READY, "");

	if (err == 0) {
		t->synced = t->written;
		t->is_submitted = true;
	}
	t->was_eio |= err == -EIO;
}

static void write_one(struct store *s, struct told *t, uint64_t size)
{
	struct dataset d = { .writer = "MAIL", .label = "x", .mode = 0600 };
	uint64_t number;
	uint32_t job;

	if (store_begin(s, &d, 1, &number, &job) != 0)
		return;
	t->number = number;
	append_pattern(s, t, size / 2);
	sync_told(s, t);
	append_pattern(s, t, size);
	sync_told(s, t);
	submit_told(s, t);
}

static void settle_one(struct store *s, enum dataset_state to)
{
	struct store_mark marks[] = {
		{ 1, STORE_MARK_DEFERRED, 1, 5, ".", "451" },
		{ 2, STORE_MARK_CLAIMED, 0, 0, "", "" },
	};
	struct store_claim claim;
	struct told *t = told;
	size_t count = 0;

	if (store_claim(s, "MAIL", 1, 0, &claim, &count) != 0 || count == 0)
		return;
	while (t->number != claim.dataset.number)
		t++;
	assert(t <= told + DATASETS);
	if (checkpoint_wait(s, t->number, claim.token, marks, 2) != 0)
		return;
	t->may_be_purged = to == DATASET_PURGED;
	t->is_purged = finish_wait(s, t->number, claim.token, to, 1, "") == 0
		&& to == DATASET_PURGED;
}

static void play(void)
{
	struct store_local_settings settings = { .directory = local_folder };
	struct store *s;
	char why[256];
	size_t i;

	if (store_local_open(&settings, &s, why, sizeof why) != 0)
		return;
	for (i = 1; i <= DATASETS; i++)
		write_one(s, &told[i], i == LARGE_AT ? LARGE_OCTETS : 100 * i);
	settle_one(s, DATASET_PURGED);
	settle_one(s, DATASET_WAITING);
	relabel_wait(s, told[4].number, "y", true);
	move_wait(s, told[5].number, DATASET_READY, DATASET_HELD, "why");
	store_close(s);
}

/* ---- the judge ------------------------------------------------------- */

static void judge(struct store *s, const struct told *t)
{
	struct dataset d;
	int err;

	if (t->number == 0)
		return;
	err = store_lookup(s, t->number, &d);
	if (err != 0) {
		ck_assert_int_eq(err, STORE_NONE);
		ck_assert(t->synced == 0 || t->may_be_purged);
		ck_assert(!t->is_submitted || t->may_be_purged);
		return;
	}
	ck_assert(!t->is_purged);
	ck_assert_uint_ge(d.size_octets, t->synced);
	check_pattern(s, t->number, (unsigned int)t->number, d.size_octets);
	if (t->is_submitted)
		ck_assert_int_ne(d.state, DATASET_OPEN);
	else
		ck_assert_int_ne(d.state, DATASET_ACTIVE);
	if (t->was_eio)
		ck_assert_msg(d.state == DATASET_HELD,
			"%llu was answered EIO, and is %s",
			(unsigned long long)t->number,
			dataset_state_name(d.state));
}

static void judge_all(const struct told *before)
{
	struct store *s = local_start();
	struct store_claim claim;
	size_t i;

	check_state(s, before->number, DATASET_READY);
	check_text(s, before->number, "before");
	for (i = 1; i <= DATASETS; i++)
		judge(s, &told[i]);
	/* it works again */
	dataset_make(s, "after", "after", DATASET_READY);
	while (claim_one(s, &claim))
		ck_assert_int_eq(finish_wait(s, claim.dataset.number,
					 claim.token, DATASET_PURGED, 0, ""),
			0);
	store_close(s);
}

/* Another writer's, so that the scenario leaves it alone. */
static void make_before(struct told *before)
{
	struct dataset d = { .writer = "OTHER", .label = "b", .mode = 0600 };
	struct store *s = local_start();
	uint32_t job;

	ck_assert_int_eq(store_begin(s, &d, 1, &before->number, &job), 0);
	dataset_append(s, before->number, 0, "before", 6);
	ck_assert_int_eq(submit_wait(s, before->number, DATASET_READY, ""), 0);
	store_close(s);
}

/* True when the call was reached. */
static bool run_with_failure(enum fault kind, int number, int err)
{
	struct told *before = &told[0];
	pid_t child;
	int status = -1;
	bool reached;

	memset(told, 0, (DATASETS + 1) * sizeof *told);
	local_set_up();
	make_before(before);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		log_open(LOG_TO_STDERR, 0);
		fault_errno = err;
		atomic_store(&countdown, number);
		armed = kind;
		play();
		_exit(atomic_load(&has_failed) ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "call %d: status %#x", number,
		(unsigned int)status);
	reached = WEXITSTATUS(status) != 0;
	judge_all(before);
	local_tear_down();
	return reached;
}

static const struct {
	enum fault kind;
	int err;
} faults[] = {
	{ FAULT_SYNC, EIO },
	{ FAULT_WRITE, ENOSPC },
	{ FAULT_WRITE, EIO },
	{ FAULT_MEMORY, ENOMEM },
};

START_TEST(what_was_answered_survives_any_failed_call)
{
	int number = 1;

	log_open(LOG_TO_STDERR, 0);
	told = mmap(NULL, (DATASETS + 1) * sizeof *told, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(told, MAP_FAILED);
	while (run_with_failure(faults[_i].kind, number, faults[_i].err))
		number++;
	printf("%d calls failed in turn\n", number - 1);
	ck_assert_int_gt(number, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("faults of the store on disk");
	TCase *tc = tcase_create("one failed call");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, what_was_answered_survives_any_failed_call, 0,
		(int)(sizeof faults / sizeof *faults));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
