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

#define DEFAULT "fsname=" OPTIONS_CONFIG_FILE

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
	{ "jesfs /mnt", OPTIONS_CONFIG_FILE, "/mnt", DEFAULT, false, false,
		OPTIONS_MOUNT },
	{ "jesfs -c a.conf /mnt", "a.conf", "/mnt", "fsname=a.conf", false,
		false, OPTIONS_MOUNT },
	{ "jesfs -f -F -ca /mnt", "a", "/mnt", "fsname=a", true, true,
		OPTIONS_MOUNT },
	{ "jesfs --foreground --cold --config=a /mnt", "a", "/mnt", "fsname=a",
		true, true, OPTIONS_MOUNT },
	{ "jesfs /mnt -fFo ro --config a", "a", "/mnt", "ro,fsname=a", true,
		true, OPTIONS_MOUNT },
	/* as mount(8) calls it */
	{ "jesfs a.conf /mnt", "a.conf", "/mnt", "fsname=a.conf", false, false,
		OPTIONS_MOUNT },
	{ "jesfs a.conf /mnt -o rw,nodev", "a.conf", "/mnt",
		"rw,nodev,fsname=a.conf", false, false, OPTIONS_MOUNT },
	{ "mount.jesfs a /mnt -n -s -v -t fuse.jesfs -o "
	  "rw,noauto,user,_netdev,x-systemd.automount,comment=x,nosuid",
		"a", "/mnt", "rw,nosuid,fsname=a", false, false,
		OPTIONS_MOUNT },
	{ "jesfs -o ro,,nodev -o sync, /mnt -o nofail", OPTIONS_CONFIG_FILE,
		"/mnt", "ro,nodev,sync," DEFAULT, false, false, OPTIONS_MOUNT },
	{ "jesfs -- -c -f", "-c", "-f", "fsname=-c", false, false,
		OPTIONS_MOUNT },
	{ "jesfs --check", OPTIONS_CONFIG_FILE, NULL, "", false, false,
		OPTIONS_CHECK },
	{ "jesfs --check -c a", "a", NULL, "", false, false, OPTIONS_CHECK },
	{ "jesfs --check a", "a", NULL, "", false, false, OPTIONS_CHECK },
	{ "jesfs a /mnt --check", "a", "/mnt", "", false, false,
		OPTIONS_CHECK },
	{ "jesfs --unprotect /mnt", OPTIONS_CONFIG_FILE, "/mnt", "", false,
		false, OPTIONS_UNPROTECT },
	/* libfuse takes what follows a backslash as it is */
	{ "jesfs a,b\\c /mnt", "a,b\\c", "/mnt", "fsname=a\\,b\\\\c", false,
		false, OPTIONS_MOUNT },
	{ "jesfs a /mnt -o fsname=x\\,y,ro", "a", "/mnt", "ro,fsname=a", false,
		false, OPTIONS_MOUNT },
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
	{ "jesfs --unprotect", "no directory" },
	{ "jesfs --unprotect a b", "one operand too many: b" },
	{ "jesfs /mnt -o ro,nonsense", "unknown mount option nonsense" },
	{ "jesfs /mnt -o remount,ro", "unknown mount option remount" },
	{ "jesfs /mnt -o uid=0", "unknown mount option uid=0" },
	{ "jesfs /mnt -o allow_root", "unknown mount option allow_root" },
	{ "jesfs /mnt -o r", "unknown mount option r" },
	{ "jesfs /mnt -o roo", "unknown mount option roo" },
	{ "jesfs /mnt -o user_id", "unknown mount option user_id" },
	{ "jesfs /mnt -o \x1b", "unknown mount option \\x1b" },
	{ "jesfs --\x1b[2J /mnt", "unknown option --\\x1b[2J" },
};

START_TEST(a_wrong_line_is_told_why)
{
	ck_assert_int_eq(read_line(wrong[_i].line), -EINVAL);
	ck_assert_str_eq(why, wrong[_i].why);
}
END_TEST

/* What mount(8) hands down, and what FUSE programs know. */
static const char *const ignored[] = { "defaults", "auto", "noauto", "nofail",
	"_netdev", "user", "user=ann", "nouser", "users", "owner", "group",
	"comment=x", "x-systemd.requires=a.service", "X-mount.mkdir=0755",
	"relatime", "norelatime", "strictatime", "atime", "diratime",
	"lazytime", "silent", "loud", "allow_other", "default_permissions",
	"auto_unmount", "subtype=x", "max_read=4096", "max_threads=4",
	"blksize=512" };

START_TEST(what_changes_nothing_is_ignored)
{
	char line[256];

	ck_assert(text_format(
		line, sizeof line, "jesfs /mnt -o ro,%s,nodev", ignored[_i]));
	ck_assert_int_eq(read_line(line), 0);
	ck_assert_str_eq(got.mount_options, "ro,nodev," DEFAULT);
	ck_assert(!got.may_hold_files);
}
END_TEST

START_TEST(nonempty_lets_the_mount_point_hold_files)
{
	ck_assert_int_eq(read_line("jesfs /mnt -o nonempty"), 0);
	ck_assert(got.may_hold_files);
	ck_assert_str_eq(got.mount_options, DEFAULT);
}
END_TEST

START_TEST(a_way_out_has_either_letter)
{
	ck_assert_int_eq(read_line("jesfs /mnt"), 0);
	ck_assert_ptr_null(got.transport);
	ck_assert_int_eq(read_line("jesfs -p eth0 /mnt"), 0);
	ck_assert_str_eq(got.transport, "eth0");
	ck_assert_int_eq(read_line("jesfs a /mnt -Pred -o ro"), 0);
	ck_assert_str_eq(got.transport, "red");
	ck_assert_int_eq(read_line("jesfs /mnt -p"), -EINVAL);
	ck_assert_str_eq(why, "no value after -p");
}
END_TEST

START_TEST(mount_options_have_a_bound)
{
	char line[OPTIONS_MOUNT_MAX + 64] = "jesfs /mnt -o context=";
	size_t room = OPTIONS_MOUNT_MAX - strlen("context=," DEFAULT);
	size_t used = strlen(line);

	memset(line + used, 'x', room - 1);
	ck_assert_int_eq(read_line(line), 0);
	memset(line + used, 'x', room);
	ck_assert_int_eq(read_line(line), -EINVAL);
	ck_assert_str_eq(why, "too many mount options");
	/* The configuration needs room too. */
	memset(line, 'x', sizeof line - 1);
	memcpy(line, "jesfs ", 6);
	memcpy(line + OPTIONS_MOUNT_MAX, " /mnt", 6);
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
	tcase_add_loop_test(
		t, what_changes_nothing_is_ignored, 0, COUNT(ignored));
	tcase_add_test(t, nonempty_lets_the_mount_point_hold_files);
	tcase_add_test(t, a_way_out_has_either_letter);
	tcase_add_test(t, mount_options_have_a_bound);
	tcase_add_test(t, help_tells_the_two_f_apart);
	suite_add_tcase(s, t);
	return suite_run(s);
}
