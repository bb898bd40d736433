/*
 * What configuration statements do to a mount, where no other suite shows
 * it.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { TEST_S = 60 };

static struct mount m;

static void set_up(void)
{
	mount_init(&m);
	mount_add_target(&m, NULL);
}

static void tear_down(void)
{
	mount_fini(&m);
}

/* One mail through a mount with this LogLevel; what was logged. */
static char *log_of(const char *statement)
{
	char path[PATH_MAX];

	m.statements = statement;
	mount_start(&m);
	text_format(path, sizeof path, "%s/letter", m.drop);
	ck_assert_int_eq(file_puts(path,
				 "HELO A\nMAIL FROM:<o@a.example>\n"
				 "RCPT TO:<p@b.example>\nDATA\n\n1\n.\n"),
		0);
	wait_for_mails(&m, 1);
	ck_assert_int_eq(mount_stop(&m), 0);
	return file_text("%s", m.log);
}

START_TEST(log_level_says_which_lines_are_logged)
{
	static const struct {
		const char *statement;
		bool has_events, has_information;
	} cases[] = {
		{ "LogLevel 3\n", false, false },
		{ "", true, false },
		{ "LogLevel 15\n", true, true },
	};
	char *log = log_of(cases[_i].statement);

	ck_assert(cases[_i].has_events == (strstr(log, "JESF001I") != NULL));
	ck_assert(cases[_i].has_information
		== (strstr(log, "rcpt=<p@b.example>") != NULL));
	free(log);
}
END_TEST

/* An address of loopback that nobody else uses, as the kernel lists it. */
START_TEST(mail_leaves_from_the_address_in_the_environment)
{
	char *connections;

	ck_assert_int_eq(
		setenv("_BPXK_SETIBMOPT_TRANSPORT", "127.81.23.9", 1), 0);
	mount_start(&m);
	ck_assert_int_eq(mount_put_mail(&m, "bob"), 0);
	wait_for_mails(&m, 1);
	connections = file_text("/proc/net/tcp");
	ck_assert_ptr_nonnull(strstr(connections, " 0917517F:"));
	free(connections);
	ck_assert_int_eq(mount_stop(&m), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e_config");
	TCase *t = suite_case(s, "config", TEST_S, set_up, tear_down);

	tcase_add_loop_test(t, log_level_says_which_lines_are_logged, 0, 3);
	tcase_add_test(t, mail_leaves_from_the_address_in_the_environment);
	return mount_main(s);
}
