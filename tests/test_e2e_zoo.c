/*
 * The tools people have: what each of them writes into the spool arrives,
 * octet by octet, as one mail.
 *
 * All rows share one mount and one capturing server. A row is a command of
 * sh, which finds in its environment
 *   MAIL  a file with a data set of one mail, to the row's own recipient
 *   F     a name in the writer's directory that is the row's own
 *   WORK  a scratch folder; ZOO, where the longer rows lie (tests/zoo)
 * It is judged once nothing of it is on its way.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"

#include "text.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEST_S = 120, LINES = 300 };

/* ---- the rows ----------------------------------------------------------- */

struct zoo_row {
	const char *name, *command;
	int status;         /* of the command */
	int more;           /* mails beside the one; -1: none comes */
	size_t held;        /* data sets that stay, under the row's name */
	const char *reason; /* why they are held */
	int width;          /* of the mail's lines, padded by the tool */
};

/* Its name, its command, and what else is not 0. */
#define ROW(is, ...)                                                           \
	{                                                                      \
		.name = (is), .command = __VA_ARGS__                           \
	}

#define TAR                                                                    \
	"mv $MAIL $WORK/$(basename $F) && "                                    \
	"tar -C $WORK -cf $WORK/archive $(basename $F) && "
/* In /tmp it would make no backups. */
#define VIM "vim.tiny -u NONE -N -es --cmd 'set backupskip=' "
#define SFTP "$ZOO/ssh sftp -b - -F $WORK/ssh_config zoo"
#define JAVA                                                                   \
	"ecj -17 -proc:none -d $WORK $ZOO/Write.java && java -Xshare:auto "    \
	"-XX:TieredStopAtLevel=1 -cp $WORK Write "
#define COBOL(program)                                                         \
	"cobc -x -o $WORK/" program " $ZOO/" program ".cob && $WORK/" program

/* A shell, and what it runs in single quotes. */
#define SHELL_ROW(sh, word, is, line)                                          \
	{                                                                      \
		.name = word "-" is, .command = sh " -c '" line "'"            \
	}

#define TOP "head -n 5 $MAIL"
#define REST "tail -n +6 $MAIL"

#define SHELL_ROWS(sh, word)                                                   \
	SHELL_ROW(sh, word, "new", "cat $MAIL >$F"),                           \
		SHELL_ROW(sh, word, "append", "cat $MAIL >>$F"),               \
		SHELL_ROW(sh, word, "group", "{ " TOP "; " REST "; } >$F"),    \
		SHELL_ROW(sh, word, "subshell", "( " TOP "; " REST " ) >>$F"), \
		SHELL_ROW(sh, word, "pipe", "cat $MAIL | { cat; } >$F"),       \
		SHELL_ROW(sh, word, "here",                                    \
			"cat >$F <<END\n$(cat $MAIL)\nEND\n"),                 \
		SHELL_ROW(sh, word, "exec",                                    \
			"exec 3>$F; " TOP " >&3; " REST " >&3; exec 3>&-"),    \
		SHELL_ROW(sh, word, "builtin",                                 \
			"while IFS= read -r line; do "                         \
			"printf \"%s\\n\" \"$line\"; done <$MAIL >$F")

static const struct zoo_row rows[] = {
	SHELL_ROWS("bash", "bash"),
	SHELL_ROWS("dash", "dash"),
	SHELL_ROWS("busybox sh", "busybox"),
	/* Every open for writing is a data set: the same mail, twice. */
	ROW("bash-twice", "bash -c 'cat $MAIL >>$F; cat $MAIL >>$F'",
		.more = 1),

	ROW("cp", "cp $MAIL $F"),
	ROW("cp-p", "cp -p $MAIL $F"),
	ROW("cp-a", "cp -a $MAIL $F"),
	ROW("cp-remove", "cp --remove-destination $MAIL $F"),
	ROW("mv", "mv $MAIL $F && [ ! -e $MAIL ]"),
	ROW("install", "install -m 640 $MAIL $F"),
	ROW("install-p", "install -p $MAIL $F"),
	ROW("busybox-cp", "busybox cp -p $MAIL $F"),
	ROW("busybox-mv", "busybox mv $MAIL $F"),
	ROW("tee", "tee $F <$MAIL >$WORK/copy && cmp $MAIL $WORK/copy"),
	ROW("tee-a", "tee -a $F <$MAIL >$WORK/copy"),
	ROW("dd", "dd bs=512 if=$MAIL of=$F"),
	ROW("dd-notrunc", "dd bs=512 conv=notrunc,fsync if=$MAIL of=$F"),
	/* The end first, by one handle: another open is another data set. */
	ROW("dd-seek",
		"{ dd bs=4096 skip=1 seek=1 conv=notrunc if=$MAIL && "
		"perl -e 'sysseek STDOUT, 0, 0' && "
		"dd bs=4096 count=1 conv=notrunc if=$MAIL; } >$F"),

	ROW("rsync", "rsync $MAIL $F"),
	ROW("rsync-a", "rsync -a $MAIL $F"),
	ROW("rsync-inplace", "rsync -a --inplace $MAIL $F"),
	ROW("tar", TAR "tar -C $(dirname $F) -xf $WORK/archive"),
	ROW("busybox-tar",
		TAR "busybox tar -C $(dirname $F) -xf $WORK/archive"),
	/* What sed replaced keeps its place, as a draft of its own. */
	ROW("sed",
		"sed s/wrote/typed/ $MAIL >$F.tmp && "
		"sed -i s/typed/wrote/ $F.tmp && mv $F.tmp $F && "
		"[ $(ls $(dirname $F)/*.sed.tmp | wc -l) -eq 1 ] && "
		"grep -q typed $(dirname $F)/JOB*.sed.tmp && "
		"rm $(dirname $F)/JOB*.sed.tmp"),
	ROW("vim-new", VIM "-c \"r $MAIL\" -c wq $F"),
	ROW("vim-draft",
		"sed s/wrote/typed/ $MAIL >$F.tmp && " VIM
		"-c %s/typed/wrote/ -c wq $F.tmp && mv $F.tmp $F"),

	ROW("perl",
		"perl -e 'open I, \"<\", $ENV{MAIL} or die; "
		"open O, \">\", $ENV{F} or die; print O while <I>; "
		"close O or die'"),
	ROW("python-open", "python3 $ZOO/write.py open"),
	ROW("python-copy", "python3 $ZOO/write.py copy"),
	ROW("python-copy2", "python3 $ZOO/write.py copy2"),
	ROW("python-replace", "python3 $ZOO/write.py replace"),
	ROW("python-named", "python3 $ZOO/write.py named"),
	ROW("node-file",
		"node -e 'const fs = require(\"fs\"); "
		"fs.writeFileSync(process.env.F, "
		"fs.readFileSync(process.env.MAIL))'"),
	ROW("node-copy",
		"node -e 'require(\"fs\").copyFileSync("
		"process.env.MAIL, process.env.F)'"),
	ROW("node-stream",
		"node -e 'const fs = require(\"fs\"); "
		"fs.createReadStream(process.env.MAIL).pipe("
		"fs.createWriteStream(process.env.F))'"),
	ROW("java-copy", JAVA "copy"),
	ROW("java-string", JAVA "string"),
	ROW("awk", "awk '{ print >ENVIRON[\"F\"] }' $MAIL"),
	ROW("busybox-awk", "busybox awk '{ print >ENVIRON[\"F\"] }' $MAIL"),
	ROW("curl-file", "curl -sS -o $F file://$MAIL"),
	ROW("curl-http", "python3 $ZOO/serve.py curl -fsS -o $F {}/mail"),
	ROW("cobol-lines", COBOL("lines")),
	ROW("cobol-records", COBOL("records"), .width = 79),
	ROW("rexx", "rexx $ZOO/lineout.rexx"),

	ROW("sftp", "echo put $MAIL $F | " SFTP),
	ROW("sftp-p", "echo put -p $MAIL $F | " SFTP),
	ROW("sftp-rename",
		"printf 'put %s %s.filepart\\nrename %s.filepart %s\\n' "
		"$MAIL $F $F $F | " SFTP),
	ROW("scp", "$ZOO/ssh scp -F $WORK/ssh_config $MAIL zoo:$F"),
	ROW("scp-p", "$ZOO/ssh scp -p -F $WORK/ssh_config $MAIL zoo:$F"),
	ROW("scp-old", "$ZOO/ssh scp -Op -F $WORK/ssh_config $MAIL zoo:$F"),
	ROW("cron", "$ZOO/cron"),
	ROW("children", "python3 $ZOO/write.py children"),
	ROW("fork", "python3 $ZOO/write.py fork"),
	ROW("killed", "python3 $ZOO/write.py killed", .status = 128 + SIGKILL,
		.more = -1, .held = 1, .reason = "INCOMPLETE"),
	/* Where there is no such memory the program is told, and nothing comes
	 * of its empty file. */
	ROW("mmap",
		"python3 $ZOO/write.py mmap || { "
		"[ $? -eq 19 ] && python3 $ZOO/write.py open; }"),
};

static struct mount m;

static void begin(void)
{
	mount_start_simple(&m);
}

static void finish(void)
{
	mount_fini(&m);
}

/* ---- the mail of a row -------------------------------------------------- */

/* One line, padded to width, with the dot that transparency asks for. */
static void put_line(FILE *f, const char *line, int width, bool is_written)
{
	const char *end = is_written ? "\n" : "\r\n";

	if (is_written && line[0] == '.')
		fputc('.', f);
	fprintf(f, "%-*s%s", is_written ? 0 : width, line, end);
}

static void put_text(const struct zoo_row *row, FILE *f, bool is_written)
{
	char line[80];
	int i;

	text_format(line, sizeof line, "Subject: %s", row->name);
	put_line(f, line, row->width, is_written);
	put_line(f, "", row->width, is_written);
	/* Blanks go on with the field: the empty line is put in behind. */
	if (row->width > 0 && !is_written)
		fputs("\r\n", f);
	for (i = 0; i < LINES; i++) {
		text_format(line, sizeof line, "%d of %s: what it wrote", i,
			row->name);
		put_line(f, line, row->width, is_written);
	}
	/* Where columns are counted, an octet is one of them. */
	if (row->width == 0) {
		put_line(f, ".a dot, \303\244 and \tmore", 0, is_written);
		put_line(f, ".", 0, is_written);
	}
	put_line(f, "the end", row->width, is_written);
}

static void make_mail(const struct zoo_row *row, const char *work)
{
	char path[MOUNT_PATH_MAX + 16];
	FILE *f;

	text_format(path, sizeof path, "%s/mail", work);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"HELO zoo\nMAIL FROM:<zoo@a.example>\n"
		"RCPT TO:<%s@b.example>\nDATA\n",
		row->name);
	put_text(row, f, true);
	fputs(".\nQUIT\n", f);
	ck_assert_int_eq(fclose(f), 0);
}

static void assert_mail(const struct zoo_row *row, size_t n)
{
	char *expected, *octets, *envelope;
	char recipient[64];
	size_t expected_len, len;
	FILE *f = open_memstream(&expected, &expected_len);

	ck_assert_ptr_nonnull(f);
	put_text(row, f, false);
	ck_assert_int_eq(fclose(f), 0);

	octets = mail_get(&m, 0, n, &len);
	envelope = envelope_get(&m, 0, n);
	text_format(recipient, sizeof recipient, "rcpt <%s@b.example>\n",
		row->name);
	/* Behind the fields that were added on top. */
	ck_assert_msg(len > expected_len
			&& memcmp(octets + len - expected_len, expected,
				   expected_len)
				== 0,
		"%s: %zu octets came, not %zu: %.200s", row->name, len,
		expected_len, octets);
	ck_assert_msg(strstr(envelope, "from <zoo@a.example> ") != NULL
			&& strstr(envelope, recipient) != NULL,
		"%s: %s", row->name, envelope);
	free(envelope);
	free(octets);
	free(expected);
}

/* ---- what is on the spool ----------------------------------------------- */

/* Data sets of status/queue; those that are held, only. */
static size_t count_queue(bool only_held)
{
	char *queue = file_text("%s", mount_queue(&m));
	char *next = strchr(queue, '\n'), *line;
	size_t count = 0;
	char state[16];

	ck_assert_ptr_nonnull(next);
	for (line = next + 1; (next = strchr(line, '\n')) != NULL;
		line = next + 1) {
		ck_assert_int_eq(sscanf(line, "%*s %*s %*s %15s", state), 1);
		if (!only_held || strcmp(state, "held") == 0)
			count++;
	}
	free(queue);
	return count;
}

static bool is_settled(const void *nothing)
{
	(void)nothing;
	return count_queue(true) == count_queue(false);
}

/* What a row leaves held is looked at and purged. */
static void expect_held(const struct zoo_row *row, size_t before)
{
	char *queue = file_text("%s", mount_queue(&m));

	ck_assert_msg(count_queue(true) == before + row->held,
		"%s leaves on the spool: "
		"%s",
		row->name, queue);
	if (row->reason != NULL)
		ck_assert_msg(strstr(queue, row->reason) != NULL,
			"%s: it is not held because of %s: %s", row->name,
			row->reason, queue);
	free(queue);
	if (row->held == 0)
		return;
	ck_assert_int_eq(shell("for id in $(awk 'NR > 1 { print $1 }' %s); do "
			       "rm %s/$id.%s; done",
				 mount_queue(&m), m.drop, row->name),
		0);
	ck_assert_uint_eq(count_queue(false), 0);
}

/* ---- rows --------------------------------------------------------------- */

static void set_environment(const struct zoo_row *row, const char *work)
{
	char path[PATH_MAX];

	ck_assert_ptr_nonnull(realpath("tests/zoo", path));
	setenv("ZOO", path, 1);
	ck_assert_ptr_nonnull(realpath("build/unpacked", path));
	setenv("SERVICES", path, 1);
	setenv("WORK", work, 1);
	text_format(path, sizeof path, "%s/mail", work);
	setenv("MAIL", path, 1);
	text_format(path, sizeof path, "%s/%s", m.drop, row->name);
	setenv("F", path, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("HOME", work, 1);
}

START_TEST(a_row)
{
	const struct zoo_row *row = &rows[_i];
	int before = (int)mails_count(&m, 0), after;
	size_t held = count_queue(true);
	char work[MOUNT_PATH_MAX];
	int status;

	text_format(work, sizeof work, "%.400s/%s", m.scratch, row->name);
	ck_assert_int_eq(mkdir(work, 0755), 0);
	make_mail(row, work);
	set_environment(row, work);
	status = shell("{ %s\n} >%s/log 2>&1 </dev/null", row->command, work);
	ck_assert_msg(status == row->status, "%s: exit status %d, not %d: %s",
		row->name, status, row->status, file_text("%s/log", work));
	wait_until(is_settled, NULL, row->name);
	after = (int)mails_count(&m, 0);
	ck_assert_msg(after == before + 1 + row->more,
		"%s: %d mails came, not %d: %s", row->name, after - before,
		1 + row->more, file_text("%s", mount_queue(&m)));
	expect_held(row, held);
	for (; before < after; before++)
		assert_mail(row, (size_t)before + 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("e2e zoo");
	TCase *c = tcase_create("tools");

	tcase_set_timeout(c, TEST_S);
	tcase_add_unchecked_fixture(c, begin, finish);
	tcase_add_loop_test(c, a_row, 0, COUNT(rows));
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	return mount_main(suite());
}
