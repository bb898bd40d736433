/*
 * bench_store - how many small data sets the embedded store takes and gives
 * back in a second.
 *
 *   bench_store DIRECTORY [THREADS [DATA-SETS [OCTETS]]]
 *
 * Writers: begin, append, sync (waited for), submit. Readers: claim by 16,
 * read, finish. Last both at once. Prints rates and latencies.
 */
#include "clock.h"
#include "mutex.h"
#include "store.h"
#include "text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 256, CLAIM_MAX = 16, READERS = 4 };

static struct store *store;
static unsigned int thread_count = 16;
static unsigned int total = 50000;
static size_t octets = 2048;
static char *content;
static int64_t *waits_ns;
static atomic_uint next_job;
static atomic_uint finished;

struct gate {
	struct mutex lock;
	struct cond opened;
	bool is_open GUARDED_BY(lock);
};

static void open_gate(void *arg, int err)
{
	struct gate *g = arg;

	if (err != 0) {
		fprintf(stderr, "bench_store: %s\n", strerror(-err));
		abort();
	}
	mutex_lock(&g->lock);
	g->is_open = true;
	cond_signal(&g->opened);
	mutex_unlock(&g->lock);
}

static void pass_gate(struct gate *g)
{
	mutex_lock(&g->lock);
	while (!g->is_open)
		cond_wait_until(
			&g->opened, &g->lock, clock_monotonic_ns() + NS_PER_S);
	g->is_open = false;
	mutex_unlock(&g->lock);
}

static void count_finished(void *arg, int err)
{
	(void)arg;
	if (err != 0)
		abort();
	atomic_fetch_add(&finished, 1);
}

static void ignore(void *arg, int err)
{
	(void)arg;
	if (err != 0)
		abort();
}

static void *writer_main(void *arg)
{
	struct dataset d = {
		.uid = 1000, .gid = 1000, .mode = 0600, .has_label = true
	};
	struct gate g = { .is_open = false };
	uint64_t number;
	uint32_t job;
	unsigned int n;
	int64_t start_ns;

	(void)arg;
	mutex_init(&g.lock, RANK_LEAF);
	cond_init(&g.opened);
	text_copy(d.writer, sizeof d.writer, "MAIL");
	text_copy(d.job_name, sizeof d.job_name, "BENCH");
	while ((n = atomic_fetch_add(&next_job, 1)) < total) {
		text_format(d.label, sizeof d.label, "mail-%u.txt", n);
		start_ns = clock_monotonic_ns();
		if (store_begin(store, &d, n, &number, &job) != 0
			|| store_append(store, number, 0, content, octets) != 0)
			abort();
		store_sync(store, number, open_gate, &g);
		pass_gate(&g);
		waits_ns[n] = clock_monotonic_ns() - start_ns;
		store_submit(store, number, DATASET_READY, "", ignore, NULL);
	}
	cond_fini(&g.opened);
	mutex_fini(&g.lock);
	return NULL;
}

static void *reader_main(void *arg)
{
	static const struct store_finish purge = { .to = DATASET_PURGED,
		.reason = "" };
	struct store_claim *claims = calloc(CLAIM_MAX, sizeof *claims);
	char *buffer = malloc(octets);
	uint64_t version = 0;
	size_t count;
	size_t i;

	(void)arg;
	while (atomic_load(&finished) < total) {
		if (store_claim(store, "MAIL", CLAIM_MAX, 0, claims, &count)
			!= 0)
			abort();
		for (i = 0; i < count; i++) {
			if (store_read(store, claims[i].dataset.number, 0,
				    buffer, octets)
				!= (ssize_t)octets)
				abort();
			store_finish(store, claims[i].dataset.number,
				claims[i].token, &purge, count_finished, NULL);
		}
		if (count == 0)
			version = store_wait(store, version,
				clock_monotonic_ns() + 10 * NS_PER_MS);
	}
	free(buffer);
	free(claims);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void run(const char *name, unsigned int writers, unsigned int readers)
{
	pthread_t threads[THREADS_MAX + READERS];
	int64_t start_ns = clock_monotonic_ns();
	size_t half = total / 2;
	size_t most = total / 100 * 99;
	double seconds;
	unsigned int i;

	if (writers > 0)
		next_job = 0;
	if (readers > 0)
		finished = 0;
	for (i = 0; i < writers + readers; i++)
		if (pthread_create(&threads[i], NULL,
			    i < writers ? writer_main : reader_main, NULL)
			!= 0)
			abort();
	for (i = 0; i < writers + readers; i++)
		pthread_join(threads[i], NULL);
	seconds = (double)(clock_monotonic_ns() - start_ns) / 1e9;
	printf("%-16s %7.0f/s", name, total / seconds);
	if (writers > 0) {
		qsort(waits_ns, total, sizeof *waits_ns, by_value);
		printf("   p50 %.2f ms, p99 %.2f ms, most %.1f ms",
			(double)waits_ns[half] / 1e6,
			(double)waits_ns[most] / 1e6,
			(double)waits_ns[total - 1] / 1e6);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct store_local_settings settings = { .directory = argv[1] };
	char why[256];

	if (argc < 2) {
		fprintf(stderr,
			"usage: bench_store DIRECTORY "
			"[THREADS [DATA-SETS [OCTETS]]]\n");
		return 2;
	}
	if (argc > 2)
		thread_count = (unsigned int)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		total = (unsigned int)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		octets = strtoul(argv[4], NULL, 10);
	if (thread_count > THREADS_MAX)
		thread_count = THREADS_MAX;
	content = calloc(1, octets);
	waits_ns = calloc(total, sizeof *waits_ns);
	if (content == NULL || waits_ns == NULL)
		return 1;
	memset(content, 'x', octets);
	if (store_local_open(&settings, &store, why, sizeof why) != 0) {
		fprintf(stderr, "bench_store: %s\n", why);
		return 1;
	}
	run("write", thread_count, 0);
	run("claim and finish", 0, READERS);
	run("both at once", thread_count, READERS);
	store_close(store);
	free(waits_ns);
	free(content);
	return 0;
}
