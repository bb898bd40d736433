#include "segment_files.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- writing --------------------------------------------------------- */

/* After a start: goes on in the segment with the most room. */
static struct segment *find_roomy_locked(struct segments *s, uint32_t need)
	REQUIRES(&s->lock)
{
	struct segment *best = NULL;
	struct segment *g;
	uint32_t id;

	for (id = 1; id < s->table_len; id++) {
		g = s->table[id];
		if (g == NULL || g->live == 0 || s->size - g->tail < need)
			continue;
		if (best == NULL || g->tail < best->tail)
			best = g;
	}
	return best;
}

/* Makes another segment the current one. */
static int roll_locked(struct segments *s, uint32_t need) REQUIRES(&s->lock)
{
	struct segment *next = NULL;
	uint32_t spares;
	int err = 0;

	segment_files_take_locked(s);
	if (s->current == NULL)
		next = find_roomy_locked(s, need);
	if (next == NULL) {
		next = segment_find_free_locked(s, &spares);
		if (next != NULL)
			next->tail = 0;
	}
	if (next == NULL)
		err = segment_create_locked(s, &next);
	if (err == 0)
		err = segment_reopen_locked(s, next);
	if (err == 0)
		s->current = next;
	segment_files_give_locked(s);
	return err;
}

/* Room for need octets at the tail of the current segment. */
static int make_room_locked(struct segments *s, uint32_t need)
	REQUIRES(&s->lock)
{
	struct segment *g = s->current;
	int err = 0;

	assert(need <= s->size);
	if (g != NULL && g->live == 0 && g->pins == 0 && !g->is_unsynced)
		g->tail = 0; /* nothing lives in it: begin again */
	if (g == NULL || s->size - g->tail < need)
		err = roll_locked(s, need);
	g = s->current;
	while (err == 0 && g->zeroed - g->tail < need) {
		segment_files_take_locked(s);
		if (g->zeroed - g->tail < need)
			err = segment_extend_locked(s, g);
		segment_files_give_locked(s);
	}
	return err;
}

static int write_pieces(
	int fd, struct iovec *pieces, size_t count, uint64_t position)
{
	ssize_t put;

	while (count > 0) {
		if (pieces->iov_len == 0) {
			pieces++;
			count--;
			continue;
		}
		put = pwritev(fd, pieces, (int)count, (off_t)position);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (put == 0)
			return -EIO;
		position += (uint64_t)put;
		while (count > 0 && (size_t)put >= pieces->iov_len) {
			put -= (ssize_t)pieces->iov_len;
			pieces++;
			count--;
		}
		if (put > 0) {
			pieces->iov_base = (char *)pieces->iov_base + put;
			pieces->iov_len -= (size_t)put;
		}
	}
	return 0;
}

static void place_locked(struct segments *s, struct segment_record *records,
	size_t count) REQUIRES(&s->lock)
{
	struct segment *g = s->current;
	struct extent *e;
	size_t i;

	for (i = 0; i < count; i++) {
		e = &records[i].extent;
		e->segment = g->id;
		e->position = g->tail;
		e->offset = records[i].offset;
		e->length = records[i].length;
		g->tail += record_octets(&records[i]);
		if (records[i].attributes != NULL)
			g->live++;
		if (records[i].note.step != STEP_NONE && !g->is_ahead) {
			g->is_ahead = true;
			g->live++;
		}
	}
}

/* Writes as many records as fit in one go; written gets how many. */
static int write_run(struct segments *s, struct segment_record *records,
	size_t count, size_t *written)
{
	uint32_t total = 0;
	uint32_t room;
	uint32_t need;
	uint64_t position;
	size_t n = 0;
	int fd;
	int err;

	mutex_lock(&s->lock);
	err = make_room_locked(s, record_octets(&records[0]));
	if (err != 0) {
		mutex_unlock(&s->lock);
		return err;
	}
	position = s->current->tail;
	room = s->current->zeroed - s->current->tail;
	fd = s->current->fd;
	mutex_unlock(&s->lock);

	for (; n < count && n < RUN_MAX; n++) {
		need = record_octets(&records[n]);
		if (room - total < need)
			break;
		record_pack(&records[n], &s->heads[n],
			&s->pieces[n * RECORD_PIECES]);
		total += need;
	}
	err = write_pieces(fd, s->pieces, n * RECORD_PIECES, position);

	mutex_lock(&s->lock);
	s->current->is_unsynced = true;
	if (err == 0)
		place_locked(s, records, n);
	if (segment_wants_preparer_locked(s))
		cond_broadcast(&s->changed);
	mutex_unlock(&s->lock);
	*written = n;
	return err;
}

int segments_append(
	struct segments *s, struct segment_record *records, size_t count)
{
	size_t done = 0;
	size_t written = 0;
	size_t i;
	int err = 0;

	for (i = 0; i < count; i++)
		records[i].extent.segment = 0;
	while (done < count && err == 0) {
		err = write_run(s, records + done, count - done, &written);
		done += written;
	}
	return err;
}

static struct segment *next_unsynced_locked(struct segments *s)
	REQUIRES(&s->lock)
{
	uint32_t id;

	for (id = 1; id < s->table_len; id++)
		if (s->table[id] != NULL && s->table[id]->is_unsynced)
			return s->table[id];
	return NULL;
}

int segments_sync(struct segments *s)
{
	struct segment *g;
	int err = 0;
	int fd;

	mutex_lock(&s->lock);
	while (err == 0 && (g = next_unsynced_locked(s)) != NULL) {
		fd = g->fd;
		mutex_unlock(&s->lock);
		if (fdatasync(fd) != 0)
			err = -errno;
		mutex_lock(&s->lock);
		if (err == 0)
			g->is_unsynced = false;
	}
	mutex_unlock(&s->lock);
	return err;
}

void segments_settle(struct segments *s)
{
	struct segment *g;
	uint32_t id;

	mutex_lock(&s->lock);
	for (id = 1; id < s->table_len; id++) {
		g = s->table[id];
		if (g == NULL || !g->is_ahead)
			continue;
		g->is_ahead = false;
		g->live--;
	}
	if (segment_wants_preparer_locked(s))
		cond_broadcast(&s->changed);
	mutex_unlock(&s->lock);
}

bool segments_tail(struct segments *s, uint32_t *segment, uint32_t *position)
{
	bool is_known;

	mutex_lock(&s->lock);
	is_known = s->current != NULL;
	if (is_known) {
		*segment = s->current->id;
		*position = s->current->tail;
	}
	mutex_unlock(&s->lock);
	return is_known;
}

/* Where nothing lives, a segment is used again from its start. */
uint64_t segments_room(struct segments *s)
{
	const struct segment *g;
	uint64_t room = 0;
	uint32_t id;

	mutex_lock(&s->lock);
	for (id = 1; id < s->table_len; id++) {
		g = s->table[id];
		if (g != NULL && g->live == 0)
			room += g->zeroed;
		else if (g != NULL && g == s->current)
			room += g->zeroed - g->tail;
	}
	mutex_unlock(&s->lock);
	return room;
}

/* ---- what lives ------------------------------------------------------ */

static struct segment *find_locked(struct segments *s, uint32_t id)
	REQUIRES(&s->lock)
{
	return id < s->table_len ? s->table[id] : NULL;
}

int segments_keep(struct segments *s, const struct extent *e)
{
	struct segment *g;
	uint64_t end;
	int err = -ENOENT;

	mutex_lock(&s->lock);
	g = find_locked(s, e->segment);
	if (g != NULL && e->length <= SEGMENT_RECORD_MAX
		&& e->position <= g->zeroed) {
		/* the label's length is not known here: leave room for any */
		end = e->position + sizeof(struct record_head) + e->length
			+ LABEL_MAX + RECORD_ALIGN;
		if (end - LABEL_MAX - RECORD_ALIGN <= g->zeroed) {
			if (end > g->zeroed)
				end = g->zeroed;
			if (end > g->tail)
				g->tail = (uint32_t)(end & -RECORD_ALIGN);
			g->live++;
			err = 0;
		}
	}
	mutex_unlock(&s->lock);
	return err;
}

void segments_drop(struct segments *s, const struct extent *e)
{
	struct segment *g;

	mutex_lock(&s->lock);
	g = find_locked(s, e->segment);
	assert(g != NULL && g->live > 0);
	g->live--;
	if (g->live == 0 && g != s->current && segment_wants_preparer_locked(s))
		cond_broadcast(&s->changed);
	mutex_unlock(&s->lock);
}

int segments_pin(struct segments *s, uint32_t segment)
{
	struct segment *g;
	int err = -ENOENT;

	mutex_lock(&s->lock);
	g = find_locked(s, segment);
	if (g != NULL)
		err = segment_reopen_locked(s, g);
	if (err == 0)
		g->pins++;
	mutex_unlock(&s->lock);
	return err;
}

void segments_unpin(struct segments *s, uint32_t segment)
{
	struct segment *g;

	mutex_lock(&s->lock);
	g = find_locked(s, segment);
	assert(g != NULL && g->pins > 0);
	g->pins--;
	if (g->pins == 0 && s->open_count > OPEN_MAX && g != s->current
		&& !g->is_unsynced && !s->is_busy)
		segment_close_locked(s, g);
	mutex_unlock(&s->lock);
}

int segments_read(struct segments *s, const struct extent *e, uint64_t number,
	uint32_t skip, void *octets, uint32_t len)
{
	int fd;

	assert(skip <= e->length && len <= e->length - skip);
	mutex_lock(&s->lock);
	fd = s->table[e->segment]->fd;
	mutex_unlock(&s->lock);
	return record_read(fd, e, number, skip, octets, len);
}

/* ---- open and close -------------------------------------------------- */

static void segments_free(struct segments *s)
{
	uint32_t id;

	for (id = 0; id < s->table_len; id++) {
		if (s->table[id] == NULL)
			continue;
		if (s->table[id]->fd >= 0)
			close(s->table[id]->fd);
		free(s->table[id]);
	}
	free(s->table);
	cond_fini(&s->changed);
	mutex_fini(&s->lock);
	free(s);
}

int segments_open(int directory, uint32_t segment_octets, struct segments **out)
{
	struct segments *s = calloc(1, sizeof *s);
	int err;

	assert(segment_octets % RECORD_ALIGN == 0);
	if (s == NULL)
		return -ENOMEM;
	s->directory = directory;
	s->size = segment_octets;
	mutex_init(&s->lock, RANK_SEGMENT);
	cond_init(&s->changed);
	err = segment_files_scan(s);
	if (err != 0) {
		segments_free(s);
		return err;
	}
	*out = s;
	return 0;
}

int segments_start(struct segments *s)
{
	int err = -pthread_create(&s->preparer, NULL, segment_prepare_main, s);

	s->is_started = err == 0;
	return err;
}

void segments_close(struct segments *s)
{
	if (s == NULL)
		return;
	mutex_lock(&s->lock);
	s->is_stopping = true;
	cond_broadcast(&s->changed);
	mutex_unlock(&s->lock);
	if (s->is_started)
		pthread_join(s->preparer, NULL);
	segments_free(s);
}
