#include "support_suite_store.h"

static struct store *open_memory(void)
{
	struct store *s;

	ck_assert_int_eq(store_memory_open(&s), 0);
	return s;
}

static const struct suite_store memory = { "store in memory", open_memory,
	store_close };

int main(void)
{
	return suite_store_run(suite_store_create(&memory));
}
