#include "reading.h"

#include "clock.h"
#include "input.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { MEMORY_PAUSE_S = 10 };

void reading_begin(struct reading *r, struct job *j)
{
	r->job = j;
	r->start = 0;
	r->end = 0;
	r->octets = 0;
}

/* ---- what an earlier claim left ---------------------------------- */

/* It would be claimed and read again at once, over and over. */
static enum reading_end cut_for_memory(struct reading *r)
{
	mailqueue_pause(r->queue, -ENOMEM);
	return READING_CUT;
}

/* Whether the mail is to be sent now; then d says from where to go on. */
static bool take_row(struct job *j, const struct store_mark_row *row)
{
	bool is_due = row->next_try_ns <= clock_wall_ns();

	switch (row->kind) {
	case STORE_MARK_CLAIMED: /* in doubt: sent again, the same octets */
		return true;
	case STORE_MARK_DEFERRED:
		if (is_due)
			return true;
		job_note_row(j, row);
		return false;
	case STORE_MARK_FAILED:
		job_note_row(j, row);
		return false;
	case STORE_MARK_DELIVERED:
		break;
	}
	return false;
}

static struct delivery *continue_mail(
	struct job *j, struct mail *m, const struct store_mark_row *row)
{
	uint32_t number = m->number;
	struct delivery *d = delivery_new(j, m, row->recipients);

	if (d == NULL)
		return NULL;
	d->tries = row->tries;
	d->is_claimed = row->kind == STORE_MARK_CLAIMED;
	if (!d->is_claimed && row->tries > 0)
		mailqueue_leave_retry(j->queue, j->number);
	d->preferred = mailqueue_preferred(j->queue, j->number, number);
	if (row->recipients != NULL
		&& strchr(row->recipients, RECIPIENT_FAILED) != NULL)
		text_copy(d->failure, sizeof d->failure, row->reason);
	return d;
}

/*
 * The configuration was changed since: nobody knows which of its recipients
 * have the mail.
 */
static void hold_changed(struct job *j, uint32_t mail, const char *what)
{
	char reason[REASON_MAX + 1];

	text_format(reason, sizeof reason,
		"it is not read as it was when mails of it were sent: mail "
		"%" PRIu32 " %s",
		mail, what);
	job_stop_held(j, reason);
}

static bool is_of(const struct store_mark_row *row, const struct mail *m)
{
	return row->recipients == NULL || row->recipients[0] == '\0'
		|| strlen(row->recipients) == m->recipient_count;
}

/*
 * Sets j->ahead when the mail is to be sent now. Returns READING_MAIL,
 * READING_END when there is nothing to do for it, or READING_CUT.
 */
static enum reading_end resume_mail(struct reading *r, struct mail *m)
{
	struct job *j = r->job;
	struct store_mark_row row;
	bool is_due;
	int err = spool_mark_read(r->queue->spool, j->number, m->number, &row);

	if (err != 0) {
		mail_free(m);
		if (err == STORE_NONE) /* delivered */
			return READING_END;
		if (err != STORE_LOST)
			mailqueue_pause(r->queue, err);
		return READING_CUT;
	}
	if (!is_of(&row, m)) {
		hold_changed(j, m->number, "has other recipients");
		store_mark_fini(&row);
		mail_free(m);
		return READING_END;
	}
	is_due = take_row(j, &row);
	if (is_due)
		j->ahead = continue_mail(j, m, &row);
	else
		mail_free(m);
	store_mark_fini(&row);
	if (!is_due)
		return READING_END;
	return j->ahead != NULL ? READING_MAIL : cut_for_memory(r);
}

/* ---- the parser -------------------------------------------------- */

/* As resume_mail(). The first claim of a data set claimed mail 1 too. */
static enum reading_end take_mail(struct reading *r)
{
	struct job *j = r->job;
	struct mail *m = input_take_mail(j->input);

	if (m == NULL)
		return cut_for_memory(r);
	j->mails++;
	if (r->queue->config->is_test) {
		mail_free(m); /* TestMode: its errors were told */
		if (j->read_upto > 1)
			job_stop_held(j,
				"TestMode: it was begun without it, and mail "
				"of it would be lost");
		return READING_END;
	}
	if (m->number < j->read_upto)
		return resume_mail(r, m);
	j->ahead = delivery_new(j, m, NULL);
	if (j->ahead == NULL)
		return cut_for_memory(r);
	j->ahead->is_claimed = j->read_upto == 1 && j->ahead->mail->number == 1;
	return READING_MAIL;
}

/* Mails before and behind it are sent; then the data set will be held. */
static enum reading_end take_error(
	struct reading *r, const struct input_event *event)
{
	char reason[REASON_MAX + 1];

	if (event->err != 0) {
		text_format(reason, sizeof reason, "line %llu: %s",
			(unsigned long long)event->record, event->reply);
		job_stop_waiting(r->job,
			clock_wall_ns() + MEMORY_PAUSE_S * NS_PER_S, reason);
		return READING_END;
	}
	text_format(reason, sizeof reason, "line %llu: %s",
		(unsigned long long)event->record, event->reply);
	job_note_error(r->job, reason, event->is_abandoned);
	return READING_END;
}

/* Reads a piece. Returns 0 or what the store says. */
static int fetch(struct reading *r)
{
	struct job *j = r->job;
	uint64_t left = j->size - j->offset;
	size_t want = left < READING_PIECE_OCTETS ? (size_t)left
						  : READING_PIECE_OCTETS;
	ssize_t n = spool_read(
		r->queue->spool, j->number, j->offset, r->piece, want);

	if (n <= 0)
		return n < 0 ? (int)n : STORE_DAMAGED;
	r->start = 0;
	r->end = (size_t)n;
	r->octets += (size_t)n;
	return 0;
}

/* Gives the next event. Returns 0 or why the data set cannot be read. */
static int parse(struct reading *r, struct input_event *event)
{
	struct job *j = r->job;
	size_t used;
	int err;

	if (r->start == r->end && j->offset == j->size) {
		input_finish(j->input, event);
		return 0;
	}
	if (r->start == r->end) {
		err = fetch(r);
		if (err != 0)
			return err;
	}
	used = input_feed(
		j->input, r->piece + r->start, r->end - r->start, event);
	r->start += used;
	j->offset += used;
	return 0;
}

static enum reading_end stop_unreadable(struct reading *r, int err)
{
	if (err == -ENOMEM)
		return cut_for_memory(r);
	job_note_damage(r->job, err);
	return READING_END;
}

/* Mails that an earlier claim read are there no more: one may wait. */
static void check_end(struct job *j)
{
	if (j->read_upto > 2 && j->mails + 1 < j->read_upto)
		hold_changed(j, j->mails + 1, "is not there");
}

/* What an event comes to; READING_END when reading goes on. */
static enum reading_end take_event(
	struct reading *r, const struct input_event *event)
{
	if (event->kind == INPUT_MAIL)
		return take_mail(r);
	if (event->kind == INPUT_ERROR)
		return take_error(r, event);
	return READING_END;
}

enum reading_end reading_next(struct reading *r)
{
	struct job *j = r->job;
	struct input_event event;
	enum reading_end end;
	int err;

	for (;;) {
		if (atomic_load(&j->is_void))
			return READING_CUT;
		if (atomic_load(&j->is_stopped))
			return READING_END;
		if (r->octets > READING_SLICE_OCTETS)
			return READING_PAUSE;
		err = parse(r, &event);
		if (err != 0)
			return stop_unreadable(r, err);
		if (event.kind == INPUT_END) {
			check_end(j);
			return READING_END;
		}
		end = take_event(r, &event);
		if (end != READING_END)
			return end;
	}
}
