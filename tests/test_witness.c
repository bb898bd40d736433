#include "../fs/witness.h"
#include "clock.h"
#include "mutex.h"
#include "support_run.h"
#include "support_tracing.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* From pid to exit code as the kernel writes them; ... are its middle. */
#define MIDDLE                                                                 \
	" 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 "    \
	"0 0 0 0 0 0 0 0 0 0 0 "

static const struct {
	const char *stat;
	enum witness_verdict verdict;
} stats[] = {
	{ "7 (cat) R 1 7 7 0 -1 4194304" MIDDLE "0\n", WITNESS_CLOSED },
	{ "7 (cat) R 1 7 7 0 -1 4194308" MIDDLE "0\n", WITNESS_CLOSED },
	{ "7 (cat) R 1 7 7 0 -1 4195332" MIDDLE "9\n", WITNESS_KILLED },
	{ "7 (cat) R 1 7 7 0 -1 4195332" MIDDLE "139\n", WITNESS_KILLED },
	/* exit(3), and exit(0) of a program with threads */
	{ "7 (cat) R 1 7 7 0 -1 4194308" MIDDLE "768\n", WITNESS_CLOSED },
	{ "7 (cat) R 1 7 7 0 -1 4195332" MIDDLE "0\n", WITNESS_CLOSED },
	/* stopped once, by signal 19 */
	{ "7 (cat) R 1 7 7 0 -1 4194304" MIDDLE "19\n", WITNESS_CLOSED },
	{ "7 (a) R 1 (b) R 1 7 7 0 -1 4195332" MIDDLE "9\n", WITNESS_KILLED },
	{ "7 () R) ) R 1 7 7 0 -1 4195332" MIDDLE "9\n", WITNESS_KILLED },
	{ "7 (\n) R 1 7 7 0 -1 4195332" MIDDLE "9\n", WITNESS_KILLED },
	{ "", WITNESS_BLIND },
	{ ")", WITNESS_BLIND },
	{ "7 (cat", WITNESS_BLIND },
	{ "7 (cat) R 1 7 7 0 -1 4195332", WITNESS_BLIND },
	{ "7 (cat) R 1 7", WITNESS_BLIND },
};

START_TEST(stat_says_how_a_task_ends)
{
	ck_assert_int_eq(witness_read_stat(stats[_i].stat), stats[_i].verdict);
}
END_TEST

static const struct {
	const char *stat;
	enum witness_verdict verdict;
} by_flags[] = {
	{ "7 (cat) R 1 7 7 0 -1 4194304" MIDDLE "0\n", WITNESS_CLOSED },
	{ "7 (cat) R 1 7 7 0 -1 4194308" MIDDLE "0\n", WITNESS_CLOSED },
	{ "7 (cat) R 1 7 7 0 -1 4195332" MIDDLE "0\n", WITNESS_KILLED },
	{ "7 (cat) R 1 7 7 0 -1 4195328" MIDDLE "0\n", WITNESS_CLOSED },
	{ "7 () R) ) R 1 7 7 0 -1 4195332" MIDDLE "0\n", WITNESS_KILLED },
	{ "7 (cat) R 1 7 7 0 -1 4195332", WITNESS_BLIND },
	{ "", WITNESS_BLIND },
};

START_TEST(flags_say_it_too)
{
	ck_assert_int_eq(
		witness_read_flags(by_flags[_i].stat), by_flags[_i].verdict);
}
END_TEST

/* ---- real processes ------------------------------------------------------ */

struct asked {
	struct witness_question question;
	struct mutex lock;
	struct cond set;
	bool is_set;
	enum witness_verdict verdict;
};

static void note(struct witness_question *q, enum witness_verdict verdict)
{
	struct asked *a =
		(struct asked *)((char *)q - offsetof(struct asked, question));

	mutex_lock(&a->lock);
	a->is_set = true;
	a->verdict = verdict;
	cond_signal(&a->set);
	mutex_unlock(&a->lock);
}

static enum witness_verdict ask(struct witness *w, pid_t tid)
{
	struct asked a = { .question = { .tid = tid, .done = note } };

	mutex_init(&a.lock, RANK_LEAF);
	cond_init(&a.set);
	witness_ask(w, &a.question);
	mutex_lock(&a.lock);
	while (!a.is_set)
		cond_wait_until(
			&a.set, &a.lock, clock_monotonic_ns() + NS_PER_S);
	mutex_unlock(&a.lock);
	cond_fini(&a.set);
	mutex_fini(&a.lock);
	return a.verdict;
}

/* Starts a process that ends so, and waits until it has, without reaping. */
static pid_t ended(int signal_number, uid_t uid)
{
	siginfo_t info;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (uid != 0 && (setgid(uid) != 0 || setuid(uid) != 0))
			_exit(1);
		if (signal_number != 0)
			kill(getpid(), signal_number);
		_exit(3);
	}
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

START_TEST(a_task_is_seen_as_it_is)
{
	struct witness *w;
	pid_t pid;

	ck_assert_int_eq(witness_start(&w), 0);
	ck_assert_int_eq(ask(w, getpid()), WITNESS_CLOSED);
	ck_assert_int_eq(ask(w, 0), WITNESS_BLIND);

	pid = ended(0, 0);
	ck_assert_int_eq(ask(w, pid), WITNESS_CLOSED);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(ask(w, pid), WITNESS_GONE);

	pid = ended(SIGKILL, 0);
	ck_assert_int_eq(ask(w, pid), WITNESS_KILLED);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	witness_stop(w);
}
END_TEST

/* Another user's processes, which may not be traced either. */
START_TEST(without_the_capability_it_goes_by_the_flags)
{
	enum { WRITER = 4711 };
	struct witness *w;
	pid_t pid = ended(SIGKILL, WRITER);

	drop_tracing();
	ck_assert_int_eq(witness_start(&w), 0);
	ck_assert_int_eq(ask(w, pid), WITNESS_KILLED);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	pid = ended(0, WRITER);
	ck_assert_int_eq(ask(w, pid), WITNESS_CLOSED);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	witness_stop(w);
}
END_TEST

START_TEST(what_was_asked_is_answered_before_it_stops)
{
	enum { ASKED = 100 };
	static struct asked all[ASKED];
	struct witness *w;
	int i;

	ck_assert_int_eq(witness_start(&w), 0);
	for (i = 0; i < ASKED; i++) {
		mutex_init(&all[i].lock, RANK_LEAF);
		cond_init(&all[i].set);
		all[i].question.tid = getpid();
		all[i].question.done = note;
		witness_ask(w, &all[i].question);
	}
	witness_stop(w);
	for (i = 0; i < ASKED; i++)
		ck_assert(all[i].is_set);
	witness_stop(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("witness");
	TCase *tc = tcase_create("verdicts");

	tcase_add_loop_test(tc, stat_says_how_a_task_ends, 0, COUNT(stats));
	tcase_add_loop_test(tc, flags_say_it_too, 0, COUNT(by_flags));
	tcase_add_test(tc, a_task_is_seen_as_it_is);
	tcase_add_test(tc, without_the_capability_it_goes_by_the_flags);
	tcase_add_test(tc, what_was_asked_is_answered_before_it_stops);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
