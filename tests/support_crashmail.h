/*
 * support_crashmail - mails whose content follows from their name alone.
 *
 * Pure; memory that runs out ends the process. Names are
 * <letter><writer>s<sequence>m<mail>; those with an L are large.
 */
#ifndef SUPPORT_CRASHMAIL_H
#define SUPPORT_CRASHMAIL_H

#include <stdbool.h>
#include <stddef.h>

enum { CRASH_NAME_MAX = 48 };

struct crash_text {
	char *octets;
	size_t len, cap;
};

/*
 * Appends the mail of that name, with the given line end; stuffed doubles
 * leading dots, as a writer must. One line in eight starts with a dot.
 */
void crash_put_content(struct crash_text *t, const char *name, const char *end,
	bool is_stuffed);

/* Appends the batch SMTP session of a data set of that many mails. */
void crash_put_dataset(struct crash_text *t, const char *name, unsigned mails);

void crash_mail_name(
	char out[static CRASH_NAME_MAX], const char *dataset, unsigned mail);

#endif
