#include "mount_table.h"

#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_octal(const char *digits)
{
	return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0'
		&& digits[1] <= '7' && digits[2] >= '0' && digits[2] <= '7';
}

/* The kernel writes blanks and backslashes as \ooo. */
static void unescape(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (*text == '\\' && is_octal(text + 1)) {
			*out++ = (char)((text[1] - '0') << 6
				| (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static bool take(char *out, size_t cap, char *word)
{
	if (word == NULL || !text_copy(out, cap, word))
		return false;
	unescape(out);
	return true;
}

/* "36 35 98:0 /root /point options tags... - type source options" */
static bool read_line(char *line, struct mount_entry *out)
{
	char *rest = NULL;
	char *word = strtok_r(line, " \n", &rest);
	int i;

	for (i = 0; i < 2 && word != NULL; i++)
		word = strtok_r(NULL, " \n", &rest);
	if (!take(out->device, sizeof out->device, word))
		return false;
	for (i = 0; i < 2 && word != NULL; i++)
		word = strtok_r(NULL, " \n", &rest);
	if (!take(out->point, sizeof out->point, word))
		return false;
	while (word != NULL && strcmp(word, "-") != 0)
		word = strtok_r(NULL, " \n", &rest);
	return take(out->type, sizeof out->type, strtok_r(NULL, " \n", &rest))
		&& take(out->source, sizeof out->source,
			strtok_r(NULL, " \n", &rest));
}

int mount_table_each(
	bool (*each)(void *arg, const struct mount_entry *m), void *arg)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount_entry m;
	char *line = NULL;
	size_t cap = 0;
	bool goes_on = true;
	int err;

	if (f == NULL)
		return -errno;
	while (goes_on && getline(&line, &cap, f) >= 0)
		if (read_line(line, &m))
			goes_on = each(arg, &m);
	err = ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	return err;
}

struct search {
	const char *path;
	struct mount_entry *out;
	bool is_found;
};

static bool look(void *arg, const struct mount_entry *m)
{
	struct search *s = arg;

	if (strcmp(m->point, s->path) == 0) {
		*s->out = *m;
		s->is_found = true;
	}
	return true;
}

int mount_table_top(const char *path, struct mount_entry *out)
{
	struct search s = { .path = path, .out = out };
	int err = mount_table_each(look, &s);

	if (err != 0)
		return err;
	return s.is_found ? 0 : -ENOENT;
}

bool mount_table_is_jesfs(const struct mount_entry *m)
{
	return strcmp(m->type, "fuse.jesfs") == 0;
}

bool mount_table_is_within(const char *path, const char *above)
{
	size_t len = strlen(above);

	return strncmp(path, above, len) == 0
		&& (path[len] == '/' || path[len] == '\0');
}
