#include "tree.h"

#include "clock.h"

#include <string.h>
#include <unistd.h>

/* Far over every data set number, and positive where that is signed. */
#define FIXED_INO (UINT64_C(1) << 62)

enum { BLOCK_OCTETS = 512 };

static const struct {
	uint64_t parent;
	const char *name;
	mode_t mode;
} fixed[TREE_FIXED_END] = {
	[TREE_ROOT] = { TREE_ROOT, "", S_IFDIR | 0755 },
	[TREE_README] = { TREE_ROOT, "README", S_IFREG | 0444 },
	[TREE_SPOOL] = { TREE_ROOT, "spool", S_IFDIR | 0755 },
	[TREE_STATUS] = { TREE_ROOT, "status", S_IFDIR | 0755 },
	[TREE_TARGETS] = { TREE_STATUS, "targets", S_IFREG | 0444 },
	[TREE_QUEUE] = { TREE_STATUS, "queue", S_IFREG | 0444 },
	[TREE_EVENTS] = { TREE_STATUS, "events", S_IFREG | 0444 },
};

static bool is_fixed(uint64_t node)
{
	return node >= TREE_ROOT && node < TREE_FIXED_END;
}

bool tree_is_writer(uint64_t node)
{
	return node >= TREE_WRITER && node < TREE_WRITER_END;
}

bool tree_is_dataset(uint64_t node)
{
	return node > TREE_DATASET;
}

bool tree_is_directory(uint64_t node)
{
	return tree_is_writer(node)
		|| (is_fixed(node) && S_ISDIR(fixed[node].mode));
}

uint64_t tree_child(uint64_t parent, const char *name)
{
	uint64_t node;

	for (node = TREE_ROOT + 1; node < TREE_FIXED_END; node++)
		if (fixed[node].parent == parent
			&& strcmp(fixed[node].name, name) == 0)
			return node;
	return TREE_NONE;
}

uint64_t tree_child_at(uint64_t parent, size_t index)
{
	uint64_t node;

	for (node = TREE_ROOT + 1; node < TREE_FIXED_END; node++)
		if (fixed[node].parent == parent && index-- == 0)
			return node;
	return TREE_NONE;
}

const char *tree_name(uint64_t node)
{
	return is_fixed(node) ? fixed[node].name : "";
}

uint64_t tree_parent(uint64_t node)
{
	if (is_fixed(node))
		return fixed[node].parent;
	return tree_is_writer(node) ? TREE_SPOOL : TREE_NONE;
}

size_t tree_writer_index(uint64_t node)
{
	return (size_t)(node - TREE_WRITER);
}

uint64_t tree_writer_node(size_t index)
{
	return TREE_WRITER + index;
}

uint64_t tree_dataset_number(uint64_t node)
{
	return node - TREE_DATASET;
}

uint64_t tree_dataset_node(uint64_t number)
{
	return TREE_DATASET + number;
}

static struct timespec time_of(int64_t wall_ns)
{
	struct timespec t = { 0 };

	t.tv_sec = wall_ns / NS_PER_S;
	t.tv_nsec = wall_ns % NS_PER_S;
	return t;
}

static void set_times(struct stat *st, int64_t wall_ns)
{
	st->st_atim = time_of(wall_ns);
	st->st_mtim = st->st_atim;
	st->st_ctim = st->st_atim;
}

void tree_attributes(uint64_t node, int64_t since_ns, struct stat *out)
{
	memset(out, 0, sizeof *out);
	out->st_ino = FIXED_INO + node;
	if (is_fixed(node))
		out->st_mode = fixed[node].mode;
	else
		out->st_mode = S_IFDIR | S_ISVTX | 0777;
	/* One link for a directory says: do not count subdirectories by it. */
	out->st_nlink = 1;
	set_times(out, since_ns);
}

void tree_dataset_attributes(const struct dataset *d, struct stat *out)
{
	memset(out, 0, sizeof *out);
	out->st_ino = d->number;
	out->st_mode = S_IFREG | (d->mode & 0600);
	out->st_nlink = 1;
	out->st_uid = d->uid;
	out->st_gid = d->gid;
	out->st_size = (off_t)d->size_octets;
	out->st_blocks =
		(blkcnt_t)((d->size_octets + BLOCK_OCTETS - 1) / BLOCK_OCTETS);
	set_times(out, d->changed_ns);
	/* utimens(2) may say that it was written before it was made. */
	if (d->created_ns > d->changed_ns)
		out->st_ctim = time_of(d->created_ns);
}

bool tree_allows(const struct stat *st, uid_t uid, gid_t gid, int mask)
{
	unsigned int bits = st->st_mode & 7;

	if (uid == st->st_uid)
		bits = (st->st_mode >> 6) & 7;
	else if (gid == st->st_gid)
		bits = (st->st_mode >> 3) & 7;
	if (uid == 0)
		bits |= R_OK | W_OK;
	return ((unsigned int)mask & ~bits) == 0;
}
