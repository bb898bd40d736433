/*
 * A local user who opens, writes, renames, unlinks and lists as fast as he
 * can does not harm the mail of others: each arrives whole and once, and the
 * program's memory stays bounded.
 */
#include "clock.h"
#include "support_files.h"
#include "support_fs.h"
#include "support_mount.h"
#include "support_run.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sanitizers keep shadows of memory, and what was freed. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 5 };
#else
enum { SANITIZED = 1 };
#endif

enum {
	MAILS = 100,
	FACTOR_MAX = 100, /* times as long as alone would be harm */
	MAIL_LINES = 200,
	FILES_WANTED = 10000,
	FILES_FROM_US = 4096, /* ENFILE beyond: jes-spool(7) */
	LARGE_FILES = 480,
	LARGE_OCTETS = 1024 * 1024,
	MEMORY_MAX_KIB = 400 * 1024 * SANITIZED,
	STALE_OCTETS = 3000,
};

/* What he does, until it is over: 0, or the line where a claim failed. */
struct mischief {
	const struct mount *m;
	atomic_bool *is_over;   /* shared with his processes */
	atomic_size_t *started; /* how many have begun */
	uid_t uid;
	int (*act)(const struct mischief *how);
};

static bool is_over(const struct mischief *how)
{
	return atomic_load(how->is_over);
}

static void begun(const struct mischief *how)
{
	atomic_fetch_add(how->started, 1);
}

static int open_new(const struct mischief *how, const char *name)
{
	char path[MOUNT_PATH_MAX + 32];

	snprintf(path, sizeof path, "%s/%s", how->m->drop, name);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int unlink_at(const struct mischief *how, const char *name)
{
	char path[MOUNT_PATH_MAX + 32];

	snprintf(path, sizeof path, "%s/%s", how->m->drop, name);
	return unlink(path);
}

/* ---- what he does -------------------------------------------------------- */

/* All of his names are drafts, so nothing of his is sent. */
static int hold_files(const struct mischief *how)
{
	struct rlimit files = { FILES_WANTED + 64, FILES_WANTED + 64 };
	size_t count = 0;
	char name[32];
	int fd, err = 0;

	if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
		MUST(getrlimit(RLIMIT_NOFILE, &files) == 0);
		files.rlim_cur = files.rlim_max;
		MUST(setrlimit(RLIMIT_NOFILE, &files) == 0);
	}
	while (count < FILES_WANTED && err == 0) {
		snprintf(name, sizeof name, ".held%zu", count);
		fd = open_new(how, name);
		err = fd < 0 ? errno : 0;
		if (fd >= 0 && count % 16 == 0)
			MUST(write(fd, "x", 1) == 1);
		count += fd >= 0;
	}
	MUST(err == ENFILE || (err == EMFILE && count < FILES_FROM_US));
	MUST(count <= FILES_FROM_US);
	begun(how);
	while (!is_over(how))
		usleep(1000);
	return 0;
}

static int write_little(const struct mischief *how)
{
	int fd = open_new(how, ".little");
	size_t i;

	MUST(fd >= 0);
	begun(how);
	for (i = 1; !is_over(how); i++) {
		MUST(write(fd, "y", 1) == 1);
		if (i % 64 == 0)
			MUST(fsync(fd) == 0);
		if (i % 4096 == 0)
			MUST(ftruncate(fd, 0) == 0);
	}
	return 0;
}

static int rename_storm(const struct mischief *how)
{
	char from[MOUNT_PATH_MAX + 32], to[MOUNT_PATH_MAX + 32];
	int fd = open_new(how, ".storm0");
	size_t i;

	MUST(fd >= 0 && write(fd, "z", 1) == 1 && close(fd) == 0);
	begun(how);
	for (i = 0; !is_over(how); i++) {
		snprintf(from, sizeof from, "%s/.storm%zu", how->m->drop, i);
		snprintf(to, sizeof to, "%s/.storm%zu", how->m->drop, i + 1);
		MUST(rename(from, to) == 0);
	}
	return 0;
}

/* Two of them race on one name. */
static int unlink_race(const struct mischief *how)
{
	int fd;

	begun(how);
	while (!is_over(how)) {
		fd = open_new(how, ".race");
		MUST(fd >= 0);
		MUST(write(fd, "r", 1) == 1 || errno == ESTALE);
		unlink_at(how, ".race");
		close(fd);
		unlink_at(how, ".race");
	}
	return 0;
}

/* Octets of his own, or an error: never another's. */
static int read_purged(const struct mischief *how)
{
	char octets[STALE_OCTETS], got[STALE_OCTETS];
	char path[MOUNT_PATH_MAX + 32];
	ssize_t len;
	int fd, reader;

	snprintf(path, sizeof path, "%s/.stale", how->m->drop);
	memset(octets, 's', sizeof octets);
	begun(how);
	while (!is_over(how)) {
		fd = open_new(how, ".stale");
		MUST(fd >= 0);
		MUST(write(fd, octets, sizeof octets) == STALE_OCTETS);
		MUST(close(fd) == 0);
		reader = open(path, O_RDONLY | O_CLOEXEC);
		MUST(reader >= 0);
		MUST(pread(reader, got, sizeof got, 0) == STALE_OCTETS);
		MUST(memcmp(got, octets, sizeof got) == 0);
		MUST(unlink(path) == 0);
		len = pread(reader, got, sizeof got, 0);
		MUST(len == STALE_OCTETS
			|| (len < 0 && (errno == ESTALE || errno == EIO)));
		MUST(len < 0 || memcmp(got, octets, sizeof got) == 0);
		close(reader);
	}
	return 0;
}

/* He sees his own names and no others, however many come and go. */
static int list_and_look(const struct mischief *how)
{
	const struct dirent *e;
	char queue[4096];
	DIR *d;
	int fd;

	begun(how);
	while (!is_over(how)) {
		d = opendir(how->m->drop);
		MUST(d != NULL);
		while ((e = readdir(d)) != NULL)
			MUST(e->d_name[0] == '.'
				|| strncmp(e->d_name, "JOB", 3) == 0);
		closedir(d);
		fd = open(mount_queue(how->m), O_RDONLY | O_CLOEXEC);
		MUST(fd >= 0);
		while (read(fd, queue, sizeof queue) > 0)
			continue;
		close(fd);
	}
	return 0;
}

/* Who has as many open as he may is another than who opens and closes. */
static const struct {
	uid_t uid;
	int (*act)(const struct mischief *how);
} acts[] = {
	{ USER_B, hold_files },
	{ USER_A, write_little },
	{ USER_A, rename_storm },
	{ USER_A, unlink_race },
	{ USER_A, unlink_race },
	{ USER_A, read_purged },
	{ USER_A, list_and_look },
};

enum { ACTS = sizeof acts / sizeof *acts };

/* ---- and the others ------------------------------------------------------ */

static int as_the_user(const void *arg)
{
	const struct mischief *how = arg;

	if (setgroups(0, NULL) != 0 || setgid(how->uid) != 0
		|| setuid(how->uid) != 0)
		return 255;
	return how->act(how);
}

static void put_mail(const struct mount *m, size_t nth)
{
	char path[MOUNT_PATH_MAX + 32], *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"HELO A\nMAIL FROM:<o@a.example>\nRCPT TO:<n%zu@b.example>\n"
		"DATA\nSubject: n%zu\n\n",
		nth, nth);
	for (i = 0; i < MAIL_LINES; i++)
		fprintf(f, "n%zu line %zu\n", nth, i);
	fprintf(f, ".\nQUIT\n");
	fclose(f);
	snprintf(path, sizeof path, "%s/n%zu", m->drop, nth);
	ck_assert_int_eq(file_put(path, text, len), 0);
	free(text);
}

/* How long it takes from the first open to the last mail's arrival. */
static double send_mails(const struct mount *m, size_t from)
{
	int64_t began_ns = clock_monotonic_ns();
	size_t i;

	for (i = 0; i < MAILS; i++)
		put_mail(m, from + i);
	wait_for_mails(m, from + MAILS);
	return (double)(clock_monotonic_ns() - began_ns) / NS_PER_S;
}

/* Whole, and each once. */
static void check_mails(const struct mount *m, size_t count)
{
	ck_assert_uint_eq(mails_count(m, 0), count);
	ck_assert_int_eq(
		shell("cd %s && [ $(cat *.mail | grep -c "
		      "'^Subject: n') -eq %zu ] && [ $(cat *.mail | "
		      "grep '^n[0-9]* line [0-9]*.\\?$' | sort -u | "
		      "wc -l) -eq %zu ]",
			m->targets[0].directory, count, count * MAIL_LINES),
		0);
}

struct counted {
	atomic_size_t *started;
	size_t count;
};

static bool have_begun(const void *arg)
{
	const struct counted *c = arg;

	return atomic_load(c->started) >= c->count;
}

START_TEST(mail_of_others_arrives_beside_a_hostile_user)
{
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct mischief how = { .is_over = shared,
		.started = (atomic_size_t *)shared + 1 };
	struct counted counted = { how.started, 0 };
	double alone, beside;
	pid_t pids[ACTS];
	struct mount m;
	size_t i;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	mount_start_simple(&m);
	how.m = &m;
	alone = send_mails(&m, 0);
	for (i = 0; i < ACTS; i++) {
		how.uid = acts[i].uid;
		how.act = acts[i].act;
		pids[i] = process_start(as_the_user, &how);
		counted.count++;
		wait_until(have_begun, &counted, "a hostile process");
	}
	beside = send_mails(&m, MAILS);
	atomic_store(how.is_over, true);
	for (i = 0; i < ACTS; i++)
		ck_assert_int_eq(process_wait(pids[i]), 0);
	printf("%d mails in %.2f s, beside a hostile user in %.2f s\n", MAILS,
		alone, beside);
	ck_assert_double_lt(beside, FACTOR_MAX * alone);
	check_mails(&m, 2 * MAILS);
	mount_fini(&m);
	munmap(shared, 4096);
}
END_TEST

/* ---- memory -------------------------------------------------------------- */

static long resident_kib(long pid)
{
	char *text = file_text("/proc/%ld/status", pid);
	const char *line = strstr(text, "VmRSS:");
	long kib;

	ck_assert_ptr_nonnull(line);
	kib = strtol(line + 6, NULL, 10);
	free(text);
	return kib;
}

/* Of the program and its child, which does the work. */
static long memory_kib(const struct mount *m)
{
	char *children = file_text(
		"/proc/%d/task/%d/children", (int)m->daemon, (int)m->daemon);
	long kib = resident_kib((long)m->daemon);
	long child = strtol(children, NULL, 10);

	if (child > 0)
		kib += resident_kib(child);
	free(children);
	return kib;
}

/* Each is as large as one in memory may be. */
static int hold_large(const struct mischief *how)
{
	static char octets[LARGE_OCTETS];
	char name[32];
	size_t i;
	int fd;

	for (i = 0; i < LARGE_FILES; i++) {
		snprintf(name, sizeof name, ".large%zu", i);
		fd = open_new(how, name);
		MUST(fd >= 0);
		memcpy(octets, &i, sizeof i);
		MUST(write(fd, octets, LARGE_OCTETS) == LARGE_OCTETS);
	}
	begun(how);
	while (!is_over(how))
		usleep(1000);
	for (i = 0; i < LARGE_FILES; i++) {
		snprintf(name, sizeof name, ".large%zu", i);
		MUST(unlink_at(how, name) == 0);
	}
	return 0;
}

START_TEST(what_many_write_at_once_does_not_fill_the_memory)
{
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct mischief how = { .is_over = shared,
		.started = (atomic_size_t *)shared + 1,
		.uid = USER_A,
		.act = hold_large };
	struct counted counted = { how.started, 1 };
	struct mount m;
	pid_t pid;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	mount_start_simple(&m);
	how.m = &m;
	pid = process_start(as_the_user, &how);
	wait_until(have_begun, &counted, "large data sets");
	printf("%d data sets of 1 MiB are open, resident: %ld KiB\n",
		LARGE_FILES, memory_kib(&m));
	ck_assert_int_le(memory_kib(&m), MEMORY_MAX_KIB);
	send_mails(&m, 0);
	atomic_store(how.is_over, true);
	ck_assert_int_eq(process_wait(pid), 0);
	check_mails(&m, MAILS);
	mount_fini(&m);
	munmap(shared, 4096);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e hostile");
	TCase *tc = tcase_create("mount");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, mail_of_others_arrives_beside_a_hostile_user);
	tcase_add_test(tc, what_many_write_at_once_does_not_fill_the_memory);
	suite_add_tcase(suite, tc);
	return mount_main(suite);
}
