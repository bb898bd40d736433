#include "../fs/readme.h"
#include "../fs/status.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The display as IBM printed it, but for the spacing. */
static const char one_forwarder[] =
	"EZD1831I CSSMTP TARGETS:\n"
	"GLOBAL INFORMATION:\n"
	"MAIL SENT : 1562         TOTAL RETRY : 15\n"
	"DEADLETTER: 0            CURRENT RETRY: 0\n"
	"UNDELIVER : 0\n"
	"TARGET SERVER 2000:197:2:107::1\n"
	"STATE     : ACTIVE\n"
	"ESMTP     : YES          MESSAGE SIZE : 0\n"
	"STARTTLS  : NO           MAIL ATTEMPTS: 493\n"
	"MAIL SENT : 438          CONNECT FAIL : 0\n"
	"TARGET SERVER 197.11.108.1\n"
	"STATE     : ACTIVE\n"
	"ESMTP     : NO           MESSAGE SIZE : 524288\n"
	"STARTTLS  : NO           MAIL ATTEMPTS: 350\n"
	"MAIL SENT : 350          CONNECT FAIL : 0\n";

static const struct forwarder_status mail = {
	.writer = "MAIL",
	.mail_sent = 1562,
	.total_retry = 15,
	.has_usable_target = true,
	.target_count = 2,
	.targets = {
		{ .address = "2000:197:2:107::1",
			.state = TARGET_ACTIVE,
			.is_esmtp = true,
			.mail_attempts = 493,
			.mail_sent = 438 },
		{ .address = "197.11.108.1",
			.state = TARGET_ACTIVE,
			.message_size = 524288,
			.mail_attempts = 350,
			.mail_sent = 350 },
	},
};

static const struct forwarder_status batch = {
	.writer = "BATCH",
	.mail_sent = UINT64_MAX,
	.current_retry = 2,
	.dead_letter = 3,
	.undeliver = 4,
	.waits_because = "10.0.0.1: connection refused",
	.target_count = 1,
	.targets = {
		{ .address = "10.0.0.1",
			.state = TARGET_SUSPENDED,
			.offers_starttls = true,
			.connect_fail = 7 },
	},
};

static void expect(struct buf *out, const char *text)
{
	size_t len;
	char *shown = buf_steal(out, &len);

	ck_assert_str_eq(shown, text);
	free(shown);
}

START_TEST(one_forwarder_shows_ibms_display)
{
	struct buf out;

	buf_init(&out);
	status_targets(&mail, 1, &out);
	expect(&out, one_forwarder);
}
END_TEST

START_TEST(several_forwarders_follow_their_writers_names)
{
	const struct forwarder_status both[] = { mail, batch };
	const char *second =
		"WRITER BATCH\n"
		"GLOBAL INFORMATION:\n"
		"MAIL SENT : 18446744073709551615 TOTAL RETRY : 0\n"
		"DEADLETTER: 3            CURRENT RETRY: 2\n"
		"UNDELIVER : 4\n"
		"TARGET SERVER 10.0.0.1\n"
		"STATE     : SUSPENDED\n"
		"ESMTP     : NO           MESSAGE SIZE : 0\n"
		"STARTTLS  : YES          MAIL ATTEMPTS: 0\n"
		"MAIL SENT : 0            CONNECT FAIL : 7\n";
	struct buf out;
	size_t len;
	char *shown;

	buf_init(&out);
	status_targets(both, 2, &out);
	shown = buf_steal(&out, &len);
	ck_assert_ptr_nonnull(strstr(
		shown, "TARGETS:\nWRITER MAIL\nGLOBAL INFORMATION:\nMAIL"));
	ck_assert_str_eq(strstr(shown, "WRITER BATCH"), second);
	free(shown);
}
END_TEST

static const struct {
	struct spool_row row;
	const char *line;
} rows[] = {
	{ { .dataset = { .job = 12,
		    .writer = "MAIL",
		    .uid = 1000,
		    .state = DATASET_READY } },
		"JOB00012 MAIL     1000       ready   "
		"-                    -\n" },
	{ { .dataset = { .job = 12,
		    .writer = "BATCH",
		    .uid = 4294967294U,
		    .state = DATASET_READY } },
		"JOB00012 BATCH    4294967294 ready   "
		"-                    10.0.0.1: connection refused\n" },
	{ { .dataset = { .job = 123456,
		    .writer = "BATCH",
		    .state = DATASET_WAITING,
		    .next_try_ns = 1710234902 * INT64_C(1000000000),
		    .reason = "451 later" } },
		"J0123456 BATCH    0          waiting "
		"2024-03-12T09:15:02Z 451 later\n" },
	{ { .dataset = { .job = 1,
		    .writer = "BATCH",
		    .state = DATASET_HELD,
		    .reason = "INCOMPLETE" } },
		"JOB00001 BATCH    0          held    "
		"-                    INCOMPLETE\n" },
	{ { .dataset = { .job = 1, .writer = "MAIL", .state = DATASET_OPEN },
		  .is_open = true,
		  .opened_ns = 1710234902 * INT64_C(1000000000),
		  .pid = 77,
		  .program = "a\n\x1b[m]\\" },
		"JOB00001 MAIL     0          open    "
		"-                    "
		"since 2024-03-12T09:15:02Z by a\\x0a\\x1b[m]\\x5c[77]\n" },
};

START_TEST(a_data_set_is_one_line_of_the_queue)
{
	const struct forwarder_status both[] = { mail, batch };
	struct buf out;

	buf_init(&out);
	status_queue_line(&rows[_i].row, both, 2, &out);
	expect(&out, rows[_i].line);
}
END_TEST

START_TEST(the_queue_names_its_columns)
{
	struct buf out;

	buf_init(&out);
	status_queue_header(&out);
	expect(&out,
		"JOBID    WRITER   OWNER      STATE   NEXT TRY             "
		"REASON\n");
}
END_TEST

START_TEST(the_readme_names_the_writers)
{
	const char *const writers[] = { "MAIL", "BATCH" };
	struct buf out;
	size_t len;
	char *text;

	buf_init(&out);
	readme_render(writers, 2, &out);
	text = buf_steal(&out, &len);
	ck_assert_ptr_nonnull(
		strstr(text, "Writers of this mount: MAIL BATCH\n"));
	ck_assert_ptr_nonnull(strstr(text, "cat > spool/MAIL/hello"));
	free(text);
	readme_render(NULL, 0, &out);
	text = buf_steal(&out, &len);
	ck_assert_ptr_nonnull(strstr(text, "spool/WRITER/"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tc = tcase_create("texts");

	tcase_add_test(tc, one_forwarder_shows_ibms_display);
	tcase_add_test(tc, several_forwarders_follow_their_writers_names);
	tcase_add_loop_test(
		tc, a_data_set_is_one_line_of_the_queue, 0, COUNT(rows));
	tcase_add_test(tc, the_queue_names_its_columns);
	tcase_add_test(tc, the_readme_names_the_writers);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
