#include "support_pair.h"

#include "clock.h"
#include "text.h"

#include <check.h>
#include <string.h>

enum {
	JUMP_S = 901, /* longer than any wait */
	LOOKS = 200,  /* between jumps: time for what takes none */
};

struct ending {
	uint64_t number;
	enum dataset_state state;
	unsigned int looks;
};

static bool has_ended(void *arg)
{
	struct ending *e = arg;
	struct dataset d;
	int err = spool_stat(test_spool, e->number, &d);

	if (e->state == DATASET_PURGED ? err != 0
				       : err == 0 && d.state == e->state)
		return true;
	if (++e->looks % LOOKS == 0)
		clock_forward(JUMP_S * NS_PER_S);
	return false;
}

/* Lets time pass now and then, and nobody who answers at once too late. */
static void wait_for_end(uint64_t number, enum dataset_state state)
{
	struct ending e = { number, state, 0 };

	ck_assert_msg(clock_wait_until(has_ended, &e), "never %s",
		dataset_state_name(state));
}

static bool is_gone_or_waits(void *arg)
{
	const uint64_t *number = arg;
	struct dataset d;

	return spool_stat(test_spool, *number, &d) != 0
		|| d.state == DATASET_WAITING;
}

/* A doubt is repeated at once, for time is moved to when it is due. */
static void wait_past_doubt(uint64_t number)
{
	ck_assert(clock_wait_until(is_gone_or_waits, &number));
	clock_forward(JUMP_S * NS_PER_S);
	wait_for_end(number, DATASET_PURGED);
}

/* ---- replies that are what they seem ----------------------------- */

enum end { ONCE, HELD };

static const struct {
	struct script_row rows[5];
	enum end a_end, b_end;
	size_t retries;     /* mails that were deferred and counted */
	size_t connections; /* all told */
	int a_doubts, b_doubts;
} courses[] = {
	{ { { NULL, SCRIPT_REPLY, NULL, 0 } }, ONCE, ONCE, 0, 1, 0, 0 },
	{ { { ".", SCRIPT_DRIP, NULL, 0 }, { "MAIL", SCRIPT_DRIP, NULL, 0 },
		  { "RCPT", SCRIPT_DRIP, NULL, 0 },
		  { "DATA", SCRIPT_DRIP, NULL, 0 } },
		ONCE, ONCE, 0, 1, 0, 0 },

	/* the dot of a */
	{ { { ".", SCRIPT_REPLY, "451 4.3.0 later", 1 } }, ONCE, ONCE, 1, 1, 0,
		0 },
	{ { { ".", SCRIPT_REPLY, "451 later", 1 } }, ONCE, ONCE, 1, 1, 0, 0 },
	{ { { ".", SCRIPT_REPLY, "550 5.6.0 no", 1 } }, HELD, ONCE, 0, 1, 0,
		0 },
	{ { { ".", SCRIPT_REPLY, "550 5.1.1 no", 1 } }, HELD, ONCE, 0, 1, 0,
		0 },
	{ { { ".", SCRIPT_DROP, "421 4.3.2 closing", 1 } }, ONCE, ONCE, 1, 2, 0,
		0 },
	{ { { ".", SCRIPT_DROP, NULL, 1 } }, ONCE, ONCE, 1, 2, 1, 0 },
	{ { { ".", SCRIPT_MUTE, NULL, 1 } }, ONCE, ONCE, 1, 2, 1, 0 },
	{ { { ".", SCRIPT_REPLY, "hello", 1 } }, ONCE, ONCE, 1, 2, 1, 0 },
	{ { { ".", SCRIPT_DROP, "250 2.0.0 ok", 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	{ { { ".", SCRIPT_DROP, "250 ok", 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	{ { { ".", SCRIPT_REPLY, "250 ok", 1 } }, ONCE, ONCE, 0, 1, 0, 0 },

	/* the envelope of b */
	{ { { "MAIL", SCRIPT_REPLY, "451 4.7.1 later", 1 } }, ONCE, ONCE, 1, 1,
		0, 0 },
	{ { { "MAIL", SCRIPT_REPLY, "550 5.7.1 no", 1 } }, ONCE, HELD, 0, 1, 0,
		0 },
	{ { { "MAIL", SCRIPT_DROP, "421 4.3.2 closing", 1 } }, ONCE, ONCE, 0, 2,
		0, 0 },
	{ { { "MAIL", SCRIPT_DROP, NULL, 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	{ { { "MAIL", SCRIPT_MUTE, NULL, 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	{ { { "RCPT", SCRIPT_REPLY, "450 4.2.0 busy", 1 } }, ONCE, ONCE, 1, 1,
		0, 0 },
	{ { { "RCPT", SCRIPT_REPLY, "550 5.1.1 no", 1 } }, ONCE, HELD, 0, 1, 0,
		0 },
	{ { { "RCPT", SCRIPT_DROP, "421 4.3.2 closing", 1 } }, ONCE, ONCE, 1, 2,
		0, 0 },
	{ { { "RCPT", SCRIPT_DROP, NULL, 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	{ { { "RCPT", SCRIPT_MUTE, NULL, 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	/* might be a late reply to RCPT: b is asked for again, alone */
	{ { { "DATA", SCRIPT_REPLY, "451 4.3.0 later", 1 } }, ONCE, ONCE, 0, 2,
		0, 0 },
	{ { { "DATA", SCRIPT_REPLY, "554 5.7.1 no", 2 } }, ONCE, HELD, 0, 2, 0,
		0 },
	{ { { "DATA", SCRIPT_DROP, "421 4.3.2 closing", 1 } }, ONCE, ONCE, 1, 2,
		0, 0 },
	{ { { "DATA", SCRIPT_DROP, NULL, 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	{ { { "DATA", SCRIPT_MUTE, NULL, 1 } }, ONCE, ONCE, 0, 2, 0, 0 },
	/* 354 with nobody left: a lone dot */
	{ { { "RCPT", SCRIPT_REPLY, "550 5.1.1 no", 1 },
		  { "DATA", SCRIPT_REPLY, "354 go", 1 } },
		ONCE, HELD, 0, 1, 0, 0 },
	{ { { "MAIL", SCRIPT_REPLY, "550 5.7.1 no", 1 },
		  { "DATA", SCRIPT_REPLY, "354 go", 1 } },
		ONCE, HELD, 0, 1, 0, 0 },

	/* the dot of b */
	{ { { ".", SCRIPT_REPLY, "250 2.0.0 ok", 1 },
		  { ".", SCRIPT_REPLY, "451 4.3.0 later", 1 } },
		ONCE, ONCE, 1, 1, 0, 0 },
	{ { { ".", SCRIPT_REPLY, "250 2.0.0 ok", 1 },
		  { ".", SCRIPT_REPLY, "550 5.6.0 no", 1 } },
		ONCE, HELD, 0, 1, 0, 0 },
	{ { { ".", SCRIPT_REPLY, "250 2.0.0 ok", 1 },
		  { ".", SCRIPT_DROP, NULL, 1 } },
		ONCE, ONCE, 1, 2, 0, 1 },
};

static void check_end(uint64_t number, const char *content, enum end end)
{
	wait_for_end(number, end == HELD ? DATASET_HELD : DATASET_PURGED);
	ck_assert_uint_eq(pair_copies(content), end == ONCE);
}

START_TEST(each_mail_has_the_end_its_own_replies_say)
{
	pair_send(courses[_i].rows);
	check_end(pair_a.number, "a", courses[_i].a_end);
	check_end(pair_b.number, "b", courses[_i].b_end);
	ck_assert_int_eq(pair_doubts(&pair_a), courses[_i].a_doubts);
	ck_assert_int_eq(pair_doubts(&pair_b), courses[_i].b_doubts);
	ck_assert_uint_eq(forwarder_look().total_retry, courses[_i].retries);
	ck_assert_uint_ge(
		script_connections(pair_server), courses[_i].connections);
	if (courses[_i].retries == 0 && courses[_i].rows[0].act != SCRIPT_MUTE)
		ck_assert_uint_eq(script_connections(pair_server),
			courses[_i].connections);
	script_close(pair_server);
}
END_TEST

/* ---- replies that are not ---------------------------------------- */

static const char *const places[] = { ".", "MAIL", "RCPT", "DATA" };

/* Of a peer with enhanced status codes, and of one without. */
static const char *const good[][4] = {
	{ "250 2.0.0 Ok: queued", "250 2.1.0 Ok", "250 2.1.5 Ok", "354 go" },
	{ "250 Ok", "250 Ok", "250 Ok", "354 go" },
};

/* What is said before and behind the reply; AGAIN stands for its double. */
static const char again[] = "again";

static const struct {
	bool is_left_out;
	const char *before, *behind;
} faults[] = {
	{ true, NULL, NULL },
	{ true, "hello there", NULL },
	{ true, "999 what", NULL },
	{ false, NULL, again },
	{ false, "250 2.0.0 extra", NULL },
	{ false, NULL, "250 2.0.0 extra" },
	{ false, "550 5.7.1 extra", NULL },
	{ false, NULL, "550 5.7.1 extra" },
	{ false, "354 extra", NULL },
	{ false, NULL, "354 extra" },
};

enum {
	PLACES = sizeof places / sizeof *places,
	FAULTS = sizeof faults / sizeof *faults,
	STYLES = 2,
	WAYS = 2, /* each reply for itself; all in one */
	REPLY_TEXT_LEN = 256,
};

struct wrong_replies {
	char text[PLACES][REPLY_TEXT_LEN];
	char all[PLACES * REPLY_TEXT_LEN];
	struct script_row rows[PLACES + 1];
};

static void add_line(char *text, size_t cap, const char *line)
{
	size_t used = strlen(text);

	if (line != NULL && line[0] != '\0')
		text_format(text + used, cap - used, "%s%s",
			used > 0 ? "\r\n" : "", line);
}

static void fill_wrong(struct wrong_replies *w, int place, int fault, int style,
	bool is_together)
{
	const char *right, *behind;
	char *text;
	int i;

	memset(w, 0, sizeof *w);
	for (i = 0; i < PLACES; i++) {
		text = w->text[i];
		right = good[style][i];
		if (i != place) {
			add_line(text, REPLY_TEXT_LEN, right);
		} else {
			behind = faults[fault].behind;
			add_line(text, REPLY_TEXT_LEN, faults[fault].before);
			if (!faults[fault].is_left_out)
				add_line(text, REPLY_TEXT_LEN, right);
			add_line(text, REPLY_TEXT_LEN,
				behind == again ? right : behind);
		}
		add_line(w->all, sizeof w->all, text);
		w->rows[i] = (struct script_row){ places[i], SCRIPT_REPLY,
			text[0] != '\0' && !is_together ? text : NULL, 1 };
	}
	if (is_together)
		w->rows[0].reply = w->all;
}

/*
 * No mail is settled by what was not said of it: whatever the target did not
 * accept comes again, and what it may have accepted is named before it comes
 * again. The content of b does not go out there, but where a 354 too many
 * came just where its own one was due.
 */
START_TEST(a_reply_too_many_or_too_few_settles_nothing)
{
	struct wrong_replies wrong;
	int place = _i % PLACES;
	int fault = _i / PLACES % FAULTS;
	int style = _i / PLACES / FAULTS % STYLES;
	bool is_together = _i / PLACES / FAULTS / STYLES != 0;

	fill_wrong(&wrong, place, fault, style, is_together);
	pair_send(wrong.rows);
	/* The next session may meet what was meant for the one before. */
	wait_for_end(pair_b.number, DATASET_PURGED);
	wait_past_doubt(pair_a.number);
	ck_assert_uint_ge(pair_copies("a"), 1);
	ck_assert_uint_le(pair_copies("a"), 1 + (size_t)pair_doubts(&pair_a));
	ck_assert_uint_ge(pair_copies("b"), 1);
	ck_assert_uint_le(pair_copies("b"), 1 + (size_t)pair_doubts(&pair_b));
	if (place != 2 || faults[fault].behind == NULL)
		ck_assert_int_eq(pair_doubts(&pair_b), 0);
	ck_assert_uint_ge(script_connections(pair_server), 2);
	script_close(pair_server);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, each_mail_has_the_end_its_own_replies_say, 0,
		sizeof courses / sizeof *courses);
	tcase_add_loop_test(tc, a_reply_too_many_or_too_few_settles_nothing, 0,
		PLACES * FAULTS * STYLES * WAYS);
}

int main(void)
{
	return forwarder_run_suite("pipeline", 120, NULL, add_tests);
}
