#include "support_folder.h"

#include "text.h"

#include <check.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOLDERS_OPEN = 16 };

void folder_make(char *path, size_t cap)
{
	const char *parent = getenv("TMPDIR");

	ck_assert(text_format(path, cap, "%s/jesfs-test.XXXXXX",
		parent != NULL ? parent : "/tmp"));
	ck_assert_ptr_nonnull(mkdtemp(path));
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

void folder_put(const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	ck_assert(text_format(path, sizeof path, "%s/%s", folder, name));
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}
