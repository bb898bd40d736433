#include "exit_program.h"

#include "clock.h"
#include "dataset.h"
#include "escape.h"
#include "log.h"
#include "messages.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	INJECTED_POLL_MS = 1,
	POLL_MS_MAX = 60000,
	DYING_MS = 200,   /* between the end of its output and its own */
	KILLED_MS = 5000, /* from SIGKILL to its end */
	NOTES_PIECE = 4096,
	NOTES_MAX = 1 << 20, /* octets of standard error for a question */
};

void exit_program_init(struct exit_program *p, const char *writer)
{
	memset(p, 0, sizeof *p);
	p->writer = writer;
	p->pid_fd = -1;
	p->in = -1;
	p->out = -1;
	p->err = -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- its start ----------------------------------------------------------- */

/* The three pipes: [0] is the end to read. */
struct pipes {
	int in[2], out[2], err[2];
};

static int open_pipes(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(p->in, O_CLOEXEC) != 0 || pipe2(p->out, O_CLOEXEC) != 0
		|| pipe2(p->err, O_CLOEXEC) != 0)
		return -errno;
	/* Its own ends block, as a program expects. */
	if (fcntl(p->in[1], F_SETFL, O_NONBLOCK) != 0
		|| fcntl(p->out[0], F_SETFL, O_NONBLOCK) != 0
		|| fcntl(p->err[0], F_SETFL, O_NONBLOCK) != 0)
		return -errno;
	return 0;
}

static int set_actions(
	posix_spawn_file_actions_t *actions, const struct pipes *p)
{
	int err = posix_spawn_file_actions_adddup2(
		actions, p->in[0], STDIN_FILENO);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(
			actions, p->out[1], STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(
			actions, p->err[1], STDERR_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(
			actions, STDERR_FILENO + 1);
	if (err == 0)
		err = posix_spawn_file_actions_addchdir_np(actions, "/");
	return err;
}

/* No signal is blocked or ignored, which ours may be. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attributes, &none);
	if (err == 0)
		err = posix_spawnattr_setsigdefault(attributes, &all);
	if (err == 0)
		err = posix_spawnattr_setpgroup(attributes, 0);
	if (err == 0)
		err = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK
				| POSIX_SPAWN_SETSIGDEF);
	return err;
}

static int spawn(
	struct exit_program *p, const char *path, const struct pipes *pipes)
{
	char writer[sizeof "JESFS_WRITER=" + WRITER_NAME_MAX];
	char path_copy[PATH_MAX];
	char search[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char locale[] = "LC_ALL=C.UTF-8";
	char *const arguments[] = { path_copy, NULL };
	char *const environment[] = { search, locale, writer, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err;

	text_copy(path_copy, sizeof path_copy, path);
	text_format(writer, sizeof writer, "JESFS_WRITER=%s", p->writer);
	err = posix_spawn_file_actions_init(&actions);
	if (err != 0)
		return -err;
	err = posix_spawnattr_init(&attributes);
	if (err == 0) {
		err = set_actions(&actions, pipes);
		if (err == 0)
			err = set_attributes(&attributes);
		if (err == 0)
			err = posix_spawn(&p->pid, path_copy, &actions,
				&attributes, arguments, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (err != 0)
		p->pid = 0;
	return -err;
}

int exit_program_start(struct exit_program *p, const char *path)
{
	struct pipes pipes;
	int err = open_pipes(&pipes);

	if (err == 0)
		err = spawn(p, path, &pipes);
	close_fd(&pipes.in[0]);
	close_fd(&pipes.out[1]);
	close_fd(&pipes.err[1]);
	p->in = pipes.in[1];
	p->out = pipes.out[0];
	p->err = pipes.err[0];
	p->answer_len = 0;
	p->note_len = 0;
	p->notes = 0;
	p->note_octets = 0;
	if (err == 0) {
		p->pid_fd = pidfd_open(p->pid, 0);
		if (p->pid_fd < 0)
			err = -errno;
	}
	if (err != 0)
		exit_program_end(p, 0);
	return err;
}

/* ---- its end ------------------------------------------------------------- */

/* Whether it has ended; it is still to be waited for. */
static bool has_ended(const struct exit_program *p, int wait_ms)
{
	struct pollfd fd = { .fd = p->pid_fd, .events = POLLIN };

	return p->pid_fd >= 0 && poll(&fd, 1, wait_ms) > 0;
}

void exit_program_end(struct exit_program *p, int grace_ms)
{
	close_fd(&p->in);
	if (p->pid != 0) {
		if (grace_ms > 0) {
			kill(-p->pid, SIGTERM);
			has_ended(p, grace_ms);
		}
		/* The group is its own until it is waited for. */
		kill(-p->pid, SIGKILL);
		if (p->pid_fd >= 0 && !has_ended(p, KILLED_MS))
			log_warning(MSG_EXIT_STAYS, p->writer, (int)p->pid);
		else
			while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
				continue;
	}
	p->pid = 0;
	close_fd(&p->pid_fd);
	close_fd(&p->out);
	close_fd(&p->err);
}

/* Its output is over. */
static void explain_end(
	const struct exit_program *p, char why[static EXIT_WHY_MAX])
{
	siginfo_t info = { .si_code = 0 };

	if (!has_ended(p, DYING_MS)
		|| waitid(P_PIDFD, (id_t)p->pid_fd, &info,
			   WEXITED | WNOHANG | WNOWAIT)
			!= 0
		|| info.si_pid == 0)
		text_copy(why, EXIT_WHY_MAX, "closed its standard output");
	else if (info.si_code == CLD_EXITED)
		text_format(why, EXIT_WHY_MAX, "ended with status %d",
			info.si_status);
	else
		text_format(why, EXIT_WHY_MAX, "was ended by signal %d",
			info.si_status);
}

/* ---- what it says -------------------------------------------------------- */

static void log_note(struct exit_program *p)
{
	char shown[4 * EXIT_NOTE_MAX + 1];

	if (p->note_len > 0 && p->notes++ < EXIT_NOTES_LINES)
		log_warning(MSG_EXIT_SAYS, p->writer,
			escape_text(p->note, p->note_len, shown, sizeof shown));
	p->note_len = 0;
}

/*
 * A piece of its standard error; what is over a line's size is left out.
 * Returns false when it was too much for one question, with why.
 */
static bool take_notes(struct exit_program *p, char why[static EXIT_WHY_MAX])
{
	char piece[NOTES_PIECE];
	ssize_t n = read(p->err, piece, sizeof piece);
	ssize_t i;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	for (i = 0; i < n; i++) {
		if (piece[i] == '\n')
			log_note(p);
		else if (p->note_len < sizeof p->note)
			p->note[p->note_len++] = piece[i];
	}
	if (n <= 0) {
		log_note(p);
		close_fd(&p->err);
		return true;
	}
	p->note_octets += (size_t)n;
	if (p->note_octets <= NOTES_MAX)
		return true;
	text_copy(why, EXIT_WHY_MAX, "flooded its standard error");
	return false;
}

/* Returns false when there is no more to come, with why. */
static bool take_answer(struct exit_program *p, char why[static EXIT_WHY_MAX])
{
	size_t room = sizeof p->answer - p->answer_len;
	ssize_t n = read(p->out, p->answer + p->answer_len, room);

	if (n > 0) {
		p->answer_len += (size_t)n;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	/* What it said last may say why. */
	if (p->err >= 0 && !take_notes(p, why))
		return false;
	explain_end(p, why);
	return false;
}

/* ---- while it is not asked ----------------------------------------------- */

static bool refuse_unasked(
	struct exit_program *p, char why[static EXIT_WHY_MAX])
{
	p->answer_len = 0;
	if (!take_answer(p, why))
		return false;
	if (p->answer_len == 0)
		return true;
	text_copy(why, EXIT_WHY_MAX, "spoke without being asked");
	return false;
}

bool exit_program_is_quiet(
	struct exit_program *p, char why[static EXIT_WHY_MAX])
{
	struct pollfd fd = { .fd = p->out, .events = POLLIN };

	return poll(&fd, 1, 0) <= 0 || refuse_unasked(p, why);
}

bool exit_program_rest(struct exit_program *p, int stop_fd, int wake_fd,
	char why[static EXIT_WHY_MAX])
{
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
		{ .fd = p->out, .events = POLLIN },
		{ .fd = p->err, .events = POLLIN },
	};

	p->notes = 0;
	p->note_octets = 0;
	for (;;) {
		fds[3].fd = p->err;
		if (poll(fds, 4, -1) < 0)
			continue;
		if (fds[3].revents != 0 && !take_notes(p, why))
			return false;
		if (fds[2].revents != 0 && !refuse_unasked(p, why))
			return false;
		if (fds[0].revents != 0 || fds[1].revents != 0)
			return true;
	}
}

/* ---- while it is --------------------------------------------------------- */

struct asking {
	const char *question;
	size_t left;
	int stop_fd;
	int64_t deadline_ns;
	uint32_t timeout_s;
};

static int poll_ms(const struct asking *a)
{
	int64_t left_ns = a->deadline_ns - clock_monotonic_ns();

	if (left_ns <= 0)
		return -1;
	if (clock_is_injected())
		return INJECTED_POLL_MS;
	if (left_ns / NS_PER_MS >= POLL_MS_MAX)
		return POLL_MS_MAX;
	return (int)(left_ns / NS_PER_MS) + 1;
}

static bool put_question(
	struct exit_program *p, struct asking *a, char why[static EXIT_WHY_MAX])
{
	ssize_t n = write(p->in, a->question, a->left);

	if (n > 0) {
		a->question += n;
		a->left -= (size_t)n;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (has_ended(p, DYING_MS))
		explain_end(p, why);
	else
		text_copy(why, EXIT_WHY_MAX, "closed its standard input");
	return false;
}

/* What it has not read, it cannot have judged. */
static bool has_read_all(const struct exit_program *p, const struct asking *a)
{
	int unread = 0;

	return a->left == 0 && ioctl(p->in, FIONREAD, &unread) == 0
		&& unread == 0;
}

/* Looks at what it said. Returns true when it is decided, with *end. */
static bool look(struct exit_program *p, const struct asking *a,
	struct exit_answer *out, enum exit_end *end,
	char why[static EXIT_WHY_MAX])
{
	const char *lf = memchr(p->answer, '\n', p->answer_len);
	size_t len;

	if (lf == NULL && p->answer_len < sizeof p->answer)
		return false;
	*end = EXIT_FAILED;
	len = lf != NULL ? (size_t)(lf - p->answer) : p->answer_len;
	if (lf == NULL)
		text_copy(why, EXIT_WHY_MAX, "gave an answer without an end");
	else if (len + 1 != p->answer_len)
		text_copy(why, EXIT_WHY_MAX, "gave more than one answer");
	else if (!has_read_all(p, a))
		text_copy(why, EXIT_WHY_MAX, "answered before it was asked");
	else if (!exit_answer_read(p->answer, len, out))
		text_copy(why, EXIT_WHY_MAX,
			"answered neither accept nor reject nor hold");
	else
		*end = EXIT_ANSWERED;
	return true;
}

/* One wait. Returns true when it is decided, with *end. */
static bool step(struct exit_program *p, struct asking *a, enum exit_end *end,
	char why[static EXIT_WHY_MAX])
{
	struct pollfd fds[] = {
		{ .fd = a->stop_fd, .events = POLLIN },
		{ .fd = p->out, .events = POLLIN },
		{ .fd = p->err, .events = POLLIN },
		{ .fd = a->left > 0 ? p->in : -1, .events = POLLOUT },
	};
	int wait_ms = poll_ms(a);

	*end = EXIT_FAILED;
	if (wait_ms < 0) {
		text_format(why, EXIT_WHY_MAX, "gave no answer in %u s",
			(unsigned int)a->timeout_s);
		return true;
	}
	if (poll(fds, 4, wait_ms) <= 0)
		return false;
	if (fds[0].revents != 0) {
		*end = EXIT_STOPPED;
		return true;
	}
	if (fds[2].revents != 0 && !take_notes(p, why))
		return true;
	if (fds[1].revents != 0 && !take_answer(p, why))
		return true;
	return fds[3].revents != 0 && !put_question(p, a, why);
}

enum exit_end exit_program_ask(struct exit_program *p, const char *question,
	size_t len, int stop_fd, uint32_t timeout_s, struct exit_answer *out,
	char why[static EXIT_WHY_MAX])
{
	struct asking a = {
		.question = question,
		.left = len,
		.stop_fd = stop_fd,
		.deadline_ns =
			clock_monotonic_ns() + (int64_t)timeout_s * NS_PER_S,
		.timeout_s = timeout_s,
	};
	enum exit_end end;

	why[0] = '\0';
	p->answer_len = 0;
	p->notes = 0;
	p->note_octets = 0;
	for (;;) {
		if (step(p, &a, &end, why))
			return end;
		if (look(p, &a, out, &end, why))
			break;
	}
	return end;
}
