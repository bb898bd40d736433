/*
 * Some data sets of tests/corpus/wire through a mount: what the target got is
 * what was worked out, the trace on top apart.
 */
#include "support_files.h"
#include "support_mount.h"
#include "support_run.h"
#include "support_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_S = 120, STATEMENTS_MAX = 1024 };

static const char *const names[] = {
	"stream-utf8-stays-as-it-came",
	"batch-a-doubled-dot-is-one",
	"batch-at-sign-in-header-fields",
	"charset-iso8859-15-is-what-the-target-gets",
	"charset-a-character-it-lacks-is-a-mark",
	"fixed-a-command-goes-on-behind-80-octets-and-a-bracket",
	"fixed-sequence-numbers-are-no-text",
	"fixed-lf-dot-lf-smuggles-nothing",
	"rdw-spanned-segments-are-one-record",
	"asa-control-is-dropped-in-variable-records",
	"netdata-says-its-machine-control",
	"page-1047-in-fixed-to-iso8859-1",
	"page-1141-in-stream-to-utf-8",
	"page-939-5055-is-iso-2022-jp",
	"message-a-dot-line-is-text",
};

static struct mount m;
static struct wire_case c;
static char statements[STATEMENTS_MAX], target_statements[STATEMENTS_MAX];

static void finish(void)
{
	wire_case_fini(&c);
	mount_fini(&m);
}

/* What stands in the block of a TargetServer goes there. */
static void configure(void)
{
	bool in_target = false;
	char *conf = strndup(c.conf.len > 0 ? c.conf.data : "", c.conf.len);
	char *rest = NULL;
	char *line;

	statements[0] = '\0';
	target_statements[0] = '\0';
	for (line = strtok_r(conf, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		char *to = in_target ? target_statements : statements;

		if (strcmp(line, "TargetServer") == 0)
			in_target = true;
		else if (in_target && strcmp(line, "}") == 0)
			in_target = false;
		else if (!in_target
			|| (strcmp(line, "{") != 0
				&& strncmp(line, "TargetIP", 8) != 0))
			strcat(strcat(to, line), "\n");
	}
	free(conf);
	m.statements = statements;
	m.targets[0].statements = target_statements;
}

/* The lines behind the field on top, which says when and where it ran. */
static const char *behind_trace(const char *lines)
{
	ck_assert_msg(strncmp(lines, "Received: from ", 15) == 0, "%s", lines);
	do
		lines = strchr(lines, '\n') + 1;
	while (lines[0] == ' ');
	return lines;
}

/* The lines of the only mail, dots undone; the caller frees it. */
static char *expected_lines(void)
{
	char *lines = strndup(c.expected.data, c.expected.len);
	const char *from = strstr(lines, "\nDATA\n") + 6;
	char *to = lines;
	bool at_start = true;

	from = behind_trace(from);
	for (; !at_start || strcmp(from, ".\n") != 0; from++) {
		if (!at_start || *from != '.')
			*to++ = *from;
		at_start = *from == '\n';
	}
	*to = '\0';
	return lines;
}

START_TEST(a_target_gets_the_octets_that_were_worked_out)
{
	struct buf shown;
	char path[2 * MOUNT_PATH_MAX];
	char *want, *got;
	size_t len;

	wire_case_read(names[_i], &c);
	want = expected_lines();
	mount_init_one(&m);
	configure();
	mount_start(&m);
	snprintf(path, sizeof path, "%s/mail", m.drop);
	ck_assert_int_eq(file_put(path, c.octets.data, c.octets.len), 0);
	wait_for_mails(&m, 1);
	got = mail_get(&m, 0, 1, &len);
	buf_init(&shown);
	wire_show(&shown, got, len);
	buf_append(&shown, "", 1);
	ck_assert_str_eq(behind_trace(shown.data), want);
	buf_fini(&shown);
	free(got);
	free(want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e_wire");
	TCase *cases = suite_case(suite, "e2e_wire", TEST_S, NULL, finish);

	tcase_add_loop_test(cases,
		a_target_gets_the_octets_that_were_worked_out, 0, COUNT(names));
	return mount_main(suite);
}
