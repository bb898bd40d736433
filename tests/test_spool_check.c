/*
 * Who looks at what is written: what he gets to see, and what becomes of a
 * data set he refuses.
 */
#include "support_run.h"
#include "support_spool.h"
#include "text.h"

#include <check.h>
#include <errno.h>
#include <string.h>

/* Refuses what has an X in it; notes the rest. */
static struct {
	char seen[64];
	size_t len;
	int begun, ended;
	bool has_no_memory;
} looker;

static void *look_begin(void *rules)
{
	ck_assert_ptr_eq(rules, &looker);
	looker.begun++;
	return looker.has_no_memory ? NULL : &looker;
}

static bool look(void *checker, const void *octets, size_t len,
	char why[static REASON_MAX + 1])
{
	ck_assert_ptr_eq(checker, &looker);
	ck_assert_uint_lt(looker.len + len, sizeof looker.seen);
	memcpy(looker.seen + looker.len, octets, len);
	looker.len += len;
	looker.seen[looker.len] = '\0';
	text_copy(why, REASON_MAX + 1, "an X");
	return memchr(octets, 'X', len) == NULL;
}

static void look_end(void *checker)
{
	ck_assert_ptr_eq(checker, &looker);
	looker.ended++;
}

static void set_up(void)
{
	static const struct spool_check check = { .rules = &looker,
		.begin = look_begin,
		.feed = look,
		.end = look_end };

	spool_set_up();
	memset(&looker, 0, sizeof looker);
	spool_check_datasets(test_spool, "mail", &check);
}

static int put(struct spool_file *f, uint64_t offset, const char *text)
{
	return spool_file_write(f, offset, false, text, strlen(text));
}

static struct spool_file *create(const char *label)
{
	return dataset_create(test_spool, label, &alice);
}

/* Released: nothing of it is left, or it waits to be sent. */
static void release(struct spool_file *f, bool is_refused)
{
	uint64_t number = spool_file_number(f);

	spool_file_release(f, false);
	if (is_refused)
		wait_until_gone(test_spool, number);
	else
		wait_for_state(test_spool, number, DATASET_READY);
	ck_assert_int_eq(looker.ended, looker.has_no_memory ? 0 : looker.begun);
}

START_TEST(octets_are_seen_as_they_come)
{
	struct spool_file *f = create("a");

	ck_assert_int_eq(looker.begun, 0);
	ck_assert_int_eq(put(f, 0, "ab"), 0);
	ck_assert_int_eq(put(f, 2, "cd"), 0);
	ck_assert_int_eq(spool_file_write(f, 0, true, "ef", 2), 0);
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(put(f, 6, "g"), 0);
	ck_assert_str_eq(looker.seen, "abcdefg");
	ck_assert_int_eq(looker.begun, 1);
	release(f, false);
}
END_TEST

START_TEST(a_refusal_is_final_and_logged_once)
{
	struct spool_file *f = create("a");

	ck_assert_int_eq(put(f, 0, "ab"), 0);
	ck_assert_int_eq(dataset_flush(f), 0);
	ck_assert_int_eq(put(f, 2, "X"), -EINVAL);
	ck_assert_int_eq(put(f, 2, "c"), -EINVAL);
	ck_assert_int_eq(put(f, 0, "c"), -EINVAL);
	ck_assert_int_eq(spool_file_truncate(f, 0), -EINVAL);
	ck_assert_int_eq(dataset_flush(f), -EINVAL);
	ck_assert_str_eq(looker.seen, "abX");
	release(f, true);
	ck_assert_int_eq(log_count("JESF019W JOB00001 refused: an X"), 1);
	ck_assert_int_eq(log_count("discarded"), 0);
	ck_assert_uint_eq(listed(&alice), 0);
}
END_TEST

/* What happens before an X is written at the offset; or "a" at 0 first. */
enum before {
	SKIPS,
	GOES_BACK,
	IS_CUT,
	GROWS,
	IS_DRAFT,
	HAS_NO_MEMORY,
	BEFORES
};

static void happen(struct spool_file *f, enum before what)
{
	if (what != SKIPS)
		ck_assert_int_eq(put(f, 0, "abc"), 0);
	if (what == GOES_BACK)
		ck_assert_int_eq(put(f, 1, "z"), 0);
	if (what == IS_CUT)
		ck_assert_int_eq(spool_file_truncate(f, 0), 0);
	if (what == GROWS)
		ck_assert_int_eq(spool_file_extend(f, 10), 0);
}

START_TEST(out_of_order_nothing_is_seen_nor_refused)
{
	enum before what = (enum before)_i;
	struct spool_file *f;

	looker.has_no_memory = what == HAS_NO_MEMORY;
	f = create(what == IS_DRAFT ? "a.tmp" : "a");
	happen(f, what);
	ck_assert_int_eq(put(f, 3, "X"), 0);
	ck_assert_int_eq(put(f, 4, "X"), 0);
	ck_assert_int_eq(put(f, 0, "X"), 0);
	ck_assert_ptr_null(strchr(looker.seen, 'X'));
	if (what == IS_DRAFT) {
		ck_assert_int_eq(looker.begun, 0);
		spool_file_release(f, false);
		return;
	}
	release(f, false);
}
END_TEST

static void rename_to(const char *from_name, const char *to_name)
{
	const struct spool_path from = { "MAIL", from_name };
	const struct spool_path to = { "MAIL", to_name };
	struct awaited a;

	awaited_init(&a);
	spool_rename(test_spool, &from, &to, false, &alice, awaited_set, &a);
	ck_assert_int_eq(awaited_wait(&a), 0);
}

/* It may be anything now, and is looked at when it is renamed back. */
START_TEST(what_became_a_draft_is_not_refused)
{
	struct spool_file *f = create("a");

	ck_assert_int_eq(put(f, 0, "abc"), 0);
	rename_to("a", "a.tmp");
	ck_assert_int_eq(put(f, 3, "X"), 0);
	ck_assert_int_eq(put(f, 4, "X"), 0);
	rename_to("a.tmp", "a");
	ck_assert_int_eq(put(f, 5, "X"), 0);
	release(f, false);
}
END_TEST

START_TEST(a_writer_nobody_looks_at_takes_anything)
{
	struct spool_file *f;

	ck_assert_int_eq(spool_add_writer(test_spool, "OTHER"), 0);
	ck_assert_int_eq(spool_create(test_spool, "OTHER", "a", &alice, 0600,
				 "sh", false, &f),
		0);
	ck_assert_int_eq(put(f, 0, "X"), 0);
	ck_assert_int_eq(looker.begun, 0);
	release(f, false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool_check");
	TCase *all =
		suite_case(suite, "spool_check", 10, set_up, spool_tear_down);

	tcase_add_test(all, octets_are_seen_as_they_come);
	tcase_add_test(all, a_refusal_is_final_and_logged_once);
	tcase_add_loop_test(
		all, out_of_order_nothing_is_seen_nor_refused, 0, BEFORES);
	tcase_add_test(all, what_became_a_draft_is_not_refused);
	tcase_add_test(all, a_writer_nobody_looks_at_takes_anything);
	return suite_run(suite);
}
