#include "attached.h"

#include "forwarder.h"
#include "mutex.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct slot {
	struct mutex lock;
	struct forwarder *forwarder GUARDED_BY(lock); /* NULL once it ends */
	struct operator_ops ops;                      /* of the forwarder */
	struct forwarder_status last GUARDED_BY(lock);
	/* Of attached_stop(). */
	struct forwarder *ending;
	int64_t deadline_ns;
	pthread_t stopper;
	bool has_stopper;
};

struct attached {
	size_t count;
	struct operator_ops *operators;
	struct slot slots[];
};

/* A forwarder's status does not block, so it may be asked under the lock. */
static void slot_status(void *arg, struct forwarder_status *out)
{
	struct slot *s = arg;

	mutex_lock(&s->lock);
	if (s->forwarder != NULL)
		s->ops.status(s->ops.forwarder, out);
	else
		*out = s->last;
	mutex_unlock(&s->lock);
}

static int slot_start(struct slot *s, const struct writer_config *writer,
	const struct config *config, struct spool *spool)
{
	struct forwarder *f;
	int err;

	err = forwarder_start(writer, config->helo_name, spool, &f);
	if (err != 0)
		return err;
	mutex_init(&s->lock, RANK_DAEMON);
	s->ops = forwarder_operator(f);
	mutex_lock(&s->lock);
	s->forwarder = f;
	mutex_unlock(&s->lock);
	return 0;
}

int attached_start(const struct config *config, struct spool *spool,
	struct attached **out, const char **failed)
{
	size_t n = config->writer_count;
	struct attached *a = calloc(1, sizeof *a + n * sizeof a->slots[0]);
	int err = 0;
	size_t i;

	*failed = config->writers[0].name;
	if (a == NULL)
		return -ENOMEM;
	a->operators = calloc(n, sizeof *a->operators);
	if (a->operators == NULL)
		err = -ENOMEM;
	for (i = 0; err == 0 && i < n; i++) {
		*failed = config->writers[i].name;
		err = slot_start(
			&a->slots[i], &config->writers[i], config, spool);
		if (err != 0)
			break;
		a->operators[i] = (struct operator_ops){
			.forwarder = &a->slots[i],
			.status = slot_status,
		};
		a->count++;
	}
	if (err != 0) {
		attached_stop(a, 0);
		attached_free(a);
		return err;
	}
	*out = a;
	return 0;
}

const struct operator_ops *attached_operators(
	const struct attached *a, size_t *count)
{
	*count = a->count;
	return a->operators;
}

/* Takes the forwarder out of sight and leaves its last status there. */
static void slot_detach(struct slot *s)
{
	size_t i;

	mutex_lock(&s->lock);
	s->ending = s->forwarder;
	s->ops.status(s->ops.forwarder, &s->last);
	for (i = 0; i < s->last.target_count; i++)
		s->last.targets[i].state = TARGET_DRAINING;
	s->forwarder = NULL;
	mutex_unlock(&s->lock);
}

static void *slot_stop(void *arg)
{
	struct slot *s = arg;

	forwarder_stop(s->ending, s->deadline_ns);
	return NULL;
}

void attached_stop(struct attached *a, int64_t deadline_ns)
{
	struct slot *s;
	size_t i;

	for (i = 0; i < a->count; i++) {
		s = &a->slots[i];
		slot_detach(s);
		s->deadline_ns = deadline_ns;
		s->has_stopper =
			pthread_create(&s->stopper, NULL, slot_stop, s) == 0;
		if (!s->has_stopper)
			slot_stop(s);
	}
	for (i = 0; i < a->count; i++)
		if (a->slots[i].has_stopper)
			pthread_join(a->slots[i].stopper, NULL);
}

void attached_free(struct attached *a)
{
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; i < a->count; i++)
		mutex_fini(&a->slots[i].lock);
	free(a->operators);
	free(a);
}
