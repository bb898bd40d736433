/*
 * support_suite_store - what every store promises: spec of the store, as one
 * suite of tests for all back ends.
 */
#ifndef SUPPORT_SUITE_STORE_H
#define SUPPORT_SUITE_STORE_H

#include "store.h"

#include <check.h>

struct suite_store {
	const char *name;
	/* Makes a new store for a test; close has its folder removed. */
	struct store *(*open)(void);
	void (*close)(struct store *s);
};

/* One back end per program. */
Suite *suite_store_create(const struct suite_store *backend);

/* Runs it all; the exit status of a test program. */
int suite_store_run(Suite *suite);

#endif
