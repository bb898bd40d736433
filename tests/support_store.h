/*
 * support_store - what tests of stores share: data sets in one call.
 *
 * Functions without a result fail the test where something goes wrong.
 */
#ifndef SUPPORT_STORE_H
#define SUPPORT_STORE_H

#include "store.h"
#include "support_awaited.h"
#include "support_folder.h"

/* The calls of store.h, waited for. */
int sync_wait(struct store *s, uint64_t number);
int submit_wait(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason);
int move_wait(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason);
int rename_wait(
	struct store *s, uint64_t number, const struct store_rename *how);
int unlabel_wait(struct store *s, uint64_t number);
/* One of these two. */
int relabel_wait(
	struct store *s, uint64_t number, const char *label, bool has_label);
int checkpoint_wait(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count);
int finish_wait(struct store *s, uint64_t number, uint64_t token,
	enum dataset_state to, int64_t next_try_ns, const char *reason);

/* Begins a data set of user 1000 for writer MAIL; returns its number. */
uint64_t dataset_begin(struct store *s, const char *label);
void dataset_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len);
/* Begins, appends a text, syncs, and submits unless to is OPEN. */
uint64_t dataset_make(struct store *s, const char *label, const char *text,
	enum dataset_state to);

/* Claims one of writer MAIL; false when there is none. */
bool claim_one(struct store *s, struct store_claim *out);
/* Brings a new data set of writer MAIL into a state; token if it has one. */
uint64_t dataset_in_state(
	struct store *s, enum dataset_state state, uint64_t *token);

void check_state(struct store *s, uint64_t number, enum dataset_state state);
void check_text(struct store *s, uint64_t number, const char *text);
/* Octet i of the pattern of a seed. */
unsigned char pattern_at(unsigned int seed, uint64_t i);
void pattern_fill(
	unsigned char *octets, unsigned int seed, uint64_t from, size_t len);
void check_pattern(
	struct store *s, uint64_t number, unsigned int seed, uint64_t size);

#endif
