/*
 * A data set that is open, read, written and cut at random, against a model
 * in memory: nothing may differ, by whatever handle it is read.
 *
 * FSX_OPERATIONS says how many there are, FSX_SEED repeats a run.
 */
#include "clock.h"
#include "support_mount.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OPERATIONS = 9000,
	OPERATIONS_EACH = 300, /* to one data set */
	BORDER = 1 << 20,      /* where a data set gets a file of its own */
	SIZE_MAX_OCTETS = 5 * BORDER / 2,
	PIECE_MAX = 1 << 17,
	NOTES = 24, /* the last ones, shown when something differs */
	NOTE_MAX = 80,
};

/* One data set and what it ought to say. */
struct subject {
	int fd;
	char path[MOUNT_PATH_MAX + 32];
	unsigned char *model;
	size_t size;
	size_t most;         /* it may have so many octets */
	unsigned char *read; /* room for what is read */
	char notes[NOTES][NOTE_MAX];
	size_t noted;
};

static uint64_t random_state;

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators". */
static uint64_t random_next(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t random_below(size_t bound)
{
	return (size_t)(random_next() % bound);
}

/* ---- what went before ---------------------------------------------------- */

static void note(struct subject *s, const char *what, size_t from, size_t len)
{
	snprintf(s->notes[s->noted++ % NOTES], NOTE_MAX, "%s %zu + %zu of %zu",
		what, from, len, s->size);
}

static void differs(struct subject *s, const char *what, size_t at)
{
	size_t i = s->noted > NOTES ? s->noted - NOTES : 0;

	for (; i < s->noted; i++)
		printf("%s\n", s->notes[i % NOTES]);
	ck_abort_msg("%s: %s at %zu: %s", s->path, what, at, strerror(errno));
}

/* ---- operations ---------------------------------------------------------- */

/* Anywhere, and often near the border or the end. */
static size_t place_in(struct subject *s)
{
	size_t near = random_below(1 << 13);
	size_t at = random_below(s->most);

	if (random_below(4) == 0)
		at = BORDER - (1 << 12) + near;
	else if (random_below(3) == 0)
		at = s->size > near ? s->size - near : 0;
	return at < s->most ? at : s->most - 1;
}

static size_t length_from(struct subject *s, size_t at)
{
	size_t len = 1 + random_below(random_below(4) == 0 ? PIECE_MAX : 300);

	return len < s->most - at ? len : s->most - at;
}

static void fill(unsigned char *octets, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		octets[i] = (unsigned char)(random_next() >> 56);
}

static void do_write(struct subject *s)
{
	size_t at = place_in(s);
	size_t len = length_from(s, at);

	note(s, "write", at, len);
	fill(s->model + at, len);
	if (pwrite(s->fd, s->model + at, len, (off_t)at) != (ssize_t)len)
		differs(s, "write", at);
	if (at + len > s->size)
		s->size = at + len;
}

/* The offset of the descriptor does not matter then. */
static void do_append(struct subject *s)
{
	size_t len = length_from(s, s->size);

	note(s, "append", s->size, len);
	if (len == 0)
		return;
	fill(s->model + s->size, len);
	if (fcntl(s->fd, F_SETFL, O_APPEND) != 0
		|| lseek(s->fd, (off_t)random_below(s->most), SEEK_SET) < 0
		|| write(s->fd, s->model + s->size, len) != (ssize_t)len
		|| fcntl(s->fd, F_SETFL, 0) != 0)
		differs(s, "append", s->size);
	s->size += len;
}

static void do_truncate(struct subject *s)
{
	size_t size = random_below(8) == 0 ? 0 : place_in(s);

	note(s, "truncate", size, 0);
	if (ftruncate(s->fd, (off_t)size) != 0)
		differs(s, "truncate", size);
	/* So what is beyond the end is always zero in the model. */
	if (size < s->size)
		memset(s->model + size, 0, s->size - size);
	s->size = size;
}

static void do_allocate(struct subject *s)
{
	size_t at = place_in(s);
	size_t len = length_from(s, at);

	note(s, "allocate", at, len);
	if (fallocate(s->fd, 0, (off_t)at, (off_t)len) != 0)
		differs(s, "allocate", at);
	if (at + len > s->size)
		s->size = at + len;
}

static void compare(struct subject *s, int fd, size_t at, size_t len)
{
	size_t left = at < s->size ? s->size - at : 0;
	size_t want = len < left ? len : left;
	size_t i;

	if (pread(fd, s->read, len, (off_t)at) != (ssize_t)want)
		differs(s, "length read", at);
	for (i = 0; i < want; i++)
		if (s->read[i] != s->model[at + i])
			differs(s, "octet", at + i);
}

static void do_read(struct subject *s)
{
	size_t at = place_in(s);
	size_t len = length_from(s, at);

	note(s, "read", at, len);
	compare(s, s->fd, at, len);
}

static void compare_all(struct subject *s)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);

	note(s, "compare", 0, s->size);
	if (fd < 0)
		differs(s, "open", 0);
	compare(s, fd, 0, SIZE_MAX_OCTETS);
	close(fd);
}

static void do_size(struct subject *s)
{
	struct stat st;

	note(s, "size", 0, s->size);
	if (fstat(s->fd, &st) != 0 || (size_t)st.st_size != s->size)
		differs(s, "size", (size_t)st.st_size);
	if (lseek(s->fd, 0, SEEK_END) != st.st_size)
		differs(s, "end", s->size);
}

/* A close that is not the last one. */
static void do_flush(struct subject *s)
{
	int fd = dup(s->fd);

	note(s, "flush", 0, s->size);
	if (fd < 0 || close(fd) != 0)
		differs(s, "flush", 0);
}

static void do_sync(struct subject *s)
{
	note(s, "fsync", 0, s->size);
	if (fsync(s->fd) != 0)
		differs(s, "fsync", 0);
}

static const struct {
	unsigned int weight;
	void (*act)(struct subject *s);
} operations[] = {
	{ 30, do_write },
	{ 10, do_append },
	{ 10, do_truncate },
	{ 3, do_allocate },
	{ 30, do_read },
	{ 2, compare_all },
	{ 5, do_size },
	{ 6, do_flush },
	{ 4, do_sync },
};

static void do_something(struct subject *s)
{
	size_t dice = random_below(100);
	size_t i = 0;

	while (dice >= operations[i].weight)
		dice -= operations[i++].weight;
	operations[i].act(s);
}

/* ---- data sets ----------------------------------------------------------- */

/* The name is a draft's: it is read again when it is closed, and not sent. */
static void subject_open(struct subject *s, const struct mount *m, size_t nth)
{
	memset(s, 0, sizeof *s);
	s->model = calloc(1, SIZE_MAX_OCTETS);
	s->read = malloc(SIZE_MAX_OCTETS);
	ck_assert(s->model != NULL && s->read != NULL);
	/* Every third one stays in memory for all its life. */
	s->most = nth % 3 == 0 ? BORDER : SIZE_MAX_OCTETS;
	snprintf(s->path, sizeof s->path, "%s/.fsx%zu", m->drop, nth);
	s->fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0)
		differs(s, "create", 0);
	do_write(s);
}

static void subject_close(struct subject *s)
{
	note(s, "close", 0, s->size);
	if (s->size == 0)
		do_write(s); /* or nothing is left of it */
	if (close(s->fd) != 0)
		differs(s, "close", 0);
	compare_all(s);
}

static void subject_fini(struct subject *s)
{
	free(s->model);
	free(s->read);
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? strtoul(value, NULL, 0) : otherwise;
}

START_TEST(an_open_data_set_says_what_its_model_says)
{
	unsigned long count = setting("FSX_OPERATIONS", OPERATIONS);
	unsigned long seed =
		setting("FSX_SEED", (unsigned long)clock_wall_ns());
	struct subject s = { 0 };
	struct mount m;
	unsigned long i;

	random_state = seed;
	count = (count / OPERATIONS_EACH + 1) * OPERATIONS_EACH;
	printf("fsx: %lu operations, FSX_SEED=%lu\n", count, seed);
	fflush(stdout);
	mount_start_simple(&m);
	for (i = 0; i < count; i++) {
		if (i % OPERATIONS_EACH == 0)
			subject_open(&s, &m, i / OPERATIONS_EACH);
		do_something(&s);
		if (i % OPERATIONS_EACH != OPERATIONS_EACH - 1)
			continue;
		subject_close(&s);
		if (i + OPERATIONS_EACH < count) {
			ck_assert_int_eq(unlink(s.path), 0);
			subject_fini(&s);
		}
	}
	ck_assert_int_eq(mount_stop(&m), 0);
	mount_start(&m);
	compare_all(&s);
	subject_fini(&s);
	mount_fini(&m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("e2e fsx");
	TCase *tc = tcase_create("mount");

	tcase_set_timeout(tc, 0); /* tests/check has one */
	tcase_add_test(tc, an_open_data_set_says_what_its_model_says);
	suite_add_tcase(suite, tc);
	return mount_main(suite);
}
