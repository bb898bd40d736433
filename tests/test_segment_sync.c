/*
 * A write the kernel lost while zeros are prepared. fdatasync is taken over
 * by defining it here: like the kernel it tells each open file once.
 */
#include "../fs/segment.h"

#include "clock.h"
#include "mutex.h"
#include "support_local.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIZE = 8 << 20, FDS_MAX = 1024 };

static struct mutex lock;
static struct cond changed;
static bool has_lost_a_write GUARDED_BY(lock);
static bool was_told[FDS_MAX] GUARDED_BY(lock);
static size_t told GUARDED_BY(lock);

int fdatasync(int fd)
{
	bool is_news;

	mutex_lock(&lock);
	is_news = has_lost_a_write && !was_told[fd % FDS_MAX];
	if (is_news) {
		was_told[fd % FDS_MAX] = true;
		told++;
		cond_broadcast(&changed);
	}
	mutex_unlock(&lock);
	if (is_news) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void put(struct segments *s, uint32_t len)
{
	static char octets[SEGMENT_RECORD_MAX];
	struct dataset d = { .number = 1, .writer = "MAIL" };
	struct segment_record record = { .number = d.number,
		.attributes = &d,
		.octets = octets,
		.length = len };

	ck_assert_int_eq(segments_append(s, &record, 1), 0);
}

static void wait_until_told(void)
{
	int64_t until_ns = clock_monotonic_ns() + 20 * NS_PER_S;

	mutex_lock(&lock);
	while (told == 0)
		ck_assert(cond_wait_until(&changed, &lock, until_ns));
	mutex_unlock(&lock);
}

START_TEST(the_thread_that_prepares_hides_no_lost_write)
{
	struct segments *s;
	int directory = open(local_folder, O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(directory, 0);
	ck_assert_int_eq(segments_open(directory, SIZE, &s), 0);
	ck_assert_int_eq(segments_start(s), 0);
	put(s, 1);
	ck_assert_int_eq(segments_sync(s), 0);
	mutex_lock(&lock);
	has_lost_a_write = true;
	mutex_unlock(&lock);
	put(s, SEGMENT_RECORD_MAX / 4 * 3); /* now zeros are short */
	wait_until_told();
	ck_assert_int_eq(segments_sync(s), -EIO);
	segments_close(s);
	close(directory);
}
END_TEST

static void set_up(void)
{
	mutex_init(&lock, RANK_LEAF);
	cond_init(&changed);
	local_set_up();
}

int main(void)
{
	Suite *suite = suite_create("segment sync");
	TCase *tc = tcase_create("sync");

	tcase_add_checked_fixture(tc, set_up, local_tear_down);
	tcase_add_test(tc, the_thread_that_prepares_hides_no_lost_write);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
