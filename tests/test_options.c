/*
 * The command line: both forms, every option, and what is wrong with it.
 */
#include "../mount/options.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 12 };

static struct options got;
static char why[OPTIONS_WHY_MAX];
static char *arguments[ARGUMENTS_MAX + 1];

/* Splits at blanks; the words must outlive got. */
static int read_line(const char *line)
{
	static char words[2 * OPTIONS_MOUNT_MAX];
	char *word, *rest = NULL;
	int n = 0;

	ck_assert(text_copy(words, sizeof words, line));
	for (word = strtok_r(words, " ", &rest); word != NULL;
		word = strtok_r(NULL, " ", &rest)) {
		ck_assert_int_lt(n, ARGUMENTS_MAX);
		arguments[n++] = word;
	}
	arguments[n] = NULL;
	why[0] = '\0';
	return options_read(n, arguments, &got, why);
}

static const struct {
	const char *line;
	const char *config, *point, *options;
	bool is_foreground, is_cold;
	enum options_action action;
} right[] = {
	{ "jesfs /mnt", OPTIONS_CONFIG_FILE, "/mnt", "", false, false,
		OPTIONS_MOUNT },
	{ "jesfs -c a.conf /mnt", "a.conf", "/mnt", "", false, false,
		OPTIONS_MOUNT },
	{ "jesfs -f -F -ca /mnt", "a", "/mnt", "", true, true, OPTIONS_MOUNT },
	{ "jesfs --foreground --cold --config=a /mnt", "a", "/mnt", "", true,
		true, OPTIONS_MOUNT },
	{ "jesfs /mnt -fFo ro --config a", "a", "/mnt", "ro", true, true,
		OPTIONS_MOUNT },
	/* as mount(8) calls it */
	{ "jesfs a.conf /mnt", "a.conf", "/mnt", "", false, false,
		OPTIONS_MOUNT },
	{ "jesfs a.conf /mnt -o rw,nodev", "a.conf", "/mnt", "rw,nodev", false,
		false, OPTIONS_MOUNT },
	{ "mount.jesfs a /mnt -n -s -v -t fuse.jesfs -o "
	  "rw,noauto,user,_netdev,x-systemd.automount,comment=x,nosuid",
		"a", "/mnt", "rw,nosuid", false, false, OPTIONS_MOUNT },
	{ "jesfs -o a,,b -o c, /mnt -o nofail", OPTIONS_CONFIG_FILE, "/mnt",
		"a,b,c", false, false, OPTIONS_MOUNT },
	{ "jesfs -- -c -f", "-c", "-f", "", false, false, OPTIONS_MOUNT },
	{ "jesfs --check", OPTIONS_CONFIG_FILE, NULL, "", false, false,
		OPTIONS_CHECK },
	{ "jesfs --check -c a", "a", NULL, "", false, false, OPTIONS_CHECK },
	{ "jesfs --check a", "a", NULL, "", false, false, OPTIONS_CHECK },
	{ "jesfs a /mnt --check", "a", "/mnt", "", false, false,
		OPTIONS_CHECK },
	{ "jesfs -V", NULL, NULL, "", false, false, OPTIONS_VERSION },
	{ "jesfs --version a b c", NULL, NULL, "", false, false,
		OPTIONS_VERSION },
	{ "jesfs --help", NULL, NULL, "", false, false, OPTIONS_HELP },
	{ "jesfs -h", NULL, NULL, "", false, false, OPTIONS_HELP },
};

static void expect_text(const char *is, const char *expected)
{
	if (expected == NULL)
		ck_assert_ptr_null(is);
	else
		ck_assert_str_eq(is, expected);
}

START_TEST(a_right_line_says_what_to_do)
{
	ck_assert_int_eq(read_line(right[_i].line), 0);
	ck_assert_str_eq(why, "");
	ck_assert_int_eq(got.action, right[_i].action);
	expect_text(got.config_file, right[_i].config);
	expect_text(got.mount_point, right[_i].point);
	ck_assert_str_eq(got.mount_options, right[_i].options);
	ck_assert_int_eq(got.is_foreground, right[_i].is_foreground);
	ck_assert_int_eq(got.is_cold, right[_i].is_cold);
}
END_TEST

static const struct {
	const char *line;
	const char *why;
} wrong[] = {
	{ "jesfs", "no mount point" },
	{ "jesfs -c a", "no mount point" },
	{ "jesfs -c a b c", "one operand too many: c" },
	{ "jesfs a b c", "one operand too many: c" },
	{ "jesfs -x /mnt", "unknown option -x" },
	{ "jesfs -fx /mnt", "unknown option -x" },
	{ "jesfs --colder /mnt", "unknown option --colder" },
	{ "jesfs --cold=1 /mnt", "unknown option --cold=1" },
	{ "jesfs --c /mnt", "unknown option --c" }, /* short for several */
	{ "jesfs /mnt -c", "no value after -c" },
	{ "jesfs /mnt -o", "no value after -o" },
	{ "jesfs /mnt --config", "no value after --config" },
	{ "jesfs --\x1b[2J /mnt", "unknown option --\\x1b[2J" },
};

START_TEST(a_wrong_line_is_told_why)
{
	ck_assert_int_eq(read_line(wrong[_i].line), -EINVAL);
	ck_assert_str_eq(why, wrong[_i].why);
}
END_TEST

START_TEST(mount_options_have_a_bound)
{
	char line[OPTIONS_MOUNT_MAX + 64] = "jesfs /mnt -o ";
	size_t used = strlen(line);

	memset(line + used, 'x', OPTIONS_MOUNT_MAX - 1);
	ck_assert_int_eq(read_line(line), 0);
	memset(line + used, 'x', OPTIONS_MOUNT_MAX);
	ck_assert_int_eq(read_line(line), -EINVAL);
	ck_assert_str_eq(why, "too many mount options");
}
END_TEST

START_TEST(help_tells_the_two_f_apart)
{
	ck_assert_ptr_nonnull(strstr(options_help, "--foreground"));
	ck_assert_ptr_nonnull(strstr(options_help, "not CSSMTP's -f"));
	ck_assert_ptr_nonnull(strstr(options_help, "-F, --cold"));
	ck_assert_ptr_nonnull(strstr(options_help, OPTIONS_CONFIG_FILE));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");

	tcase_add_loop_test(t, a_right_line_says_what_to_do, 0, COUNT(right));
	tcase_add_loop_test(t, a_wrong_line_is_told_why, 0, COUNT(wrong));
	tcase_add_test(t, mount_options_have_a_bound);
	tcase_add_test(t, help_tells_the_two_f_apart);
	suite_add_tcase(s, t);
	return suite_run(s);
}
