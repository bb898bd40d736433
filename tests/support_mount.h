/*
 * support_mount - the program on a real mount, with capturing servers as its
 * targets, for end-to-end tests.
 *
 * A test program calls mount_main(). It runs in a mount namespace of its own
 * and below one scratch folder, so that nothing stays, whatever fails. Each
 * test makes one struct mount. Where a step that must work does not, the
 * functions end the test with the reason.
 */
#ifndef SUPPORT_MOUNT_H
#define SUPPORT_MOUNT_H

#include <check.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	MOUNT_TARGETS_MAX = 4,
	MOUNT_PATH_MAX = 512,
	MOUNT_OPTIONS_MAX = 16,
};

struct mount_target {
	pid_t capture; /* 0 while it is down */
	unsigned int port;
	const char *address; /* NULL is 127.0.0.1; set before mount_start() */
	char directory[MOUNT_PATH_MAX]; /* where its mails lie */
	const char *statements;         /* more for its TargetServer block */
};

struct mount {
	char scratch[MOUNT_PATH_MAX];
	char point[MOUNT_PATH_MAX];
	char drop[MOUNT_PATH_MAX]; /* spool/MAIL of the mount */
	char conf[MOUNT_PATH_MAX];
	char log[MOUNT_PATH_MAX];     /* what the program printed, all runs */
	const char *statements;       /* more for MAIL.conf; NULL for none */
	const char *mount_statements; /* more for jesfs.conf; NULL */
	struct mount_target targets[MOUNT_TARGETS_MAX];
	size_t target_count;
	pid_t daemon; /* 0 while it is not running */
};

/*
 * Runs the suite and prints Check's summary. Where there is no /dev/fuse or
 * the caller is not root, says so and runs nothing; with CI=true in the
 * environment that is a failure. Returns main's exit status.
 */
int mount_main(Suite *suite);

/* Makes the folders; nothing runs yet. */
void mount_init(struct mount *m);

/*
 * Adds a target server and starts a capturing server there; options, which
 * may be NULL, are more arguments for it, up to a NULL.
 */
size_t mount_add_target(struct mount *m, const char *const options[]);

/* The same, on a port where nobody listens yet. */
size_t mount_add_silent_target(struct mount *m);

void mount_target_up(
	struct mount *m, size_t target, const char *const options[]);
void mount_target_down(struct mount *m, size_t target);

/* Writes the configuration, starts the program, waits for its mount. */
void mount_start(struct mount *m);

/*
 * The same, with a layer of ours preloaded, "powercut.so": between the
 * program and the C library. What the layer reads from the environment is
 * the caller's to set.
 */
void mount_start_over(struct mount *m, const char *layer);

/* Starts the program where it is not expected to mount; its exit status. */
int mount_start_fails(struct mount *m);

/* SIGTERM, waits until it is gone and unmounted; its exit status. */
int mount_stop(struct mount *m);

/* The process that serves: the child of the one that was started. */
pid_t mount_server(const struct mount *m);

/*
 * SIGKILL, and waits until both processes have ended; the dead mount stays.
 * Returns what waitpid() says of the one that was started.
 */
int mount_crash(struct mount *m);

/* The same, and the dead mount is taken away. */
void mount_kill(struct mount *m);

/*
 * Writes a data set with one mail to <name>@b.example under that name; 0 or
 * the first -errno.
 */
int mount_put_mail(const struct mount *m, const char *name);

/* The path of status/queue, in a buffer that the next call uses again. */
const char *mount_queue(const struct mount *m);

/* Whether the kernel has a jesfs mounted there. */
bool mount_is_there(const char *path);

/* Stops everything that m started. */
void mount_fini(struct mount *m);

/* mount_init, one target; and mount_start. */
void mount_init_one(struct mount *m);
void mount_start_simple(struct mount *m);

/* mount_start with statements. */
void mount_start_with(struct mount *m, const char *statements);

#endif
