/*
 * label - names of data sets in a writer directory.
 *
 * Pure. Safe from any thread.
 */
#ifndef LABEL_H
#define LABEL_H

#include "attributes.h"
#include "dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of "<JOBID>.<label>" with its end. */
enum { LABEL_SHOWN_MAX = JOB_ID_LEN + 1 + LABEL_MAX + 1 };

/*
 * Whether a writer may call a data set so. Any octets but '/' will do; they
 * are escaped where they are shown.
 *
 * Returns 0; -EINVAL for "", ".", "..", a '/' and the form <JOBID>.<name>,
 * which is ours; -ENAMETOOLONG over LABEL_MAX octets.
 */
MUST_USE int label_check(const char *label);

/* Writes "<JOBID>.<label>"; returns false when it does not fit. */
bool label_with_job(uint32_t job, const char *label, char *out, size_t cap);

#endif
