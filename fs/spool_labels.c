#include "spool_labels.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAP = 64 };

static int note(struct spool_labels *labels, const struct dataset *d)
{
	size_t cap = labels->cap != 0 ? labels->cap * 2 : FIRST_CAP;
	struct spool_named *grown;

	if (labels->count == labels->cap) {
		grown = reallocarray(labels->list, cap, sizeof *grown);
		if (grown == NULL)
			return -ENOMEM;
		labels->list = grown;
		labels->cap = cap;
	}
	labels->list[labels->count++] =
		(struct spool_named){ d->number, d->named };
	return 0;
}

static uint64_t named_at(const struct spool_labels *labels, uint64_t number)
{
	size_t low = 0, high = labels->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (labels->list[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < labels->count && labels->list[low].number == number)
		return labels->list[low].named;
	return number;
}

int spool_labels_found_locked(struct spool *sp, struct spool_labels *labels,
	struct roster_entry *e, const struct dataset *d)
{
	struct roster_entry *holder =
		roster_by_label(&sp->roster, e->writer, e->uid, e->label);
	int err = d->named != 0 ? note(labels, d) : 0;

	if (err != 0)
		return err;
	e->is_unlabelled = !d->has_label;
	if (holder == NULL
		|| named_at(labels, e->number)
			> named_at(labels, holder->number))
		roster_take_label(&sp->roster, e);
	return 0;
}

void spool_labels_end_locked(struct spool *sp, struct spool_labels *labels)
{
	size_t place = roster_seek(&sp->roster, 0);
	struct roster_entry *e;

	while ((e = roster_step(&sp->roster, &place)) != NULL) {
		if (e->is_unlabelled)
			roster_drop_label(&sp->roster, e);
		e->is_unlabelled = false;
	}
	free(labels->list);
	*labels = (struct spool_labels){ NULL, 0, 0 };
}
