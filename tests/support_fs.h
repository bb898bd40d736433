/*
 * support_fs - the file system on a real mount, served by the test's own
 * process above the store in memory.
 */
#ifndef SUPPORT_FS_H
#define SUPPORT_FS_H

#include "../fs/spool_file.h"
#include "fs.h"
#include "mutex.h"

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	MOUNTED_PATH_MAX = 400,
	USER_A = 4711, /* users that need no account */
	USER_B = 4712,
	OPERATORS = 4700, /* the operator group */
};

struct mounted {
	char point[MOUNTED_PATH_MAX];
	char drop[MOUNTED_PATH_MAX]; /* spool/MAIL */
	struct store *store;
	void (*change_store)(struct store *store); /* before it serves */
	struct spool *spool;
	const struct writer_config *writers; /* Submitters, before it serves */
	size_t writer_count;
	struct fs_mount *mount;
	struct fs *fs;
	struct mutex lock;
	struct forwarder_status mail, batch; /* what status/ shows */
};

extern struct mounted mounted;

/* Fixtures: mount with writers MAIL and BATCH, and unmount. */
void mounted_setup(void);
void mounted_teardown(void);

/* Ends the service and takes the mount away; what fs_stop() says. */
bool mounted_stop(void);

/* What the forwarder of MAIL shows from now on. */
void show_status(const struct forwarder_status *status);

/* Runs tests with these fixtures; returns main's exit status. */
int mounted_run(const char *name, void (*add_tests)(TCase *tests));

/* The same with a suite that is made already. */
int mounted_main(Suite *suite);

/* A path below the mount, in a buffer of the thread; two may be in use. */
const char *in_mount(const char *format, ...) PRINTF_LIKE(1, 2);

/* In a process of another user a test fails by its line. */
#define MUST(claim)                                                            \
	do {                                                                   \
		if (!(claim))                                                  \
			return __LINE__ % 251 + 1;                             \
	} while (0)

/* Runs act in a process of that user; fails unless it returns 0. */
void as_user(uid_t uid, gid_t group, int (*act)(void));

/* Starts act in a process; and waits for one: its status of wait(2). */
pid_t process_start(int (*act)(const void *arg), const void *arg);
int process_wait(pid_t pid);

/* Opens for writing, writes, closes; 0 or the first -errno. */
int put_text(const char *path, const char *text);

/*
 * The whole text of a file; the names in a directory, each followed by a
 * space. In a buffer of its own, until the next call.
 */
const char *read_text(const char *path);
const char *list(const char *path);

/* Runs a command of the shell in the drop directory; its exit status. */
int shell_in_drop(const char *command);

/* The number of the data set a name or a descriptor is. */
uint64_t inode_of(const char *path);
uint64_t inode_of_fd(int fd);

/* The octets of a data set on the spool are text; else the test fails. */
void expect_text(uint64_t number, const char *text);

/* Waits, with a deadline, until the data set is in the state, or gone. */
void expect_state(uint64_t number, enum dataset_state state);
void expect_gone(uint64_t number);

/* Waits, with a deadline, until the data set has that many octets. */
void expect_size(uint64_t number, uint64_t size_octets);

/* How many data sets the spool has in that state; -1: in any. */
size_t count_datasets(int state);

/* Waits, with a deadline, until count data sets are in the state. */
void expect_count(int state, size_t count);

/* Waits, with a deadline, until there are so many HELD and, READY, in this
 * order, those with texts: up to max, or a NULL. */
void expect_ready(const char *const *texts, size_t max, size_t held);

#endif
