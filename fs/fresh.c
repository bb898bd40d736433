#include "fresh.h"

#include "mutex.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Beyond this many an OPEN gets its data set at once, at the price of
	 * an inode number that is another's. */
	WAITING_MAX = 1024,
	TRAIL_SLOTS = 256,
};

struct name {
	char writer[WRITER_NAME_MAX + 1];
	char label[LABEL_MAX + 1];
};

/* A thread that was answered ESTALE. */
struct waiting {
	struct waiting *next;
	pid_t tid;
	uid_t uid;
	struct spool_file *file; /* NULL: what it opened was purged */
	int64_t since_ns;
	struct name name;
};

/* What a thread looked up last. */
struct trail {
	pid_t tid;
	uint64_t number;
	struct name name;
};

struct fresh {
	struct spool *spool;
	struct mutex lock;
	struct waiting *first GUARDED_BY(lock);
	size_t count GUARDED_BY(lock);
	struct trail trails[TRAIL_SLOTS] GUARDED_BY(lock);
};

int fresh_open(struct spool *sp, struct fresh **out)
{
	struct fresh *f = calloc(1, sizeof *f);

	if (f == NULL)
		return -ENOMEM;
	f->spool = sp;
	mutex_init(&f->lock, RANK_FRESH);
	*out = f;
	return 0;
}

/* Nobody came: it is empty, so it goes without a trace. */
static void drop(struct waiting *w)
{
	if (w->file != NULL)
		spool_file_release(w->file, false);
	free(w);
}

void fresh_close(struct fresh *f)
{
	struct waiting *w;

	if (f == NULL)
		return;
	while ((w = f->first) != NULL) {
		f->first = w->next;
		drop(w);
	}
	mutex_fini(&f->lock);
	free(f);
}

static struct trail *trail_of(struct fresh *f, pid_t tid) REQUIRES(&f->lock)
{
	return &f->trails[(unsigned int)tid % TRAIL_SLOTS];
}

void fresh_note(struct fresh *f, pid_t tid, const struct dataset *found)
{
	struct trail *t;

	mutex_lock(&f->lock);
	t = trail_of(f, tid);
	t->tid = tid;
	t->number = found->number;
	text_copy(t->name.writer, sizeof t->name.writer, found->writer);
	text_copy(t->name.label, sizeof t->name.label, found->label);
	mutex_unlock(&f->lock);
}

/*
 * The name a data set has or, when it is gone, had as the thread looked it
 * up. is_gone is written in any case. Returns false when it is unknown.
 */
static bool find_name(struct fresh *f, uint64_t number, pid_t tid,
	struct name *out, mode_t *mode, bool *is_gone)
{
	struct dataset d;
	const struct trail *t;
	bool is_known;

	*mode = 0600;
	*is_gone = spool_stat(f->spool, number, &d) != 0
		&& spool_stat_lingering(f->spool, number, &d) != 0;
	if (!*is_gone) {
		text_copy(out->writer, sizeof out->writer, d.writer);
		text_copy(out->label, sizeof out->label, d.label);
		*mode = d.mode;
		return true;
	}
	mutex_lock(&f->lock);
	t = trail_of(f, tid);
	is_known = t->tid == tid && t->number == number;
	if (is_known)
		*out = t->name;
	mutex_unlock(&f->lock);
	return is_known;
}

static bool is_same_name(const struct name *a, const struct name *b)
{
	return strcmp(a->writer, b->writer) == 0
		&& strcmp(a->label, b->label) == 0;
}

/* Takes what the thread left when it was answered ESTALE; NULL for none. */
static struct waiting *take_waiting(struct fresh *f, pid_t tid)
{
	struct waiting **at;
	struct waiting *w;

	mutex_lock(&f->lock);
	for (at = &f->first; (w = *at) != NULL; at = &w->next)
		if (w->tid == tid)
			break;
	if (w != NULL) {
		*at = w->next;
		f->count--;
	}
	mutex_unlock(&f->lock);
	return w;
}

/* False when there is no room for one more. */
static bool put_waiting(struct fresh *f, struct waiting *w)
{
	bool has_room;

	w->since_ns = clock_monotonic_ns();
	mutex_lock(&f->lock);
	has_room = f->count < WAITING_MAX;
	if (has_room) {
		w->next = f->first;
		f->first = w;
		f->count++;
	}
	mutex_unlock(&f->lock);
	return has_room;
}

/* The thread is to look again; file is what it will then get. */
static int ask_again(struct fresh *f, const struct fresh_caller *caller,
	const struct name *name, struct spool_file *file,
	struct spool_file **out)
{
	struct waiting *w = calloc(1, sizeof *w);

	if (w != NULL) {
		w->tid = caller->tid;
		w->uid = caller->who.uid;
		w->file = file;
		if (name != NULL)
			w->name = *name;
		if (put_waiting(f, w))
			return -ESTALE;
		free(w);
	}
	*out = file;
	return file != NULL ? 0 : -ESTALE;
}

/*
 * What the thread left belongs to this OPEN when the name is the same; a
 * name that is not known is taken to be. Anything else is from an open that
 * was given up.
 */
static bool is_second_step(const struct waiting *w,
	const struct fresh_caller *caller, const struct name *name)
{
	if (w->uid != caller->who.uid)
		return false;
	return name == NULL || w->name.label[0] == '\0'
		|| is_same_name(&w->name, name);
}

/*
 * Whether this is the second OPEN of an open(2); file gets the data set that
 * was made at the first, NULL for none.
 */
static bool take_second_step(struct fresh *f, const struct fresh_caller *caller,
	const struct name *name, struct spool_file **file)
{
	struct waiting *w = take_waiting(f, caller->tid);
	bool is_second;

	*file = NULL;
	if (w == NULL)
		return false;
	is_second = is_second_step(w, caller, name);
	if (is_second) {
		*file = w->file;
		w->file = NULL;
	}
	drop(w);
	return is_second;
}

int fresh_take(struct fresh *f, uint64_t number,
	const struct fresh_caller *caller, struct spool_file **out)
{
	struct name found;
	const struct name *name = &found;
	struct spool_file *file = NULL;
	/* Without a thread to remember, an OPEN gets its data set at once. */
	bool is_last = caller->tid == 0;
	bool is_gone;
	mode_t mode;
	int err;

	if (!find_name(f, number, caller->tid, &found, &mode, &is_gone))
		name = NULL;
	if (!is_last && take_second_step(f, caller, name, &file))
		is_last = true;
	if (file != NULL) {
		*out = file;
		return 0;
	}
	/* Purged between LOOKUP and OPEN: the name may be free by now. */
	if (is_gone && !is_last)
		return ask_again(f, caller, name, NULL, out);
	if (name == NULL)
		return -ESTALE;

	err = spool_create(f->spool, name->writer, name->label, &caller->who,
		mode, caller->program, false, &file);
	if (err != 0)
		return err;
	if (!is_last)
		return ask_again(f, caller, name, file, out);
	*out = file;
	return 0;
}

void fresh_forget(struct fresh *f, pid_t tid)
{
	struct waiting *w = tid != 0 ? take_waiting(f, tid) : NULL;

	if (w != NULL)
		drop(w);
}

size_t fresh_sweep(struct fresh *f, int64_t now_ns)
{
	struct waiting *overdue = NULL;
	struct waiting **at;
	struct waiting *w;
	size_t left;

	mutex_lock(&f->lock);
	for (at = &f->first; (w = *at) != NULL;) {
		if (now_ns - w->since_ns < FRESH_WAIT_NS) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = overdue;
		overdue = w;
		f->count--;
	}
	left = f->count;
	mutex_unlock(&f->lock);

	while ((w = overdue) != NULL) {
		overdue = w->next;
		drop(w);
	}
	return left;
}
