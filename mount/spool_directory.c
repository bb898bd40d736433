#include "spool_directory.h"

#include "escape.h"
#include "parents.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAX = 4 * PRIVILEGES_NAME_MAX };

/* Its name must last as long as what will be in it. */
static int sync_new(int directory)
{
	int above = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (above < 0)
		return -errno;
	if (fsync(directory) != 0 || fsync(above) != 0)
		err = -errno;
	close(above);
	return err;
}

/* It is root's and closed to others until then, so nobody has been in it. */
static int hand_over(int directory, const struct privileges_user *user)
{
	if (fchown(directory, user->uid, user->gid) != 0
		|| fchmod(directory, 0700) != 0)
		return -errno;
	return sync_new(directory);
}

static int refuse_owner(const struct config *config,
	const struct privileges_user *owner,
	char why[static SPOOL_DIRECTORY_WHY_MAX])
{
	char name[SHOWN_MAX], wanted[SHOWN_MAX];

	text_format(why, SPOOL_DIRECTORY_WHY_MAX,
		"belongs to user %s (%u), expected %s, as User says: give it "
		"with all that is in it to %s (chown -R), or change User",
		owner->name[0] != '\0'
			? escape_string(owner->name, name, sizeof name)
			: "without a name",
		(unsigned int)owner->uid,
		escape_string(config->user, wanted, sizeof wanted), wanted);
	return -EPERM;
}

/* What others could put there would be trusted as ours. */
static int check(const struct config *config, const struct stat *st,
	struct privileges_user *user, char why[static SPOOL_DIRECTORY_WHY_MAX])
{
	struct privileges_user owner;

	privileges_look_up(st->st_uid, st->st_gid, &owner);
	if (config->has_user && owner.uid != config->user_uid)
		return refuse_owner(config, &owner, why);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		text_format(why, SPOOL_DIRECTORY_WHY_MAX,
			"others can write to it (mode %04o): see that nothing "
			"foreign is in it, then chmod 700",
			(unsigned int)(st->st_mode & 07777));
		return -EPERM;
	}
	if (!config->has_user)
		*user = owner;
	return 0;
}

static int prepare(const struct config *config, bool is_new, int directory,
	struct privileges_user *user, char why[static SPOOL_DIRECTORY_WHY_MAX])
{
	struct stat st;

	if (fstat(directory, &st) != 0)
		return -errno;
	/* Unless somebody has put another one in its place. */
	if (is_new && st.st_uid == geteuid())
		return hand_over(directory, user);
	return check(config, &st, user, why);
}

int spool_directory_prepare(const struct config *config,
	struct privileges_user *user, char why[static SPOOL_DIRECTORY_WHY_MAX])
{
	const char *path = config->spool_directory;
	bool is_new;
	int err = parents_make(path);
	int directory;

	why[0] = '\0';
	privileges_look_up(config->has_user ? config->user_uid : 0,
		config->has_user ? config->user_gid : 0, user);
	is_new = err == 0 && mkdir(path, 0700) == 0;
	if (err == 0 && !is_new && errno != EEXIST)
		err = -errno;
	directory = open(path,
		O_RDONLY | O_DIRECTORY | O_CLOEXEC | (is_new ? O_NOFOLLOW : 0));
	if (err == 0 && directory < 0)
		err = -errno;
	if (err == 0)
		err = prepare(config, is_new, directory, user, why);
	if (directory >= 0)
		close(directory);
	if (err != 0 && why[0] == '\0')
		text_copy(why, SPOOL_DIRECTORY_WHY_MAX, strerror(-err));
	return err;
}
