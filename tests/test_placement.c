#include "../fs/placement.h"

#include "support_run.h"

#include <check.h>

static cpu_set_t set_of(uint64_t bits)
{
	cpu_set_t set;
	size_t i;

	CPU_ZERO(&set);
	for (i = 0; i < 64; i++)
		if ((bits >> i & 1) != 0)
			CPU_SET(i, &set);
	return set;
}

static const struct {
	uint64_t allowed, first, second;
} shares[] = {
	{ 0x3, 0x1, 0x2 },
	{ 0xf, 0x5, 0xa },
	{ 0x7, 0x5, 0x2 },
	{ 0xb10, 0x210, 0x900 }, /* by rank, not by number */
	{ 0x4, 0x4, 0x4 },       /* too few to share */
	{ 0x0, 0x0, 0x0 },
};

START_TEST(each_of_two_has_every_other_processor)
{
	cpu_set_t allowed = set_of(shares[_i].allowed);
	cpu_set_t first = set_of(shares[_i].first);
	cpu_set_t second = set_of(shares[_i].second);
	cpu_set_t share;

	placement_share(&allowed, 2, 0, &share);
	ck_assert(CPU_EQUAL(&share, &first));
	placement_share(&allowed, 2, 1, &share);
	ck_assert(CPU_EQUAL(&share, &second));
}
END_TEST

START_TEST(one_alone_has_all)
{
	cpu_set_t allowed = set_of(0xb10);
	cpu_set_t share;

	placement_share(&allowed, 1, 0, &share);
	ck_assert(CPU_EQUAL(&share, &allowed));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("placement");
	TCase *tc = tcase_create("shares");

	tcase_add_loop_test(tc, each_of_two_has_every_other_processor, 0,
		sizeof shares / sizeof *shares);
	tcase_add_test(tc, one_alone_has_all);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
