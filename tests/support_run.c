#include "support_run.h"

#include <stdlib.h>

TCase *suite_case(Suite *suite, const char *name, int limit_s,
	void (*set_up)(void), void (*tear_down)(void))
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, limit_s);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	suite_add_tcase(suite, tests);
	return tests;
}

int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
