/*
 * support_folder - a folder for what a test leaves.
 *
 * The functions fail the test where something goes wrong.
 */
#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

#include <stddef.h>

/* A new folder below TMPDIR; folder_remove() takes it away again. */
void folder_make(char *path, size_t cap);
void folder_remove(const char *path);

/* The path of a name in a folder; four of them are kept. */
char *folder_path(const char *folder, const char *name);

/* Writes a file that all may read. */
void folder_put(const char *folder, const char *name, const char *text);

#endif
