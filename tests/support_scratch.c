#include "support_scratch.h"

#include "support_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_OPEN = 16, LOG_SHOWN = 4096 };

/* Set in the environment of a program that is in its own namespace. */
#define INSIDE "JESFS_TEST_INSIDE"

static char root[256];

const char *scratch_lacks(void)
{
	if (geteuid() != 0)
		return "not root";
	if (access("/dev/fuse", R_OK | W_OK) != 0)
		return "no /dev/fuse (in a container: --device /dev/fuse "
		       "--cap-add SYS_ADMIN)";
	return NULL;
}

/*
 * What is mounted in a namespace of our own is gone with our last process.
 * Where that is refused, scratch_close() is all there is. The program starts
 * anew inside, because in a chroot /proc/self/exe of one that started outside
 * names a path that is not there.
 */
static void enter_namespace(void)
{
	char program[PATH_MAX];
	ssize_t len;

	if (getenv(INSIDE) != NULL)
		return;
	len = readlink("/proc/self/exe", program, sizeof program - 1);
	if (len < 0 || unshare(CLONE_NEWNS) != 0)
		return;
	/* In a chroot, / need not be a mount. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		perror("private mounts");
	/* The notes of mount(8) about our mounts go with them. */
	mount("jesfs-test", "/run/mount", "tmpfs", 0, "mode=0755");
	program[len] = '\0';
	setenv(INSIDE, "1", 1);
	execl(program, program, (char *)NULL);
	perror(program);
}

void scratch_open(void)
{
	const char *parent = getenv("TMPDIR");

	enter_namespace();
	snprintf(root, sizeof root, "%.200s/jesfs-e2e.XXXXXX",
		parent != NULL ? parent : "/tmp");
	if (mkdtemp(root) == NULL || chmod(root, 0755) != 0) {
		perror(root);
		exit(1);
	}
}

/* Users other than root reach the mount below it. */
void scratch_make(char *path, size_t cap)
{
	snprintf(path, cap, "%s/XXXXXX", root);
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(chmod(path, 0755), 0);
}

static int show_log(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	char octets[LOG_SHOWN];
	FILE *f;
	size_t len;

	if (type != FTW_F || strcmp(path + at->base, "log") != 0)
		return 0;
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (st->st_size > LOG_SHOWN)
		fseek(f, -LOG_SHOWN, SEEK_END);
	len = fread(octets, 1, sizeof octets, f);
	printf("---- %s\n%.*s", path, (int)len, octets);
	fclose(f);
	return 0;
}

void scratch_show_logs(void)
{
	nftw(root, show_log, FOLDERS_OPEN, FTW_PHYS | FTW_MOUNT);
}

/* A bare mount point is immutable. */
static void make_mutable(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags;

	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0
		&& (flags & FS_IMMUTABLE_FL) != 0) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

static int take_away(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	if (type == FTW_DP)
		make_mutable(path);
	if (remove(path) != 0)
		perror(path);
	return 0;
}

/* The last mount at or below a path, which is on top; "" when none is. */
static void find_mount(const char *path, char found[static PATH_MAX])
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX], point[PATH_MAX];
	size_t len = strlen(path);

	found[0] = '\0';
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1
			&& strncmp(point, path, len) == 0
			&& (point[len] == '/' || point[len] == '\0'))
			memcpy(found, point, sizeof point);
	if (f != NULL)
		fclose(f);
}

void scratch_remove(const char *path)
{
	char point[PATH_MAX];

	for (;;) {
		find_mount(path, point);
		if (point[0] == '\0' || umount2(point, MNT_DETACH) != 0)
			break;
	}
	nftw(path, take_away, FOLDERS_OPEN, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
}

void scratch_close(void)
{
	scratch_remove(root);
}

int mount_main(Suite *suite)
{
	const char *lacks = scratch_lacks();
	const char *ci = getenv("CI");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (lacks != NULL) {
		printf("not run: %s\n", lacks);
		srunner_free(runner);
		return ci != NULL && strcmp(ci, "true") == 0 ? 1 : 0;
	}
	scratch_open();
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed > 0)
		scratch_show_logs();
	scratch_close();
	return failed == 0 ? 0 : 1;
}
