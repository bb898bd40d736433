#include "support_exit.h"

#include "support_folder.h"
#include "support_forwarder.h"

#include "clock.h"
#include "text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRIPT_MAX = 2048, NOTES_MAX = 1 << 20 };

char exit_dir[PATH_MAX];
struct script *exit_target;

/* Notes that it began; then what body does, in the folder. */
void exit_put(const char *body)
{
	char text[SCRIPT_MAX];

	ck_assert(text_format(text, sizeof text,
		"#!/bin/sh\ncd %s\necho $$ >>began\n%s\n", exit_dir, body));
	/* One that runs cannot be written to. */
	folder_put(exit_dir, "exit.new", text);
	ck_assert_int_eq(chmod(folder_path(exit_dir, "exit.new"), 0755), 0);
	ck_assert_int_eq(rename(folder_path(exit_dir, "exit.new"),
				 folder_path(exit_dir, "exit")),
		0);
}

void exit_configure(uint32_t timeout_s)
{
	folder_make(exit_dir, sizeof exit_dir);
	test_config.exit.kind = USER_EXIT_EXEC;
	test_config.exit.timeout_s = timeout_s;
	text_copy(test_config.exit.path, sizeof test_config.exit.path,
		folder_path(exit_dir, "exit"));
	exit_target = one_target(NULL);
}

/* Runs with such a program; its answers may take a second. */
void exit_run(const char *body)
{
	exit_configure(1);
	exit_put(body);
	forwarder_run();
}

void exit_end(void)
{
	forwarder_halt(NS_PER_S);
	script_close(exit_target);
	folder_remove(exit_dir);
}

/* What the program noted in a file of the folder. */
const char *exit_noted(const char *name)
{
	static char text[NOTES_MAX];
	FILE *f = fopen(folder_path(exit_dir, name), "r");
	size_t n = 0;

	if (f != NULL) {
		n = fread(text, 1, sizeof text - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

size_t exit_lines(const char *name)
{
	const char *at = exit_noted(name);
	size_t count = 0;

	while ((at = strchr(at, '\n')) != NULL) {
		count++;
		at++;
	}
	return count;
}

/* Nobody may have waited for it yet. */
static bool is_dead(void *arg)
{
	char path[64], state = 'Z';
	FILE *f;

	text_format(path, sizeof path, "/proc/%d/stat", *(pid_t *)arg);
	f = fopen(path, "r");
	if (f == NULL)
		return true;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state == 'Z' || state == 'X';
}

/* The process of the first line of a file has ended. */
void exit_expect_gone(const char *name)
{
	pid_t pid = (pid_t)strtol(exit_noted(name), NULL, 10);

	ck_assert_int_gt(pid, 1);
	ck_assert(clock_wait_until(is_dead, &pid));
}
