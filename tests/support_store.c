#include "support_store.h"

#include "clock.h"
#include "text.h"

#include <assert.h>
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

int sync_wait(struct store *s, uint64_t number)
{
	struct awaited a;

	awaited_init(&a);
	store_sync(s, number, awaited_set, &a);
	return awaited_wait(&a);
}

int submit_wait(struct store *s, uint64_t number, enum dataset_state to,
	const char *reason)
{
	struct awaited a;

	awaited_init(&a);
	store_submit(s, number, to, reason, awaited_set, &a);
	return awaited_wait(&a);
}

int move_wait(struct store *s, uint64_t number, enum dataset_state from,
	enum dataset_state to, const char *reason)
{
	struct awaited a;

	awaited_init(&a);
	store_move(s, number, from, to, reason, awaited_set, &a);
	return awaited_wait(&a);
}

int rename_wait(
	struct store *s, uint64_t number, const struct store_rename *how)
{
	struct awaited a;

	awaited_init(&a);
	store_rename(s, number, how, awaited_set, &a);
	return awaited_wait(&a);
}

int unlabel_wait(struct store *s, uint64_t number)
{
	struct awaited a;

	awaited_init(&a);
	store_unlabel(s, number, awaited_set, &a);
	return awaited_wait(&a);
}

int relabel_wait(
	struct store *s, uint64_t number, const char *label, bool has_label)
{
	const struct store_rename how = { .label = label, .has_label = true };

	if (has_label)
		return rename_wait(s, number, &how);
	return unlabel_wait(s, number);
}

int checkpoint_wait(struct store *s, uint64_t number, uint64_t token,
	const struct store_mark *marks, size_t count)
{
	struct awaited a;

	awaited_init(&a);
	store_checkpoint(s, number, token, marks, count, awaited_set, &a);
	return awaited_wait(&a);
}

int finish_wait(struct store *s, uint64_t number, uint64_t token,
	enum dataset_state to, int64_t next_try_ns, const char *reason)
{
	struct store_finish how = {
		.to = to, .next_try_ns = next_try_ns, .reason = reason
	};
	struct awaited a;

	awaited_init(&a);
	store_finish(s, number, token, &how, awaited_set, &a);
	return awaited_wait(&a);
}

/* ---- data sets ------------------------------------------------------- */

uint64_t dataset_begin(struct store *s, const char *label)
{
	static atomic_uint_fast64_t key;
	struct dataset d = { .uid = 1000,
		.gid = 1001,
		.mode = 0600,
		.has_label = true,
		.created_ns = 7,
		.changed_ns = 8 };
	uint64_t number = 0;
	uint32_t job = 0;

	text_copy(d.writer, sizeof d.writer, "MAIL");
	text_copy(d.job_name, sizeof d.job_name, "CP");
	text_copy(d.label, sizeof d.label, label);
	ck_assert_int_eq(store_begin(s, &d, atomic_fetch_add(&key, 1) + 1,
				 &number, &job),
		0);
	ck_assert_uint_ne(number, 0);
	ck_assert_uint_ge(job, 1);
	return number;
}

void dataset_append(struct store *s, uint64_t number, uint64_t offset,
	const void *octets, size_t len)
{
	ck_assert_int_eq(store_append(s, number, offset, octets, len), 0);
}

uint64_t dataset_make(struct store *s, const char *label, const char *text,
	enum dataset_state to)
{
	uint64_t number = dataset_begin(s, label);

	dataset_append(s, number, 0, text, strlen(text));
	ck_assert_int_eq(sync_wait(s, number), 0);
	if (to != DATASET_OPEN)
		ck_assert_int_eq(submit_wait(s, number, to, "because"), 0);
	return number;
}

bool claim_one(struct store *s, struct store_claim *out)
{
	size_t count = 7;

	ck_assert_int_eq(store_claim(s, "MAIL", 1, 0, out, &count), 0);
	ck_assert_uint_le(count, 1);
	return count == 1;
}

/* Only claims and finishes lead to some states; others wait out of the way. */
uint64_t dataset_in_state(
	struct store *s, enum dataset_state state, uint64_t *token)
{
	struct store_claim claim;
	uint64_t number = dataset_make(s, "state", "octets",
		state == DATASET_OPEN || state == DATASET_HELD
				|| state == DATASET_PURGED
			? state
			: DATASET_READY);

	if (state != DATASET_ACTIVE && state != DATASET_WAITING
		&& state != DATASET_DEAD)
		return number;
	ck_assert(claim_one(s, &claim));
	ck_assert_uint_eq(claim.dataset.number, number);
	*token = claim.token;
	if (state != DATASET_ACTIVE)
		ck_assert_int_eq(
			finish_wait(s, number, claim.token, state,
				clock_wall_ns() + 3600 * NS_PER_S, "later"),
			0);
	return number;
}

void check_state(struct store *s, uint64_t number, enum dataset_state state)
{
	struct dataset d;
	int err = store_lookup(s, number, &d);

	if (state == DATASET_PURGED) {
		ck_assert_int_eq(err, STORE_NONE);
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert_str_eq(
		dataset_state_name(d.state), dataset_state_name(state));
}

void check_text(struct store *s, uint64_t number, const char *text)
{
	char octets[PIECE];
	ssize_t got = store_read(s, number, 0, octets, sizeof octets);

	ck_assert_int_eq(got, (ssize_t)strlen(text));
	ck_assert_mem_eq(octets, text, strlen(text));
}

unsigned char pattern_at(unsigned int seed, uint64_t i)
{
	return (unsigned char)((i * 31 + (i >> 8) * 7 + seed * 13) & 0xff);
}

void pattern_fill(
	unsigned char *octets, unsigned int seed, uint64_t from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		octets[i] = pattern_at(seed, from + i);
}

void check_pattern(
	struct store *s, uint64_t number, unsigned int seed, uint64_t size)
{
	unsigned char *got = malloc(PIECE);
	unsigned char *want = malloc(PIECE);
	uint64_t offset;
	ssize_t len;

	ck_assert(got != NULL && want != NULL);
	for (offset = 0; offset < size; offset += (uint64_t)len) {
		len = store_read(s, number, offset, got, PIECE);
		ck_assert_int_gt(len, 0);
		pattern_fill(want, seed, offset, (size_t)len);
		ck_assert_int_eq(memcmp(got, want, (size_t)len), 0);
	}
	ck_assert_uint_eq(offset, size);
	ck_assert_int_eq(store_read(s, number, size, got, PIECE), 0);
	free(want);
	free(got);
}
