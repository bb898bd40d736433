/*
 * support_run - what every test program needs: tables of cases, and a suite
 * to be run.
 */
#ifndef SUPPORT_RUN_H
#define SUPPORT_RUN_H

#include "attributes.h"

#include <check.h>

/* How many cases a table has. */
#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

/*
 * Adds a test case to a suite: seconds that a test of it may take, and what
 * comes before and after each, which may be NULL.
 */
TCase *suite_case(Suite *suite, const char *name, int limit_s,
	void (*set_up)(void), void (*tear_down)(void));

/*
 * Runs a suite, prints Check's summary, and frees it. Returns main's exit
 * status.
 */
MUST_USE int suite_run(Suite *suite);

#endif
