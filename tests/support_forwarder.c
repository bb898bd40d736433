#include "support_forwarder.h"

#include "buf.h"
#include "clock.h"
#include "support_run.h"
#include "text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { CONTENT_MAX = 4096, MARKS_MAX = 64 };

struct writer_config test_config;
struct forwarder *test_forwarder;

void forwarder_set_up(void)
{
	spool_set_up();
	memset(&test_config, 0, sizeof test_config);
	input_config_init(&test_config.input);
	header_config_init(&test_config.header);
	text_copy(test_config.name, sizeof test_config.name, "MAIL");
	test_config.retry_count = 5;
	test_config.retry_interval_min = 1;
	test_config.timeout = (struct timeout_config){ .any_cmd_s = 300,
		.connect_idle_s = 60,
		.connect_retry_s = 120,
		.data_block_s = 180,
		.data_cmd_s = 120,
		.data_term_s = 600,
		.initial_msg_s = 300,
		.mail_cmd_s = 300,
		.rcpt_cmd_s = 300 };
	test_forwarder = NULL;
}

void forwarder_set_up_moved(void)
{
	clock_take_over();
	forwarder_set_up();
}

void forwarder_tear_down(void)
{
	forwarder_halt(NS_PER_S);
	spool_tear_down();
	clock_give_back();
}

int forwarder_run_suite(const char *name, int limit_s,
	void (*add_tests)(TCase *tests), void (*add_moved_tests)(TCase *tests))
{
	Suite *suite = suite_create(name);

	if (add_tests != NULL)
		add_tests(suite_case(suite, "kernel's clock", limit_s,
			forwarder_set_up, forwarder_tear_down));
	if (add_moved_tests != NULL)
		add_moved_tests(suite_case(suite, "moved clock", limit_s,
			forwarder_set_up_moved, forwarder_tear_down));
	return suite_run(suite);
}

void forwarder_target(const struct script *s)
{
	ck_assert_uint_lt(test_config.target_count, CONFIG_TARGETS_MAX);
	script_address(s, &test_config.targets[test_config.target_count++]);
}

void forwarder_run(void)
{
	ck_assert_int_eq(forwarder_start(&test_config, "client.example.org",
				 test_spool, &test_forwarder),
		0);
}

void forwarder_halt(int64_t patience_ns)
{
	if (test_forwarder != NULL)
		forwarder_stop(
			test_forwarder, clock_monotonic_ns() + patience_ns);
	test_forwarder = NULL;
}

uint64_t submit(const char *text)
{
	struct spool_file *f = dataset_create(test_spool, "mail", &alice);
	uint64_t number = spool_file_number(f);

	dataset_write(f, text);
	ck_assert_int_eq(dataset_flush(f), 0);
	spool_file_release(f, false);
	return number;
}

static uint64_t submit_buf(struct buf *text)
{
	uint64_t number;
	size_t len;
	char *octets;

	buf_puts(text, "QUIT\n");
	octets = buf_steal(text, &len);
	ck_assert_ptr_nonnull(octets);
	number = submit(octets);
	free(octets);
	return number;
}

static void add_mail(
	struct buf *text, const char *recipients, const char *content)
{
	const char *at = recipients;
	size_t len;

	buf_puts(text, "MAIL FROM:<ann@example.org>\n");
	for (; *at != '\0'; at += len + (at[len] == ' ')) {
		len = strcspn(at, " ");
		buf_printf(text, "RCPT TO:<%.*s>\n", (int)len, at);
	}
	buf_puts(text, "DATA\n");
	buf_puts(text, content);
	buf_puts(text, "\n.\n");
}

uint64_t submit_mail(const char *recipients, const char *content)
{
	struct buf text;

	buf_init(&text);
	buf_puts(&text, "HELO client\n");
	add_mail(&text, recipients, content);
	return submit_buf(&text);
}

uint64_t submit_mails(const char *name, size_t count)
{
	char content[CONTENT_MAX];
	struct buf text;
	size_t i;

	buf_init(&text);
	buf_puts(&text, "HELO client\n");
	for (i = 1; i <= count; i++) {
		text_format(content, sizeof content, "mail %zu of %s", i, name);
		add_mail(&text, "rcpt@example.org", content);
	}
	return submit_buf(&text);
}

struct forwarder_status forwarder_look(void)
{
	struct operator_ops ops = forwarder_operator(test_forwarder);
	struct forwarder_status status;

	ops.status(ops.forwarder, &status);
	return status;
}

const char *reason_of(uint64_t number)
{
	static struct dataset d;

	ck_assert_int_eq(spool_stat(test_spool, number, &d), 0);
	return d.reason;
}

struct hurry {
	uint64_t number;
	enum dataset_state state;
	int64_t step_ns;
};

static bool has_arrived(void *arg)
{
	const struct hurry *h = arg;
	struct dataset d;
	int err = spool_stat(test_spool, h->number, &d);

	clock_forward(h->step_ns);
	if (h->state == DATASET_PURGED)
		return err != 0;
	return err == 0 && d.state == h->state;
}

void hurry_until(uint64_t number, enum dataset_state state, int64_t step_ns)
{
	struct hurry h = { number, state, step_ns };

	ck_assert_msg(clock_wait_until(has_arrived, &h), "never %s",
		dataset_state_name(state));
}

void hurry_until_gone(uint64_t number, int64_t step_ns)
{
	hurry_until(number, DATASET_PURGED, step_ns);
}

size_t count_marks(uint64_t number, enum store_mark_kind kind)
{
	struct store_mark_row rows[MARKS_MAX];
	size_t count = 0;
	size_t i, found;

	if (store_marks_read(test_store, number, 0, MARKS_MAX, rows, &found)
		!= 0)
		return 0;
	for (i = 0; i < found; i++) {
		count += rows[i].kind == kind;
		store_mark_fini(&rows[i]);
	}
	return count;
}

struct script *one_target(const struct script_row *rows)
{
	struct script *s = script_open(rows);

	forwarder_target(s);
	return s;
}

void wait_gone(uint64_t number)
{
	hurry_until_gone(number, 0);
}

void check_logged_once(const char *text)
{
	wait_for_log(text);
	ck_assert_int_eq(log_count(text), 1);
}
