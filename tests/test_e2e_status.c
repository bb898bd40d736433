/*
 * What operators and writers read: every field of status/targets, the queue
 * as each caller sees it, and why a data set is held.
 */
#include "support_files.h"
#include "support_mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { TEST_S = 120, VALUE_MAX = 64 };

static struct mount m;

static void begin(void)
{
	mount_init(&m);
}

static void finish(void)
{
	mount_fini(&m);
}

static void path_in_mount(const char *name, char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", m.point, name);
}

/* Writes a data set with one mail to these recipients, up to a NULL. */
static void put_mail(const char *name, const char *const recipients[])
{
	char path[PATH_MAX], dataset[1024];
	size_t i;
	int len = snprintf(
		dataset, sizeof dataset, "HELO A\nMAIL FROM:<o@a.example>\n");

	for (i = 0; recipients[i] != NULL; i++)
		len += snprintf(dataset + len, sizeof dataset - (size_t)len,
			"RCPT TO:<%s>\n", recipients[i]);
	snprintf(dataset + len, sizeof dataset - (size_t)len,
		"DATA\nSubject: %s\n\nx\n.\nQUIT\n", name);
	snprintf(path, sizeof path, "%s/%s", m.drop, name);
	ck_assert_int_eq(file_puts(path, dataset), 0);
}

static void put_simple(const char *name)
{
	static const char *const recipients[] = { "a@b.example", NULL };

	put_mail(name, recipients);
}

/* ---- targets ------------------------------------------------------------ */

/*
 * One field of the display: of the whole, or of the first target. A label is
 * followed by blanks, a colon and its value, which has no blanks.
 */
struct field {
	bool is_of_target;
	const char *label;
	const char *value;
};

static bool field_read(
	const char *display, const struct field *f, char out[static VALUE_MAX])
{
	const char *at = display;

	if (f->is_of_target)
		at = strstr(display, "TARGET SERVER ");
	at = at != NULL ? strstr(at, f->label) : NULL;
	return at != NULL && sscanf(at + strlen(f->label), " : %63s", out) == 1;
}

static bool field_holds(const void *arg)
{
	char value[VALUE_MAX], path[PATH_MAX];
	const struct field *f = arg;
	bool holds;
	char *display;

	path_in_mount("status/targets", path);
	display = file_text("%s", path);
	holds = field_read(display, f, value) && strcmp(value, f->value) == 0;
	free(display);
	return holds;
}

static void assert_fields(const struct field *fields)
{
	char what[128], path[PATH_MAX];

	path_in_mount("status/targets", path);
	for (; fields->label != NULL; fields++) {
		snprintf(what, sizeof what, "%s is %s", fields->label,
			fields->value);
		wait_until(field_holds, fields, what);
	}
}

START_TEST(targets_has_the_layout_that_operators_know)
{
	char path[PATH_MAX];

	mount_add_target(&m, NULL);
	mount_start(&m);
	path_in_mount("status/targets", path);
	ck_assert_int_eq(
		shell("sed 's/ *: *[^ ]*/:/g; s/ *$//' %s > %s/labels; "
		      "cat > %s/expected <<'END'\n"
		      "EZD1831I CSSMTP TARGETS:\n"
		      "GLOBAL INFORMATION:\n"
		      "MAIL SENT:         TOTAL RETRY:\n"
		      "DEADLETTER:        CURRENT RETRY:\n"
		      "UNDELIVER:\n"
		      "TARGET SERVER 127.0.0.1\n"
		      "STATE:\n"
		      "ESMTP:          MESSAGE SIZE:\n"
		      "STARTTLS:           MAIL ATTEMPTS:\n"
		      "MAIL SENT:         CONNECT FAIL:\n"
		      "END\n"
		      "tr -s ' ' < %s/expected > %s/a; "
		      "tr -s ' ' < %s/labels | diff %s/a - >&2",
			path, m.scratch, m.scratch, m.scratch, m.scratch,
			m.scratch, m.scratch),
		0);
}
END_TEST

START_TEST(a_new_target_is_unknown)
{
	static const struct field fields[] = {
		{ false, "MAIL SENT", "0" },
		{ false, "TOTAL RETRY", "0" },
		{ false, "CURRENT RETRY", "0" },
		{ false, "DEADLETTER", "0" },
		{ false, "UNDELIVER", "0" },
		{ true, "STATE", "UNKNOWN" },
		{ true, "MAIL ATTEMPTS", "0" },
		{ true, "MAIL SENT", "0" },
		{ true, "CONNECT FAIL", "0" },
		{ false, NULL, NULL },
	};

	mount_add_silent_target(&m);
	mount_start(&m);
	assert_fields(fields);
}
END_TEST

START_TEST(a_target_that_takes_all_is_active)
{
	static const struct field fields[] = {
		{ false, "MAIL SENT", "2" },
		{ false, "TOTAL RETRY", "0" },
		{ false, "UNDELIVER", "0" },
		{ true, "STATE", "ACTIVE" },
		{ true, "ESMTP", "YES" },
		{ true, "STARTTLS", "NO" },
		{ true, "MESSAGE SIZE", "0" },
		{ true, "MAIL ATTEMPTS", "2" },
		{ true, "MAIL SENT", "2" },
		{ true, "CONNECT FAIL", "0" },
		{ false, NULL, NULL },
	};

	mount_add_target(&m, NULL);
	mount_start(&m);
	put_simple("one");
	put_simple("two");
	assert_fields(fields);
}
END_TEST

START_TEST(a_mail_taken_in_part_counts_for_its_target_alone)
{
	static const char *const recipients[] = { "a@b.example",
		"reject@b.example", NULL };
	static const struct field fields[] = {
		{ false, "UNDELIVER", "1" },
		{ false, "MAIL SENT", "0" },
		{ false, "CURRENT RETRY", "0" },
		{ true, "MAIL ATTEMPTS", "1" },
		{ true, "MAIL SENT", "1" },
		{ false, NULL, NULL },
	};

	mount_add_target(&m, NULL);
	mount_start(&m);
	put_mail("part", recipients);
	assert_fields(fields);
}
END_TEST

START_TEST(a_target_that_knows_helo_alone_is_no_esmtp)
{
	static const char *const options[] = { "-H", NULL };
	static const struct field fields[] = {
		{ false, "MAIL SENT", "1" },
		{ true, "ESMTP", "NO" },
		{ true, "STARTTLS", "NO" },
		{ true, "MESSAGE SIZE", "12345" },
		{ true, "MAIL SENT", "1" },
		{ false, NULL, NULL },
	};

	mount_add_target(&m, options);
	m.targets[0].statements = "  MessageSize 12345\n";
	mount_start(&m);
	put_simple("helo");
	assert_fields(fields);
}
END_TEST

START_TEST(what_a_target_offers_is_shown)
{
	static const char *const options[] = { "-s", "77777", "-e", "STARTTLS",
		NULL };
	static const struct field fields[] = {
		{ false, "MAIL SENT", "1" },
		{ true, "ESMTP", "YES" },
		{ true, "STARTTLS", "YES" },
		{ true, "MESSAGE SIZE", "77777" },
		{ false, NULL, NULL },
	};

	mount_add_target(&m, options);
	mount_start(&m);
	put_simple("offers");
	assert_fields(fields);
}
END_TEST

START_TEST(a_refused_connection_is_counted)
{
	static const struct field fields[] = {
		{ true, "CONNECT FAIL", "1" },
		{ true, "STATE", "BACKOFF" },
		{ true, "MAIL SENT", "0" },
		{ false, "MAIL SENT", "0" },
		{ false, NULL, NULL },
	};

	mount_add_silent_target(&m);
	mount_start(&m);
	put_simple("refused");
	assert_fields(fields);
}
END_TEST

START_TEST(a_deferred_mail_is_in_retry)
{
	static const char *const recipients[] = { "defer@b.example", NULL };
	static const struct field fields[] = {
		{ false, "CURRENT RETRY", "1" },
		{ false, "TOTAL RETRY", "1" },
		{ false, "UNDELIVER", "0" },
		{ false, "MAIL SENT", "0" },
		{ true, "MAIL ATTEMPTS", "1" },
		{ true, "STATE", "ACTIVE" },
		{ false, NULL, NULL },
	};
	char queue[PATH_MAX];

	mount_add_target(&m, NULL);
	mount_start(&m);
	put_mail("later", recipients);
	assert_fields(fields);
	path_in_mount("status/queue", queue);
	wait_for_text("waiting", queue);
	ck_assert(text_is_in("451 4.2.1", queue));
}
END_TEST

START_TEST(an_address_of_ipv6_is_shown_as_such)
{
	static const char *const options[] = { "-a", "::1", NULL };
	char path[PATH_MAX];

	mount_add_target(&m, options);
	m.targets[0].address = "::1";
	mount_start(&m);
	put_simple("six");
	wait_for_mails(&m, 1);
	path_in_mount("status/targets", path);
	ck_assert(text_is_in("TARGET SERVER ::1\n", path));
}
END_TEST

/* ---- queue -------------------------------------------------------------- */

/* How many data sets the queue shows a user. */
struct view {
	const char *user;
	int rows;
};

static bool view_holds(const void *arg)
{
	const struct view *v = arg;

	return shell("runuser -u %s -- grep -c '^J[0-9O].*MAIL' "
		     "%s/status/queue | grep -qx %d",
		       v->user, m.point, v->rows)
		== 0;
}

START_TEST(the_queue_shows_each_caller_his_own)
{
	static const struct view of_root = { "root", 2 };
	static const struct view of_nobody = { "nobody", 1 };
	static const struct view of_daemon = { "daemon", 0 };

	mount_add_silent_target(&m);
	mount_start(&m);
	put_simple("of-root");
	ck_assert_int_eq(
		shell("runuser -u nobody -- sh -c 'printf \"HELO A\\n"
		      "MAIL FROM:<o@a.example>\\nRCPT TO:<a@b.example>\\n"
		      "DATA\\n\\nx\\n\" > %s/of-nobody'",
			m.drop),
		0);
	wait_until(view_holds, &of_root, "two rows for root");
	wait_until(view_holds, &of_nobody, "a row for its owner");
	ck_assert(view_holds(&of_daemon));
	ck_assert_int_eq(
		shell("runuser -u nobody -- grep -q ' 65534 ' %s/status/queue",
			m.point),
		0);
}
END_TEST

START_TEST(targets_and_readme_are_for_everybody)
{
	mount_add_target(&m, NULL);
	mount_start(&m);
	ck_assert_int_eq(shell("runuser -u nobody -- grep -q TARGET "
			       "%s/status/targets",
				 m.point),
		0);
	ck_assert_int_eq(
		shell("runuser -u nobody -- grep -q . %s/README", m.point), 0);
}
END_TEST

/* ---- held --------------------------------------------------------------- */

static void assert_xattr(
	const char *name, const char *attribute, const char *needle)
{
	char path[PATH_MAX], value[512];
	ssize_t len;

	snprintf(path, sizeof path, "%s/%s", m.drop, name);
	len = getxattr(path, attribute, value, sizeof value - 1);
	ck_assert_msg(len >= 0, "%s: %s", attribute, strerror(errno));
	value[len] = '\0';
	ck_assert_msg(
		strstr(value, needle) != NULL, "%s is %s", attribute, value);
}

START_TEST(a_data_set_with_an_error_is_held_with_its_reason)
{
	char queue[PATH_MAX], path[PATH_MAX];

	mount_add_target(&m, NULL);
	mount_start(&m);
	snprintf(path, sizeof path, "%s/wrong", m.drop);
	ck_assert_int_eq(
		file_puts(path, "HELO A\nRCPT TO:<a@b.example>\nDATA\nx\n.\n"),
		0);
	path_in_mount("status/queue", queue);
	wait_for_text("held", queue);
	assert_xattr("wrong", "user.jes.state", "held");
	assert_xattr("wrong", "user.jes.reason", "503");
	assert_xattr("wrong", "user.jes.jobid", "JOB");
	ck_assert(text_is_in("503", queue));
	ck_assert_uint_eq(mails_count(&m, 0), 0);
}
END_TEST

START_TEST(mail_that_failed_keeps_its_data_set_held)
{
	static const char *const recipients[] = { "reject@b.example", NULL };
	char queue[PATH_MAX];

	mount_add_target(&m, NULL);
	mount_start(&m);
	put_mail("failed", recipients);
	path_in_mount("status/queue", queue);
	wait_for_text("held", queue);
	assert_xattr("failed", "user.jes.reason", "550");
}
END_TEST

static void add_targets(Suite *s)
{
	TCase *c = tcase_create("targets");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, finish);
	tcase_add_test(c, targets_has_the_layout_that_operators_know);
	tcase_add_test(c, a_new_target_is_unknown);
	tcase_add_test(c, a_target_that_takes_all_is_active);
	tcase_add_test(c, a_mail_taken_in_part_counts_for_its_target_alone);
	tcase_add_test(c, a_target_that_knows_helo_alone_is_no_esmtp);
	tcase_add_test(c, what_a_target_offers_is_shown);
	tcase_add_test(c, a_refused_connection_is_counted);
	tcase_add_test(c, a_deferred_mail_is_in_retry);
	tcase_add_test(c, an_address_of_ipv6_is_shown_as_such);
	suite_add_tcase(s, c);
}

static void add_queue(Suite *s)
{
	TCase *c = tcase_create("queue");

	tcase_set_timeout(c, TEST_S);
	tcase_add_checked_fixture(c, begin, finish);
	tcase_add_test(c, the_queue_shows_each_caller_his_own);
	tcase_add_test(c, targets_and_readme_are_for_everybody);
	tcase_add_test(c, a_data_set_with_an_error_is_held_with_its_reason);
	tcase_add_test(c, mail_that_failed_keeps_its_data_set_held);
	suite_add_tcase(s, c);
}

int main(void)
{
	Suite *s = suite_create("e2e status");

	add_targets(s);
	add_queue(s);
	return mount_main(s);
}
