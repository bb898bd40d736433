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

char *folder_path(const char *folder, const char *name)
{
	static char paths[4][PATH_MAX];
	static size_t next;
	char *path = paths[next++ % 4];

	ck_assert(text_format(path, PATH_MAX, "%s/%s", folder, name));
	return path;
}

void folder_put(const char *folder, const char *name, const char *text)
{
	const char *path = folder_path(folder, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}
