#include "support_script.h"

#include "buf.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_MAX = 65536, REPLY_MAX = 4096 };

/* One connection. */
struct peer {
	struct script *script;
	int fd;
	char input[INPUT_MAX];
	size_t len;
	struct buf recipients;
	struct buf content;
	bool is_muted;
	bool has_sender;
};

static const char good_ehlo[] = "250-target.example.org\r\n250-PIPELINING\r\n"
				"250-SIZE 10000000\r\n250 8BITMIME";

static const struct script_row good[] = {
	{ "CONNECT", SCRIPT_REPLY, "220 target.example.org ready", 0 },
	{ "EHLO", SCRIPT_REPLY, good_ehlo, 0 },
	{ "HELO", SCRIPT_REPLY, "250 target.example.org", 0 },
	{ "MAIL", SCRIPT_REPLY, "250 2.1.0 Ok", 0 },
	{ "RCPT", SCRIPT_REPLY, "250 2.1.5 Ok", 0 },
	{ "DATA", SCRIPT_REPLY, "354 go ahead", 0 },
	{ ".", SCRIPT_REPLY, "250 2.0.0 Ok: queued", 0 },
	{ "RSET", SCRIPT_REPLY, "250 2.0.0 Ok", 0 },
	{ "QUIT", SCRIPT_DROP, "221 2.0.0 Bye", 0 },
};

/* ---- the script -------------------------------------------------- */

static void note_line(struct script *s, const char *line)
{
	pthread_mutex_lock(&s->lock);
	ck_assert_uint_lt(s->line_count, LINES_MAX);
	s->lines[s->line_count++] = strdup(line);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static struct script_row find_row(
	struct script *s, const char *line, bool *is_scripted)
{
	struct script_row row = { NULL, SCRIPT_REPLY, NULL, 0 };
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->row_count && row.command == NULL; i++) {
		if (!starts_with(line, s->rows[i].command)
			|| (s->rows[i].times > 0
				&& s->used[i] >= s->rows[i].times))
			continue;
		s->used[i]++;
		row = s->rows[i];
	}
	pthread_mutex_unlock(&s->lock);
	*is_scripted = row.command != NULL;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		if (starts_with(line, good[i].command)
			&& (row.command == NULL
				|| ((row.act == SCRIPT_GATE
					    || row.act == SCRIPT_DRIP)
					&& row.reply == NULL))) {
			row.command = good[i].command;
			row.reply = good[i].reply;
		}
	return row;
}

static void wait_at_gate(struct script *s)
{
	pthread_mutex_lock(&s->lock);
	s->gated++;
	pthread_cond_broadcast(&s->changed);
	while (!s->is_released && s->passes == 0 && !s->is_closing)
		pthread_cond_wait(&s->changed, &s->lock);
	if (s->passes > 0)
		s->passes--;
	pthread_mutex_unlock(&s->lock);
}

/* In pieces of so many octets. */
static bool say(struct peer *p, const char *text, size_t piece)
{
	size_t len = strlen(text) + 2;
	size_t said = 0;
	char line[REPLY_MAX];

	ck_assert_uint_lt(len, sizeof line);
	memcpy(line, text, len - 2);
	memcpy(line + len - 2, "\r\n", 2);
	while (said < len) {
		size_t left = len - said;
		ssize_t n = send(p->fd, line + said,
			left < piece ? left : piece, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		said += (size_t)n;
	}
	return true;
}

static void keep_mail(struct peer *p)
{
	struct script *s = p->script;
	struct received *m;
	size_t len;

	pthread_mutex_lock(&s->lock);
	ck_assert_uint_lt(s->mail_count, MAILS_MAX);
	m = &s->mails[s->mail_count];
	m->recipients = buf_steal(&p->recipients, &len);
	m->content = buf_steal(&p->content, &len);
	s->mail_count++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* A good server knows what came before. */
static const char *misplaced(const struct peer *p, const char *line)
{
	if (starts_with(line, "RCPT") && !p->has_sender)
		return "503 5.5.1 MAIL first";
	if (starts_with(line, "DATA") && p->recipients.len == 0)
		return "503 5.5.1 RCPT first";
	return NULL;
}

static int code_of(const char *reply)
{
	return reply != NULL ? (int)strtol(reply, NULL, 10) : 0;
}

static void note_reply(struct peer *p, const char *line, int code)
{
	if (starts_with(line, "MAIL")) {
		buf_reset(&p->recipients);
		p->has_sender = code / 100 == 2;
	} else if (starts_with(line, "RCPT TO:<") && code / 100 == 2) {
		if (p->recipients.len > 0)
			buf_puts(&p->recipients, " ");
		buf_append(&p->recipients, line + 9, strcspn(line + 9, ">"));
	} else if (strcmp(line, ".") == 0 && code / 100 == 2) {
		keep_mail(p);
	} else if (starts_with(line, "RSET")) {
		buf_reset(&p->recipients);
		p->has_sender = false;
	}
}

/*
 * Does what the script says of line; what it means for the mail is noted
 * before the peer can see the reply. Returns the code, 0 to close.
 */
static int act(struct peer *p, const char *line)
{
	bool is_scripted;
	struct script_row row = find_row(p->script, line, &is_scripted);
	int code;

	if (!is_scripted && misplaced(p, line) != NULL)
		row.reply = misplaced(p, line);
	if (row.act == SCRIPT_GATE)
		wait_at_gate(p->script);
	if (row.act == SCRIPT_MUTE) {
		p->is_muted = true;
		return 1;
	}
	code = code_of(row.reply);
	note_reply(p, line, code);
	if (row.reply != NULL
		&& !say(p, row.reply, row.act == SCRIPT_DRIP ? 1 : REPLY_MAX))
		return 0;
	if (row.act == SCRIPT_DROP || row.command == NULL)
		return 0;
	return code != 0 ? code : 1;
}

/* ---- one connection ---------------------------------------------- */

/* Waits for more octets. Returns false at the end. */
static bool receive(struct peer *p)
{
	struct pollfd fds[2] = { { p->fd, POLLIN, 0 },
		{ p->script->stop_fd, POLLIN, 0 } };
	ssize_t n;

	if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
		return false;
	n = recv(p->fd, p->input + p->len, sizeof p->input - p->len, 0);
	if (n <= 0)
		return false;
	p->len += (size_t)n;
	return true;
}

static void consume(struct peer *p, size_t len)
{
	memmove(p->input, p->input + len, p->len - len);
	p->len -= len;
}

static void note_pair(struct script *s)
{
	pthread_mutex_lock(&s->lock);
	s->pairs++;
	pthread_mutex_unlock(&s->lock);
}

/* Reads content up to its final dot. Returns false to close. */
static bool take_content(struct peer *p)
{
	bool is_first = true;
	bool is_scripted;
	char *end;
	int code;

	for (;;) {
		if (p->len > 0 && is_first) {
			struct script_row row =
				find_row(p->script, "BODY", &is_scripted);

			if (row.command != NULL) {
				(void)say(p, row.reply, REPLY_MAX);
				return false;
			}
			is_first = false;
		}
		if (p->len >= 3 && p->content.len == 0
			&& memcmp(p->input, ".\r\n", 3) == 0) {
			consume(p, 3);
			break;
		}
		end = memmem(p->input, p->len, "\r\n.\r\n", 5);
		if (end != NULL) {
			size_t used = (size_t)(end - p->input);

			buf_append(&p->content, p->input, used + 2);
			consume(p, used + 5);
			break;
		}
		/* The end may lie across two pieces. */
		if (p->len > 4) {
			buf_append(&p->content, p->input, p->len - 4);
			consume(p, p->len - 4);
		}
		if (!receive(p))
			return false;
	}
	note_line(p->script, ".");
	if (p->len > 0)
		note_pair(p->script);
	code = act(p, ".");
	p->has_sender = false;
	buf_reset(&p->recipients);
	buf_reset(&p->content);
	return code != 0;
}

/* Answers one command line. Returns false to close. */
static bool take_line(struct peer *p, const char *line)
{
	int code;

	note_line(p->script, line);
	code = act(p, line);
	if (code == 354)
		return take_content(p);
	return code != 0;
}

static void converse(struct peer *p)
{
	char line[1024];
	char *end;
	size_t len;

	note_line(p->script, "CONNECT");
	if (act(p, "CONNECT") == 0)
		return;
	for (;;) {
		end = memmem(p->input, p->len, "\r\n", 2);
		if (p->is_muted || end == NULL) {
			if (p->is_muted)
				p->len = 0;
			if (!receive(p))
				return;
			continue;
		}
		len = (size_t)(end - p->input);
		ck_assert_uint_lt(len, sizeof line);
		memcpy(line, p->input, len);
		line[len] = '\0';
		consume(p, len + 2);
		if (p->len > 0 && !starts_with(line, "DATA")) {
			pthread_mutex_lock(&p->script->lock);
			p->script->saw_pipelining = true;
			pthread_mutex_unlock(&p->script->lock);
		}
		if (!take_line(p, line))
			return;
	}
}

static void *run_peer(void *arg)
{
	struct peer *p = arg;
	struct script *s = p->script;

	converse(p);
	close(p->fd);
	buf_fini(&p->recipients);
	buf_fini(&p->content);
	free(p);
	pthread_mutex_lock(&s->lock);
	s->open--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void begin_peer(struct script *s, int fd)
{
	struct peer *p = calloc(1, sizeof *p);
	int on = 1;

	ck_assert_ptr_nonnull(p);
	p->script = s;
	p->fd = fd;
	/* Replies of a group go out one by one. */
	ck_assert_int_eq(
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
	buf_init(&p->recipients);
	buf_init(&p->content);
	pthread_mutex_lock(&s->lock);
	s->open++;
	if (s->open > s->most_open)
		s->most_open = s->open;
	ck_assert_uint_lt(s->peer_count, PEERS_MAX);
	pthread_mutex_unlock(&s->lock);
	ck_assert_int_eq(
		pthread_create(&s->peers[s->peer_count], NULL, run_peer, p), 0);
	s->peer_count++;
}

static void *run_acceptor(void *arg)
{
	struct script *s = arg;
	struct pollfd fds[2] = { { s->listener, POLLIN, 0 },
		{ s->stop_fd, POLLIN, 0 } };
	int fd;

	while (poll(fds, 2, -1) >= 0 && fds[1].revents == 0) {
		fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			begin_peer(s, fd);
	}
	return NULL;
}

/* ---- made and ended ---------------------------------------------- */

static int bind_loopback(struct sockaddr_in *address)
{
	socklen_t len = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof *address);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)address, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static void fill_config(
	const struct sockaddr_in *address, struct target_config *out)
{
	memset(out, 0, sizeof *out);
	memcpy(&out->address, address, sizeof *address);
	out->port = ntohs(address->sin_port);
	memcpy(out->address_text, "127.0.0.1", sizeof "127.0.0.1");
	out->connect_limit = 4;
	out->message_size = 524288;
}

void script_change(struct script *s, const struct script_row *rows)
{
	pthread_mutex_lock(&s->lock);
	memset(s->used, 0, sizeof s->used);
	s->row_count = 0;
	for (; rows != NULL && rows->command != NULL; rows++) {
		ck_assert_uint_lt(s->row_count, ROWS_MAX);
		s->rows[s->row_count++] = *rows;
	}
	pthread_mutex_unlock(&s->lock);
}

/* Bound and not listening: nobody else gets the port. */
struct script *script_prepare(const struct script_row *rows)
{
	struct script *s = calloc(1, sizeof *s);
	struct sockaddr_in address;

	ck_assert_ptr_nonnull(s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	script_change(s, rows);
	s->listener = bind_loopback(&address);
	s->port = ntohs(address.sin_port);
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(s->stop_fd, 0);
	return s;
}

void script_listen(struct script *s)
{
	ck_assert_int_eq(listen(s->listener, 64), 0);
	ck_assert_int_eq(
		pthread_create(&s->acceptor, NULL, run_acceptor, s), 0);
	s->is_listening = true;
}

struct script *script_open(const struct script_row *rows)
{
	struct script *s = script_prepare(rows);

	script_listen(s);
	return s;
}

void script_close(struct script *s)
{
	size_t i;

	pthread_mutex_lock(&s->lock);
	s->is_closing = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	ck_assert_int_eq(eventfd_write(s->stop_fd, 1), 0);
	if (s->is_listening)
		pthread_join(s->acceptor, NULL);
	for (i = 0; i < s->peer_count; i++)
		pthread_join(s->peers[i], NULL);
	close(s->listener);
	close(s->stop_fd);
	for (i = 0; i < s->line_count; i++)
		free(s->lines[i]);
	for (i = 0; i < s->mail_count; i++) {
		free(s->mails[i].recipients);
		free(s->mails[i].content);
	}
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void script_release(struct script *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_released = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void script_release_one(struct script *s)
{
	pthread_mutex_lock(&s->lock);
	s->passes++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void script_address(const struct script *s, struct target_config *out)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	fill_config(&address, out);
}
