/*
 * readme - the text of README in the mount.
 *
 * Pure. Safe from any thread.
 */
#ifndef README_H
#define README_H

#include "buf.h"

#include <stddef.h>

/* writers: the names of the writer directories. */
void readme_render(const char *const *writers, size_t count, struct buf *out);

#endif
