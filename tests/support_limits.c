#include "support_limits.h"

static const char octets[LIMITS_LOT]; /* of any value */

void limits_set(uint64_t spool, uint64_t user, uint64_t datasets)
{
	struct spool_limits limits = { spool, user, datasets };

	spool_limit(test_spool, &limits);
}

int limits_create(const char *label, const struct spool_caller *owner,
	struct spool_file **out)
{
	return spool_create(
		test_spool, "MAIL", label, owner, 0600, "cp", false, out);
}

int limits_append(struct spool_file *f, size_t len)
{
	return spool_file_write(f, 0, true, octets, len);
}

uint64_t limits_used(void)
{
	struct spool_space space;

	spool_space(test_spool, &space);
	return space.used_octets;
}
