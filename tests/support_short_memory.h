/*
 * support_short_memory - memory that runs out at one call, for a test program
 * of its own: malloc, calloc and realloc are sent here by its WRAP line in the
 * Makefile.
 *
 * It defines them, so one file of a program includes it. One thread.
 */
#ifndef SUPPORT_SHORT_MEMORY_H
#define SUPPORT_SHORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static int calls_left = -1; /* until one fails; below 0 none does */

static bool fails_now(void)
{
	return calls_left >= 0 && calls_left-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

#endif
