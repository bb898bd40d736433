/*
 * Where the threads of the program run: each worker of the mount has its
 * share of the processors, all other threads have all.
 */
#include "support_files.h"
#include "support_mount.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ASKERS = 8, SHARES_MAX = 8 };

static struct mount m;
static atomic_bool is_over;
static atomic_uint asked;

struct shares {
	cpu_set_t sets[SHARES_MAX]; /* of threads that have not all */
	size_t count;
	size_t others; /* that have */
};

static void find_shares(const cpu_set_t *all, struct shares *out)
{
	char path[64];
	struct dirent *e;
	cpu_set_t set;
	DIR *dir;

	out->count = out->others = 0;
	snprintf(path, sizeof path, "/proc/%d/task", (int)mount_server(&m));
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)) != NULL) {
		if (sched_getaffinity((pid_t)atoi(e->d_name), sizeof set, &set)
				!= 0
			|| e->d_name[0] == '.')
			continue;
		if (CPU_EQUAL(&set, all))
			out->others++;
		else if (out->count < SHARES_MAX)
			out->sets[out->count++] = set;
	}
	closedir(dir);
}

static bool are_placed(const void *all)
{
	struct shares s;

	find_shares(all, &s);
	return s.count == 2;
}

/* Asks for names until it is told to stop: each worker has to answer some. */
static void *ask(void *arg)
{
	char path[MOUNT_PATH_MAX + 32];

	(void)arg;
	while (!atomic_load(&is_over)) {
		snprintf(path, sizeof path, "%s/none-%u", m.drop,
			atomic_fetch_add(&asked, 1));
		ck_assert_int_ne(access(path, F_OK), 0);
	}
	return NULL;
}

START_TEST(workers_share_the_processors_and_nobody_else_does)
{
	pthread_t askers[ASKERS];
	struct shares s;
	cpu_set_t all, both;
	size_t i;

	ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
	mount_init_one(&m);
	mount_start_simple(&m);
	for (i = 0; i < ASKERS; i++)
		ck_assert_int_eq(
			pthread_create(&askers[i], NULL, ask, NULL), 0);
	if (CPU_COUNT(&all) > 1)
		wait_until(are_placed, &all, "two workers that have a share");
	atomic_store(&is_over, true);
	for (i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
	find_shares(&all, &s);
	ck_assert_uint_gt(s.others, 4);
	if (CPU_COUNT(&all) == 1) {
		ck_assert_uint_eq(s.count, 0);
	} else {
		ck_assert_uint_eq(s.count, 2);
		CPU_AND(&both, &s.sets[0], &s.sets[1]);
		ck_assert_int_eq(CPU_COUNT(&both), 0);
		CPU_OR(&both, &s.sets[0], &s.sets[1]);
		ck_assert(CPU_EQUAL(&both, &all));
	}
	ck_assert_int_eq(mount_stop(&m), 0);
	mount_fini(&m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("placement of workers");
	TCase *tests = tcase_create("placement");

	tcase_set_timeout(tests, 60);
	tcase_add_test(
		tests, workers_share_the_processors_and_nobody_else_does);
	suite_add_tcase(suite, tests);
	return mount_main(suite);
}
