/*
 * bench_load - writes one file again and again, from several threads.
 *
 *	bench_load THREADS COUNT FILE DIRECTORY
 *
 * Each thread does open, write, close, as a program does that writes one
 * mail. Prints how many a second, and how long one took. Exit status 0 when
 * every file was written, 1 otherwise.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_FILE_MAX = 1 << 20, LOAD_THREADS_MAX = 256 };

struct load {
	int directory;
	size_t length;
	char *bytes;
	int count;
	atomic_int next;
	int64_t *took_ns; /* one for each file */
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void write_file(const struct load *load, int number)
{
	char name[64];
	ssize_t written;
	int fd;

	snprintf(name, sizeof name, "load-%d-%d", (int)getpid(), number);
	fd = openat(load->directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		err(1, "open %s", name);
	written = write(fd, load->bytes, load->length);
	if (written < 0)
		err(1, "write %s", name);
	if ((size_t)written != load->length)
		errx(1, "write %s: short", name);
	if (close(fd) != 0)
		err(1, "close %s", name);
}

static void *write_files(void *arg)
{
	struct load *load = arg;
	int64_t began;
	int number;

	for (;;) {
		number = atomic_fetch_add(&load->next, 1);
		if (number >= load->count)
			return NULL;
		began = now_ns();
		write_file(load, number);
		load->took_ns[number] = now_ns() - began;
	}
}

static void read_template(struct load *load, const char *path)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		err(1, "%s", path);
	load->bytes = malloc(LOAD_FILE_MAX);
	if (load->bytes == NULL)
		err(1, "malloc");
	load->length = fread(load->bytes, 1, LOAD_FILE_MAX, file);
	if (ferror(file) || load->length == 0)
		errx(1, "%s: nothing to write", path);
	fclose(file);
}

static void run(struct load *load, int threads)
{
	pthread_t ids[LOAD_THREADS_MAX];

	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, write_files, load) != 0)
			errx(1, "cannot start a thread");
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double percentile_ms(const struct load *load, int percent)
{
	int at = (int)((int64_t)(load->count - 1) * percent / 100);

	return (double)load->took_ns[at] / 1e6;
}

int main(int argc, char **argv)
{
	struct load load = { 0 };
	int64_t began, took;
	int threads;

	if (argc != 5)
		errx(2, "usage: bench_load THREADS COUNT FILE DIRECTORY");
	threads = atoi(argv[1]);
	load.count = atoi(argv[2]);
	if (threads < 1 || threads > LOAD_THREADS_MAX || load.count < 1)
		errx(2, "threads: 1 to %d; count: 1 or more", LOAD_THREADS_MAX);
	read_template(&load, argv[3]);
	load.directory = open(argv[4], O_RDONLY | O_DIRECTORY);
	if (load.directory < 0)
		err(1, "%s", argv[4]);
	load.took_ns = calloc((size_t)load.count, sizeof *load.took_ns);
	if (load.took_ns == NULL)
		err(1, "calloc");

	began = now_ns();
	run(&load, threads);
	took = now_ns() - began;

	qsort(load.took_ns, (size_t)load.count, sizeof *load.took_ns, by_time);
	printf("%d files, %.0f/s, p50 %.3f ms, p99 %.3f ms\n", load.count,
		load.count * 1e9 / (double)took, percentile_ms(&load, 50),
		percentile_ms(&load, 99));
	free(load.took_ns);
	free(load.bytes);
	close(load.directory);
	return 0;
}
