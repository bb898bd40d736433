/*
 * tree - the nodes that are always there, and the number each node has.
 *
 * A node number says all about its node, so that nothing is kept for a node
 * the kernel remembers: fixed nodes come first, then writer directories by
 * their index, then data sets by their number. Inode numbers of data sets
 * are their numbers; all others lie far above them.
 *
 * Pure. Safe from any thread.
 */
#ifndef TREE_H
#define TREE_H

#include "attributes.h"
#include "dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	TREE_NONE = 0,
	TREE_ROOT = 1, /* FUSE_ROOT_ID */
	TREE_README,
	TREE_SPOOL,
	TREE_STATUS,
	TREE_TARGETS,
	TREE_QUEUE,
	TREE_EVENTS,
	TREE_FIXED_END,
	TREE_WRITER = 16, /* the first writer directory */
	TREE_WRITER_END = TREE_WRITER + DATASET_WRITERS_MAX,
	TREE_DATASET = 1024, /* no data set has it: numbers start at 1 */
};

bool tree_is_writer(uint64_t node);
bool tree_is_dataset(uint64_t node);
bool tree_is_directory(uint64_t node);

/* The fixed node of that name in a fixed directory, or TREE_NONE. */
uint64_t tree_child(uint64_t parent, const char *name);

/* The fixed children of a directory by index from 0; TREE_NONE at the end. */
uint64_t tree_child_at(uint64_t parent, size_t index);

/* The name of a fixed node. */
const char *tree_name(uint64_t node);

/* The directory that holds a fixed node or a writer directory. */
uint64_t tree_parent(uint64_t node);

size_t tree_writer_index(uint64_t node);
uint64_t tree_writer_node(size_t index);
uint64_t tree_dataset_number(uint64_t node);
uint64_t tree_dataset_node(uint64_t number);

/* Attributes of a fixed node or writer directory; since_ns is wall time. */
void tree_attributes(uint64_t node, int64_t since_ns, struct stat *out);

void tree_dataset_attributes(const struct dataset *d, struct stat *out);

/* Whether the mode lets the caller do all of mask (R_OK, W_OK, X_OK). */
bool tree_allows(const struct stat *st, uid_t uid, gid_t gid, int mask);

#endif
