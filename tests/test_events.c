/* What was logged, as each reader sees it. Each test is a process of its own.
 */
#include "../fs/events.h"
#include "clock.h"
#include "log.h"

#include "support_run.h"
#include "support_spool.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 2 * 1024 * 1024 };

static const struct events_view all = { .sees_all = true };
static const struct events_view ann = { .uid = 1001 };
static const struct events_view bob_view = { .uid = 1002 };

static char out[OUT_MAX];

static void add(const struct events_view *owner, const char *line)
{
	events_add(NS_PER_S, owner != &all ? &owner->uid : NULL, line,
		strlen(line));
}

static const char *read_from(const struct events_view *view, uint64_t offset)
{
	size_t n = events_read(view, &offset, out, sizeof out - 1);

	out[n] = '\0';
	return out;
}

static uint64_t end_for(const struct events_view *view)
{
	int64_t changed_ns;

	return events_end(view, &changed_ns);
}

START_TEST(everyone_sees_his_own_and_operators_all)
{
	add(&ann, "a1\n");
	add(&all, "o1\n");
	add(&bob_view, "b1\n");
	add(&ann, "a2\n");
	ck_assert_str_eq(read_from(&all, 0), "a1\no1\nb1\na2\n");
	ck_assert_str_eq(read_from(&ann, 0), "a1\na2\n");
	ck_assert_str_eq(read_from(&bob_view, 0), "b1\n");
	ck_assert_uint_eq(end_for(&all), 12);
	ck_assert_uint_eq(end_for(&ann), 6);
	/* From anywhere. */
	ck_assert_str_eq(read_from(&ann, 1), "1\na2\n");
	ck_assert_str_eq(read_from(&ann, 3), "a2\n");
	ck_assert_str_eq(read_from(&ann, 6), "");
	ck_assert_str_eq(read_from(&ann, 600), "");
}
END_TEST

START_TEST(an_octet_at_a_time_is_the_same)
{
	uint64_t offset;
	char whole[64] = "";
	char c[2] = "";
	size_t n = 0;

	add(&ann, "one\n");
	add(&bob_view, "two\n");
	add(&ann, "three\n");
	for (offset = 0; events_read(&ann, &offset, c, 1) == 1; offset++)
		whole[n++] = c[0];
	ck_assert_str_eq(whole, "one\nthree\n");
}
END_TEST

/* Many times more than there is room for. */
START_TEST(the_oldest_go_and_offsets_only_grow)
{
	uint64_t ends[2] = { 0, 0 };
	uint64_t at, offset;
	char line[1024];
	int i;

	for (i = 0; i < 20000; i++) {
		snprintf(line, sizeof line, "%d%*d\n", i,
			_i == 0 ? 4 : 1 + i * 7 % 900, 0);
		add(i % 1000 == 0 ? &ann : &bob_view, line);
		ck_assert_uint_gt(end_for(&all), ends[0]);
		ck_assert_uint_ge(end_for(&ann), ends[1]);
		ends[0] = end_for(&all);
		ends[1] = end_for(&ann);
	}
	offset = 0;
	at = events_read(&all, &offset, out, sizeof out);
	ck_assert_uint_gt(offset, 0);
	ck_assert_uint_eq(offset + at, ends[0]);
	ck_assert_uint_le(at, EVENTS_OCTETS_MAX);
	ck_assert_int_eq(out[at - 1], '\n');
	/* Its first is a whole line. */
	ck_assert_int_ge(atoi(out), 20000 - EVENTS_LINES_MAX);
	add(&ann, "last\n");
	ck_assert_uint_eq(end_for(&all), ends[0] + 5);
	ck_assert_uint_ge(end_for(&ann), ends[1] + 5);
	ck_assert_str_eq(read_from(&ann, end_for(&ann) - 5), "last\n");
	ck_assert_str_eq(
		read_from(&ann, 0) + strlen(read_from(&ann, 0)) - 5, "last\n");
}
END_TEST

/* Who waits for a line of his own is not woken by those of others. */
START_TEST(only_a_line_to_be_read_is_news)
{
	uint64_t offset;
	size_t n;
	int i;

	add(&ann, "a1\n");
	ck_assert(events_has_news(&ann, 0));
	ck_assert(!events_has_news(&ann, 3));
	for (i = 0; i < 2 * EVENTS_LINES_MAX; i++)
		add(&bob_view, "b\n");
	offset = 0;
	ck_assert_uint_eq(events_read(&ann, &offset, out, sizeof out), 0);
	ck_assert(!events_has_news(&ann, offset));
	add(&ann, "a2\n");
	ck_assert(events_has_news(&ann, offset));
	n = events_read(&ann, &offset, out, sizeof out);
	ck_assert_uint_eq(n, 3);
	ck_assert(!events_has_news(&ann, offset + n));
}
END_TEST

START_TEST(a_line_that_is_too_long_is_still_a_line)
{
	memset(out, 'x', 5000);
	events_add(0, NULL, out, 5000);
	ck_assert_uint_eq(strlen(read_from(&all, 0)), EVENTS_LINE_MAX);
	ck_assert_int_eq(out[EVENTS_LINE_MAX - 1], '\n');
}
END_TEST

/* The stamp, the id, the writer, the job, the rest. */
START_TEST(what_is_logged_is_an_event)
{
	const struct log_subject about = {
		.uid = 1001, .writer = "MAIL", .job_id = "JOB00007"
	};

	log_capture();
	log_about(&about, LOG_LEVEL_EVENT, "JESF010W %s held: %s", "JOB00007",
		"no\x1b");
	ck_assert_str_eq(read_from(&ann, 0) + strcspn(out, " "),
		" JESF010W MAIL JOB00007 held: no?\n");
	log_error("EZD1831I JOB00007 so");
	log_warning("spool: no id");
	log_information("not worth an event");
	log_open(LOG_TO_STDERR, 0);
	log_event("JESF001I up");
	read_from(&all, 0);
	ck_assert_ptr_nonnull(strstr(out, "Z EZD1831I - - JOB00007 so\n"));
	ck_assert_ptr_nonnull(strstr(out, "Z - - - spool: no id\n"));
	ck_assert_ptr_nonnull(strstr(out, "Z JESF001I - - up\n"));
	ck_assert_ptr_null(strstr(out, "worth"));
	ck_assert_int_eq(log_count("up"), 0);
	ck_assert_str_eq(read_from(&bob_view, 0), "");
}
END_TEST

/* Users whose lines hang together, and others, round and round. */
START_TEST(each_of_many_users_finds_his_own)
{
	enum { USERS = 200, ROUNDS = 60, SAME = 4096 };
	struct events_view view[USERS] = { { 0 } };
	uint64_t seen[USERS] = { 0 }, offset;
	char line[32], got[64];
	size_t n;
	int round, i;

	for (i = 0; i < USERS; i++)
		view[i].uid = (uid_t)(1000 + i / 4 + i % 4 * SAME);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < USERS; i++) {
			ck_assert(!events_has_news(&view[i], seen[i]));
			snprintf(line, sizeof line, "%d of %d\n", round, i);
			add(&view[i], line);
			ck_assert(events_has_news(&view[i], seen[i]));
			offset = seen[i];
			n = events_read(&view[i], &offset, got, sizeof got - 1);
			got[n] = '\0';
			ck_assert_str_eq(got, line);
			seen[i] = offset + n;
			ck_assert_uint_eq(end_for(&view[i]), seen[i]);
		}
	/* Of the last round all are there, in what operators read, too. */
	ck_assert_ptr_nonnull(strstr(read_from(&all, 0), "59 of 199\n"));
	ck_assert_ptr_nonnull(
		strstr(read_from(&view[7], 0), "58 of 7\n59 of 7\n"));
}
END_TEST

static void *add_one(void *arg)
{
	add(arg, "woken\n");
	return NULL;
}

START_TEST(who_waits_is_woken)
{
	atomic_bool is_over = false;
	pthread_t thread;

	ck_assert_int_eq(
		pthread_create(&thread, NULL, add_one, (void *)&ann), 0);
	ck_assert_uint_eq(events_wait(0, &is_over, INT64_MAX), 1);
	pthread_join(thread, NULL);
	atomic_store(&is_over, true);
	ck_assert_uint_eq(events_wait(1, &is_over, INT64_MAX), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events");
	TCase *t = suite_case(suite, "events", 30, NULL, NULL);

	tcase_add_test(t, everyone_sees_his_own_and_operators_all);
	tcase_add_test(t, an_octet_at_a_time_is_the_same);
	tcase_add_loop_test(t, the_oldest_go_and_offsets_only_grow, 0, 2);
	tcase_add_test(t, a_line_that_is_too_long_is_still_a_line);
	tcase_add_test(t, what_is_logged_is_an_event);
	tcase_add_test(t, only_a_line_to_be_read_is_news);
	tcase_add_test(t, each_of_many_users_finds_his_own);
	tcase_add_test(t, who_waits_is_woken);
	return suite_run(suite);
}
