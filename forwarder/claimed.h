/*
 * claimed - claims that the store has handed out, on their way to a reader.
 */
#ifndef CLAIMED_H
#define CLAIMED_H

#include "store_values.h"

#include <stddef.h>

/* A claim the store has handed out, and no reader has begun. */
struct claimed {
	struct claimed *next;
	struct store_claim claim;
};

struct claimed_list {
	struct claimed *head;
	struct claimed *tail;
	size_t count;
};

#endif
