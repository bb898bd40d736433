/*
 * support_scratch - one folder for all that a test program leaves, and a
 * mount namespace of its own.
 */
#ifndef SUPPORT_SCRATCH_H
#define SUPPORT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Why there can be no FUSE mount here; NULL when there can. */
const char *scratch_lacks(void);

/* Call first, before tests run; starts the program anew. */
void scratch_open(void);

/* Makes a folder for one test. */
void scratch_make(char *path, size_t cap);

/*
 * Takes away the folder of a test that is done, with what is mounted in it;
 * the logs of others are shown at the end.
 */
void scratch_remove(const char *path);

/* Shows the ends of the programs' logs. */
void scratch_show_logs(void);

/* Takes away mounts and files. */
void scratch_close(void);

#endif
