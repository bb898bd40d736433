#include "support_fs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(a_file_that_is_closed_is_submitted)
{
	const char *path = in_mount("spool/MAIL/one");
	uint64_t number;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct stat st;

	ck_assert_int_ge(fd, 0);
	number = inode_of_fd(fd);
	expect_state(number, DATASET_OPEN);
	ck_assert_int_eq(write(fd, "hello\n", 6), 6);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 6);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(close(fd), 0);
	expect_state(number, DATASET_READY);
	ck_assert_uint_eq(inode_of(path), number);
	expect_text(number, "hello\n");
}
END_TEST

START_TEST(every_open_for_writing_makes_a_new_data_set)
{
	static const int flags[] = {
		O_WRONLY | O_CREAT | O_TRUNC,  /* > */
		O_WRONLY | O_CREAT | O_APPEND, /* >> */
		O_WRONLY,                      /* dd conv=nocreat,notrunc */
		O_RDWR,
		O_RDWR | O_CREAT | O_TRUNC,
	};
	const char *path = in_mount("spool/MAIL/same");
	uint64_t last = 0;
	uint64_t number;
	struct stat st;
	size_t i;
	int fd;

	ck_assert_int_eq(put_text(path, "first"), 0);
	for (i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		fd = open(path, flags[i] | O_CLOEXEC, 0600);
		ck_assert_msg(fd >= 0, "%zu: %s", i, strerror(errno));
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_int_eq(st.st_size, 0);
		number = st.st_ino;
		ck_assert_uint_gt(number, last);
		last = number;
		ck_assert_int_eq(write(fd, "next", 4), 4);
		ck_assert_int_eq(close(fd), 0);
		expect_state(number, DATASET_READY);
		expect_text(number, "next");
	}
	ck_assert_uint_eq(count_datasets(-1), 6);
}
END_TEST

static int run(void)
{
	Suite *suite = suite_create("fs_write");
	TCase *tc = tcase_create("mounted");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, mounted_setup, mounted_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_file_that_is_closed_is_submitted);
	tcase_add_test(tc, every_open_for_writing_makes_a_new_data_set);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
	return mounted_main(run);
}
