#include "support_pair.h"

#include "text.h"

#include <check.h>
#include <string.h>

enum { LINE_LEN = 64 };

struct pair_mail pair_a, pair_b;
struct script *pair_server;

static bool is_b_claimed(void *arg)
{
	(void)arg;
	return count_marks(pair_b.number, STORE_MARK_CLAIMED) == 1;
}

void pair_wait_claimed(void)
{
	wait_until(is_b_claimed);
}

void pair_submit(struct pair_mail *m, const char *who)
{
	char address[LINE_LEN];

	text_format(address, sizeof address, "%s@example.org", who);
	m->number = submit_mail(address, who);
	text_copy(m->id, sizeof m->id, job_name_of(test_spool, m->number));
}

/* One mail goes first: the reply to its dot has nothing behind it. */
static void open_server(void)
{
	test_config.target_count = 0;
	pair_server = one_target(NULL);
	test_config.targets[0].connect_limit = 1;
	test_config.timeout.connect_idle_s = 100000;
	test_config.retry_count = 1000;
	forwarder_run();
	wait_gone(submit_mail("first@example.org", "first"));
}

/* True when the envelope of b came with the dot of a. */
static bool is_paired(const struct script_row *rows)
{
	static const struct script_row gate[] = {
		{ "DATA", SCRIPT_GATE, NULL, 1 },
		{ NULL, SCRIPT_REPLY, NULL, 0 },
	};

	open_server();
	script_change(pair_server, gate);
	pair_submit(&pair_a, "a");
	script_wait_gates(pair_server, 1);
	pair_submit(&pair_b, "b");
	pair_wait_claimed();
	script_change(pair_server, rows);
	script_release_one(pair_server);
	script_wait_commands(pair_server, ".", 2);
	return script_pairs(pair_server) == 1;
}

static void forget(const struct pair_mail *m)
{
	struct dataset d;

	if (spool_stat(test_spool, m->number, &d) == 0)
		(void)dataset_unlink(
			test_spool, job_name_of(test_spool, m->number), &alice);
}

void pair_send(const struct script_row *rows)
{
	int attempt;

	for (attempt = 0; !is_paired(rows); attempt++) {
		ck_assert_int_lt(attempt, PAIR_ATTEMPTS);
		forwarder_halt(0);
		script_close(pair_server);
		forget(&pair_a);
		forget(&pair_b);
	}
}

size_t pair_copies(const char *content)
{
	char want[LINE_LEN];
	size_t count = 0;
	size_t i;

	text_format(want, sizeof want, "%s\r\n", content);
	for (i = 0; i < script_mails(pair_server); i++)
		count += strcmp(script_text(pair_server, i), want) == 0;
	return count;
}

int pair_doubts(const struct pair_mail *m)
{
	char line[LINE_LEN];

	text_format(line, sizeof line, "possible duplicate: %s.1", m->id);
	return log_count(line);
}
