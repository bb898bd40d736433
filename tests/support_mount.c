#include "support_mount.h"

#include "support_files.h"
#include "support_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

/*
 * Starts a program that dies with this process; its output goes to the file
 * descriptor out.
 */
static pid_t start(const char *name, char *const arguments[], int out)
{
	char path[PATH_MAX];
	pid_t pid;

	program_path(name, path);
	pid = fork();
	ck_assert(pid >= 0);
	if (pid > 0)
		return pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	/* A data race ends the program, or who kills it would not notice. */
	setenv("TSAN_OPTIONS", "halt_on_error=1", 0);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(path, arguments);
	perror(path);
	_exit(127);
}

/* Ends a child of ours; returns what waitpid() says. */
static int end(pid_t pid, int sig)
{
	int status = 0;

	ck_assert_int_eq(kill(pid, sig), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- targets ------------------------------------------------------------ */

static unsigned int free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

size_t mount_add_silent_target(struct mount *m)
{
	size_t i = m->target_count++;
	char directory[MOUNT_PATH_MAX];

	ck_assert(i < MOUNT_TARGETS_MAX);
	m->targets[i].port = free_port();
	snprintf(
		directory, sizeof directory, "%.400s/target%zu", m->scratch, i);
	memcpy(m->targets[i].directory, directory, sizeof directory);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	return i;
}

/* The server listens when it has printed its port. */
void mount_target_up(
	struct mount *m, size_t target, const char *const options[])
{
	struct mount_target *t = &m->targets[target];
	char port[16];
	char *arguments[MOUNT_OPTIONS_MAX] = { "capture", "-d", t->directory,
		"-p", port };
	size_t i, n = 5;
	int ends[2];

	snprintf(port, sizeof port, "%u", t->port);
	for (i = 0; options != NULL && options[i] != NULL; i++)
		arguments[n++] = (char *)options[i];
	ck_assert(n < MOUNT_OPTIONS_MAX);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	t->capture = start("capture", arguments, ends[1]);
	close(ends[1]);
	ck_assert_msg(read(ends[0], port, sizeof port) > 0,
		"the capturing server did not start");
	close(ends[0]);
}

void mount_target_down(struct mount *m, size_t target)
{
	end(m->targets[target].capture, SIGKILL);
	m->targets[target].capture = 0;
}

size_t mount_add_target(struct mount *m, const char *const options[])
{
	size_t i = mount_add_silent_target(m);

	mount_target_up(m, i, options);
	return i;
}

/* ---- the program -------------------------------------------------------- */

/* Writes the path of a name in the scratch folder. */
static void path_of(
	const char *scratch, const char *name, char out[static MOUNT_PATH_MAX])
{
	ck_assert_int_lt(snprintf(out, MOUNT_PATH_MAX, "%s/%s", scratch, name),
		MOUNT_PATH_MAX);
}

void mount_init(struct mount *m)
{
	char scratch[MOUNT_PATH_MAX], writers[MOUNT_PATH_MAX];

	memset(m, 0, sizeof *m);
	scratch_make(scratch, sizeof scratch);
	memcpy(m->scratch, scratch, sizeof scratch);
	path_of(scratch, "mnt", m->point);
	path_of(scratch, "mnt/spool/MAIL", m->drop);
	path_of(scratch, "jesfs.conf", m->conf);
	path_of(scratch, "log", m->log);
	path_of(scratch, "writers", writers);
	ck_assert_int_eq(mkdir(writers, 0755), 0);
	ck_assert_int_eq(mkdir(m->point, 0755), 0);
}

static void put_configuration(const struct mount *m)
{
	char path[PATH_MAX];
	FILE *f = fopen(m->conf, "w");
	size_t i;

	ck_assert_ptr_nonnull(f);
	fprintf(f, "SpoolDirectory %s/spool\n", m->scratch);
	fprintf(f, "WriterConfig %s/writers/*.conf\n", m->scratch);
	fputs(m->mount_statements != NULL ? m->mount_statements : "", f);
	ck_assert_int_eq(fclose(f), 0);

	snprintf(path, sizeof path, "%s/writers/MAIL.conf", m->scratch);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(m->statements != NULL ? m->statements : "", f);
	for (i = 0; i < m->target_count; i++)
		fprintf(f,
			"TargetServer\n{\n  TargetIP %s\n"
			"  ConnectPort %u\n%s}\n",
			m->targets[i].address != NULL ? m->targets[i].address
						      : "127.0.0.1",
			m->targets[i].port,
			m->targets[i].statements != NULL
				? m->targets[i].statements
				: "");
	ck_assert_int_eq(fclose(f), 0);
}

static pid_t start_program(struct mount *m)
{
	char *arguments[] = { "jesfs", "-f", "-c", m->conf, m->point, NULL };
	int log = open(m->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	pid_t pid;

	ck_assert(log >= 0);
	put_configuration(m);
	pid = start("jesfs", arguments, log);
	close(log);
	return pid;
}

bool mount_is_there(const char *path)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096], point[4096];
	bool is_there = false;

	ck_assert_ptr_nonnull(f);
	while (!is_there && fgets(line, sizeof line, f) != NULL)
		is_there = strstr(line, " - fuse.jesfs ") != NULL
			&& sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1
			&& strcmp(point, path) == 0;
	fclose(f);
	return is_there;
}

/* Also true when the program ended instead, which the caller then sees. */
static bool is_mounted_or_over(const void *arg)
{
	const struct mount *m = arg;
	siginfo_t gone = { .si_pid = 0 };

	waitid(P_PID, (id_t)m->daemon, &gone, WEXITED | WNOHANG | WNOWAIT);
	return gone.si_pid != 0 || mount_is_there(m->point);
}

static void await_mount(struct mount *m)
{
	wait_until(is_mounted_or_over, m, "the program did not mount");
	ck_assert_msg(mount_is_there(m->point), "the program did not mount: %s",
		file_text("%s", m->log));
}

void mount_start(struct mount *m)
{
	m->daemon = start_program(m);
	await_mount(m);
}

/*
 * AddressSanitizer wants to be the first library. A layer may come before
 * it: what it does not know it hands on.
 */
static void allow_layer(void)
{
	const char *set = getenv("ASAN_OPTIONS");
	char options[1024];

	if (set != NULL && strstr(set, "verify_asan_link_order") != NULL)
		return;
	snprintf(options, sizeof options, "%.900s:verify_asan_link_order=0",
		set != NULL ? set : "");
	setenv("ASAN_OPTIONS", options, 1);
}

void mount_start_over(struct mount *m, const char *layer)
{
	char path[PATH_MAX];

	program_path(layer, path);
	allow_layer();
	setenv("LD_PRELOAD", path, 1);
	m->daemon = start_program(m);
	unsetenv("LD_PRELOAD");
	await_mount(m);
}

int mount_start_fails(struct mount *m)
{
	pid_t pid = start_program(m);
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int mount_stop(struct mount *m)
{
	int status = end(m->daemon, SIGTERM);

	m->daemon = 0;
	ck_assert_msg(!mount_is_there(m->point), "the mount is still there");
	ck_assert_msg(WIFEXITED(status), "the program died by signal %d: %s",
		WTERMSIG(status), file_text("%s", m->log));
	return WEXITSTATUS(status);
}

pid_t mount_server(const struct mount *m)
{
	char *children = file_text(
		"/proc/%d/task/%d/children", (int)m->daemon, (int)m->daemon);
	long pid = strtol(children, NULL, 10);

	free(children);
	ck_assert_msg(pid > 0, "the program does not serve: %s",
		file_text("%s", m->log));
	return (pid_t)pid;
}

/*
 * The kernel kills the process that serves, but who waits for its parent has
 * not waited for it.
 */
int mount_crash(struct mount *m)
{
	pid_t server = mount_server(m);
	struct pollfd ended = { .events = POLLIN };
	int status;

	ended.fd = (int)syscall(SYS_pidfd_open, server, 0);
	ck_assert_int_ge(ended.fd, 0);
	status = end(m->daemon, SIGKILL);
	m->daemon = 0;
	ck_assert_int_eq(poll(&ended, 1, PATIENCE_MS), 1);
	close(ended.fd);
	waitpid(server, NULL, WNOHANG); /* a test may be a subreaper */
	return status;
}

void mount_kill(struct mount *m)
{
	int status = mount_crash(m);

	while (mount_is_there(m->point))
		ck_assert_int_eq(umount2(m->point, MNT_DETACH), 0);
	ck_assert_msg(WIFSIGNALED(status), "the program had ended before: %s",
		file_text("%s", m->log));
}

int mount_put_mail(const struct mount *m, const char *name)
{
	char path[PATH_MAX], dataset[512];

	snprintf(path, sizeof path, "%s/%s", m->drop, name);
	snprintf(dataset, sizeof dataset,
		"HELO A\nMAIL FROM:<o@a.example>\nRCPT TO:<%s@b.example>\n"
		"DATA\nSubject: %s\n\nx\n.\nQUIT\n",
		name, name);
	return file_puts(path, dataset);
}

const char *mount_queue(const struct mount *m)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/status/queue", m->point);
	return path;
}

void mount_fini(struct mount *m)
{
	size_t i;

	if (m->daemon != 0)
		ck_assert_int_eq(mount_stop(m), 0);
	for (i = 0; i < m->target_count; i++)
		if (m->targets[i].capture != 0)
			mount_target_down(m, i);
	scratch_remove(m->scratch);
}

void mount_init_one(struct mount *m)
{
	mount_init(m);
	mount_add_target(m, NULL);
}

void mount_start_simple(struct mount *m)
{
	mount_init_one(m);
	mount_start(m);
}

void mount_start_with(struct mount *m, const char *statements)
{
	m->statements = statements;
	mount_start(m);
}
