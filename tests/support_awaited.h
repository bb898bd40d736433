/*
 * support_awaited - the answer of a function with a done, to be waited for.
 */
#ifndef SUPPORT_AWAITED_H
#define SUPPORT_AWAITED_H

#include "mutex.h"

/* One answer: pass awaited_set and this. */
struct awaited {
	struct mutex lock;
	struct cond set;
	bool is_set;
	int err;
};

void awaited_init(struct awaited *a);
void awaited_set(void *awaited, int err);
bool awaited_is_set(struct awaited *a);

/* Waits for the answer, frees what it holds, and returns it. */
int awaited_wait(struct awaited *a);

/* For those whose answer does not matter. */
void awaited_ignore(void *arg, int err);

#endif
