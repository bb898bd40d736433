#include "support_store.h"
#include "support_suite_store.h"

static char folder[256];

static struct store *open_local(void)
{
	struct store_local_settings settings = { .directory = folder };
	char why[256];
	struct store *s;

	folder_make(folder, sizeof folder);
	ck_assert_msg(store_local_open(&settings, &s, why, sizeof why) == 0,
		"%s", why);
	return s;
}

static void close_local(struct store *s)
{
	store_close(s);
	folder_remove(folder);
}

static const struct suite_store local = { "store on disk", open_local,
	close_local };

int main(void)
{
	return suite_store_run(suite_store_create(&local));
}
