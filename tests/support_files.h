/*
 * support_files - small helpers of end-to-end tests: whole files, commands,
 * and waiting for what another process will do.
 */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include "attributes.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mount;

/* open, write, close; 0 or the first -errno. */
int file_put(const char *path, const void *octets, size_t len);
int file_puts(const char *path, const char *text);

/* The whole file, terminated; free() it. Ends the test when it cannot. */
char *file_get(const char *path, size_t *len);

/* file_get() of a formatted path; free() it. */
char *file_text(const char *format, ...) PRINTF_LIKE(1, 2);

/* Runs a shell command; its exit status, 128 + n after a signal. */
int shell(const char *format, ...) PRINTF_LIKE(1, 2);

/* Where the programs of this build are, and the path of one. */
const char *program_folder(void);
void program_path(const char *name, char path[static PATH_MAX]);

/*
 * Waits until holds(arg), at most a time that is generous on any machine;
 * else ends the test with what.
 */
void wait_until(
	bool (*holds)(const void *arg), const void *arg, const char *what);

/* The text of a file of the mount contains needle: now, or awaited. */
bool text_is_in(const char *needle, const char *path);
void wait_for_text(const char *needle, const char *path);

/* ---- what the targets received ---------------------------------------- */

size_t mails_count(const struct mount *m, size_t target);

/* Waits until all targets together have that many. */
void wait_for_mails(const struct mount *m, size_t count);

/* The n-th mail of a target, from 1: octets, or envelope; free() them. */
char *mail_get(const struct mount *m, size_t target, size_t n, size_t *len);
char *envelope_get(const struct mount *m, size_t target, size_t n);

#endif
