#include "spool_check.h"

#include "log.h"
#include "messages.h"

/* One that is opened as a draft was never looked at; and what was begun for
 * one writer says nothing about another's. */
static bool is_as_it_was(struct spool_file *f)
{
	struct spool *sp = f->spool;
	struct roster_entry *e;
	bool is;

	mutex_lock(&sp->lock);
	e = roster_by_number(&sp->roster, f->number);
	is = e != NULL && e->writer == f->writer
		&& !draft_names_match(&sp->drafts, e->label);
	mutex_unlock(&sp->lock);
	return is;
}

static int refuse(struct spool_file *f, const char *why)
{
	struct spool_subject about;

	spool_check_end(f);
	if (!is_as_it_was(f))
		return 0;
	spool_file_subject(f, &about);
	log_about(&about.log, LOG_LEVEL_EVENT, MSG_REFUSED, about.job_id, why);
	f->is_refused = true;
	return -EINVAL;
}

int spool_check_write(
	struct spool_file *f, uint64_t offset, const void *octets, size_t len)
{
	char why[REASON_MAX + 1];

	if (f->check == NULL)
		return 0;
	if (f->checker == NULL && offset == 0)
		f->checker = f->check->begin(f->check->rules);
	if (f->checker == NULL || offset != f->checked_octets) {
		spool_check_end(f);
		return 0;
	}
	f->checked_octets += len;
	if (f->check->feed(f->checker, octets, len, why))
		return 0;
	return refuse(f, why);
}

void spool_check_end(struct spool_file *f)
{
	if (f->checker != NULL)
		f->check->end(f->checker);
	f->checker = NULL;
	f->check = NULL;
}
