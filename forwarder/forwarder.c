#include "forwarder.h"

#include "balance.h"
#include "clock.h"
#include "mailqueue.h"
#include "reader.h"
#include "sender.h"
#include "settle.h"
#include "text.h"
#include "user_exit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	READERS = 2,
	SWEEP_MAX = 512, /* data sets in retry looked at for one display */
};

struct forwarder {
	struct mailqueue queue;
	struct session_stops stops;
	char helo_name[CONFIG_HELO_MAX + 1];
	struct reader *readers[READERS];
	struct sender **senders;
};

static void arrived(void *arg)
{
	struct forwarder *f = arg;

	mailqueue_arrived(&f->queue);
}

static void claimed(
	void *arg, const struct store_claim *claim, size_t units, int err)
{
	struct forwarder *f = arg;

	if (claim == NULL)
		mailqueue_take_back(&f->queue, units, err);
	else if (!mailqueue_claimed(&f->queue, claim))
		settle_unclaim(&f->queue, claim);
}

static int start_threads(struct forwarder *f)
{
	struct mailqueue *q = &f->queue;
	size_t i;
	int err = 0;

	for (i = 0; i < q->seat_count && err == 0; i++) {
		mailqueue_sender_began(q);
		err = sender_start(q, &q->seats[i], f->helo_name, f->stops,
			&f->senders[i]);
		if (err != 0)
			mailqueue_sender_ended(q);
	}
	for (i = 0; i < READERS && err == 0; i++)
		err = reader_start(q, &f->readers[i]);
	return err;
}

static void close_forwarder(struct forwarder *f)
{
	if (f->stops.opening >= 0)
		close(f->stops.opening);
	if (f->stops.any >= 0)
		close(f->stops.any);
	free(f->senders);
	mailqueue_fini(&f->queue);
	free(f);
}

int forwarder_start(const struct writer_config *config, const char *helo_name,
	struct spool *spool, struct forwarder **out)
{
	struct forwarder *f = calloc(1, sizeof *f);
	int err;

	if (f == NULL)
		return -ENOMEM;
	text_copy(f->helo_name, sizeof f->helo_name, helo_name);
	err = mailqueue_init(&f->queue, config, f->helo_name, spool);
	if (err != 0) {
		free(f);
		return err;
	}
	f->senders = calloc(f->queue.seat_count, sizeof(struct sender *));
	f->stops.opening = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->stops.any = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->senders == NULL || f->stops.opening < 0 || f->stops.any < 0) {
		close_forwarder(f);
		return -ENOMEM;
	}
	err = spool_listen(spool, config->name, claimed, f);
	if (err != 0) {
		close_forwarder(f);
		return err;
	}
	spool_attach(spool, config->name, arrived, f);
	err = user_exit_start(&f->queue);
	if (err == 0)
		err = start_threads(f);
	if (err != 0) {
		forwarder_stop(f, clock_monotonic_ns());
		return err;
	}
	*out = f;
	return 0;
}

static void end_waits(int stop_fd)
{
	static const uint64_t one = 1;

	if (write(stop_fd, &one, sizeof one) < 0)
		abort(); /* an eventfd that is at 0 takes 1 */
}

/*
 * Readers go last: they settle what the senders leave, and end when no data
 * set is claimed any more, so no call of the store is under way after them.
 */
void forwarder_stop(struct forwarder *f, int64_t deadline_ns)
{
	struct mailqueue *q = &f->queue;
	size_t i;

	spool_attach(q->spool, q->config->name, NULL, NULL);
	mailqueue_stop(q);
	user_exit_stop(q);
	spool_withdraw(q->spool, q->config->name);
	end_waits(f->stops.opening);
	mailqueue_wait_senders(q, deadline_ns);
	end_waits(f->stops.any);
	for (i = 0; i < q->seat_count; i++)
		sender_join(f->senders[i]);
	for (i = 0; i < READERS; i++)
		reader_join(f->readers[i]);
	user_exit_free(q);
	if (spool_listen(q->spool, q->config->name, NULL, NULL) != 0)
		abort(); /* one who listened is known */
	close_forwarder(f);
}

/* ---- what the operator sees -------------------------------------- */

static void fill_target(const struct target *t, struct target_status *out)
{
	text_copy(out->address, sizeof out->address, t->config->address_text);
	out->port = t->config->port;
	out->state = t->state;
	out->is_esmtp = t->is_esmtp;
	out->offers_starttls = t->offers_starttls;
	out->message_size = t->message_size;
	out->mail_attempts = t->mail_attempts;
	out->mail_sent = t->mail_sent;
	out->connect_fail = t->connect_fail;
	out->sessions = t->open;
	if (t->state == TARGET_BACKOFF || t->state == TARGET_SUSPENDED)
		out->until_ns = balance_wall_ns(t->until_ns);
	text_copy(out->last_error, sizeof out->last_error, t->last_error);
}

static void explain_wait(struct mailqueue *q, struct forwarder_status *out)
	REQUIRES(&q->lock)
{
	char *text = out->waits_because;
	size_t cap = sizeof out->waits_because;
	size_t used, i;

	if (q->is_stalled) {
		text_format(text, cap, "%s: %s",
			q->is_paused ? "nothing is read for a moment"
				     : "results cannot be recorded",
			strerrordesc_np(-q->stall_error));
		return;
	}
	if (out->has_usable_target)
		return;
	text_copy(text, cap, "no target server is usable");
	for (i = 0; i < q->target_count; i++) {
		used = strlen(text);
		text_format(text + used, cap - used, "%s %s %s",
			i == 0 ? ":" : ";", q->targets[i].name,
			q->targets[i].last_error);
	}
}

static bool is_there(void *arg, uint64_t number)
{
	struct dataset d;

	return spool_stat(arg, number, &d) == 0;
}

static void status(void *forwarder, struct forwarder_status *out)
{
	struct forwarder *f = forwarder;
	struct mailqueue *q = &f->queue;
	int64_t now_ns = clock_monotonic_ns();
	size_t i;

	memset(out, 0, sizeof *out);
	text_copy(out->writer, sizeof out->writer, q->config->name);
	mutex_lock(&q->lock);
	out->mail_sent = q->mail_sent;
	out->total_retry = q->total_retry;
	retry_sweep(&q->retry, SWEEP_MAX, is_there, q->spool);
	out->current_retry = q->retry.mails;
	out->undeliver = q->undeliver;
	out->target_count = q->target_count;
	for (i = 0; i < q->target_count; i++) {
		fill_target(&q->targets[i], &out->targets[i]);
		if (target_is_usable(&q->targets[i], now_ns))
			out->has_usable_target = true;
	}
	explain_wait(q, out);
	mutex_unlock(&q->lock);
}

struct operator_ops forwarder_operator(struct forwarder *f)
{
	return (struct operator_ops){ .forwarder = f, .status = status };
}
