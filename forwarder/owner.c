#include "owner.h"

#include "clock.h"
#include "text.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRESH_S = 60,
	ROOM_FIRST = 1024,
	ROOM_MAX = 1024 * 1024, /* octets of one entry of the user database */
};

void owner_names_init(struct owner_names *names)
{
	memset(names, 0, sizeof *names);
}

/* What getpwuid_r(3) returns, on some systems, where there is no such user. */
static bool says_none(int err)
{
	return err == 0 || err == ENOENT || err == ESRCH || err == EBADF
		|| err == EPERM;
}

/* Returns 0, -ERANGE when room is too small, or another error. */
static int look_up(uid_t uid, char *room, size_t cap, char *out)
{
	struct passwd entry;
	struct passwd *found;
	int err;

	do {
		err = getpwuid_r(uid, &entry, room, cap, &found);
	} while (err == EINTR);
	if (found == NULL && !says_none(err))
		return -err;
	if (found == NULL || strlen(found->pw_name) > OWNER_NAME_MAX)
		out[0] = '\0';
	else
		text_copy(out, OWNER_NAME_MAX + 1, found->pw_name);
	return 0;
}

static int ask(uid_t uid, char *out)
{
	size_t cap = ROOM_FIRST;
	char *room, *grown;
	int err = -ERANGE;

	room = NULL;
	while (err == -ERANGE && cap <= ROOM_MAX) {
		grown = realloc(room, cap);
		if (grown == NULL) {
			err = -ENOMEM;
			break;
		}
		room = grown;
		err = look_up(uid, room, cap, out);
		cap *= 4;
	}
	free(room);
	return err;
}

int owner_find(struct owner_names *names, uid_t uid,
	char out[static OWNER_NAME_MAX + 1])
{
	size_t at = uid % OWNER_NAMES;
	int64_t now_ns = clock_monotonic_ns();
	int err;

	if (names->all[at].uid == uid && names->all[at].until_ns > now_ns) {
		text_copy(out, OWNER_NAME_MAX + 1, names->all[at].name);
		return 0;
	}
	err = ask(uid, out);
	if (err != 0)
		return err;
	names->all[at].uid = uid;
	names->all[at].until_ns = now_ns + FRESH_S * NS_PER_S;
	text_copy(names->all[at].name, OWNER_NAME_MAX + 1, out);
	return 0;
}
