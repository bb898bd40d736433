/*
 * bench_check - reads a data set as the forwarder does, and throws its mails
 * away: what reading and checking alone cost.
 *
 *   bench_check FILE [PAGE]
 *
 * Prints mails, errors, and octets a second.
 */
#include "../forwarder/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_OCTETS = 65536 };

struct counts {
	uint64_t octets;
	uint64_t mails;
	uint64_t errors;
};

static void note(struct input *in, const struct input_event *event,
	struct counts *counts)
{
	if (event->kind == INPUT_MAIL) {
		counts->mails++;
		mail_free(input_take_mail(in));
	}
	counts->errors += event->kind == INPUT_ERROR;
}

static int read_file(struct input *in, int fd, struct counts *counts)
{
	static char piece[PIECE_OCTETS];
	struct input_event event = { .kind = INPUT_MORE };
	size_t used;
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0) {
		counts->octets += (uint64_t)n;
		for (used = 0; used < (size_t)n;) {
			used += input_feed(
				in, piece + used, (size_t)n - used, &event);
			note(in, &event, counts);
		}
	}
	if (n < 0)
		return -errno;
	do {
		input_finish(in, &event);
		note(in, &event, counts);
	} while (event.kind != INPUT_END);
	return 0;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int bench(int fd, const char *page)
{
	struct input_config config;
	struct header_config header;
	struct input_rules rules;
	struct counts counts = { 0 };
	struct input *in;
	double began_s;
	int err;

	input_config_init(&config);
	header_config_init(&header);
	snprintf(config.page, sizeof config.page, "%s", page);
	err = input_rules_init(&rules, &config, &header);
	if (err != 0)
		return err;
	in = input_new(&rules, NULL);
	if (in == NULL)
		abort();
	began_s = now_s();
	err = read_file(in, fd, &counts);
	printf("%" PRIu64 " mails %" PRIu64 " errors %.0f octets/s\n",
		counts.mails, counts.errors,
		(double)counts.octets / (now_s() - began_s));
	input_free(in);
	input_rules_fini(&rules);
	return err;
}

int main(int argc, char **argv)
{
	int fd, err;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: bench_check FILE [PAGE]\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	err = bench(fd, argc == 3 ? argv[2] : "");
	close(fd);
	if (err != 0)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-err));
	return err != 0;
}
