/*
 * support_suite_parts - the parts that make up the suite of stores.
 */
#ifndef SUPPORT_SUITE_PARTS_H
#define SUPPORT_SUITE_PARTS_H

#include "support_store.h"
#include "support_suite_store.h"

/* The store of the test that runs. */
extern struct store *the_store;

/* A case whose tests have a new store each. */
TCase *suite_store_case(Suite *suite, const char *name);

void suite_store_add_writing(Suite *suite);
void suite_store_add_claims(Suite *suite);
void suite_store_add_standing(Suite *suite);
void suite_store_add_marks(Suite *suite);
void suite_store_add_names(Suite *suite);

#endif
