#include "user_exit.h"

#include "buf.h"
#include "clock.h"
#include "escape.h"
#include "exit_header.h"
#include "exit_line.h"
#include "exit_program.h"
#include "log.h"
#include "messages.h"
#include "settle.h"
#include "text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	REST_FIRST_S = 1,
	REST_MAX_S = 60,
	GRACE_MS = 1000,     /* from SIGTERM to SIGKILL */
	PATH_SHOWN_MAX = 64, /* octets of its path in a reason */
};

struct user_exit {
	struct mailqueue *queue;
	pthread_t thread;
	int stop_fd; /* readable: ends what waits for the program */
	int wake_fd; /* readable: there is something to do */
	struct mutex lock;
	struct delivery_list asked GUARDED_BY(&lock);
	bool is_stopping GUARDED_BY(&lock);
	bool is_over GUARDED_BY(&lock); /* no further mail comes */

	/* the thread's */
	struct exit_program program;
	int rest_s;
	int64_t rests_until_ns; /* monotonic */
	char why[EXIT_WHY_MAX]; /* it rests */
	char path[PATH_SHOWN_MAX];
	struct exit_header header;
};

/* ---- the program --------------------------------------------------------- */

static void let_rest(struct user_exit *x, const char *why)
{
	exit_program_end(&x->program, 0);
	x->rest_s = x->rest_s == 0 ? REST_FIRST_S : 2 * x->rest_s;
	if (x->rest_s > REST_MAX_S)
		x->rest_s = REST_MAX_S;
	x->rests_until_ns = clock_monotonic_ns() + x->rest_s * NS_PER_S;
	text_copy(x->why, sizeof x->why, why);
	log_error(MSG_EXIT_FAILED, x->queue->config->name, x->path, why,
		x->rest_s);
}

static void start_program(struct user_exit *x)
{
	char why[EXIT_WHY_MAX];
	int err = exit_program_start(&x->program, x->queue->config->exit.path);

	if (err == 0)
		return;
	text_format(why, sizeof why, "cannot be started: %s",
		strerrordesc_np(-err));
	let_rest(x, why);
}

/* Whether it can be asked now. */
static bool is_ready(struct user_exit *x)
{
	char why[EXIT_WHY_MAX];

	if (x->program.pid != 0 && !exit_program_is_quiet(&x->program, why))
		let_rest(x, why);
	if (x->program.pid == 0 && clock_monotonic_ns() >= x->rests_until_ns)
		start_program(x);
	return x->program.pid != 0;
}

/* ---- what becomes of a mail ---------------------------------------------- */

/* It was not asked about, or held: not sent by this claim. */
static void put_back(struct delivery *d, int64_t next_try_ns)
{
	if (d->is_claimed)
		mailqueue_return(d->job->queue, d, next_try_ns);
	else
		settle_unread(d);
}

static void cut(struct delivery *d)
{
	job_stop_cut(d->job);
	put_back(d, 0);
}

static void wait_for_program(struct user_exit *x, struct delivery *d)
{
	int64_t next_try_ns =
		clock_wall_ns() + (x->rests_until_ns - clock_monotonic_ns());
	char reason[REASON_MAX + 1];

	text_format(reason, sizeof reason, "mail %u: UserExit %s %s",
		(unsigned int)d->mail->number, x->path, x->why);
	job_stop_waiting(d->job, next_try_ns, reason);
	put_back(d, next_try_ns);
}

static void send_on(struct mailqueue *q, struct delivery *d)
{
	struct delivery_list one = { d, d, 1 };

	if (d->is_claimed)
		mailqueue_push(q, d);
	else
		settle_claims(q, &one);
}

/* said has len octets, any. */
static void explain(const struct user_exit *x, const char *did,
	const struct exit_answer *answer, char *out, size_t cap)
{
	char said[REASON_MAX + 1];

	escape_text(answer->text, answer->text_len, said, sizeof said);
	text_format(out, cap, "%s by UserExit %s%s%s", did, x->path,
		said[0] != '\0' ? ": " : "", said);
}

static void hold(struct delivery *d, const char *why)
{
	char reason[REASON_MAX + 1];

	text_format(reason, sizeof reason, "mail %u: %s",
		(unsigned int)d->mail->number, why);
	job_stop_held(d->job, reason);
	put_back(d, 0);
}

/* It has to be claimed before it can fail: mailqueue_push() goes on. */
static void reject(struct user_exit *x, struct delivery *d, const char *why)
{
	delivery_refuse(d, why);
	d->is_refused = true;
	send_on(x->queue, d);
}

static void obey(struct user_exit *x, struct delivery *d,
	const struct exit_answer *answer)
{
	char why[REASON_MAX + 1];

	x->rest_s = 0;
	switch (answer->verdict) {
	case EXIT_ACCEPT:
		send_on(x->queue, d);
		break;
	case EXIT_REJECT:
		explain(x, "rejected", answer, why, sizeof why);
		reject(x, d, why);
		break;
	case EXIT_HOLD:
		explain(x, "held", answer, why, sizeof why);
		hold(d, why);
		break;
	}
}

static void blame(struct user_exit *x, struct delivery *d, const char *why)
{
	char reason[REASON_MAX + 1];

	text_format(reason, sizeof reason, "UserExit %s %s", x->path, why);
	hold(d, reason);
	let_rest(x, why);
}

/* ---- one mail ------------------------------------------------------------ */

/* Returns 0 or why it cannot be asked about. */
static int compose_question(
	struct user_exit *x, const struct delivery *d, struct buf *out)
{
	const struct mailqueue *q = x->queue;
	const struct job *j = d->job;
	struct exit_question question = {
		.writer = q->config->name,
		.job_id = j->id,
		.job_name = j->job_name,
		.user = j->user,
		.mail = d->mail,
		.header = x->header.text,
	};
	int err = exit_header_read(
		&x->header, q->spool, j->number, &q->rules, d->mail);

	if (err != 0)
		return err;
	question.header_len = x->header.len;
	question.is_header_cut = x->header.is_cut;
	exit_question_write(out, &question);
	return buf_error(out);
}

static void put_question(
	struct user_exit *x, struct delivery *d, const struct buf *question)
{
	struct exit_answer answer;
	char why[EXIT_WHY_MAX];

	switch (exit_program_ask(&x->program, question->data, question->len,
		x->stop_fd, x->queue->config->exit.timeout_s, &answer, why)) {
	case EXIT_ANSWERED:
		obey(x, d, &answer);
		break;
	case EXIT_STOPPED:
		cut(d);
		break;
	case EXIT_FAILED:
		blame(x, d, why);
		break;
	}
}

static void ask(struct user_exit *x, struct delivery *d)
{
	struct buf question;
	int err;

	buf_init(&question);
	err = compose_question(x, d, &question);
	if (err == 0) {
		put_question(x, d, &question);
	} else if (err == -ENOMEM) {
		mailqueue_pause(x->queue, err);
		cut(d);
	} else {
		job_note_damage(d->job, err);
		put_back(d, 0);
	}
	buf_fini(&question);
}

static void handle(struct user_exit *x, struct delivery *d)
{
	struct job *j = d->job;
	bool is_stopping;

	mutex_lock(&x->lock);
	is_stopping = x->is_stopping;
	mutex_unlock(&x->lock);
	if (is_stopping)
		cut(d);
	else if (atomic_load(&j->is_void) || atomic_load(&j->is_stopped))
		put_back(d, 0);
	else if (is_ready(x))
		ask(x, d);
	else
		wait_for_program(x, d);
}

/* ---- the thread ---------------------------------------------------------- */

static void signal_fd(int fd)
{
	static const uint64_t one = 1;

	if (write(fd, &one, sizeof one) < 0)
		abort(); /* an eventfd that is not near its end takes 1 */
}

static void clear_wake(struct user_exit *x)
{
	uint64_t count;

	/* Nothing to read is as good. */
	if (read(x->wake_fd, &count, sizeof count) < 0)
		return;
}

static void rest(struct user_exit *x, bool is_stopping)
{
	char why[EXIT_WHY_MAX];

	if (is_stopping)
		exit_program_end(&x->program, GRACE_MS);
	if (!exit_program_rest(&x->program, is_stopping ? -1 : x->stop_fd,
		    x->wake_fd, why))
		let_rest(x, why);
	clear_wake(x);
}

static void *run(void *arg)
{
	struct user_exit *x = arg;
	bool is_stopping, is_over;
	struct delivery *d;
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	start_program(x);
	do {
		mutex_lock(&x->lock);
		d = deliveries_take(&x->asked);
		is_stopping = x->is_stopping;
		is_over = x->is_over && d == NULL;
		mutex_unlock(&x->lock);
		if (d != NULL)
			handle(x, d);
		else if (!is_over)
			rest(x, is_stopping);
	} while (!is_over);
	exit_program_end(&x->program, GRACE_MS);
	return NULL;
}

static void close_exit(struct user_exit *x)
{
	if (x->stop_fd >= 0)
		close(x->stop_fd);
	if (x->wake_fd >= 0)
		close(x->wake_fd);
	mutex_fini(&x->lock);
	free(x);
}

int user_exit_start(struct mailqueue *q)
{
	const struct exit_config *config = &q->config->exit;
	struct user_exit *x;
	int err;

	if (config->kind != USER_EXIT_EXEC)
		return 0;
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return -ENOMEM;
	x->queue = q;
	mutex_init(&x->lock, RANK_LEAF);
	escape_string(config->path, x->path, sizeof x->path);
	exit_program_init(&x->program, q->config->name);
	x->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = x->stop_fd < 0 || x->wake_fd < 0 ? errno : 0;
	if (err == 0)
		err = pthread_create(&x->thread, NULL, run, x);
	if (err != 0) {
		close_exit(x);
		return -err;
	}
	q->exit = x;
	return 0;
}

bool user_exit_wants(const struct mailqueue *q, const struct delivery *d)
{
	return q->exit != NULL && d->tries == 0 && d->mail->refusal == NULL;
}

void user_exit_ask(struct mailqueue *q, struct delivery *d)
{
	struct user_exit *x = q->exit;

	mutex_lock(&x->lock);
	deliveries_append(&x->asked, d);
	mutex_unlock(&x->lock);
	signal_fd(x->wake_fd);
}

void user_exit_stop(struct mailqueue *q)
{
	struct user_exit *x = q->exit;

	if (x == NULL)
		return;
	mutex_lock(&x->lock);
	x->is_stopping = true;
	mutex_unlock(&x->lock);
	signal_fd(x->stop_fd);
}

void user_exit_free(struct mailqueue *q)
{
	struct user_exit *x = q->exit;

	if (x == NULL)
		return;
	mutex_lock(&x->lock);
	x->is_over = true;
	mutex_unlock(&x->lock);
	signal_fd(x->wake_fd);
	pthread_join(x->thread, NULL);
	close_exit(x);
	q->exit = NULL;
}
