#include "segment_record.h"

#include "disk_octets.h"
#include "store_values.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <zlib.h>

enum { RECORD_MAGIC = 0x6a657332, CHECK_CHUNK = 64 << 10 };

_Static_assert(sizeof(struct record_head) % RECORD_ALIGN == 0,
	"content starts aligned, and the head has no hidden octets");
_Static_assert(LABEL_MAX <= UINT8_MAX, "label_len holds every label");

static const char zeros[RECORD_ALIGN];

static uint32_t checksum(uint32_t sum, const void *octets, size_t len)
{
	return (uint32_t)crc32_z(sum, octets, len);
}

static uint32_t padding(size_t len)
{
	return (uint32_t)(-len & (RECORD_ALIGN - 1));
}

static uint32_t octets_with(uint32_t length, size_t label_len)
{
	size_t len = sizeof(struct record_head) + length + label_len;

	return (uint32_t)len + padding(len);
}

uint32_t record_octets(const struct segment_record *record)
{
	const struct dataset *d = record->attributes;

	return octets_with(record->length, d != NULL ? strlen(d->label) : 0);
}

uint32_t record_head_octets(const struct record_head *head)
{
	return octets_with(head->length, head->label_len);
}

static uint32_t head_checksum(
	const struct record_head *head, const char *label, size_t label_len)
{
	struct record_head plain = *head;

	plain.head_sum = 0;
	return checksum(checksum(0, &plain, sizeof plain), label, label_len);
}

static void pack_attributes(
	const struct dataset *d, size_t label_len, struct record_head *head)
{
	head->created_ns = d->created_ns;
	head->changed_ns = d->changed_ns;
	head->job = d->job;
	head->uid = d->uid;
	head->gid = d->gid;
	head->mode = d->mode;
	memcpy(head->writer, d->writer, sizeof head->writer);
	memcpy(head->job_name, d->job_name, sizeof head->job_name);
	head->label_len = (uint8_t)label_len;
	head->has_label = d->has_label;
}

static void pack_note(const struct segment_note *note, struct record_head *head)
{
	head->life = note->life;
	head->sequence = note->sequence;
	head->key = note->key;
	head->read_upto = note->read_upto;
	head->step = note->step;
	head->state = note->state;
	head->is_first_claimed = note->is_first_claimed;
}

void record_pack(const struct segment_record *record, struct record_head *head,
	struct iovec pieces[static RECORD_PIECES])
{
	const struct dataset *d = record->attributes;
	const char *label = d != NULL ? d->label : "";
	size_t label_len = strlen(label);

	memset(head, 0, sizeof *head);
	head->magic = RECORD_MAGIC;
	head->sum = checksum(0, record->octets, record->length);
	head->length = record->length;
	head->number = record->number;
	head->offset = record->offset;
	if (d != NULL)
		pack_attributes(d, label_len, head);
	pack_note(&record->note, head);
	head->head_sum = head_checksum(head, label, label_len);

	pieces[0] = (struct iovec){ head, sizeof *head };
	pieces[1] = (struct iovec){ (void *)record->octets, record->length };
	pieces[2] = (struct iovec){ (void *)label, label_len };
	pieces[3] = (struct iovec){ (void *)zeros,
		padding(sizeof *head + record->length + label_len) };
}

int record_look(int fd, uint64_t position, uint64_t limit,
	struct record_head *head, char label[static LABEL_MAX + 1])
{
	int err;

	if (position > limit || limit - position < sizeof *head)
		return STORE_NONE;
	err = disk_read_all(fd, position, head, sizeof *head);
	if (err != 0)
		return err;
	if (head->magic != RECORD_MAGIC || head->length > SEGMENT_RECORD_MAX
		|| head->label_len > LABEL_MAX
		|| record_head_octets(head) > limit - position)
		return STORE_NONE;
	err = disk_read_all(fd, position + sizeof *head + head->length, label,
		head->label_len);
	if (err != 0)
		return err;
	label[head->label_len] = '\0';
	return head_checksum(head, label, head->label_len) == head->head_sum
		? 0
		: STORE_NONE;
}

static bool may_be_head(const char *octets, uint64_t life)
{
	struct record_head head;

	memcpy(&head, octets, sizeof head);
	return head.magic == RECORD_MAGIC && head.life == life;
}

/* A head may begin in one chunk and end in the next. */
int record_find(int fd, uint64_t life, uint64_t limit, uint64_t *position)
{
	const size_t head = sizeof(struct record_head);
	char *chunk = malloc(CHECK_CHUNK);
	uint64_t from = *position;
	int err = chunk != NULL ? STORE_NONE : -ENOMEM;
	ssize_t len;
	size_t at;

	while (err == STORE_NONE && from < limit && limit - from >= head) {
		len = disk_read(fd, from, chunk,
			limit - from < CHECK_CHUNK ? limit - from
						   : CHECK_CHUNK);
		if (len < (ssize_t)head) {
			err = len < 0 ? (int)len : STORE_NONE;
			break;
		}
		for (at = 0; at + head <= (size_t)len; at += RECORD_ALIGN)
			if (may_be_head(chunk + at, life)) {
				*position = from + at;
				err = 0;
				break;
			}
		from += at;
	}
	free(chunk);
	return err;
}

static int check_head(
	const struct record_head *head, const struct extent *e, uint64_t number)
{
	if (head->magic != RECORD_MAGIC || head->number != number
		|| head->offset != e->offset || head->length != e->length
		|| head->label_len > LABEL_MAX)
		return STORE_DAMAGED;
	return 0;
}

/*
 * Head, content and label lie in a row: one call has them all, and where it
 * does not, they are read again one by one.
 */
static int read_first(int fd, const struct extent *e, uint64_t number,
	struct record_head *head, void *octets, uint32_t len)
{
	char label[LABEL_MAX];
	struct iovec pieces[] = { { head, sizeof *head }, { octets, len },
		{ label, sizeof label } };
	ssize_t upto_label = (ssize_t)(sizeof *head + len);
	ssize_t got = preadv(
		fd, pieces, len == e->length ? 3 : 2, (off_t)e->position);
	int err = 0;

	if (got < upto_label) {
		got = 0;
		err = disk_read_all(fd, e->position, head, sizeof *head);
		if (err == 0)
			err = disk_read_all(
				fd, e->position + sizeof *head, octets, len);
	}
	if (err == 0)
		err = check_head(head, e, number);
	if (err == 0 && got < upto_label + head->label_len)
		err = disk_read_all(fd, e->position + sizeof *head + e->length,
			label, head->label_len);
	if (err != 0)
		return err;
	return head_checksum(head, label, head->label_len) == head->head_sum
		? 0
		: STORE_DAMAGED;
}

/* Goes on with the checksum over what the caller did not ask for. */
static int checksum_rest(
	int fd, const struct extent *e, uint32_t from, uint32_t *sum)
{
	char *chunk = malloc(CHECK_CHUNK);
	uint32_t len;
	int err = 0;

	if (chunk == NULL)
		return -ENOMEM;
	for (; from < e->length && err == 0; from += len) {
		len = e->length - from;
		if (len > CHECK_CHUNK)
			len = CHECK_CHUNK;
		err = disk_read_all(fd,
			e->position + sizeof(struct record_head) + from, chunk,
			len);
		if (err == 0)
			*sum = checksum(*sum, chunk, len);
	}
	free(chunk);
	return err;
}

int record_read(int fd, const struct extent *e, uint64_t number, uint32_t skip,
	void *octets, uint32_t len)
{
	struct record_head head;
	uint32_t sum;
	int err;

	if (skip != 0)
		return disk_read_all(fd,
			e->position + sizeof(struct record_head) + skip, octets,
			len);
	err = read_first(fd, e, number, &head, octets, len);
	if (err != 0)
		return err;
	sum = checksum(0, octets, len);
	if (len < e->length)
		err = checksum_rest(fd, e, len, &sum);
	if (err != 0)
		return err;
	return sum == head.sum ? 0 : STORE_DAMAGED;
}
