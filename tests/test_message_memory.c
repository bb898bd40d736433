/*
 * Memory that runs out at each place in turn while a message is read:
 * WRAP_test_message_memory in the Makefile sends the calls here.
 */
#include "../forwarder/message.h"
#include "support_run.h"
#include "support_short_memory.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const struct origin origin = { .host = "here.example",
	.user = "ann",
	.uid = 1001,
	.job_name = "CAT",
	.job_id = "JOB00001",
	.dataset = 1 };

static const char text[] =
	"From: a@b\nTo: c@d, e@f,\n g@h, i@j, k@l\nResent-To: m@n\n"
	"Resent-Cc: o@p\nBcc: q@r\n\nHello \303\244\n";

struct reading {
	struct message *message;
	int errors;
};

static void note(struct reading *r, const struct bsmtp_event *event)
{
	if (event->kind != BSMTP_ERROR)
		return;
	ck_assert_int_eq(event->err, -ENOMEM);
	r->errors++;
}

static void read_lines(struct reading *r)
{
	struct line line = { .is_start = true, .is_end = true };
	struct bsmtp_event event;
	const char *at = text;

	for (; *at != '\0'; at += line.len + 1) {
		line.text = at;
		line.len = strcspn(at, "\n");
		line.offset = (uint64_t)(at - text);
		line.next = line.offset + line.len + 1;
		line.number++;
		message_line(r->message, &line, &event);
		note(r, &event);
	}
}

/* Lets the i-th call fail; returns whether one did. */
static bool fails_at(const struct heading_rules *rules, int i)
{
	struct reading r = { NULL, 0 };
	struct bsmtp_event event;
	struct mail *m = NULL;
	bool has_failed;

	calls_left = i;
	r.message = message_new(rules);
	if (r.message == NULL) {
		calls_left = -1;
		return true;
	}
	read_lines(&r);
	do {
		message_finish(r.message, &event);
		note(&r, &event);
		if (event.kind == BSMTP_MAIL)
			m = message_take_mail(r.message);
	} while (event.kind != BSMTP_QUIT);
	has_failed = calls_left < 0;
	calls_left = -1;
	ck_assert_int_eq(r.errors, has_failed);
	ck_assert_int_eq(m == NULL, has_failed);
	if (m != NULL) {
		ck_assert_uint_eq(m->recipient_count, 2);
		ck_assert_ptr_nonnull(m->added);
	}
	mail_free(m);
	message_free(r.message);
	return has_failed;
}

START_TEST(a_message_comes_whole_or_as_an_error)
{
	struct input_config input;
	struct header_config header;
	struct heading_rules rules;
	int i = 0;

	input_config_init(&input);
	header_config_init(&header);
	heading_rules_init(&rules, &input, &header, &origin);
	while (fails_at(&rules, i))
		i++;
	/* The parser, two envelopes, their texts, what finds recipients, what
	 * is put on top. */
	ck_assert_int_ge(i, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("message memory");
	TCase *tests = tcase_create("message memory");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_message_comes_whole_or_as_an_error);
	return suite_run(suite);
}
