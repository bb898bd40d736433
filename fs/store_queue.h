/*
 * store_queue - a heap of entries: by number, or by next try.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "store_index.h"

typedef bool queue_less(const struct entry *a, const struct entry *b);

bool queue_by_number(const struct entry *a, const struct entry *b);
bool queue_by_time(const struct entry *a, const struct entry *b);

/* Room for count entries, so that no push fails. 0 or -ENOMEM. */
MUST_USE int queue_reserve(struct queue *q, uint32_t count);
void queue_push(struct queue *q, struct entry *e, queue_less *less);
/* Takes e out, wherever in the queue it is. */
void queue_remove(struct queue *q, struct entry *e, queue_less *less);

#endif
