/*
 * Programs that write under one name and mean another: none of them loses
 * mail or sends it twice, whether the name is free, or belongs to mail that
 * waits.
 *
 * A row is a command of sh in the writer's directory, which finds two data
 * sets of one mail each in $ONE and $TWO, and a scratch folder in $WORK. It is
 * judged once nothing of it is on its way.
 */
#include "support_files.h"
#include "support_mount.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_S = 120 };

static struct mount m;

static const struct {
	const char *name, *command;
	int ones, twos; /* mails that come of it */
	int held;       /* data sets that stay, as drafts */
} rows[] = {
	{ "mv", "mv $ONE f", 1, 0, 0 },
	{ "mv onto", "cp $ONE f && mv $TWO f", 1, 1, 0 },
	{ "mv within", "cp $ONE .f && mv .f f", 1, 0, 0 },
	{ "mv within onto", "cp $ONE f && cp $TWO .f && mv .f f", 1, 1, 0 },
	{ "mv of a plain name", "cp $ONE g && mv g f", 1, 0, 0 },
	{ "install", "install -m 644 $ONE f", 1, 0, 0 },
	{ "install onto", "install $ONE f && install $TWO f", 1, 1, 0 },
	{ "install -C", "install -C $ONE f && install -C $TWO f", 1, 1, 0 },
	{ "cp onto",
		"cp -p $ONE f && cp -p --remove-destination $TWO f && "
		"cp -a $TWO g",
		1, 2, 0 },
	{ "tar",
		"cp $ONE $WORK/f && tar -C $WORK -cf $WORK/t f && "
		"tar -xf $WORK/t && cp $TWO $WORK/f && "
		"tar -C $WORK -cf $WORK/t f && tar -xpf $WORK/t",
		1, 1, 0 },
	{ "sed -i", "sed s/x/x/ $ONE >.f && sed -i s/y/y/ .f && mv .f f", 1, 0,
		1 },
	{ "rsync", "rsync $ONE f", 1, 0, 0 },
	{ "rsync onto", "rsync -a $ONE f && rsync -aI $TWO f", 1, 1, 0 },
	{ "rsync --inplace", "rsync --inplace $ONE f", 1, 0, 0 },
	{ "rsync of a folder",
		"mkdir $WORK/d && cp $ONE $WORK/d/f && cp $TWO $WORK/d/g && "
		"rsync -rt $WORK/d/ .",
		1, 1, 0 },
	{ "vim", "$VI -es -u NONE -c 'w f' -c q $ONE </dev/null", 1, 0, 0 },
	{ "vim over",
		"cp $TWO f && $VI -es -u NONE -c 'w! f' -c q $ONE </dev/null",
		1, 1, 0 },
	{ "python",
		"python3 -c 'import os, tempfile\n"
		"t = tempfile.NamedTemporaryFile(dir=\".\", delete=False)\n"
		"t.write(open(os.environ[\"ONE\"], \"rb\").read())\n"
		"t.close()\n"
		"os.replace(t.name, \"f\")'",
		1, 0, 0 },
	{ "python onto",
		"cp $ONE f && python3 -c 'import os, tempfile\n"
		"t = tempfile.NamedTemporaryFile(dir=\".\", delete=False,\n"
		"\tprefix=\".\")\n"
		"t.write(open(os.environ[\"TWO\"], \"rb\").read())\n"
		"os.replace(t.name, \"f\")\n"
		"os.fchmod(t.fileno(), 0o644)\n"
		"t.close()'",
		1, 1, 0 },
	{ "python shutil",
		"python3 -c 'import os, shutil\n"
		"shutil.copy(os.environ[\"ONE\"], \"f\")\n"
		"shutil.copy2(os.environ[\"TWO\"], \"f\")'",
		1, 1, 0 },
	{ "rm of a draft", "cp $ONE f~ && rm f~ && cp $TWO f", 0, 1, 0 },
};

/* What is read before it is written again, and so has to wait. */
/* Vim keeps no backup below /tmp unless it is told to. */
static const char edit[] =
	"cp $ONE f && $VI -N -es -u NONE -c '$s/QUIT/quit/' "
	"-c 'set writebackup backupcopy=no backupskip=' -c wq f </dev/null";

/* ---- one row ------------------------------------------------------------- */

static void write_mail(const char *name)
{
	char path[MOUNT_PATH_MAX + 16];
	char text[256];

	text_format(path, sizeof path, "%s/%s", m.scratch, name);
	text_format(text, sizeof text,
		"HELO A\nMAIL FROM:<o@a.example>\nRCPT TO:<%s@b.example>\n"
		"DATA\nSubject: %s\n\n%s\n.\nQUIT\n",
		name, name, name);
	ck_assert_int_eq(file_puts(path, text), 0);
}

static int run_row(const char *command)
{
	char path[MOUNT_PATH_MAX + 16];

	write_mail("one");
	write_mail("two");
	text_format(path, sizeof path, "%s/one", m.scratch);
	setenv("ONE", path, 1);
	text_format(path, sizeof path, "%s/two", m.scratch);
	setenv("TWO", path, 1);
	text_format(path, sizeof path, "%s/work", m.scratch);
	setenv("WORK", path, 1);
	return shell("VI=$(command -v vim || echo vim.tiny); mkdir $WORK && "
		     "cd %s && { %s\n}",
		m.drop, command);
}

static bool nothing_is_on_its_way(const void *arg)
{
	(void)arg;
	return shell("! grep '^JOB[0-9]' %s | grep -qv ' held .* DRAFT'",
		       mount_queue(&m))
		== 0;
}

static int count_to(const char *name)
{
	char *text;
	int count;

	ck_assert_int_eq(shell("cat %s/*.env 2>/dev/null | grep -c '^rcpt "
			       "<%s@b.example>'"
			       " >%s/count; true",
				 m.targets[0].directory, name, m.scratch),
		0);
	text = file_text("%s/count", m.scratch);
	count = atoi(text);
	free(text);
	return count;
}

static void judge(const char *name, int ones, int twos, int held)
{
	wait_until(nothing_is_on_its_way, NULL, name);
	ck_assert_msg(count_to("one") == ones, "%s: %d of one", name,
		count_to("one"));
	ck_assert_msg(count_to("two") == twos, "%s: %d of two", name,
		count_to("two"));
	ck_assert_int_eq(
		shell("[ $(grep -c ' held ' %s) = %d ]", mount_queue(&m), held),
		0);
	mount_fini(&m);
}

static void judge_row(int row)
{
	judge(rows[row].name, rows[row].ones, rows[row].twos, rows[row].held);
}

START_TEST(under_a_name_that_is_free_again_at_once)
{
	mount_start_simple(&m);
	ck_assert_msg(
		run_row(rows[_i].command) == 0, "%s failed", rows[_i].name);
	judge_row(_i);
}
END_TEST

/* Nobody answers yet. */
static void start_waiting(void)
{
	mount_init(&m);
	m.statements = "TimeOut\n{\n  ConnectRetry 1\n}\n";
	mount_add_silent_target(&m);
	mount_start(&m);
}

START_TEST(while_all_mail_waits)
{
	start_waiting();
	ck_assert_msg(
		run_row(rows[_i].command) == 0, "%s failed", rows[_i].name);
	mount_target_up(&m, 0, NULL);
	judge_row(_i);
}
END_TEST

START_TEST(an_editor_replaces_what_waits)
{
	start_waiting();
	ck_assert_int_eq(run_row(edit), 0);
	mount_target_up(&m, 0, NULL);
	judge("edit", 1, 0, 0);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
	Suite *suite = suite_create("e2e names");
	TCase *sent = tcase_create("sent");
	TCase *waiting = tcase_create("waiting");

	tcase_set_timeout(sent, TEST_S);
	tcase_set_timeout(waiting, TEST_S);
	tcase_add_loop_test(
		sent, under_a_name_that_is_free_again_at_once, 0, COUNT(rows));
	tcase_add_loop_test(waiting, while_all_mail_waits, 0, COUNT(rows));
	tcase_add_test(waiting, an_editor_replaces_what_waits);
	suite_add_tcase(suite, sent);
	suite_add_tcase(suite, waiting);
	return mount_main(suite);
}
