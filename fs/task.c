#include "task.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SLOTS = 64,
	PATH_OCTETS = 32,
	STATM_MAX = 160, /* seven numbers */
};

/* The files of one task; -1 for one that is not open. */
struct task {
	pid_t tid;
	int comm;
	int statm;
};

/* Who uses a slot's task takes it out, so that nobody waits for him. */
struct tasks {
	_Atomic(struct task *) slots[SLOTS];
};

int tasks_open(struct tasks **out)
{
	struct tasks *ts = calloc(1, sizeof *ts);

	if (ts == NULL)
		return -ENOMEM;
	*out = ts;
	return 0;
}

static void close_file(int *file)
{
	if (*file >= 0)
		close(*file);
	*file = -1;
}

static void free_task(struct task *t)
{
	if (t == NULL)
		return;
	close_file(&t->comm);
	close_file(&t->statm);
	free(t);
}

void tasks_close(struct tasks *ts)
{
	int i;

	if (ts == NULL)
		return;
	for (i = 0; i < SLOTS; i++)
		free_task(atomic_load(&ts->slots[i]));
	free(ts);
}

static _Atomic(struct task *) *slot_of(struct tasks *ts, pid_t tid)
{
	return &ts->slots[(unsigned int)tid % SLOTS];
}

/* NULL: the task is unknown, or there is no memory to know it. */
static struct task *take(struct tasks *ts, pid_t tid)
{
	struct task *t;

	if (tid <= 0)
		return NULL;
	t = atomic_exchange(slot_of(ts, tid), NULL);
	if (t != NULL && t->tid == tid)
		return t;
	free_task(t);
	t = malloc(sizeof *t);
	if (t != NULL)
		*t = (struct task){ tid, -1, -1 };
	return t;
}

static void put_back(struct tasks *ts, struct task *t)
{
	free_task(atomic_exchange(slot_of(ts, t->tid), t));
}

/*
 * Reads a file of /proc/TID from its start. One that was open may be of a
 * task that had the number before. Returns what pread(2) does.
 */
static ssize_t read_file(
	pid_t tid, const char *name, int *file, char *out, size_t cap)
{
	char path[PATH_OCTETS];
	ssize_t len = -1;

	if (*file >= 0)
		len = pread(*file, out, cap, 0);
	if (len > 0)
		return len;
	close_file(file);
	text_format(path, sizeof path, "/proc/%d/%s", (int)tid, name);
	*file = open(path, O_RDONLY | O_CLOEXEC);
	return *file < 0 ? -1 : pread(*file, out, cap, 0);
}

void task_program(
	struct tasks *ts, pid_t tid, char out[static SPOOL_PROGRAM_MAX])
{
	struct task *t = take(ts, tid);
	ssize_t len = 0;

	if (t != NULL) {
		len = read_file(
			tid, "comm", &t->comm, out, SPOOL_PROGRAM_MAX - 1);
		put_back(ts, t);
	}
	if (len < 0)
		len = 0;
	if (len > 0 && out[len - 1] == '\n')
		len--;
	out[len] = '\0';
}

bool task_has_memory(struct tasks *ts, pid_t tid)
{
	struct task *t = take(ts, tid);
	char text[STATM_MAX];
	ssize_t len;

	if (t == NULL)
		return false;
	len = read_file(tid, "statm", &t->statm, text, sizeof text);
	put_back(ts, t);
	return len > 1 && strncmp(text, "0 ", 2) != 0;
}
