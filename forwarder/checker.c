#include "checker.h"

#include "input.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(
	(int)CHECKER_REPLY_MAX >= (int)BSMTP_REPLY_MAX, "a reply would be cut");

enum { PIECE_OCTETS = 32 * 1024 };

struct checker_rules {
	struct input_rules input;
};

struct checker {
	struct input *input;
	checker_told *told;
	void *arg;
	uint64_t faults;
	uint64_t mails;
	struct checker_fault last;
	int err; /* what every further call returns */
	bool is_over;
};

int checker_rules_open(const struct input_config *config,
	const struct header_config *header, struct checker_rules **out)
{
	struct checker_rules *rules = malloc(sizeof *rules);
	int err = -ENOMEM;

	if (rules != NULL)
		err = input_rules_init(&rules->input, config, header);
	if (err != 0) {
		free(rules);
		return err;
	}
	*out = rules;
	return 0;
}

void checker_rules_close(struct checker_rules *rules)
{
	if (rules == NULL)
		return;
	input_rules_fini(&rules->input);
	free(rules);
}

struct checker *checker_new(
	const struct checker_rules *rules, checker_told *told, void *arg)
{
	struct checker *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->input = input_new(&rules->input, NULL);
	if (c->input == NULL) {
		free(c);
		return NULL;
	}
	c->told = told;
	c->arg = arg;
	return c;
}

void checker_free(struct checker *c)
{
	if (c == NULL)
		return;
	input_free(c->input);
	free(c);
}

/* ---- events ------------------------------------------------------ */

static void take_mail(struct checker *c)
{
	struct mail *m = input_take_mail(c->input);

	if (m == NULL)
		return;
	if (m->refusal == NULL)
		c->mails++;
	mail_free(m);
}

static void take_error(struct checker *c, const struct input_event *event)
{
	if (event->err != 0) {
		c->err = event->err;
		return;
	}
	c->faults++;
	c->last.record = event->record;
	c->last.is_last = event->is_abandoned;
	text_copy(c->last.reply, sizeof c->last.reply, event->reply);
	if (event->is_abandoned)
		c->err = -EINVAL;
	if (c->told != NULL)
		c->told(c->arg, &c->last);
}

static void take(struct checker *c, const struct input_event *event)
{
	switch (event->kind) {
	case INPUT_MORE:
		break;
	case INPUT_MAIL:
		take_mail(c);
		break;
	case INPUT_ERROR:
		take_error(c, event);
		break;
	case INPUT_END:
		c->is_over = true;
		break;
	}
}

/* ---- reading ----------------------------------------------------- */

/* An envelope is not kept for as long as somebody has a file open. */
static void drop_input(struct checker *c)
{
	input_free(c->input);
	c->input = NULL;
}

int checker_feed(struct checker *c, const char *octets, size_t len)
{
	struct input_event event;
	size_t used = 0;

	while (used < len && !c->is_over && c->err == 0) {
		used += input_feed(c->input, octets + used, len - used, &event);
		take(c, &event);
	}
	if (c->err != 0)
		drop_input(c);
	return c->err;
}

void checker_give_up(struct checker *c)
{
	c->err = -ENOMEM;
	drop_input(c);
}

size_t checker_held_octets(const struct checker *c)
{
	return c->input != NULL ? input_held_octets(c->input) : 0;
}

int checker_finish(struct checker *c)
{
	struct input_event event;

	while (!c->is_over && c->err == 0) {
		input_finish(c->input, &event);
		take(c, &event);
	}
	return c->err;
}

const struct checker_fault *checker_fault(const struct checker *c)
{
	return c->faults > 0 ? &c->last : NULL;
}

uint64_t checker_faults(const struct checker *c)
{
	return c->faults;
}

uint64_t checker_mails(const struct checker *c)
{
	return c->mails;
}

/* ---- is it whole? ------------------------------------------------ */

/* Feeds octets until they are read or no more are. Returns false for that. */
static bool feed_input(struct input *in, const char *octets, size_t len)
{
	struct input_event event;
	size_t used = 0;

	while (used < len) {
		used += input_feed(in, octets + used, len - used, &event);
		if (event.kind == INPUT_END)
			return false;
		if (event.kind == INPUT_MAIL)
			mail_free(input_take_mail(in));
	}
	return true;
}

static bool read_all(struct input *in, checker_read *read, void *arg)
{
	char octets[PIECE_OCTETS];
	uint64_t offset = 0;
	ssize_t n;

	while ((n = read(arg, offset, octets, sizeof octets)) > 0) {
		offset += (uint64_t)n;
		if (!feed_input(in, octets, (size_t)n))
			break;
	}
	return n >= 0 && input_is_complete(in);
}

bool checker_is_complete(
	const struct checker_rules *rules, checker_read *read, void *arg)
{
	struct input *in = input_new(&rules->input, NULL);
	bool is_complete = in != NULL && read_all(in, read, arg);

	input_free(in);
	return is_complete;
}
