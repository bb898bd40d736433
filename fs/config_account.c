#include "config_account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

enum { OCTETS_FIRST = 2048, OCTETS_MAX = 1 << 20 };

/* One look-up, with room for the strings of the entry. */
struct look_up {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/* Returns what the _r functions do; *is_found says whether there is one. */
typedef int look(struct look_up *l, char *octets, size_t cap, int *is_found);

static int look_for_user(
	struct look_up *l, char *octets, size_t cap, int *is_found)
{
	struct passwd entry, *found = NULL;
	int err = getpwnam_r(l->name, &entry, octets, cap, &found);

	*is_found = found != NULL;
	if (found != NULL) {
		l->uid = entry.pw_uid;
		l->gid = entry.pw_gid;
	}
	return err;
}

static int look_for_group(
	struct look_up *l, char *octets, size_t cap, int *is_found)
{
	struct group entry, *found = NULL;
	int err = getgrnam_r(l->name, &entry, octets, cap, &found);

	*is_found = found != NULL;
	if (found != NULL)
		l->gid = entry.gr_gid;
	return err;
}

/* A group of thousands needs more room than one of three. */
static int find(look *in, struct look_up *l)
{
	size_t cap = OCTETS_FIRST;
	char *octets = NULL, *grown;
	int is_found = 0;
	int err;

	do {
		grown = realloc(octets, cap);
		if (grown == NULL) {
			free(octets);
			return -ENOMEM;
		}
		octets = grown;
		err = in(l, octets, cap, &is_found);
		cap *= 2;
	} while (err == ERANGE && cap <= OCTETS_MAX);
	free(octets);
	if (is_found)
		return 0;
	/* All of these are ways to say that there is none: getpwnam(3). */
	if (err == 0 || err == ENOENT || err == ESRCH)
		return -ENOENT;
	return -err;
}

int config_find_user(const char *name, uid_t *uid, gid_t *gid)
{
	struct look_up l = { .name = name };
	int err = find(look_for_user, &l);

	if (err != 0)
		return err;
	*uid = l.uid;
	*gid = l.gid;
	return 0;
}

int config_find_group(const char *name, gid_t *gid)
{
	struct look_up l = { .name = name };
	int err = find(look_for_group, &l);

	if (err == 0)
		*gid = l.gid;
	return err;
}
