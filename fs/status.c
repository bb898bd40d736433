#include "status.h"

#include "clock.h"
#include "escape.h"
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum {
	LEFT_VALUE = 12, /* octets of a value before the second label */
	COUNT_MAX = 24,
	PROGRAM_SHOWN_MAX = 4 * SPOOL_PROGRAM_MAX + 1,
};

/* A pair of labels and values, as the display has them: two to a line. */
static void put_line(struct buf *out, const char *left, const char *value,
	const char *right, uint64_t number)
{
	buf_printf(out, "%-10s: %-*s %s: %" PRIu64 "\n", left, LEFT_VALUE,
		value, right, number);
}

static void put_counts(struct buf *out, const char *left, uint64_t value,
	const char *right, uint64_t number)
{
	char text[COUNT_MAX];

	text_format(text, sizeof text, "%" PRIu64, value);
	put_line(out, left, text, right, number);
}

static void put_global(const struct forwarder_status *f, struct buf *out)
{
	buf_puts(out, "GLOBAL INFORMATION:\n");
	put_counts(
		out, "MAIL SENT", f->mail_sent, "TOTAL RETRY ", f->total_retry);
	put_counts(out, "DEADLETTER", f->dead_letter, "CURRENT RETRY",
		f->current_retry);
	buf_printf(out, "UNDELIVER : %" PRIu64 "\n", f->undeliver);
}

static const char *yes_or_no(bool claim)
{
	return claim ? "YES" : "NO";
}

static void put_target(const struct target_status *t, struct buf *out)
{
	buf_printf(out, "TARGET SERVER %s\n", t->address);
	buf_printf(out, "STATE     : %s\n", target_state_name(t->state));
	put_line(out, "ESMTP", yes_or_no(t->is_esmtp), "MESSAGE SIZE ",
		t->message_size);
	put_line(out, "STARTTLS", yes_or_no(t->offers_starttls),
		"MAIL ATTEMPTS", t->mail_attempts);
	put_counts(out, "MAIL SENT", t->mail_sent, "CONNECT FAIL ",
		t->connect_fail);
}

void status_targets(const struct forwarder_status *forwarders, size_t count,
	struct buf *out)
{
	size_t i, t;

	buf_puts(out, "EZD1831I CSSMTP TARGETS:\n");
	for (i = 0; i < count; i++) {
		if (count > 1)
			buf_printf(out, "WRITER %s\n", forwarders[i].writer);
		put_global(&forwarders[i], out);
		for (t = 0; t < forwarders[i].target_count; t++)
			put_target(&forwarders[i].targets[t], out);
	}
}

/* The states in which mail can do nothing but wait for a target. */
static bool waits_for_target(enum dataset_state state)
{
	return state == DATASET_READY || state == DATASET_ACTIVE
		|| state == DATASET_WAITING;
}

const char *status_reason(const struct dataset *d,
	const struct forwarder_status *forwarders, size_t count)
{
	size_t i;

	if (d->reason[0] != '\0' || !waits_for_target(d->state))
		return d->reason;
	for (i = 0; i < count; i++)
		if (strcmp(forwarders[i].writer, d->writer) == 0
			&& !forwarders[i].has_usable_target)
			return forwarders[i].waits_because;
	return "";
}

void status_queue_header(struct buf *out)
{
	buf_puts(out,
		"JOBID    WRITER   OWNER      STATE   "
		"NEXT TRY             REASON\n");
}

static void put_opener(const struct spool_row *row, struct buf *out)
{
	char since[CLOCK_STAMP_MAX];
	char program[PROGRAM_SHOWN_MAX];

	clock_stamp(row->opened_ns, since);
	escape_text(row->program, strnlen(row->program, sizeof row->program),
		program, sizeof program);
	buf_printf(out, "since %s by %s[%d]", since, program, (int)row->pid);
}

void status_queue_line(const struct spool_row *row,
	const struct forwarder_status *forwarders, size_t count,
	struct buf *out)
{
	const struct dataset *d = &row->dataset;
	const char *reason = status_reason(d, forwarders, count);
	char next_try[CLOCK_STAMP_MAX] = "-";
	char job[JOB_ID_LEN + 1];

	dataset_job_id(d->job, job);
	if (d->state == DATASET_WAITING && d->next_try_ns > 0)
		clock_stamp(d->next_try_ns, next_try);
	buf_printf(out, "%-8s %-8s %-10u %-7s %-20s ", job, d->writer,
		(unsigned int)d->uid, dataset_state_name(d->state), next_try);
	if (row->is_open)
		put_opener(row, out);
	else
		buf_puts(out, reason[0] != '\0' ? reason : "-");
	buf_puts(out, "\n");
}
