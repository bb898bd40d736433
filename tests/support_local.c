#include "support_local.h"

#include "text.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char local_folder[256];

void local_set_up(void)
{
	folder_make(local_folder, sizeof local_folder);
}

void local_tear_down(void)
{
	folder_remove(local_folder);
}

struct store *local_start(void)
{
	struct store_local_settings settings = { .directory = local_folder };
	char why[256];
	struct store *s = NULL;
	int err = store_local_open(&settings, &s, why, sizeof why);

	ck_assert_msg(err == 0, "%d: %s", err, why);
	return s;
}

int local_start_fails(char *why, size_t cap)
{
	struct store_local_settings settings = { .directory = local_folder };
	struct store *s = NULL;
	int err = store_local_open(&settings, &s, why, cap);

	ck_assert_int_ne(err, 0);
	ck_assert_ptr_null(s);
	ck_assert_str_ne(why, "");
	return err;
}

void local_crash(void (*scenario)(struct store *s))
{
	pid_t child = fork();
	int status = -1;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		scenario(local_start());
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

struct dataset local_find(struct store *s, const char *label)
{
	struct dataset d = { .number = 0 };
	size_t count = 1;

	while (count == 1) {
		ck_assert_int_eq(
			store_list(s, NULL, d.number, 1, &d, &count), 0);
		if (count == 1 && strcmp(d.label, label) == 0)
			return d;
	}
	d.number = 0;
	return d;
}

void local_sql(const char *sql)
{
	char path[300];
	sqlite3 *db;
	char *message = NULL;

	text_format(path, sizeof path, "%s/spool.db", local_folder);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &message);
	ck_assert_msg(message == NULL, "%s", message);
	sqlite3_close(db);
}

void local_damage(const char *name, const void *octets, size_t len)
{
	char path[300];
	char *content;
	char *found;
	off_t size;
	int fd;

	text_format(path, sizeof path, "%s/%s", local_folder, name);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	size = lseek(fd, 0, SEEK_END);
	content = malloc((size_t)size);
	ck_assert_int_eq(pread(fd, content, (size_t)size, 0), size);
	found = memmem(content, (size_t)size, octets, len);
	ck_assert_ptr_nonnull(found);
	found[len / 2] ^= 0x40;
	ck_assert_int_eq(pwrite(fd, found, len, found - content), (ssize_t)len);
	close(fd);
	free(content);
}

size_t local_count(const char *name)
{
	char path[300];
	struct dirent *e;
	size_t count = 0;
	DIR *dir;

	text_format(path, sizeof path, "%s/%s", local_folder, name);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)) != NULL)
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}
