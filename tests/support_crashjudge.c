#include "support_crash.h"
#include "support_crashmail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct written {
	char name[CRASH_NAME_MAX];
	char job[16];
	unsigned mails;
	bool is_done;
	uint8_t *received; /* how often, by mail; saturates */
};

struct doubt {
	char job[16];
	unsigned mail;
};

struct table {
	void *rows;
	size_t count, cap;
};

static void *add_row(struct table *t, size_t size)
{
	if (t->count == t->cap) {
		t->cap = t->cap * 2 + 1024;
		t->rows = realloc(t->rows, t->cap * size);
		if (t->rows == NULL)
			abort();
	}
	return memset((char *)t->rows + size * t->count++, 0, size);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct written *)a)->name,
		((const struct written *)b)->name);
}

static int by_mail(const void *a, const void *b)
{
	const struct doubt *x = a, *y = b;
	int order = strcmp(x->job, y->job);

	return order != 0 ? order : (x->mail > y->mail) - (x->mail < y->mail);
}

static struct written *find_written(const struct table *t, const char *name)
{
	struct written key = { .mails = 0 };

	snprintf(key.name, sizeof key.name, "%s", name);
	return t->count == 0
		? NULL
		: bsearch(&key, t->rows, t->count, sizeof key, by_name);
}

static int for_each_line(
	const char *file, void (*see)(void *, char *), void *arg)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t cap = 0;

	if (f == NULL)
		return -errno;
	while (getline(&line, &cap, f) > 0)
		see(arg, line);
	free(line);
	fclose(f);
	return 0;
}

struct judge {
	struct table written, doubts;
	struct crash_verdict *verdict;
};

static void find(struct judge *j, const char *what, const char *name)
{
	if (j->verdict->first[0] == '\0')
		snprintf(j->verdict->first, sizeof j->verdict->first, "%s: %s",
			what, name);
}

static void see_open(void *arg, char *line)
{
	struct judge *j = arg;
	struct written row = { .mails = 0 };
	struct written *added;

	if (sscanf(line, "open %47s %15s %u", row.name, row.job, &row.mails)
		!= 3)
		return;
	row.received = calloc(row.mails + 1, 1);
	if (row.received == NULL)
		abort();
	added = add_row(&j->written, sizeof row);
	*added = row;
}

static void see_done(void *arg, char *line)
{
	struct judge *j = arg;
	struct written *w;
	char name[CRASH_NAME_MAX];

	if (sscanf(line, "done %47s", name) != 1)
		return;
	w = find_written(&j->written, name);
	if (w == NULL)
		abort();
	w->is_done = true;
	j->verdict->promised++;
	j->verdict->mails += w->mails;
}

static void see_doubt(void *arg, char *line)
{
	struct judge *j = arg;
	struct doubt row, *added;
	char *at = strstr(line, "in doubt: ");

	memset(&row, 0, sizeof row);
	if (at == NULL
		|| sscanf(at, "in doubt: %15[A-Z0-9].%u", row.job, &row.mail)
			!= 2)
		return;
	added = add_row(&j->doubts, sizeof row);
	*added = row;
}

/* FNV-1a of the text of that name's mail as it looks at the receiver. */
static uint64_t expected_hash(const char *name, size_t *octets)
{
	struct crash_text t = { NULL, 0, 0 };
	uint64_t hash = UINT64_C(14695981039346656037);
	size_t header, i;

	crash_put_content(&t, name, "\r\n", false);
	header = (size_t)((char *)memmem(t.octets, t.len, "\r\n\r\n", 4)
			 - t.octets)
		+ 4;
	for (i = header; i < t.len; i++)
		hash = (hash ^ (unsigned char)t.octets[i])
			* UINT64_C(1099511628211);
	*octets = t.len - header;
	free(t.octets);
	return hash;
}

/* "RECIPIENT OCTETS HASH", the capture server's line for one mail. */
static void see_received(void *arg, char *line)
{
	struct judge *j = arg;
	char name[CRASH_NAME_MAX], dataset[CRASH_NAME_MAX];
	struct written *w = NULL;
	uint64_t hash;
	size_t octets, expected;
	char *m;

	if (sscanf(line, "<%47[^@]@crash.example> %zu %" SCNx64, name, &octets,
		    &hash)
		!= 3)
		return;
	j->verdict->received++;
	memcpy(dataset, name, sizeof dataset);
	m = strrchr(dataset, 'm');
	if (m != NULL) {
		*m = '\0';
		w = find_written(&j->written, dataset);
	}
	if (w == NULL || expected_hash(name, &expected) != hash
		|| expected != octets) {
		j->verdict->damaged++;
		find(j, "damaged", name);
		return;
	}
	m = strrchr(name, 'm');
	if (strtoul(m + 1, NULL, 10) <= w->mails
		&& w->received[strtoul(m + 1, NULL, 10)] < UINT8_MAX)
		w->received[strtoul(m + 1, NULL, 10)]++;
}

static void weigh_mail(struct judge *j, const struct written *w, unsigned mail)
{
	struct doubt key;
	char name[CRASH_NAME_MAX];

	crash_mail_name(name, w->name, mail);
	if (w->received[mail] == 0 && w->is_done) {
		j->verdict->missing++;
		find(j, "missing", name);
	}
	if (w->received[mail] < 2)
		return;
	j->verdict->repeated++;
	memset(&key, 0, sizeof key);
	memcpy(key.job, w->job, sizeof key.job);
	key.mail = mail;
	if (j->doubts.count == 0
		|| bsearch(&key, j->doubts.rows, j->doubts.count, sizeof key,
			   by_mail)
			== NULL) {
		j->verdict->unnamed++;
		find(j, "repeated and not in doubt", name);
	}
}

static void sort_rows(
	struct table *t, size_t size, int (*by)(const void *, const void *))
{
	if (t->rows != NULL)
		qsort(t->rows, t->count, size, by);
}

static void weigh_all(struct judge *j)
{
	struct written *w = j->written.rows;
	struct written *end = w != NULL ? w + j->written.count : NULL;
	unsigned mail;

	for (; w != end; w++) {
		for (mail = 1; mail <= w->mails; mail++)
			weigh_mail(j, w, mail);
		free(w->received);
	}
}

int crash_judge(
	const struct crash_evidence *evidence, struct crash_verdict *verdict)
{
	struct judge j = { .verdict = verdict };
	int err;

	memset(verdict, 0, sizeof *verdict);
	err = for_each_line(evidence->writer_log, see_open, &j);
	sort_rows(&j.written, sizeof(struct written), by_name);
	if (err == 0)
		err = for_each_line(evidence->writer_log, see_done, &j);
	if (err == 0)
		err = for_each_line(evidence->daemon_log, see_doubt, &j);
	sort_rows(&j.doubts, sizeof(struct doubt), by_mail);
	if (err == 0)
		err = for_each_line(evidence->capture_log, see_received, &j);
	weigh_all(&j);
	free(j.written.rows);
	free(j.doubts.rows);
	return err;
}
