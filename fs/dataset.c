#include "dataset.h"

#include "text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/*
 * The life of a data set. A cell says whether the state of the line may
 * become the state of the column; dataset_may_move() is asked for every step
 * a store makes.
 *
 * What start-up finds on disk, and what becomes of it:
 *
 *   OPEN     flushed, never released: READY when its octets say themselves
 *            that they are whole, HELD as INCOMPLETE when not, PURGED when
 *            there are none
 *   READY    stays
 *   HELD     stays
 *   ACTIVE   was claimed when the program stopped: its claimed mails are in
 *            doubt; READY, or HELD when the operator wants to decide
 *   WAITING  stays, until next_try_ns
 *   DEAD     stays
 *   PURGED   is never on disk: a purged data set has no row
 *
 * Nothing on disk: the data set was never flushed, and nothing was promised.
 */
static const bool moves[DATASET_STATES][DATASET_STATES] = {
	[DATASET_OPEN] = {
		[DATASET_READY] = true,
		[DATASET_HELD] = true,
		[DATASET_PURGED] = true,
	},
	[DATASET_READY] = {
		[DATASET_HELD] = true,
		[DATASET_ACTIVE] = true,
		[DATASET_PURGED] = true,
	},
	[DATASET_HELD] = {
		[DATASET_READY] = true,
		[DATASET_PURGED] = true,
	},
	[DATASET_ACTIVE] = {
		[DATASET_READY] = true,
		[DATASET_HELD] = true,
		[DATASET_WAITING] = true,
		[DATASET_DEAD] = true,
		[DATASET_PURGED] = true,
	},
	[DATASET_WAITING] = {
		[DATASET_READY] = true,
		[DATASET_HELD] = true,
		[DATASET_ACTIVE] = true,
		[DATASET_DEAD] = true,
		[DATASET_PURGED] = true,
	},
	[DATASET_DEAD] = {
		[DATASET_READY] = true,
		[DATASET_PURGED] = true,
	},
};

static const char *const state_names[DATASET_STATES] = {
	[DATASET_OPEN] = "open",
	[DATASET_READY] = "ready",
	[DATASET_HELD] = "held",
	[DATASET_ACTIVE] = "active",
	[DATASET_WAITING] = "waiting",
	[DATASET_DEAD] = "dead",
	[DATASET_PURGED] = "purged",
};

/* The highest number that is written as JOBnnnnn. */
enum { JOB_SHORT_MAX = 99999 };

const char *dataset_state_name(enum dataset_state state)
{
	assert(state < DATASET_STATES);
	return state_names[state];
}

bool dataset_may_move(enum dataset_state from, enum dataset_state to)
{
	assert(from < DATASET_STATES && to < DATASET_STATES);
	return moves[from][to];
}

void dataset_describe(struct dataset *d, mode_t mode, int64_t changed_ns)
{
	if (mode != (mode_t)-1)
		d->mode = mode & 0600;
	if (changed_ns != -1)
		d->changed_ns = changed_ns;
}

void dataset_job_id(uint32_t job, char out[static JOB_ID_LEN + 1])
{
	unsigned int number = job % (JOB_NUMBER_MAX + 1);

	text_format(out, JOB_ID_LEN + 1,
		number <= JOB_SHORT_MAX ? "JOB%05u" : "J%07u", number);
}

int dataset_parse_job_label(const char *name, uint32_t *job, const char **rest)
{
	const char *dot = strchr(name, '.');
	size_t prefix = 0;
	uint64_t number;

	if (dot == NULL || dot - name != JOB_ID_LEN || dot[1] == '\0')
		return -EINVAL;
	if (text_equals_nocase(name, 3, "JOB"))
		prefix = 3;
	else if (text_equals_nocase(name, 1, "J"))
		prefix = 1;
	else
		return -EINVAL;
	if (text_to_number(
		    name + prefix, JOB_ID_LEN - prefix, JOB_NUMBER_MAX, &number)
		!= 0)
		return -EINVAL;
	*job = (uint32_t)number;
	*rest = dot + 1;
	return 0;
}

/* Letters in any case; not isalnum(), which a locale may widen. */
static char fold_writer_char(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return c;
	return c == '$' || c == '#' || c == '@' ? c : '\0';
}

static bool is_reserved_writer(const char *name)
{
	static const char *const reserved[] = { "INTRDR", "STDWTR", "NJERDR" };
	size_t i;

	for (i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	return false;
}

int writer_name_parse(
	const char *name, size_t len, char out[static WRITER_NAME_MAX + 1])
{
	char folded[WRITER_NAME_MAX + 1] = "";
	size_t i;

	if (len < 1 || len > WRITER_NAME_MAX)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		folded[i] = fold_writer_char(name[i]);
		if (folded[i] == '\0')
			return -EINVAL;
	}
	if (is_reserved_writer(folded))
		return -EPERM;
	memcpy(out, folded, sizeof folded);
	return 0;
}

void dataset_job_name(const char *program, char out[static JOB_NAME_MAX + 1])
{
	size_t len = 0;
	char c;

	for (; *program != '\0' && len < JOB_NAME_MAX; program++) {
		c = fold_writer_char(*program);
		if (c != '\0')
			out[len++] = c;
	}
	out[len] = '\0';
	if (len == 0)
		text_copy(out, JOB_NAME_MAX + 1, "JESFS");
}
