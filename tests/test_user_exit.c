/*
 * A user exit: what its answers do to mail, and what its failures do not.
 * The programs are small shell scripts.
 */
#include "support_exit.h"
#include "support_folder.h"
#include "support_forwarder.h"
#include "support_run.h"
#include "support_store.h"

#include "../forwarder/exit_header.h"
#include "buf.h"
#include "clock.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT_S = 60, RECIPIENTS = 300 };

static void expect_reason(uint64_t number, const char *start, const char *end)
{
	char expected[REASON_MAX + 1];

	wait_for_state(test_spool, number, DATASET_HELD);
	text_format(expected, sizeof expected, "%s%.63s%s", start,
		test_config.exit.path, end);
	ck_assert_str_eq(reason_of(number), expected);
}

static void release(uint64_t number)
{
	ck_assert_int_eq(
		move_wait(test_store, number, DATASET_HELD, DATASET_READY, ""),
		0);
}

/* ---- answers ------------------------------------------------------------- */

#define ACCEPT_ALL "while read -r q; do echo \"$q\" >>asked; echo accept; done"

START_TEST(one_program_is_asked_about_every_mail)
{
	uint64_t number;

	exit_run(ACCEPT_ALL);
	number = submit_mail("bob@b.example c@c.example",
		"Subject: one\n..dot: x\nTo: b\n\n.body");
	wait_gone(number);
	wait_gone(submit_mails("two", 3));
	ck_assert_uint_eq(script_mails(exit_target), 4);
	ck_assert_uint_eq(exit_lines("asked"), 4);
	ck_assert_uint_eq(exit_lines("began"), 1);
	ck_assert_ptr_nonnull(strstr(exit_noted("asked"),
		"\"mail\":1,\"sender\":\"ann@example.org\",\"recipients\":"
		"[\"bob@b.example\",\"c@c.example\"],\"size\":"));
	ck_assert_ptr_nonnull(
		strstr(exit_noted("asked"), "{\"writer\":\"MAIL\","));
	ck_assert_ptr_nonnull(
		strstr(exit_noted("asked"), "Subject: one\\u000a"));
	ck_assert_ptr_nonnull(strstr(
		exit_noted("asked"), "\\u000aTo: b\\u000a\",\"header_cut"));
	ck_assert_ptr_null(strstr(exit_noted("asked"), "body"));
	forwarder_halt(NS_PER_S);
	exit_expect_gone("began");
	exit_end();
}
END_TEST

START_TEST(a_rejected_mail_is_undeliverable)
{
	uint64_t number;

	exit_run("while read -r q; do case $q in *'\"mail\":2,'*)\n"
		 "printf 'reject no \\033 such: thing\\n';; *) echo accept;;\n"
		 "esac; done");
	number = submit_mails("x", 3);
	expect_reason(number, "mail 2: rejected by UserExit ",
		": no \\x1b such: thing");
	ck_assert_uint_eq(script_mails(exit_target), 2);
	ck_assert_uint_eq(count_marks(number, STORE_MARK_FAILED), 1);
	ck_assert_uint_eq(forwarder_look().undeliver, 1);
	/* What failed has failed. */
	release(number);
	expect_reason(number, "mail 2: rejected by UserExit ",
		": no \\x1b such: thing");
	exit_end();
}
END_TEST

START_TEST(a_held_data_set_goes_on_where_it_was_held)
{
	uint64_t number, later;

	exit_run("while read -r q; do case $q in *'\"mail\":2,'*)\n"
		 "test -e open && echo accept || echo hold ask Ann;;\n"
		 "*) echo accept;; esac; done");
	number = submit_mails("x", 4);
	expect_reason(number, "mail 2: held by UserExit ", ": ask Ann");
	ck_assert_uint_eq(script_mails(exit_target), 1);
	later = submit_mails("y", 1);
	wait_gone(later);
	release(number);
	expect_reason(number, "mail 2: held by UserExit ", ": ask Ann");
	ck_assert_uint_eq(script_mails(exit_target), 2);
	folder_put(exit_dir, "open", "");
	release(number);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(exit_target), 5);
	ck_assert_uint_eq(exit_lines("began"), 1);
	exit_end();
}
END_TEST

/* The first mail is claimed with its data set. */
START_TEST(the_first_mail_may_be_held_or_rejected)
{
	uint64_t number;

	exit_run("while read -r q; do test -e open && echo reject ||\n"
		 "echo hold; done");
	number = submit_mails("x", 2);
	expect_reason(number, "mail 1: held by UserExit ", "");
	folder_put(exit_dir, "open", "");
	release(number);
	expect_reason(number, "mail 1: rejected by UserExit ", "");
	ck_assert_uint_eq(count_marks(number, STORE_MARK_FAILED), 2);
	ck_assert_uint_eq(script_mails(exit_target), 0);
	exit_end();
}
END_TEST

START_TEST(what_was_tried_in_vain_is_not_asked_about_again)
{
	static const struct script_row busy[] = {
		{ "RCPT", SCRIPT_REPLY, "451 4.3.0 later", 1 }, { 0 }
	};
	uint64_t number;

	exit_configure(30);
	exit_put(ACCEPT_ALL);
	script_change(exit_target, busy);
	forwarder_run();
	number = submit_mails("x", 1);
	hurry_until_gone(number, NS_PER_S);
	ck_assert_uint_eq(exit_lines("asked"), 1);
	ck_assert_uint_eq(script_mails(exit_target), 1);
	exit_end();
}
END_TEST

/* The mail that a server deferred is not held with the one behind it. */
START_TEST(a_hold_waits_for_what_is_to_be_tried_again)
{
	static const struct script_row busy[] = {
		{ "RCPT", SCRIPT_REPLY, "451 4.3.0 later", 1 }, { 0 }
	};
	uint64_t number;

	exit_configure(30);
	exit_put("while read -r q; do case $q in *'\"mail\":2,'*)\n"
		 "echo hold ask Ann;; *) echo accept;; esac; done");
	script_change(exit_target, busy);
	forwarder_run();
	number = submit_mails("x", 2);
	hurry_until(number, DATASET_WAITING, 0);
	hurry_until(number, DATASET_HELD, NS_PER_S);
	ck_assert_uint_eq(script_mails(exit_target), 1);
	ck_assert_ptr_nonnull(strstr(reason_of(number), "mail 2: held by "));
	exit_end();
}
END_TEST

START_TEST(a_question_may_be_larger_than_a_pipe)
{
	char *content = malloc(2 * EXIT_HEADER_MAX);
	struct buf recipients;
	size_t len, i;
	char *names;

	exit_configure(30);
	exit_put(ACCEPT_ALL);
	forwarder_run();
	buf_init(&recipients);
	for (i = 0; i < RECIPIENTS; i++)
		buf_printf(&recipients, "%srecipient-number-%zu@b.example",
			i > 0 ? " " : "", i);
	names = buf_steal(&recipients, &len);
	ck_assert_ptr_nonnull(content);
	ck_assert_ptr_nonnull(names);
	content[0] = '\0';
	for (i = 0; i + 600 < 2 * EXIT_HEADER_MAX; i += len) {
		len = (size_t)snprintf(
			content + i, 600, "X-%zu: %0500d\n", i, 0);
	}
	wait_gone(submit_mail(names, content));
	ck_assert_ptr_nonnull(strstr(
		exit_noted("asked"), "recipient-number-299@b.example\"]"));
	ck_assert_ptr_nonnull(
		strstr(exit_noted("asked"), "\"header_cut\":true}"));
	free(names);
	free(content);
	exit_end();
}
END_TEST

/* ---- failures ------------------------------------------------------------ */

static const struct {
	const char *body, *why;
} failures[] = {
	{ "read -r q; sleep 1000 & echo $! >child; wait",
		" gave no answer in 1 s" },
	{ "echo $$ >child; exec sleep 1000", " gave no answer in 1 s" },
	{ "read -r q; printf accept; sleep 1000", " gave no answer in 1 s" },
	{ "read -r q; exit 3", " ended with status 3" },
	{ "read -r q; kill -SEGV $$", " was ended by signal 11" },
	{ "read -r q; exec >&-; sleep 1000", " closed its standard output" },
	{ "read -r q; echo accept; while :; do sleep 1000; done",
		" gave no answer in 1 s" },
	{ "read -r q; printf 'accept\\naccept\\n'; sleep 1000",
		" gave more than one answer" },
	{ "read -r q; head -c 5000 /dev/zero | tr '\\0' a; sleep 1000",
		" gave an answer without an end" },
	{ "read -r q; echo perhaps; sleep 1000",
		" answered neither accept nor reject nor hold" },
	{ "read -r q; echo; sleep 1000",
		" answered neither accept nor reject nor hold" },
	{ "read -r q; yes >&2", " flooded its standard error" },
};

/* The second of two, where the first one was accepted. */
START_TEST(where_the_program_fails_the_data_set_is_held)
{
	bool accepts = strstr(failures[_i].body, "echo accept; while") != NULL;
	uint64_t number;

	exit_run(failures[_i].body);
	number = submit_mails("x", 3);
	expect_reason(number,
		accepts ? "mail 2: UserExit " : "mail 1: UserExit ",
		failures[_i].why);
	ck_assert_uint_eq(script_mails(exit_target), accepts ? 1 : 0);
	ck_assert_int_ge(log_count("JESF033E writer MAIL: UserExit "), 1);
	/* Not a process of it is left. */
	exit_expect_gone("began");
	if (exit_noted("child")[0] != '\0')
		exit_expect_gone("child");
	/* With a better one nothing is lost. */
	exit_put(ACCEPT_ALL);
	release(number);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(exit_target), 3);
	exit_end();
}
END_TEST

START_TEST(an_answer_before_the_question_counts_for_nothing)
{
	uint64_t number;

	exit_run("echo accept; echo $$ >child; sleep 1000");
	number = submit_mails("x", 1);
	expect_reason(
		number, "mail 1: UserExit ", " answered before it was asked");
	ck_assert_uint_eq(script_mails(exit_target), 0);
	exit_end();
}
END_TEST

/* It is not the mail's fault. */
START_TEST(a_program_that_cannot_be_started_lets_mail_wait)
{
	char expected[REASON_MAX + 1];
	uint64_t number;

	exit_configure(1);
	forwarder_run();
	wait_for_log("cannot be started: No such file or directory");
	number = submit_mails("x", 3);
	wait_for_state(test_spool, number, DATASET_WAITING);
	text_format(expected, sizeof expected,
		"mail 1: UserExit %.63s cannot be started: "
		"No such file or directory",
		test_config.exit.path);
	ck_assert_str_eq(reason_of(number), expected);
	exit_put(ACCEPT_ALL);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(exit_target), 3);
	ck_assert_uint_eq(exit_lines("asked"), 3);
	exit_end();
}
END_TEST

START_TEST(one_that_dies_idle_is_started_again)
{
	uint64_t number;

	exit_run("test -e again || { >again; exit 0; }\n" ACCEPT_ALL);
	wait_for_log("ended with status 0, it is started again after 1 s");
	number = submit_mails("x", 2);
	wait_gone(number);
	ck_assert_uint_eq(script_mails(exit_target), 2);
	ck_assert_uint_eq(exit_lines("began"), 2);
	exit_end();
}
END_TEST

static bool is_decided(void *arg)
{
	struct dataset d;

	clock_forward(NS_PER_S);
	return spool_stat(test_spool, *(const uint64_t *)arg, &d) != 0
		|| d.state == DATASET_HELD;
}

/* It may take longer to start than the time that is made to pass. */
static void release_until_gone(uint64_t number)
{
	struct dataset d;

	do {
		release(number);
		ck_assert(clock_wait_until(is_decided, &number));
	} while (spool_stat(test_spool, number, &d) == 0);
}

START_TEST(it_rests_longer_each_time_until_it_answers)
{
	uint64_t number;
	int i;

	exit_configure(30);
	exit_put("read -r q; test -e open && echo accept && read -r q;\n"
		 "exit 3");
	forwarder_run();
	number = submit_mails("x", 1);
	for (i = 0; i < 8; i++) {
		hurry_until(number, DATASET_HELD, NS_PER_S);
		if (i < 7)
			release(number);
	}
	folder_put(exit_dir, "open", "");
	release_until_gone(number);
	wait_for_log("it is started again after 1 s");
	wait_for_log("it is started again after 2 s");
	wait_for_log("it is started again after 32 s");
	wait_for_log("it is started again after 60 s");
	ck_assert_int_eq(log_count("again after 64 s"), 0);
	number = submit_mails("y", 1);
	hurry_until(number, DATASET_HELD, NS_PER_S);
	ck_assert_int_eq(log_count("it is started again after 1 s"), 2);
	exit_end();
}
END_TEST

START_TEST(its_standard_error_is_logged_a_little)
{
	exit_run(
		"while read -r q; do for i in 1 2 3 4 5 6 7 8 9; do\n"
		"printf 'note %s \\033[2J\\n' $i; done >&2; echo accept; done");
	wait_gone(submit_mails("x", 1));
	wait_for_log("JESF034W writer MAIL: UserExit says: note 5 \\x1b[2J");
	wait_gone(submit_mails("y", 1));
	ck_assert_int_eq(log_count("note 6"), 0);
	exit_end();
}
END_TEST

/* ---- its surroundings, and its end --------------------------------------- */

START_TEST(it_gets_little)
{
	exit_configure(10);
	folder_put(exit_dir, "exit",
		"#!/usr/bin/python3\n"
		"import os, signal, sys\n"
		"out = open(os.path.dirname(sys.argv[0]) + '/seen', 'w')\n"
		"fds = sorted(map(int, os.listdir('/proc/self/fd')))\n"
		"print(len(sys.argv), os.getcwd(), os.getpgrp() == "
		"os.getpid(),\n"
		"  fds[:5] == [0, 1, 2, out.fileno(), out.fileno() + 1],\n"
		"  len(fds) == 5, len(signal.pthread_sigmask(0, [])),\n"
		"  *sorted(os.environ.items()), file=out, flush=True)\n"
		"for line in sys.stdin: print('accept', flush=True)\n");
	ck_assert_int_eq(chmod(folder_path(exit_dir, "exit"), 0755), 0);
	ck_assert_int_eq(setenv("SECRET", "x", 1), 0);
	forwarder_run();
	wait_gone(submit_mails("x", 1));
	ck_assert_str_eq(exit_noted("seen"),
		"1 / True True True 0 ('JESFS_WRITER', 'MAIL') "
		"('LC_ALL', 'C.UTF-8') "
		"('PATH', '/usr/local/bin:/usr/bin:/bin')\n");
	exit_end();
}
END_TEST

static bool is_asked(void *arg)
{
	(void)arg;
	return exit_noted("asked")[0] != '\0';
}

/* It does not even listen to SIGTERM. */
START_TEST(a_stop_ends_it_and_takes_no_mail_along)
{
	uint64_t number, other;
	struct dataset d;

	exit_configure(3600);
	exit_put("trap '' TERM; read -r q; echo 1 >asked; sleep 1000 &\n"
		 "echo $! >child; wait; sleep 1000");
	forwarder_run();
	number = submit_mails("x", 3);
	other = submit_mails("y", 3);
	wait_until(is_asked);
	forwarder_halt(NS_PER_S);
	exit_expect_gone("began");
	exit_expect_gone("child");
	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	ck_assert_int_eq(d.state, DATASET_READY);
	ck_assert_int_eq(spool_stat(test_spool, other, &d), 0);
	ck_assert_int_eq(d.state, DATASET_READY);
	exit_put(ACCEPT_ALL);
	forwarder_run();
	wait_gone(number);
	wait_gone(other);
	ck_assert_uint_eq(script_mails(exit_target), 6);
	exit_end();
}
END_TEST

START_TEST(versions_of_zos_ask_nobody)
{
	exit_configure(1);
	test_config.exit.kind = (enum exit_kind)_i;
	exit_put("echo reject");
	forwarder_run();
	wait_gone(submit_mails("x", 1));
	ck_assert_uint_eq(exit_lines("began"), 0);
	exit_end();
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, one_program_is_asked_about_every_mail);
	tcase_add_test(tc, a_rejected_mail_is_undeliverable);
	tcase_add_test(tc, a_held_data_set_goes_on_where_it_was_held);
	tcase_add_test(tc, the_first_mail_may_be_held_or_rejected);
	tcase_add_test(tc, a_question_may_be_larger_than_a_pipe);
	tcase_add_loop_test(tc, where_the_program_fails_the_data_set_is_held, 0,
		COUNT(failures));
	tcase_add_test(tc, an_answer_before_the_question_counts_for_nothing);
	tcase_add_test(tc, a_program_that_cannot_be_started_lets_mail_wait);
	tcase_add_test(tc, one_that_dies_idle_is_started_again);
	tcase_add_test(tc, its_standard_error_is_logged_a_little);
	tcase_add_test(tc, it_gets_little);
	tcase_add_test(tc, a_stop_ends_it_and_takes_no_mail_along);
	tcase_add_loop_test(tc, versions_of_zos_ask_nobody, USER_EXIT_NONE,
		USER_EXIT_VERSION4 + 1);
}

static void add_moved_tests(TCase *tc)
{
	tcase_add_test(tc, a_hold_waits_for_what_is_to_be_tried_again);
	tcase_add_test(tc, what_was_tried_in_vain_is_not_asked_about_again);
	tcase_add_test(tc, it_rests_longer_each_time_until_it_answers);
}

int main(void)
{
	return forwarder_run_suite(
		"user_exit", LIMIT_S, add_tests, add_moved_tests);
}
