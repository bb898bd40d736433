/*
 * A user exit on a mount: its mails wait, those of another writer do not, and
 * it ends with the mount.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEST_S = 60 };

static struct mount m;
static char statements[PATH_MAX + 64];

/* A program for writer MAIL; writer OTHER has none. */
static void start_with(const char *body)
{
	char path[PATH_MAX], text[2 * PATH_MAX];

	text_format(path, sizeof path, "%s/exit", m.scratch);
	text_format(text, sizeof text, "#!/bin/sh\ncd %s\necho $$ >pid\n%s\n",
		m.scratch, body);
	ck_assert_int_eq(file_puts(path, text), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	text_format(statements, sizeof statements,
		"UserExit EXEC %s\nUserExitTimeOut 3600\n", path);
	m.statements = statements;
	text_format(path, sizeof path, "%s/writers/OTHER.conf", m.scratch);
	text_format(text, sizeof text,
		"TargetServer\n{\n  TargetIP 127.0.0.1\n  ConnectPort %u\n}\n",
		m.targets[0].port);
	ck_assert_int_eq(file_puts(path, text), 0);
	mount_start(&m);
}

static void put_for_other(const char *name)
{
	char path[PATH_MAX];

	text_format(path, sizeof path, "%s/spool/OTHER/%s", m.point, name);
	ck_assert_int_eq(file_puts(path,
				 "HELO A\nMAIL FROM:<o@a.example>\n"
				 "RCPT TO:<p@b.example>\nDATA\n\n1\n.\n"),
		0);
}

static void set_up(void)
{
	mount_init_one(&m);
}

static void tear_down(void)
{
	mount_fini(&m);
}

START_TEST(one_that_hangs_delays_no_other_writer)
{
	char path[PATH_MAX];
	char name[16];
	int i;

	text_format(path, sizeof path, "%s/asked", m.scratch);
	ck_assert_int_eq(file_puts(path, ""), 0);
	start_with("read -r q; echo \"$q\" >asked.new; mv asked.new asked;\n"
		   "trap '' TERM; while :; do sleep 1; done");
	ck_assert_int_eq(mount_put_mail(&m, "bob"), 0);
	wait_for_text("\"recipients\":[\"bob@b.example\"]", path);
	for (i = 0; i < 20; i++) {
		text_format(name, sizeof name, "letter%d", i);
		put_for_other(name);
	}
	wait_for_mails(&m, 20);
	ck_assert_int_eq(mount_stop(&m), 0);
	ck_assert_int_ne(
		shell("kill -0 \"$(cat %s/pid)\" 2>/dev/null", m.scratch), 0);
	/* The mail is still there. */
	ck_assert_uint_eq(mails_count(&m, 0), 20);
	m.statements = NULL;
	mount_start(&m);
	wait_for_mails(&m, 21);
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

START_TEST(an_answer_decides_on_a_mount_as_well)
{
	start_with("while read -r q; do case $q in *ann@b*) echo accept;;\n"
		   "*bob@b*) echo hold for Bob;; *) echo reject no;;\n"
		   "esac; done");
	ck_assert_int_eq(mount_put_mail(&m, "bob"), 0);
	ck_assert_int_eq(mount_put_mail(&m, "carl"), 0);
	ck_assert_int_eq(mount_put_mail(&m, "ann"), 0);
	wait_for_mails(&m, 1);
	wait_for_text("held by UserExit ", mount_queue(&m));
	wait_for_text(": for Bob", mount_queue(&m));
	wait_for_text("rejected by UserExit ", mount_queue(&m));
	ck_assert_uint_eq(mails_count(&m, 0), 1);
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e_exit");
	TCase *t = suite_case(s, "exit", TEST_S, set_up, tear_down);

	tcase_add_test(t, one_that_hangs_delays_no_other_writer);
	tcase_add_test(t, an_answer_decides_on_a_mount_as_well);
	return mount_main(s);
}
