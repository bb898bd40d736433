#include "privileges.h"

#include "text.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void privileges_look_up(uid_t uid, gid_t gid, struct privileges_user *out)
{
	const struct passwd *entry = getpwuid(uid);

	*out = (struct privileges_user){ .uid = uid, .gid = gid };
	if (entry == NULL
		|| !text_copy(out->name, sizeof out->name, entry->pw_name))
		return;
	out->gid = entry->pw_gid;
}

static int set_ids(const struct privileges_user *user)
{
	int err;

	/* Where the capabilities for it are missing, root is root already. */
	if (user->uid == 0 && geteuid() == 0 && getuid() == 0)
		return 0;
	if (user->name[0] != '\0')
		err = initgroups(user->name, user->gid);
	else
		err = setgroups(1, &user->gid);
	if (err != 0 || setresgid(user->gid, user->gid, user->gid) != 0
		|| setresuid(user->uid, user->uid, user->uid) != 0)
		return -errno;
	return 0;
}

/*
 * Nothing comes from this set once there are no new privileges; so where
 * CAP_SETPCAP is missing it may stay as it is.
 */
static int empty_bounding_set(void)
{
	unsigned long c;

	for (c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0 && errno != EPERM)
			return -errno;
	return 0;
}

static int empty_other_sets(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		{ 0, 0, 0 }
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0
		|| syscall(SYS_capset, &header, none) != 0)
		return -errno;
	return 0;
}

static bool has_any_capability(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int all = 0;
	int i;

	if (syscall(SYS_capget, &header, data) != 0)
		return true;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		all |= data[i].effective | data[i].permitted
			| data[i].inheritable;
	return all != 0;
}

static bool is_only(const struct privileges_user *user)
{
	uid_t uid, euid, suid;

	return getresuid(&uid, &euid, &suid) == 0 && uid == user->uid
		&& euid == user->uid && suid == user->uid
		&& !has_any_capability()
		&& prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

int privileges_drop(const struct privileges_user *user)
{
	int err = empty_bounding_set();

	if (err == 0)
		err = set_ids(user);
	if (err == 0)
		err = empty_other_sets();
	if (err == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err = -errno;
	if (err == 0 && !is_only(user))
		err = -EPERM;
	return err;
}
