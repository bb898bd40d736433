/*
 * capture - a small SMTP server for loopback that keeps what it is sent.
 *
 * A mail lies in its file, or stands in the log, before its end-of-data is
 * answered. Faults can be asked for at every stage. One thread a session.
 */
#include "capture_keep.h"
#include "capture_session.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
	"usage: capture [-HP] [-a ADDRESS] [-p PORT] [-s SIZE] [-e KEYWORD]\n"
	"               [-x STAGE=FAULT[:TIMES]]... -d DIRECTORY | -l LOG\n"
	"  -a  127.0.0.1 is the default; IPv6 works too\n"
	"  -p  0, the default, takes a free port; the port is printed\n"
	"  -d  NNNNNN.env and NNNNNN.mail for each mail\n"
	"  -l  a line for each mail: recipients, octets, FNV-1a hash\n"
	"  -H  refuse EHLO; -P  do not offer PIPELINING\n"
	"  -e  one more keyword for EHLO; -s  limit of a mail in octets\n"
	"  -x  STAGE is connect, helo, mail, rcpt, data, dot or quit; FAULT\n"
	"      a reply code, close, garbage, hang, a wait (200ms), or lose:\n"
	"      the mail is kept and the reply is not sent (dot only)\n";

enum { BACKLOG = 1024, STACK_OCTETS = 512 * 1024 };

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void misused(void)
{
	fputs(usage, stderr);
	exit(2);
}

/* Reads FAULT[:TIMES]. */
static void parse_fault(char *text, struct session_fault *out)
{
	static const struct {
		const char *word;
		enum session_fault_kind kind;
	} words[] = {
		{ "", FAULT_CODE },
		{ "ms", FAULT_WAIT },
		{ "close", FAULT_CLOSE },
		{ "lose", FAULT_LOSE },
		{ "garbage", FAULT_GARBAGE },
		{ "hang", FAULT_HANG },
	};
	char *times = strchr(text, ':');
	char *word;
	size_t i;

	out->left = times != NULL ? atoi(times + 1) : INT_MAX;
	if (times != NULL)
		*times = '\0';
	out->number = strtol(text, &word, 10);
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i].word) == 0)
			out->kind = words[i].kind;
	if (out->kind == FAULT_NONE)
		misused();
}

/* Reads STAGE=FAULT[:TIMES]. */
static void parse_stage(char *text)
{
	char *fault = strchr(text, '=');
	size_t i;

	if (fault == NULL)
		misused();
	*fault++ = '\0';
	for (i = 0; i < SESSION_STAGES; i++)
		if (strcmp(text, session_stage_names[i]) == 0) {
			parse_fault(fault, &session_options.faults[i]);
			return;
		}
	misused();
}

static socklen_t parse_address(
	const char *text, in_port_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		return sizeof *four;
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
		misused();
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	return sizeof *six;
}

static int listen_at(const char *address, in_port_t port)
{
	struct sockaddr_storage at;
	socklen_t len = parse_address(address, port, &at);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		give_up("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, len) != 0
		|| listen(fd, BACKLOG) != 0)
		give_up(address);
	if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		give_up("getsockname");
	/* The port is at the same place in both families. */
	printf("%u\n", ntohs(((struct sockaddr_in *)&at)->sin_port));
	fflush(stdout);
	return fd;
}

static void *serve(void *arg)
{
	session_serve((int)(intptr_t)arg);
	return NULL;
}

static void accept_all(int listener)
{
	pthread_attr_t attr;
	pthread_t thread;
	int on = 1;
	int fd;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_OCTETS);
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd)
			!= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *address = "127.0.0.1";
	const char *directory = NULL;
	const char *log = NULL;
	in_port_t port = 0;
	int option;

	while ((option = getopt(argc, argv, "HPa:p:s:e:x:d:l:")) != -1) {
		switch (option) {
		case 'H':
			session_options.is_helo_only = true;
			break;
		case 'P':
			session_options.has_pipelining = false;
			break;
		case 'a':
			address = optarg;
			break;
		case 'p':
			port = (in_port_t)atoi(optarg);
			break;
		case 's':
			session_options.size = strtoull(optarg, NULL, 10);
			break;
		case 'e':
			session_options.keyword = optarg;
			break;
		case 'x':
			parse_stage(optarg);
			break;
		case 'd':
			directory = optarg;
			break;
		case 'l':
			log = optarg;
			break;
		default:
			misused();
		}
	}
	if (optind != argc || (directory == NULL) == (log == NULL))
		misused();
	signal(SIGPIPE, SIG_IGN);
	if (keep_open(directory, log) != 0)
		give_up(log);
	accept_all(listen_at(address, port));
	return 0;
}
