#include "capture_keep.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* LFs, with nothing between but CRs, that end a header. */
enum { HEADER_ENDS = 2 };

static const char *directory;
static int log_file = -1;
static atomic_uint last_mail;

int keep_open(const char *to_directory, const char *to_log)
{
	directory = to_directory;
	if (to_log == NULL)
		return 0;
	log_file =
		open(to_log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return log_file < 0 ? -errno : 0;
}

static void draft_path(char *path, size_t cap, const struct keep *k)
{
	text_format(path, cap, "%s/draft.%d.%p", directory, (int)getpid(),
		(const void *)k);
}

void keep_begin(struct keep *k)
{
	char path[KEEP_PATH_MAX];

	k->size = 0;
	k->ends = 0;
	k->hash = KEEP_HASH_START;
	k->octets_len = 0;
	k->has_failed = false;
	k->file = -1;
	if (directory == NULL)
		return;
	draft_path(path, sizeof path, k);
	k->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	k->has_failed = k->file < 0;
}

static void write_octets(struct keep *k)
{
	size_t done = 0;
	ssize_t n;

	while (k->file >= 0 && done < k->octets_len && !k->has_failed) {
		n = write(k->file, k->octets + done, k->octets_len - done);
		if (n <= 0)
			k->has_failed = true;
		else
			done += (size_t)n;
	}
	k->octets_len = 0;
}

void keep_octet(struct keep *k, char c)
{
	if (k->octets_len == sizeof k->octets)
		write_octets(k);
	k->octets[k->octets_len++] = c;
	if (k->ends < HEADER_ENDS) {
		if (c != '\r')
			k->ends = c == '\n' ? k->ends + 1 : 0;
		return;
	}
	k->size++;
	k->hash = (k->hash ^ (unsigned char)c) * KEEP_HASH_PRIME;
}

/* A number is ours when its envelope's file is new. */
static int take_number(char *path, size_t cap, unsigned int *number)
{
	int fd;

	do {
		*number = atomic_fetch_add(&last_mail, 1) + 1;
		text_format(path, cap, "%s/%06u.env", directory, *number);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

static bool write_envelope(const struct keep_envelope *e, unsigned int *number)
{
	char path[KEEP_PATH_MAX];
	const char *recipient, *end;
	int fd = take_number(path, sizeof path, number);
	bool is_good;

	if (fd < 0)
		return false;
	is_good = dprintf(fd, "helo %s\nfrom %s\n", e->helo, e->from) > 0;
	for (recipient = e->recipients; *recipient != '\0'; recipient = end) {
		end = recipient + strcspn(recipient, "\n") + 1;
		if (dprintf(fd, "rcpt %.*s", (int)(end - recipient), recipient)
			< 0)
			is_good = false;
	}
	return close(fd) == 0 && is_good;
}

static bool to_directory(struct keep *k, const struct keep_envelope *e)
{
	char draft[KEEP_PATH_MAX], path[KEEP_PATH_MAX];
	unsigned int number;

	if (k->has_failed || !write_envelope(e, &number))
		return false;
	draft_path(draft, sizeof draft, k);
	text_format(path, sizeof path, "%s/%06u.mail", directory, number);
	return rename(draft, path) == 0;
}

/* One write, so that lines of several sessions do not mix. */
static bool to_log(const struct keep *k, const struct keep_envelope *e)
{
	char line[KEEP_RECIPIENTS_MAX + 64];
	size_t len = strlen(e->recipients);
	char *c;
	int tail;

	memcpy(line, e->recipients, len);
	for (c = line; c + 1 < line + len; c++)
		if (*c == '\n')
			*c = ',';
	len = len > 0 ? len - 1 : 0;
	tail = snprintf(line + len, sizeof line - len, " %llu %016llx\n",
		(unsigned long long)k->size, (unsigned long long)k->hash);
	len += (size_t)tail;
	return write(log_file, line, len) == (ssize_t)len;
}

static void close_file(struct keep *k)
{
	write_octets(k);
	if (k->file >= 0 && close(k->file) != 0)
		k->has_failed = true;
	k->file = -1;
}

bool keep_end(struct keep *k, const struct keep_envelope *e)
{
	bool is_kept;

	close_file(k);
	is_kept = directory != NULL ? to_directory(k, e) : to_log(k, e);
	if (!is_kept)
		keep_drop(k);
	return is_kept;
}

void keep_drop(struct keep *k)
{
	char draft[KEEP_PATH_MAX];

	close_file(k);
	if (directory == NULL)
		return;
	draft_path(draft, sizeof draft, k);
	unlink(draft);
}
