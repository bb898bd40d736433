#include "witness.h"

#include "clock.h"
#include "log.h"
#include "messages.h"
#include "mutex.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IDLE_NS (3600 * NS_PER_S)

enum {
	/* comm and its brackets, and 52 numbers of up to 20 digits */
	STAT_MAX = 2048,
	PATH_OCTETS = 32,
	FIELD_STATE = 3, /* the first after the command's name */
	FIELD_FLAGS = 9,
	FIELD_EXIT_CODE = 52,
	FLAG_EXITING = 0x4,    /* PF_EXITING */
	FLAG_SIGNALED = 0x400, /* PF_SIGNALED */
	SIGNAL_BITS = 0x7f,    /* of an exit code, as wait(2) gives it */
};

struct witness {
	pthread_t thread;
	bool may_trace; /* set before the thread starts */
	struct mutex lock;
	struct cond arrived;
	bool is_stopping GUARDED_BY(lock);
	bool is_blind GUARDED_BY(lock); /* said so in the log */
	struct witness_question *first GUARDED_BY(lock);
	struct witness_question **end GUARDED_BY(lock);
	const struct witness_question *reading GUARDED_BY(lock);
	int64_t reading_since_ns GUARDED_BY(lock);
};

/* From the start of one field to the start of a later one. */
static const char *field(const char *text, int from, int to)
{
	while (text != NULL && from < to) {
		text = strchr(text, ' ');
		if (text != NULL)
			text++;
		from++;
	}
	return text;
}

/* Two of the fields; false where the text has not got them. */
static bool read_fields(
	const char *text, unsigned long *flags, unsigned long *exit_code)
{
	/* A command's name may hold brackets and spaces, what follows not. */
	const char *rest = strrchr(text, ')');
	const char *from;

	if (rest == NULL || rest[1] != ' ')
		return false;
	rest += 2;
	from = field(rest, FIELD_STATE, FIELD_FLAGS);
	if (from == NULL)
		return false;
	*flags = strtoul(from, NULL, 10);
	from = field(rest, FIELD_STATE, FIELD_EXIT_CODE);
	if (from == NULL)
		return false;
	*exit_code = strtoul(from, NULL, 10);
	return true;
}

enum witness_verdict witness_read_stat(const char *text)
{
	unsigned long flags, exit_code;

	if (!read_fields(text, &flags, &exit_code))
		return WITNESS_BLIND;
	/* A living process may show the signal that once stopped it. */
	if ((flags & FLAG_EXITING) == 0)
		return WITNESS_CLOSED;
	return (exit_code & SIGNAL_BITS) != 0 ? WITNESS_KILLED : WITNESS_CLOSED;
}

enum witness_verdict witness_read_flags(const char *text)
{
	const unsigned long killed = FLAG_EXITING | FLAG_SIGNALED;
	unsigned long flags, exit_code;

	if (!read_fields(text, &flags, &exit_code))
		return WITNESS_BLIND;
	return (flags & killed) == killed ? WITNESS_KILLED : WITNESS_CLOSED;
}

/*
 * Reads a file of /proc/TID, terminated. Returns WITNESS_CLOSED when it
 * could, else what that means.
 */
static enum witness_verdict read_file(
	pid_t tid, const char *name, char text[static STAT_MAX])
{
	char path[PATH_OCTETS];
	ssize_t len;
	int fd, err;

	text_format(path, sizeof path, "/proc/%d/%s", (int)tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? WITNESS_GONE : WITNESS_BLIND;
	len = read(fd, text, STAT_MAX - 1);
	err = errno;
	close(fd);
	if (len < 0)
		return err == ESRCH ? WITNESS_GONE : WITNESS_BLIND;
	text[len] = '\0';
	return WITNESS_CLOSED;
}

/* The task that was the first of the process; 0 when that is not known. */
static pid_t find_leader(pid_t tid)
{
	static const char name[] = "\nTgid:";
	char text[STAT_MAX];
	const char *line;

	if (read_file(tid, "status", text) != WITNESS_CLOSED)
		return 0;
	line = strstr(text, name);
	return line != NULL ? (pid_t)atoi(line + strlen(name)) : 0;
}

/*
 * The exit code is shown to those who may trace the task; its flags to all.
 * They say that a signal ended the task. As exit(3) ends the other threads in
 * the same way, the first one has to have been ended so too: it is the one
 * that calls exit(3), in nearly all programs.
 */
static enum witness_verdict look_at_flags(pid_t tid, const char *stat)
{
	enum witness_verdict verdict = witness_read_flags(stat);
	char text[STAT_MAX];
	pid_t leader;

	if (verdict != WITNESS_KILLED)
		return verdict;
	leader = find_leader(tid);
	if (leader <= 0 || leader == tid
		|| read_file(leader, "stat", text) != WITNESS_CLOSED)
		return verdict;
	return witness_read_flags(text);
}

/*
 * A task gives up its memory before its files, so one that still has some
 * closes by its own will, or in execve(2). There the kernel lets nobody read
 * stat until the FLUSH is answered; statm it always shows.
 */
static enum witness_verdict look(pid_t tid, bool may_trace)
{
	char text[STAT_MAX];
	enum witness_verdict verdict;

	if (tid <= 0)
		return WITNESS_BLIND;
	verdict = read_file(tid, "statm", text);
	if (verdict != WITNESS_CLOSED || strncmp(text, "0 ", 2) != 0)
		return verdict;
	verdict = read_file(tid, "stat", text);
	if (verdict != WITNESS_CLOSED)
		return verdict;
	return may_trace ? witness_read_stat(text) : look_at_flags(tid, text);
}

static bool may_trace(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	return (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective
		       & CAP_TO_MASK(CAP_SYS_PTRACE))
		!= 0;
}

static struct witness_question *take(struct witness *w)
{
	struct witness_question *q;

	mutex_lock(&w->lock);
	w->reading = NULL;
	while (w->first == NULL && !w->is_stopping)
		cond_wait_until(
			&w->arrived, &w->lock, clock_monotonic_ns() + IDLE_NS);
	q = w->first;
	if (q != NULL) {
		w->first = q->next;
		if (w->first == NULL)
			w->end = &w->first;
		w->reading = q;
		w->reading_since_ns = clock_monotonic_ns();
	}
	mutex_unlock(&w->lock);
	return q;
}

static void say_blind(struct witness *w)
{
	bool is_news;

	mutex_lock(&w->lock);
	is_news = !w->is_blind;
	w->is_blind = true;
	mutex_unlock(&w->lock);
	if (is_news)
		log_warning(MSG_WITNESS_BLIND);
}

static void *work(void *arg)
{
	struct witness *w = arg;
	struct witness_question *q;
	enum witness_verdict verdict;

	while ((q = take(w)) != NULL) {
		verdict = look(q->tid, w->may_trace);
		if (verdict == WITNESS_BLIND)
			say_blind(w);
		q->done(q, verdict);
	}
	return NULL;
}

int witness_start(struct witness **out)
{
	struct witness *w = calloc(1, sizeof *w);
	int err;

	if (w == NULL)
		return -ENOMEM;
	mutex_init(&w->lock, RANK_WITNESS);
	cond_init(&w->arrived);
	w->end = &w->first;
	w->may_trace = may_trace();
	err = pthread_create(&w->thread, NULL, work, w);
	if (err != 0) {
		cond_fini(&w->arrived);
		mutex_fini(&w->lock);
		free(w);
		return -err;
	}
	*out = w;
	return 0;
}

void witness_ask(struct witness *w, struct witness_question *q)
{
	q->next = NULL;
	mutex_lock(&w->lock);
	*w->end = q;
	w->end = &q->next;
	cond_signal(&w->arrived);
	mutex_unlock(&w->lock);
}

const struct witness_question *witness_stuck(struct witness *w, int64_t then_ns)
{
	const struct witness_question *q = NULL;

	mutex_lock(&w->lock);
	if (w->reading != NULL && w->reading_since_ns <= then_ns)
		q = w->reading;
	mutex_unlock(&w->lock);
	return q;
}

void witness_stop(struct witness *w)
{
	if (w == NULL)
		return;
	mutex_lock(&w->lock);
	w->is_stopping = true;
	cond_signal(&w->arrived);
	mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	cond_fini(&w->arrived);
	mutex_fini(&w->lock);
	free(w);
}
