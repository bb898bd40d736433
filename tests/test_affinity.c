/*
 * The way out of all connections: in network namespaces of the test's own,
 * one for the client, with two ways to a server in the other.
 */
#include "../forwarder/connection.h"
#include "affinity.h"
#include "clock.h"
#include "support_run.h"
#include "text.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TEST_S = 20, CONNECT_S = 10, COMMAND_MAX = 512 };

static struct connection connection;
static int stop_fd;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Runs ip with arguments; NAMESPACE in them is that of the file. */
static void ip(const char *arguments, int namespace_fd)
{
	char command[COMMAND_MAX];
	const char *at = strstr(arguments, "NAMESPACE");
	int before =
		(int)(at != NULL ? at - arguments : (ssize_t)strlen(arguments));

	if (at != NULL)
		text_format(command, sizeof command, "ip %.*s/proc/%d/fd/%d",
			before, arguments, getpid(), namespace_fd);
	else
		text_format(command, sizeof command, "ip %s", arguments);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static int new_namespace(void)
{
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	ip("link set lo up", -1);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Who is not root is root in a user namespace. */
static void become_root(void)
{
	char map[64];

	if (geteuid() == 0)
		return;
	text_format(map, sizeof map, "0 %u 1\n", (unsigned int)geteuid());
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	put("/proc/self/uid_map", map);
}

/* Two cables; 10.8.0.1 is the server's, and the first one leads there. */
static void make_network(int *client, int *server)
{
	become_root();
	*client = new_namespace();
	*server = new_namespace();
	ip("link add b0 type veth peer name a0", -1);
	ip("link add b1 type veth peer name a1", -1);
	ip("address add 10.9.0.2/24 dev b0", -1);
	ip("address add 10.9.1.2/24 dev b1", -1);
	ip("address add 10.8.0.1/32 dev lo", -1);
	ip("link set b0 up", -1);
	ip("link set b1 up", -1);
	ip("link set a0 netns NAMESPACE", *client);
	ip("link set a1 netns NAMESPACE", *client);
	ck_assert_int_eq(setns(*client, CLONE_NEWNET), 0);
	ip("address add 10.9.0.1/24 dev a0", -1);
	ip("address add 10.9.0.9/24 dev a0", -1);
	ip("address add 10.9.1.1/24 dev a1", -1);
	ip("address add fd00:9::9/128 dev lo nodad", -1);
	ip("link set a0 up", -1);
	ip("link set a1 up", -1);
	ip("route add 10.8.0.1/32 via 10.9.0.2 dev a0 metric 1", -1);
	ip("route add 10.8.0.1/32 via 10.9.1.2 dev a1 metric 2", -1);
}

/* Listens in a namespace; out is where, at an address that leads there. */
static int listen_at(int family, const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	socklen_t len = sizeof *out;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	memset(out, 0, sizeof *out);
	out->ss_family = (sa_family_t)family;
	ck_assert_int_eq(inet_pton(family, text,
				 family == AF_INET ? (void *)&four->sin_addr
						   : (void *)&six->sin6_addr),
		1);
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)out,
			family == AF_INET ? sizeof *four : sizeof *six),
		0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)out, &len), 0);
	return fd;
}

static void choose(const char *name)
{
	struct affinity found = { .kind = AFFINITY_NONE };

	if (name != NULL)
		ck_assert_msg(affinity_find(name, &found) == 0, "%s", name);
	affinity_set(&found);
}

static int connect_to(const struct sockaddr_storage *address)
{
	return connection_open(&connection, address,
		clock_monotonic_ns() + CONNECT_S * NS_PER_S);
}

/* Connects; the server sees this address. */
static void expect_seen(
	int listener, const struct sockaddr_storage *address, const char *seen)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof peer;
	char shown[INET6_ADDRSTRLEN];
	int fd;

	ck_assert_int_eq(connect_to(address), 0);
	fd = accept(listener, (struct sockaddr *)&peer, &len);
	ck_assert_int_ge(fd, 0);
	inet_ntop(peer.ss_family,
		peer.ss_family == AF_INET
			? (void *)&((struct sockaddr_in *)&peer)->sin_addr
			: (void *)&((struct sockaddr_in6 *)&peer)->sin6_addr,
		shown, sizeof shown);
	ck_assert_str_eq(shown, seen);
	close(fd);
	connection_close(&connection);
}

static void set_up(void)
{
	stop_fd = eventfd(0, EFD_CLOEXEC);
	connection_init(&connection, stop_fd);
}

static void tear_down(void)
{
	connection_close(&connection);
	close(stop_fd);
}

START_TEST(connections_leave_by_the_way_that_was_named)
{
	struct sockaddr_storage address;
	int client, server, listener;

	make_network(&client, &server);
	ck_assert_int_eq(setns(server, CLONE_NEWNET), 0);
	listener = listen_at(AF_INET, "10.8.0.1", &address);
	ck_assert_int_eq(setns(client, CLONE_NEWNET), 0);

	choose(NULL);
	expect_seen(listener, &address, "10.9.0.1");
	choose("a1");
	expect_seen(listener, &address, "10.9.1.1");
	choose("a0");
	expect_seen(listener, &address, "10.9.0.1");
	choose("10.9.0.9");
	expect_seen(listener, &address, "10.9.0.9");
	/* Not by another one when it is gone. */
	choose("a1");
	ip("link delete a1", -1);
	ck_assert_int_eq(connect_to(&address), -ENODEV);
	choose("10.9.0.9");
	ip("address delete 10.9.0.9/24 dev a0", -1);
	ck_assert_int_eq(connect_to(&address), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(an_address_serves_its_own_family)
{
	struct sockaddr_storage four, six;
	int client, server, listener;

	make_network(&client, &server);
	(void)listen_at(AF_INET, "127.0.0.1", &four);
	listener = listen_at(AF_INET6, "::1", &six);
	choose("fd00:9::9");
	expect_seen(listener, &six, "fd00:9::9");
	ck_assert_int_eq(connect_to(&four), -EAFNOSUPPORT);
	choose("127.0.0.1");
	ck_assert_int_eq(connect_to(&six), -EAFNOSUPPORT);
	choose("lo");
	expect_seen(listener, &six, "::1");
}
END_TEST

static const struct {
	const char *name;
	int err;
} unknown[] = {
	{ "", -ENODEV },
	{ "nowhere0", -ENODEV },
	{ "localhost", -ENODEV }, /* no name is looked up */
	{ "TCPIP", -ENODEV },
	{ "lo\n", -ENODEV },
	{ "a-name-that-is-longer-than-any-interface-has", -ENODEV },
	{ "203.0.113.9", -EADDRNOTAVAIL },
	{ "2001:db8::9", -EADDRNOTAVAIL },
	{ "127.0.0.1:25", -ENODEV },
};

START_TEST(what_this_host_does_not_have_is_refused)
{
	struct affinity found;

	ck_assert_int_eq(
		affinity_find(unknown[_i].name, &found), unknown[_i].err);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("affinity");
	TCase *t = suite_case(s, "affinity", TEST_S, set_up, tear_down);

	tcase_add_test(t, connections_leave_by_the_way_that_was_named);
	tcase_add_test(t, an_address_serves_its_own_family);
	tcase_add_loop_test(
		t, what_this_host_does_not_have_is_refused, 0, COUNT(unknown));
	return suite_run(s);
}
