#include "../forwarder/outcome.h"

#include "support_run.h"

#include <check.h>
#include <string.h>

enum {
	D = RESULT_DEFERRED,
	F = RESULT_FAILED,
	C = RESULT_AGAIN,
	OK = RESULT_GO_ON,
	U = RESULT_UNCERTAIN,
	IGN = RESULT_IGNORED,
	X = EFFECT_OFFER,
	B = EFFECT_BACKOFF,
	T = EFFECT_SUSPEND,
	S = EFFECT_SLOW,
	Q = EFFECT_QUIT,
	K = EFFECT_CLOSE,
	R = EFFECT_RSET,
	H = EFFECT_HELO,
};

enum { CONNECT, GREETING, EHLO, HELO, MAIL, RCPT, DATA, DOT, RSET };

static struct outcome decide(int stage, int event, int code,
	const int status[3], const struct transaction_facts *facts)
{
	struct reply reply = { .code = code };
	int i;

	for (i = 0; i < 3; i++)
		reply.status[i] = status[i];
	return outcome_decide((enum stage)stage, (enum event)event,
		event == EVENT_REPLY ? &reply : NULL, facts);
}

/* Facts, in the order of the struct. */
#define FRESH                                                                  \
	{                                                                      \
		0, false, false, false, false                                  \
	}
#define ALONE                                                                  \
	{                                                                      \
		0, false, false, true, false                                   \
	}
#define KEPT                                                                   \
	{                                                                      \
		0, false, true, false, false                                   \
	}
#define SOME                                                                   \
	{                                                                      \
		1, false, false, false, false                                  \
	}
#define AGAIN                                                                  \
	{                                                                      \
		1, false, false, false, true                                   \
	}
#define REFUSED                                                                \
	{                                                                      \
		0, true, false, false, false                                   \
	}

static const struct {
	int stage, code, status[3];
	struct transaction_facts facts;
	int result;
	unsigned int effects;
} replies[] = {
	/* 421 at any stage. */
	{ GREETING, 421, { 0 }, FRESH, D, K | X | S },
	{ GREETING, 421, { 0 }, ALONE, D, K | X | B },
	{ EHLO, 421, { 4, 3, 2 }, ALONE, D, K | X | B },
	{ HELO, 421, { 0 }, FRESH, D, K | X | S },
	{ MAIL, 421, { 4, 7, 0 }, FRESH, D, K | X | S },
	{ MAIL, 421, { 0 }, KEPT, C, K },
	{ RCPT, 421, { 0 }, SOME, D, K | X | S },
	{ RCPT, 421, { 0 }, REFUSED, D, K | X | S },
	{ DATA, 421, { 0 }, SOME, D, K | X | S },
	{ DOT, 421, { 0 }, SOME, D, K | X | S },
	{ RSET, 421, { 0 }, FRESH, IGN, K | S },
	{ RSET, 421, { 0 }, ALONE, IGN, K | B },
	{ RSET, 421, { 0 }, KEPT, C, K },

	{ GREETING, 220, { 0 }, FRESH, OK, 0 },
	{ GREETING, 250, { 0 }, FRESH, OK, 0 },
	{ GREETING, 451, { 0 }, FRESH, D, Q | X | S },
	{ GREETING, 451, { 0 }, ALONE, D, Q | X | B },
	{ GREETING, 521, { 0 }, FRESH, D, Q | X | B },
	{ GREETING, 554, { 0 }, FRESH, D, Q | X | B },
	{ GREETING, 354, { 0 }, FRESH, D, K | B },

	{ EHLO, 250, { 0 }, FRESH, OK, 0 },
	{ EHLO, 500, { 0 }, FRESH, OK, H },
	{ EHLO, 501, { 0 }, FRESH, OK, H },
	{ EHLO, 502, { 0 }, FRESH, OK, H },
	{ EHLO, 504, { 0 }, FRESH, OK, H },
	{ EHLO, 550, { 0 }, FRESH, OK, H },
	{ EHLO, 503, { 0 }, FRESH, D, Q | X | B },
	{ EHLO, 554, { 0 }, FRESH, D, Q | X | B },
	{ EHLO, 451, { 0 }, FRESH, D, Q | X | B },
	{ EHLO, 354, { 0 }, FRESH, D, K | B },
	{ HELO, 250, { 0 }, FRESH, OK, 0 },
	{ HELO, 500, { 0 }, FRESH, D, Q | X | B },
	{ HELO, 450, { 0 }, FRESH, D, Q | X | B },

	{ MAIL, 250, { 2, 1, 0 }, FRESH, OK, 0 },
	{ MAIL, 354, { 0 }, FRESH, D, K | B },
	{ MAIL, 450, { 0 }, FRESH, D, R },
	{ MAIL, 451, { 0 }, FRESH, D, R },
	{ MAIL, 451, { 4, 7, 1 }, FRESH, D, R },
	{ MAIL, 451, { 4, 3, 0 }, FRESH, D, S | X | R },
	{ MAIL, 451, { 4, 3, 2 }, FRESH, D, B | X | R },
	{ MAIL, 452, { 0 }, FRESH, D, S | X | R },
	{ MAIL, 452, { 4, 3, 1 }, FRESH, D, S | X | R },
	{ MAIL, 452, { 4, 3, 4 }, FRESH, D, X | R },
	{ MAIL, 455, { 0 }, FRESH, D, R },
	{ MAIL, 500, { 0 }, FRESH, D, Q },
	{ MAIL, 503, { 5, 5, 1 }, FRESH, D, Q },
	{ MAIL, 500, { 0 }, KEPT, C, Q },
	{ MAIL, 503, { 5, 5, 1 }, KEPT, C, Q },
	{ MAIL, 501, { 5, 5, 4 }, FRESH, F, R },
	{ MAIL, 504, { 5, 5, 4 }, FRESH, F, R },
	{ MAIL, 555, { 5, 5, 4 }, FRESH, F, R },
	{ MAIL, 530, { 5, 7, 0 }, FRESH, D, Q | T | X },
	{ MAIL, 535, { 5, 7, 8 }, FRESH, D, Q | T },
	{ MAIL, 454, { 4, 7, 8 }, FRESH, D, Q | T },
	{ MAIL, 534, { 5, 7, 9 }, FRESH, D, Q | T },
	{ MAIL, 538, { 5, 7, 11 }, FRESH, D, Q | T },
	{ MAIL, 550, { 0 }, FRESH, F, R },
	{ MAIL, 553, { 5, 1, 8 }, FRESH, F, R },
	{ MAIL, 554, { 5, 7, 1 }, FRESH, F, R },
	{ MAIL, 552, { 0 }, FRESH, F, X | R },
	{ MAIL, 552, { 5, 0, 0 }, FRESH, F, X | R },
	{ MAIL, 552, { 5, 3, 4 }, FRESH, F, X | R },
	{ MAIL, 552, { 5, 2, 3 }, FRESH, F, X | R },
	{ MAIL, 550, { 5, 3, 4 }, FRESH, F, X | R },
	{ MAIL, 550, { 5, 1, 10 }, FRESH, F, R },
	{ MAIL, 599, { 0 }, FRESH, F, R },

	{ RCPT, 250, { 2, 1, 5 }, FRESH, OK, 0 },
	{ RCPT, 251, { 0 }, FRESH, OK, 0 },
	{ RCPT, 252, { 0 }, FRESH, OK, 0 },
	{ RCPT, 354, { 0 }, FRESH, D, K | B },
	{ RCPT, 452, { 0 }, SOME, C, 0 },
	{ RCPT, 452, { 4, 0, 0 }, SOME, C, 0 },
	{ RCPT, 452, { 4, 5, 3 }, SOME, C, 0 },
	{ RCPT, 451, { 4, 5, 3 }, SOME, C, 0 },
	{ RCPT, 552, { 0 }, SOME, C, 0 },
	{ RCPT, 552, { 5, 5, 3 }, SOME, C, 0 },
	{ RCPT, 452, { 0 }, FRESH, D, 0 },
	{ RCPT, 452, { 4, 5, 3 }, FRESH, D, 0 },
	{ RCPT, 552, { 0 }, FRESH, D, 0 },
	{ RCPT, 552, { 5, 5, 3 }, FRESH, D, 0 },
	{ RCPT, 552, { 5, 2, 2 }, SOME, F, 0 },
	{ RCPT, 552, { 5, 2, 2 }, FRESH, F, 0 },
	{ RCPT, 552, { 5, 3, 4 }, SOME, F, X },
	{ RCPT, 452, { 4, 2, 2 }, SOME, D, 0 },
	{ RCPT, 452, { 4, 3, 1 }, SOME, D, S | X },
	{ RCPT, 452, { 4, 3, 4 }, SOME, D, X },
	{ RCPT, 450, { 0 }, SOME, D, 0 },
	{ RCPT, 450, { 4, 2, 1 }, SOME, D, 0 },
	{ RCPT, 451, { 4, 7, 1 }, FRESH, D, 0 },
	{ RCPT, 450, { 4, 3, 2 }, FRESH, D, B | X },
	{ RCPT, 455, { 0 }, FRESH, D, 0 },
	{ RCPT, 503, { 5, 5, 1 }, REFUSED, IGN, 0 },
	{ RCPT, 550, { 0 }, REFUSED, IGN, 0 },
	{ RCPT, 250, { 0 }, REFUSED, IGN, 0 },
	{ RCPT, 503, { 5, 5, 1 }, FRESH, F, 0 },
	{ RCPT, 550, { 5, 1, 1 }, FRESH, F, 0 },
	{ RCPT, 551, { 0 }, FRESH, F, 0 },
	{ RCPT, 553, { 0 }, SOME, F, 0 },
	{ RCPT, 554, { 5, 7, 1 }, FRESH, F, 0 },
	{ RCPT, 556, { 5, 1, 10 }, FRESH, F, 0 },
	{ RCPT, 450, { 4, 1, 10 }, FRESH, F, 0 },
	{ RCPT, 530, { 0 }, FRESH, D, Q | T },
	{ RCPT, 535, { 0 }, FRESH, D, Q | T },
	{ RCPT, 550, { 5, 7, 8 }, FRESH, D, Q | T },

	{ DATA, 354, { 0 }, SOME, OK, 0 },
	{ DATA, 354, { 0 }, FRESH, OK, 0 },
	{ DATA, 354, { 0 }, REFUSED, OK, 0 },
	{ DATA, 250, { 0 }, SOME, D, K | B },
	{ DATA, 451, { 0 }, SOME, D, R },
	{ DATA, 452, { 4, 3, 1 }, SOME, D, S | X | R },
	{ DATA, 503, { 5, 5, 1 }, FRESH, IGN, R },
	{ DATA, 554, { 5, 5, 1 }, FRESH, IGN, R },
	{ DATA, 503, { 5, 5, 1 }, REFUSED, IGN, R },
	{ DATA, 503, { 0 }, AGAIN, D, R },
	{ DATA, 554, { 0 }, AGAIN, D, R },
	{ DATA, 550, { 0 }, AGAIN, F, R },
	{ DATA, 554, { 0 }, SOME, F, R },
	{ DATA, 550, { 5, 7, 1 }, SOME, F, R },

	{ DOT, 250, { 2, 0, 0 }, SOME, OK, 0 },
	{ DOT, 299, { 0 }, SOME, OK, 0 },
	{ DOT, 354, { 0 }, SOME, U, K },
	{ DOT, 450, { 4, 7, 1 }, SOME, D, 0 },
	{ DOT, 451, { 0 }, SOME, D, 0 },
	{ DOT, 452, { 0 }, SOME, D, S },
	{ DOT, 452, { 4, 3, 1 }, SOME, D, S | X },
	{ DOT, 451, { 4, 3, 2 }, SOME, D, B | X },
	{ DOT, 552, { 5, 3, 4 }, SOME, F, X },
	{ DOT, 552, { 5, 2, 3 }, SOME, F, X },
	{ DOT, 552, { 0 }, SOME, F, 0 },
	{ DOT, 550, { 5, 7, 1 }, SOME, F, 0 },
	{ DOT, 554, { 5, 6, 0 }, SOME, F, 0 },
	{ DOT, 530, { 5, 7, 11 }, SOME, D, Q | T },

	{ RSET, 250, { 0 }, FRESH, OK, 0 },
	{ RSET, 451, { 0 }, FRESH, IGN, Q },
	{ RSET, 500, { 0 }, FRESH, IGN, Q },
	{ RSET, 354, { 0 }, FRESH, IGN, Q },
};

START_TEST(a_reply_leads_to_its_row)
{
	struct outcome out = decide(replies[_i].stage, EVENT_REPLY,
		replies[_i].code, replies[_i].status, &replies[_i].facts);

	ck_assert_int_eq(out.result, replies[_i].result);
	ck_assert_uint_eq(out.effects, replies[_i].effects);
}
END_TEST

static const struct {
	int stage, event;
	struct transaction_facts facts;
	int result;
	unsigned int effects;
} silences[] = {
	{ CONNECT, EVENT_LOST, ALONE, D, X | B },
	{ CONNECT, EVENT_TIMEOUT, FRESH, D, X | B },
	{ GREETING, EVENT_LOST, FRESH, D, K | X | B },
	{ GREETING, EVENT_TIMEOUT, FRESH, D, K | X | B },
	{ GREETING, EVENT_GARBAGE, FRESH, D, K | B },
	{ EHLO, EVENT_LOST, FRESH, D, K | X | B },
	{ EHLO, EVENT_GARBAGE, FRESH, D, K | B },
	{ HELO, EVENT_TIMEOUT, FRESH, D, K | X | B },
	{ MAIL, EVENT_LOST, FRESH, D, K | X | B },
	{ MAIL, EVENT_TIMEOUT, FRESH, D, K | X | B },
	{ MAIL, EVENT_GARBAGE, FRESH, D, K | B },
	/* A kept session that is gone costs the mail nothing. */
	{ MAIL, EVENT_LOST, KEPT, C, K },
	{ MAIL, EVENT_TIMEOUT, KEPT, D, K | X | B },
	{ RCPT, EVENT_LOST, SOME, D, K | X },
	{ RCPT, EVENT_TIMEOUT, FRESH, D, K | X },
	{ RCPT, EVENT_GARBAGE, SOME, D, K | B },
	{ DATA, EVENT_LOST, SOME, D, K | X },
	{ DATA, EVENT_TIMEOUT, SOME, D, K | X },
	{ DATA, EVENT_GARBAGE, SOME, D, K | B },
	{ DOT, EVENT_LOST, SOME, U, K },
	{ DOT, EVENT_TIMEOUT, SOME, U, K },
	{ DOT, EVENT_GARBAGE, SOME, U, K },
	{ RSET, EVENT_LOST, FRESH, IGN, K },
	{ RSET, EVENT_TIMEOUT, FRESH, IGN, K },
	{ RSET, EVENT_GARBAGE, FRESH, IGN, K | B },
	{ RSET, EVENT_LOST, KEPT, C, K },
};

START_TEST(silence_leads_to_its_row)
{
	static const int none[3] = { 0 };
	struct outcome out = decide(silences[_i].stage, silences[_i].event, 0,
		none, &silences[_i].facts);

	ck_assert_int_eq(out.result, silences[_i].result);
	ck_assert_uint_eq(out.effects, silences[_i].effects);
}
END_TEST

/* What must hold for every reply at every stage. */
static bool is_sane(int stage, int code, const int status[3],
	const struct transaction_facts *facts)
{
	struct outcome out = decide(stage, EVENT_REPLY, code, status, facts);
	bool says_helo = stage == EHLO && (out.effects & H);
	bool no_such_domain = status[1] == 1 && status[2] == 10;

	if (out.result == RESULT_GO_ON && code >= 400 && !says_helo)
		return false;
	if (out.result == RESULT_FAILED && (stage < MAIL || stage > DOT))
		return false;
	if (out.result == RESULT_FAILED && code < 500 && !no_such_domain)
		return false;
	if (out.result == RESULT_UNCERTAIN && (stage != DOT || code / 100 != 3))
		return false;
	if (out.result == RESULT_AGAIN && (out.effects & (Q | K))
		&& !facts->is_reused_session)
		return false;
	return (out.effects & (Q | K)) != (Q | K)
		&& (out.effects & (S | B)) != (S | B) && out.effects < 256;
}

static void check_stage(int stage, int code)
{
	static const struct transaction_facts facts[] = { FRESH, ALONE, KEPT,
		SOME, AGAIN, REFUSED };
	int subject, detail;
	size_t f;

	for (subject = 0; subject < 8; subject++)
		for (detail = 0; detail < 13; detail++) {
			int status[3] = { code / 100, subject, detail };

			f = (size_t)(subject + detail) % (size_t)COUNT(facts);
			if (!is_sane(stage, code, status, &facts[f]))
				ck_abort_msg("stage %d: %d %d.%d.%d", stage,
					code, status[0], subject, detail);
		}
}

START_TEST(no_reply_leads_astray)
{
	int stage, code;

	for (stage = CONNECT; stage <= RSET; stage++)
		for (code = 200; code < 600; code++)
			check_stage(stage, code);
}
END_TEST

START_TEST(each_stage_has_a_name)
{
	int i;

	for (i = 0; i < STAGES; i++)
		ck_assert_uint_gt(strlen(stage_name((enum stage)i)), 3);
	ck_assert_str_eq(stage_name(STAGE_CONNECT), "connect");
	ck_assert_str_eq(stage_name(STAGE_MAIL), "MAIL");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outcome");
	TCase *tests = tcase_create("outcome");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, a_reply_leads_to_its_row, 0, COUNT(replies));
	tcase_add_loop_test(
		tests, silence_leads_to_its_row, 0, COUNT(silences));
	tcase_add_test(tests, no_reply_leads_astray);
	tcase_add_test(tests, each_stage_has_a_name);
	return suite_run(suite);
}
