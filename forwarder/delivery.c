#include "delivery.h"

#include "clock.h"
#include "escape.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
	SECONDS_PER_MINUTE = 60,
	RECIPIENT_SHOWN_MAX = 80, /* octets of an address in a reason */
};

struct delivery *delivery_new(
	struct job *job, struct mail *m, const char *marks)
{
	struct delivery *d = malloc(sizeof *d + m->recipient_count + 1);

	if (d == NULL) {
		mail_free(m);
		return NULL;
	}
	memset(d, 0, sizeof *d);
	d->job = job;
	d->mail = m;
	d->preferred = DELIVERY_NO_TARGET;
	if (marks != NULL && strlen(marks) == m->recipient_count)
		memcpy(d->states, marks, m->recipient_count);
	else
		memset(d->states, RECIPIENT_UNDECIDED, m->recipient_count);
	d->states[m->recipient_count] = '\0';
	return d;
}

void delivery_free(struct delivery *d)
{
	if (d == NULL)
		return;
	mail_free(d->mail);
	free(d);
}

static size_t count_state(const struct delivery *d, enum recipient_state state)
{
	size_t count = 0;
	const char *c;

	for (c = d->states; *c != '\0'; c++)
		count += *c == (char)state;
	return count;
}

static void replace_state(
	struct delivery *d, enum recipient_state from, enum recipient_state to)
{
	char *c;

	for (c = d->states; *c != '\0'; c++)
		if (*c == (char)from)
			*c = (char)to;
}

size_t delivery_undecided(const struct delivery *d)
{
	return count_state(d, RECIPIENT_UNDECIDED)
		+ count_state(d, RECIPIENT_OFFERED)
		+ count_state(d, RECIPIENT_REFUSED);
}

void delivery_begin(struct delivery *d, unsigned int target)
{
	d->tried |= 1U << target;
	replace_state(d, RECIPIENT_OFFERED, RECIPIENT_UNDECIDED);
	replace_state(d, RECIPIENT_REFUSED, RECIPIENT_UNDECIDED);
}

static bool is_out_of_tries(
	const struct delivery *d, const struct writer_config *config)
{
	return config->retry_interval_min == 0
		|| d->tries > config->retry_count;
}

/* The server may still be busy with what it took: RFC 1047. */
static int64_t next_try_ns(const struct delivery *d,
	const struct writer_config *config, int64_t now_ns)
{
	int64_t wait_s =
		(int64_t)config->retry_interval_min * SECONDS_PER_MINUTE;

	if (d->is_uncertain && wait_s < config->timeout.data_term_s)
		wait_s = config->timeout.data_term_s;
	return now_ns + wait_s * NS_PER_S;
}

static void settle_states(struct delivery *d)
{
	if (count_state(d, RECIPIENT_REFUSED) > 0 && d->failure[0] == '\0')
		text_copy(d->failure, sizeof d->failure, d->reason);
	replace_state(d, RECIPIENT_REFUSED, RECIPIENT_FAILED);
	replace_state(d, RECIPIENT_OFFERED, RECIPIENT_UNDECIDED);
	replace_state(d, RECIPIENT_DEFERRED, RECIPIENT_UNDECIDED);
}

struct delivery_verdict delivery_decide(struct delivery *d,
	const struct writer_config *config, int64_t now_ns,
	int64_t not_before_ns)
{
	struct delivery_verdict verdict = { false };
	bool was_in_retry = d->tries > 0;

	settle_states(d);
	if (count_state(d, RECIPIENT_UNDECIDED) > 0) {
		if (d->is_counted)
			d->tries++;
		d->kind = STORE_MARK_DEFERRED;
		d->next_try_ns = next_try_ns(d, config, now_ns);
		if (d->next_try_ns < not_before_ns)
			d->next_try_ns = not_before_ns;
		if (!d->is_counted || !is_out_of_tries(d, config)) {
			verdict.entered_retry = !was_in_retry && d->tries > 0;
			return verdict;
		}
		replace_state(d, RECIPIENT_UNDECIDED, RECIPIENT_FAILED);
		if (d->failure[0] == '\0')
			text_copy(d->failure, sizeof d->failure, d->reason);
	}
	/* A mail that is refused may have nobody to go to. */
	d->kind =
		count_state(d, RECIPIENT_FAILED) > 0 || d->mail->refusal != NULL
		? STORE_MARK_FAILED
		: STORE_MARK_DELIVERED;
	d->next_try_ns = 0;
	return verdict;
}

void delivery_spare(struct delivery *d)
{
	replace_state(d, RECIPIENT_REFUSED, RECIPIENT_OFFERED);
}

void delivery_refuse(struct delivery *d, const char *why)
{
	text_format(d->failure, sizeof d->failure, "mail %u: %s",
		(unsigned int)d->mail->number, why);
	settle_states(d);
	replace_state(d, RECIPIENT_UNDECIDED, RECIPIENT_FAILED);
}

void delivery_return(struct delivery *d, int64_t next_try_ns)
{
	settle_states(d);
	d->kind = STORE_MARK_DEFERRED;
	d->next_try_ns = next_try_ns;
}

struct store_mark delivery_mark(const struct delivery *d)
{
	struct store_mark mark = {
		.mail = d->mail->number,
		.kind = d->kind,
		.tries = d->tries,
		.next_try_ns = d->next_try_ns,
		.recipients = d->states,
		.reason = d->failure[0] != '\0' ? d->failure : d->reason,
	};

	/* Nothing of it is decided: the short form. */
	if (count_state(d, RECIPIENT_UNDECIDED) == d->mail->recipient_count)
		mark.recipients = "";
	if (d->kind == STORE_MARK_DELIVERED)
		mark.reason = "";
	return mark;
}

void delivery_explain(struct delivery *d, bool is_failure,
	const char *recipient, const char *said, const char *where)
{
	char *out = is_failure ? d->failure : d->reason;
	char shown[RECIPIENT_SHOWN_MAX];

	/* The first failure is what an operator has to look at. */
	if (is_failure && out[0] != '\0')
		return;
	if (recipient == NULL) {
		text_format(out, REASON_MAX + 1, "mail %u: %s (%s)",
			(unsigned int)d->mail->number, said, where);
		return;
	}
	escape_string(recipient, shown, sizeof shown);
	text_format(out, REASON_MAX + 1, "mail %u <%s>: %s (%s)",
		(unsigned int)d->mail->number, shown, said, where);
}

/* ---- lists ------------------------------------------------------- */

void deliveries_append(struct delivery_list *list, struct delivery *d)
{
	d->next = NULL;
	if (list->tail != NULL)
		list->tail->next = d;
	else
		list->head = d;
	list->tail = d;
	list->count++;
}

void deliveries_prepend(struct delivery_list *list, struct delivery *d)
{
	d->next = list->head;
	list->head = d;
	if (list->tail == NULL)
		list->tail = d;
	list->count++;
}

struct delivery *deliveries_take(struct delivery_list *list)
{
	struct delivery *d = list->head;

	if (d == NULL)
		return NULL;
	list->head = d->next;
	if (list->head == NULL)
		list->tail = NULL;
	list->count--;
	d->next = NULL;
	return d;
}
