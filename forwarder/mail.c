#include "mail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAIL_FIRST_CAP = 4 };

struct mail *mail_new(const char *reverse_path)
{
	struct mail *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->reverse_path = strdup(reverse_path);
	if (m->reverse_path == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

static bool has_recipient(const struct mail *m, const char *forward_path)
{
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		if (strcmp(m->recipients[i], forward_path) == 0)
			return true;
	return false;
}

/* Makes room for one more; the room doubles, so count says how much is. */
static int grow(struct mail *m)
{
	size_t count = m->recipient_count;
	size_t cap = count == 0 ? MAIL_FIRST_CAP : 2 * count;
	char **grown;

	if (count != 0 && (count < MAIL_FIRST_CAP || (count & (count - 1))))
		return 0;
	grown = realloc(m->recipients, cap * sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	m->recipients = grown;
	return 0;
}

int mail_add_recipient(struct mail *m, const char *forward_path)
{
	char *copy;
	int err;

	if (has_recipient(m, forward_path))
		return 0;
	if (m->recipient_count >= MAIL_RECIPIENTS_MAX)
		return -ENOSPC;

	err = grow(m);
	if (err != 0)
		return err;
	copy = strdup(forward_path);
	if (copy == NULL)
		return -ENOMEM;
	m->recipients[m->recipient_count++] = copy;
	return 0;
}

void mail_free(struct mail *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->recipient_count; i++)
		free(m->recipients[i]);
	free(m->recipients);
	free(m->reverse_path);
	free(m->added);
	free(m);
}
