#include "../fs/witness.h"
#include "clock.h"
#include "mutex.h"
#include "support_run.h"

#include <check.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

static enum witness_verdict ask_as(struct witness *w, pid_t tid, uid_t uid)
{
	struct asked a = {
		.question = { .tid = tid, .uid = uid, .gid = uid, .done = note }
	};

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

static enum witness_verdict ask(struct witness *w, pid_t tid)
{
	return ask_as(w, tid, 0);
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
		prctl(PR_SET_DUMPABLE, 1); /* as after execve(2) */
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

/* As in a container that was given SYS_ADMIN alone. */
static void drop_tracing(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct *set =
		&data[CAP_TO_INDEX(CAP_SYS_PTRACE)];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	set->effective &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
	set->permitted &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

START_TEST(without_the_capability_it_looks_as_the_writer)
{
	enum { WRITER = 4711 };
	struct witness *w;
	pid_t pid = ended(SIGKILL, WRITER);

	drop_tracing();
	ck_assert_int_eq(witness_start(&w), 0);
	ck_assert_int_eq(ask_as(w, pid, WRITER), WITNESS_KILLED);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	pid = ended(0, WRITER);
	ck_assert_int_eq(ask_as(w, pid, WRITER), WITNESS_CLOSED);
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
	tcase_add_test(tc, a_task_is_seen_as_it_is);
	tcase_add_test(tc, without_the_capability_it_looks_as_the_writer);
	tcase_add_test(tc, what_was_asked_is_answered_before_it_stops);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
