/*
 * Deferred mail is tried again after RetryLimit's interval, whose smallest
 * value is a minute: the program is started anew in a later minute.
 */
#include "support_files.h"
#include "support_mount.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAILS = 6 };

#define MINUTELY "RetryLimit\n{\n  Count 5\n  Interval 1\n}\n"

/* The first mail that meets a fault is deferred; each fault happens once. */
static const char *const faults[] = { "-x", "mail=451:1", "-x", "rcpt=451:1",
	"-x", "data=451:1", "-x", "dot=451:1", NULL };

static bool a_mail_waits(const void *arg)
{
	const struct mount *m = arg;

	return shell("[ $(grep -c ' waiting .* 451 ' %s/status/queue) -ge 1 ]",
		       m->point)
		== 0;
}

START_TEST(deferred_mail_arrives_after_its_interval)
{
	struct mount m;
	char name[16];
	int i;

	mount_init(&m);
	m.statements = MINUTELY;
	mount_add_target(&m, faults);
	m.targets[0].statements = "  ConnectLimit 1\n";
	mount_start(&m);
	for (i = 0; i < MAILS; i++) {
		snprintf(name, sizeof name, "m%d", i);
		ck_assert_int_eq(mount_put_mail(&m, name), 0);
	}
	wait_until(a_mail_waits, &m, "a deferred mail");

	/* What waits outlives the program, with the time of its next try. */
	ck_assert_int_eq(mount_stop(&m), 0);
	mount_start(&m);
	wait_until(a_mail_waits, &m, "a deferred mail after the restart");

	ck_assert_int_eq(mount_stop(&m), 0);
	setenv("WALLCLOCK_AHEAD_S", "61", 1);
	mount_start_over(&m, "wallclock.so");
	wait_for_mails(&m, MAILS);
	ck_assert_int_eq(shell("cat %s/*.env | grep '^rcpt' | sort -u | "
			       "wc -l | grep -qx %d",
				 m.targets[0].directory, MAILS),
		0);
	mount_fini(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("e2e retry");
	TCase *c = tcase_create("retry");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, deferred_mail_arrives_after_its_interval);
	suite_add_tcase(s, c);
	return mount_main(s);
}
