/* The program jes: what it prints, and its exit status. */
#include "text.h"

#include "support_files.h"
#include "support_folder.h"
#include "support_run.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define MAIL                                                                   \
	"HELO N\\nMAIL FROM:<a@b.example>\\nRCPT TO:<c@d.example>\\nDATA\\n"   \
	"Subject: x\\n\\ntext\\n.\\n"

enum { TEST_S = 60, DIR_MAX = 512 };

static char dir[DIR_MAX];
static char jes[PATH_MAX];

static void set_up(void)
{
	program_path("jes", jes);
	folder_make(dir, sizeof dir);
	folder_put(dir, "one.conf",
		"TargetServer { TargetIP 127.0.0.1 }\n"
		"JESSyntaxErrLimit 1\n");
	folder_put(dir, "ebcdic.conf",
		"TargetServer { TargetIP 127.0.0.1 }\n"
		"Translate IBM-1047\n");
	folder_put(dir, "wrong.conf", "Nothing 1\n");
	ck_assert_int_eq(shell("cd %s && printf '" MAIL "' >good && "
			       "(cat good; echo BCC: x) >bad && "
			       "echo garbage >garbage && "
			       "iconv -t IBM1047 good >ebcdic && "
			       "head -c 100000 /dev/urandom >binary && "
			       "(printf 'HELO N\\nMAIL FROM:<a@b.example>\\n"
			       "RCPT TO:<c@d.example>\\nDATA\\n\\n'; "
			       "head -c 50000000 /dev/zero; "
			       "printf '\\n.\\n') >huge && "
			       "head -c 50000000 /dev/zero >zeros",
				 dir),
		0);
}

static void tear_down(void)
{
	folder_remove(dir);
}

/* A line of arguments, what is printed, all of it, and the exit status. */
static const struct {
	const char *arguments, *printed;
	int status;
} cases[] = {
	{ "check good", "good: 1 mail, 0 errors\n", EX_OK },
	{ "check - <good", "-: 1 mail, 0 errors\n", EX_OK },
	{ "check /dev/null", "/dev/null: 0 mails, 0 errors\n", EX_OK },
	{ "check bad",
		"bad:9: 500 5.5.1 JES Unknown command, 'BCC:'\n"
		"bad: 1 mail, 1 error\n",
		EX_DATAERR },
	{ "check bad good",
		"bad:9: 500 5.5.1 JES Unknown command, 'BCC:'\n"
		"bad: 1 mail, 1 error\n"
		"good: 1 mail, 0 errors\n",
		EX_DATAERR },
	{ "check garbage",
		"garbage:1: 500 5.5.1 JES Unknown command, 'garbage'\n"
		"garbage: 0 mails, 1 error\n",
		EX_DATAERR },
	{ "check none bad",
		"jes: none: No such file or directory\n"
		"bad:9: 500 5.5.1 JES Unknown command, 'BCC:'\n"
		"bad: 1 mail, 1 error\n",
		EX_NOINPUT },
	{ "check .", "jes: .: Is a directory\n", EX_NOINPUT },
	/* Formats, and a writer's file. */
	{ "check -f batch good", "good: 1 mail, 0 errors\n", EX_OK },
	{ "check ebcdic", NULL, EX_DATAERR },
	{ "check -c ebcdic.conf ebcdic", "ebcdic: 1 mail, 0 errors\n", EX_OK },
	{ "check -f message good", NULL, EX_DATAERR },
	{ "check -c wrong.conf good", NULL, EX_CONFIG },
	{ "check -c none good", NULL, EX_CONFIG },
	/* What nobody would send. */
	{ "check binary", NULL, EX_DATAERR },
	{ "check zeros", "zeros: 0 mails, 0 errors\n", EX_OK }, /* padding */
	{ "check huge",
		"huge:6: 500 5.6.0 JES Data line too long\n"
		"huge: 0 mails, 1 error\n",
		EX_DATAERR },
	/* The command line. */
	{ "", NULL, EX_USAGE },
	{ "check", NULL, EX_USAGE },
	{ "chekc good", NULL, EX_USAGE },
	{ "check -f text good", NULL, EX_USAGE },
	{ "check -x good", NULL, EX_USAGE },
	{ "check good -c", NULL, EX_USAGE },
	{ "--version", "jes (jesfs) 0.1\n", EX_OK },
	{ "--help", NULL, EX_OK },
	{ "check good >/dev/full",
		"jes: cannot print: No space left on device\n", EX_IOERR },
};

START_TEST(jes_says_what_a_file_is)
{
	char *printed;

	ck_assert_int_eq(shell("cd %s && { %s %s; } >said 2>&1", dir, jes,
				 cases[_i].arguments),
		cases[_i].status);
	printed = file_text("%s/said", dir);
	if (cases[_i].printed != NULL)
		ck_assert_str_eq(printed, cases[_i].printed);
	else
		ck_assert_str_ne(printed, "");
	free(printed);
}
END_TEST

START_TEST(a_name_is_shown_escaped)
{
	ck_assert_int_eq(shell("cd %s && cp good \"$(printf 'a\\033b')\" && "
			       "%s check a* | grep -q '^a.x1bb: 1 mail'",
				 dir, jes),
		0);
}
END_TEST

/* Else 50 MB would lie in memory. */
START_TEST(memory_does_not_grow_with_a_line)
{
	if (getenv("ASAN_OPTIONS") != NULL || strstr(jes, "release") == NULL)
		return; /* a sanitizer's shadow is larger than any limit */
	ck_assert_int_eq(shell("cd %s && ulimit -v 30000 && "
			       "%s check huge >said; test $? = 65",
				 dir, jes),
		0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("jes");
	TCase *all = suite_case(suite, "jes", TEST_S, NULL, NULL);

	tcase_add_unchecked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, jes_says_what_a_file_is, 0, COUNT(cases));
	tcase_add_test(all, a_name_is_shown_escaped);
	tcase_add_test(all, memory_does_not_grow_with_a_line);
	return suite_run(suite);
}
