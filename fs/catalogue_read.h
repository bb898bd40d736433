/*
 * catalogue_read - what any thread may ask the catalogue.
 *
 * Each call is a short transaction of its own on the read connection.
 */
#ifndef CATALOGUE_READ_H
#define CATALOGUE_READ_H

#include "catalogue.h"

/* STORE_NONE when there is no such row. */
MUST_USE int catalogue_lookup(
	struct catalogue *c, uint64_t number, struct dataset *out);

/* store_list(). */
MUST_USE int catalogue_list(struct catalogue *c, const char *writer,
	uint64_t after, size_t max, struct dataset *out, size_t *count);

/* store_marks_read(), with the implied claim of mail 1. */
MUST_USE int catalogue_marks(struct catalogue *c, uint64_t number,
	uint32_t after, size_t max, struct store_mark_row *out, size_t *count);

#endif
