#include "keeper.h"

#include "escape.h"
#include "log.h"
#include "messages.h"
#include "mount_table.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum request {
	REQUEST_MOUNT = 'm',
	REQUEST_READY = 'r',
	REQUEST_UNMOUNT = 'u'
};

/* To MOUNT, then with the device, and to UNMOUNT. */
struct reply {
	int err;
	char why[FS_WHY_MAX];
};

/* Room for one descriptor beside a message. */
union control {
	struct cmsghdr header;
	char octets[CMSG_SPACE(sizeof(int))];
};

/* ---- the fork ------------------------------------------------------------ */

/* Blocked in both, so that none is lost until it is waited for. */
static int take_signals(struct keeper *k)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	k->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return k->signals < 0 ? -errno : 0;
}

static void leave_children_alone(struct keeper *k)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	close(k->signals);
	k->signals = -1;
}

/*
 * What changes the user also forgets who is to be told of the parent's death,
 * so that comes last; a parent that died before is seen by its number.
 */
static int be_child(const struct privileges_user *user, pid_t parent)
{
	int err = privileges_drop(user);

	if (err == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		err = -errno;
	if (err == 0 && getppid() != parent)
		err = -EPIPE;
	return err;
}

int keeper_fork(struct keeper *k, const struct privileges_user *user)
{
	pid_t parent = getpid();
	int ends[2];
	int err = take_signals(k);

	if (err != 0)
		return err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	k->child = fork();
	if (k->child < 0)
		return -errno;
	k->link = ends[k->child == 0];
	close(ends[k->child != 0]);
	if (k->child > 0)
		return 0;
	leave_children_alone(k);
	return be_child(user, parent);
}

/* ---- the parent ---------------------------------------------------------- */

enum {
	STUCK_LOOK_MS = 5000,
	PATH_OCTETS = 64,
	LINE_OCTETS = 256,
	SHOWN_OCTETS = 1024,
};

struct keeping {
	struct keeper *keeper;
	const struct keeper_settings *settings;
	struct fs_mount *mount; /* NULL while there is none */
	bool had_mount;
	char device[MOUNT_DEVICE_MAX]; /* the mount's; "" is not known */
};

static void send_reply(const struct keeping *k, const struct reply *reply)
{
	union control control = { .octets = { 0 } };
	struct iovec octets = { (void *)reply, sizeof *reply };
	struct msghdr message = { .msg_iov = &octets, .msg_iovlen = 1 };
	int device;

	if (reply->err == 0 && k->mount != NULL) {
		device = fs_mount_device(k->mount);
		message.msg_control = control.octets;
		message.msg_controllen = sizeof control.octets;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof device);
		memcpy(CMSG_DATA(&control.header), &device, sizeof device);
	}
	/* One that does not take it has ended, which we hear of soon. */
	if (sendmsg(k->keeper->link, &message, MSG_NOSIGNAL) < 0)
		return;
}

static void know_mount(struct keeping *k)
{
	struct mount_entry top;

	if (mount_table_top(k->settings->mount_point, &top) == 0)
		text_copy(k->device, sizeof k->device, top.device);
}

/*
 * Unmounted lazily, a mount goes on while somebody is inside, and another may
 * be at its place: the guard that was beneath it, for one. No other has its
 * device while we have it open.
 */
static bool is_elsewhere(const struct keeping *k)
{
	struct mount_entry top;
	int err;

	if (k->device[0] == '\0')
		return false;
	err = mount_table_top(k->settings->mount_point, &top);
	if (err == 0)
		return strcmp(top.device, k->device) != 0;
	return err == -ENOENT;
}

struct beneath {
	const struct keeping *keeping;
	bool is_found;
};

static bool look_beneath(void *arg, const struct mount_entry *m)
{
	struct beneath *b = arg;

	b->is_found = strcmp(m->point, b->keeping->settings->mount_point) == 0
		&& strcmp(m->device, b->keeping->device) == 0;
	return !b->is_found;
}

/* One that was detached needs nobody; one beneath another needs an operator. */
static void report_left(const struct keeping *k)
{
	struct beneath b = { k, false };
	char shown[SHOWN_OCTETS];

	if (mount_table_each(look_beneath, &b) == 0 && b.is_found)
		log_warning(MSG_LEFT_BENEATH,
			escape_string(
				k->settings->mount_point, shown, sizeof shown));
}

static void take_away(struct keeping *k)
{
	if (k->mount != NULL && is_elsewhere(k)) {
		fs_mount_leave(k->mount);
		report_left(k);
	} else {
		fs_mount_close(k->mount);
	}
	k->mount = NULL;
}

/* A child that somebody else controls gets no second mount. */
static void serve_mount(struct keeping *k)
{
	struct reply reply = { -EPERM, "asked for a second mount" };

	if (!k->had_mount) {
		k->had_mount = true;
		reply.why[0] = '\0';
		reply.err = fs_mount_open(k->settings->mount_point,
			k->settings->mount_options, &k->mount, reply.why);
		if (reply.err == 0)
			know_mount(k);
	}
	send_reply(k, &reply);
}

static void serve_unmount(struct keeping *k)
{
	const struct reply done = { 0, "" };

	take_away(k);
	send_reply(k, &done);
}

/* Returns false when the child has closed its end. */
static bool serve_request(struct keeping *k)
{
	char request;
	ssize_t n = recv(k->keeper->link, &request, 1, 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n != 1)
		return false;
	switch (request) {
	case REQUEST_MOUNT:
		serve_mount(k);
		break;
	case REQUEST_UNMOUNT:
		serve_unmount(k);
		break;
	case REQUEST_READY:
		k->settings->ready(k->settings->ready_arg);
		break;
	default:
		break;
	}
	return true;
}

/* What a terminal sends, the child gets by itself. */
static void hand_on_signal(const struct keeping *k)
{
	struct signalfd_siginfo info;

	if (read(k->keeper->signals, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
		kill(k->keeper->child, (int)info.ssi_signo);
}

/* Returns true once the child has ended. */
static bool is_over(const struct keeping *k, int *status)
{
	return waitpid(k->keeper->child, status, WNOHANG) == k->keeper->child;
}

/* The child's first thread has ended, and others of it have not. */
static bool is_leader_dead(const struct keeping *k)
{
	char path[PATH_OCTETS], line[LINE_OCTETS];
	bool is_dead = false;
	FILE *status;

	text_format(
		path, sizeof path, "/proc/%ld/status", (long)k->keeper->child);
	status = fopen(path, "re");
	while (status != NULL && !is_dead
		&& fgets(line, sizeof line, status) != NULL)
		is_dead = strncmp(line, "State:\tZ", 8) == 0;
	if (status != NULL)
		fclose(status);
	return is_dead;
}

/*
 * A mount that has ended lets another have its number, and its device says
 * that it has ended.
 */
static bool is_connected(const struct keeping *k)
{
	struct pollfd device = { .fd = fs_mount_device(k->mount) };

	return poll(&device, 1, 0) >= 0 && (device.revents & POLLERR) == 0;
}

/* The directory of all connections, which need not be mounted anywhere. */
static int open_connections(void)
{
	int context = fsopen("fusectl", FSOPEN_CLOEXEC);
	int fd = -1;

	if (context < 0)
		return -errno;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		fd = -errno;
	close(context);
	return fd;
}

/* The connection of a mount has the minor number of its device for a name. */
static int abort_connection(const struct keeping *k)
{
	const char *number = strchr(k->device, ':');
	char path[PATH_OCTETS];
	int all, fd;
	int err = 0;

	if (number == NULL)
		return -ENODEV;
	text_format(path, sizeof path, "%s/abort", number + 1);
	all = open_connections();
	if (all < 0)
		return all;
	fd = openat(all, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		err = -errno;
	if (fd >= 0)
		close(fd);
	close(all);
	return err;
}

/*
 * A thread of a killed child may wait in the kernel for a lock whose holder
 * waits for the child's answer: neither ends, nor is the end of the child
 * told. Force breaks the connection, also where somebody is inside; it needs
 * the path, so that what is elsewhere is reached by its number.
 */
static void free_stuck(const struct keeping *k)
{
	int err;

	if (k->mount == NULL || !is_leader_dead(k) || !is_connected(k))
		return;
	if (!is_elsewhere(k)) {
		umount2(k->settings->mount_point, MNT_FORCE | UMOUNT_NOFOLLOW);
		return;
	}
	err = abort_connection(k);
	if (err != 0)
		log_error(MSG_STUCK, strerror(-err));
}

static int wait_for_child(struct keeping *k)
{
	struct pollfd events[] = {
		{ .fd = k->keeper->signals, .events = POLLIN },
		{ .fd = k->keeper->link, .events = POLLIN },
	};
	int status = 0;
	int n;

	while (!is_over(k, &status)) {
		n = poll(events, 2, STUCK_LOOK_MS);
		if (n == 0)
			free_stuck(k);
		if (n <= 0)
			continue;
		if (events[1].revents != 0 && !serve_request(k))
			events[1].fd = -1;
		if (events[0].revents != 0)
			hand_on_signal(k);
	}
	return status;
}

int keeper_keep(struct keeper *k, const struct keeper_settings *settings)
{
	struct keeping keeping = { .keeper = k, .settings = settings };
	int status;

	status = wait_for_child(&keeping);
	take_away(&keeping);
	close(k->signals);
	close(k->link);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	log_error(
		MSG_CHILD_DIED, WTERMSIG(status), strsignal(WTERMSIG(status)));
	return EXIT_FAILURE;
}

/* ---- the child ----------------------------------------------------------- */

static int ask(struct keeper *k, enum request request)
{
	char octet = (char)request;

	return send(k->link, &octet, 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* *device, unless it is NULL, gets the descriptor that came along, or -1. */
static int receive(struct keeper *k, struct reply *reply, int *device)
{
	union control control;
	struct iovec octets = { reply, sizeof *reply };
	struct msghdr message = { .msg_iov = &octets,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof control.octets };
	const struct cmsghdr *header;
	ssize_t n;

	do {
		n = recvmsg(k->link, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof *reply)
		return n < 0 ? -errno : -EPIPE;
	header = CMSG_FIRSTHDR(&message);
	if (device == NULL)
		return 0;
	*device = -1;
	if (header != NULL && header->cmsg_type == SCM_RIGHTS
		&& header->cmsg_len == CMSG_LEN(sizeof *device))
		memcpy(device, CMSG_DATA(header), sizeof *device);
	return 0;
}

int keeper_mount(struct keeper *k, int *device, char why[static FS_WHY_MAX])
{
	struct reply reply = { 0, "" };
	int given = -1;
	int err = ask(k, REQUEST_MOUNT);

	if (err == 0)
		err = receive(k, &reply, &given);
	if (err == 0)
		err = reply.err;
	if (err == 0 && given < 0)
		err = -EMFILE; /* the only reason for which the kernel cuts it
				*/
	reply.why[sizeof reply.why - 1] = '\0';
	if (err != 0)
		text_copy(why, FS_WHY_MAX,
			reply.why[0] != '\0' ? reply.why : strerror(-err));
	else
		*device = given;
	return err;
}

void keeper_ready(struct keeper *k)
{
	/* A parent that is gone takes us with it. */
	if (ask(k, REQUEST_READY) != 0)
		return;
}

void keeper_unmount(struct keeper *k)
{
	struct reply reply = { 0, "" };

	if (ask(k, REQUEST_UNMOUNT) != 0 || receive(k, &reply, NULL) != 0)
		return;
}
