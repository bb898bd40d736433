#include "content.h"

#include "clock.h"

enum {
	/* At least this many octets a second over any this many seconds. */
	PACE_OCTETS_PER_S = 500,
	PACE_WINDOW_S = 300,
};

/* Where the streaming stands. */
struct stream {
	struct content *content;
	struct session *session;
	struct spool *spool;
	uint64_t number;
	uint64_t offset; /* of the next octet to read */
	uint64_t end;
	size_t in_start; /* of what is read and not yet emitted */
	size_t in_end;
	size_t out_len;
	size_t dot_end; /* where in the block to write it is; 0: not in it */
	uint64_t sent;
	int64_t began_ns;
};

/* A peer that takes a block a minute would hold a session for days. */
static int64_t block_deadline(const struct stream *st)
{
	int64_t block_ns = session_deadline(st->session->timeout->data_block_s);
	int64_t pace_ns = st->began_ns
		+ (int64_t)(PACE_WINDOW_S + st->sent / PACE_OCTETS_PER_S)
			* NS_PER_S;

	return block_ns < pace_ns ? block_ns : pace_ns;
}

/* Returns 0 or what spool_read() said. */
static int read_block(struct stream *st)
{
	uint64_t left = st->end - st->offset;
	size_t want = left < CONTENT_READ_MAX ? (size_t)left : CONTENT_READ_MAX;
	ssize_t n = spool_read(
		st->spool, st->number, st->offset, st->content->in, want);

	if (n < 0)
		return (int)n;
	if (n == 0)
		return STORE_DAMAGED; /* shorter than it was */
	st->offset += (uint64_t)n;
	st->in_start = 0;
	st->in_end = (size_t)n;
	return 0;
}

/* Writes what is read, as far as there is room. */
static void emit(struct stream *st)
{
	struct content *c = st->content;
	size_t used;

	st->out_len += sending_feed(&c->sending, c->in + st->in_start,
		st->in_end - st->in_start, &used, c->out + st->out_len,
		CONTENT_WRITE_MAX - st->out_len);
	st->in_start += used;
}

/* The same, once all is read. Returns true with the final dot. */
static bool emit_end(struct stream *st)
{
	struct content *c = st->content;
	bool is_over;

	st->out_len += sending_finish(&c->sending, c->out + st->out_len,
		CONTENT_WRITE_MAX - st->out_len, &is_over);
	return is_over;
}

/*
 * Fills the block to write as far as content and room go. Returns 1 when the
 * final dot is in it, 0 when it is full, or what spool_read() said.
 */
static int fill_block(struct stream *st)
{
	struct sending *s = &st->content->sending;
	int err;

	while (CONTENT_WRITE_MAX - st->out_len >= EMITTER_OUT_MIN) {
		if (st->in_start < st->in_end || !sending_is_idle(s)) {
			emit(st);
			if (sending_damage(s) != NULL)
				return STORE_DAMAGED;
			continue;
		}
		if (st->offset == st->end) {
			if (emit_end(st))
				return 1;
			continue;
		}
		err = read_block(st);
		if (err != 0)
			return err;
	}
	return 0;
}

/* A reply before the dot says that the server has given up on the mail. */
static struct content_result read_early(struct stream *st)
{
	enum event event = session_read(st->session, block_deadline(st));
	struct content_result result = { .end = CONTENT_EARLY, .event = event };

	if (event != EVENT_REPLY)
		result.end = CONTENT_CUT;
	return result;
}

/*
 * A peer that closes may have said why just before. Once the kernel has the
 * dot there is a reply to wait for, however the write ended.
 */
static struct content_result write_block(
	struct stream *st, const struct content_tail *tail)
{
	struct session *s = st->session;
	struct content_result result = { .end = CONTENT_SENT,
		.event = EVENT_REPLY };

	if (connection_is_readable(&s->connection))
		return read_early(st);
	if (st->dot_end > 0)
		st->out_len +=
			tail->write(tail->arg, st->content->out + st->dot_end,
				CONTENT_WRITE_MAX - st->dot_end);
	result.event = session_write(
		s, st->content->out, st->out_len, block_deadline(st));
	if (result.event == EVENT_REPLY) {
		st->sent += st->out_len;
		st->out_len = 0;
		return result;
	}
	if (st->dot_end > 0 && s->connection.written >= st->dot_end) {
		result.is_torn = true;
		return result;
	}
	if (result.event == EVENT_LOST && !session_was_stopped(s))
		return read_early(st);
	result.end = CONTENT_CUT;
	return result;
}

struct content_result content_send(struct content *c, struct session *s,
	struct spool *spool, uint64_t number, const struct mail *m,
	const struct content_tail *tail)
{
	struct stream st = { .content = c,
		.session = s,
		.spool = spool,
		.number = number,
		.offset = m->offset,
		.end = m->offset + m->length,
		.began_ns = clock_monotonic_ns() };
	struct content_result result;
	const char *why;
	int filled;

	sending_begin(&c->sending, c->rules, m, c->charset);
	do {
		filled = fill_block(&st);
		if (filled < 0) {
			result = (struct content_result){
				.end = CONTENT_UNREADABLE, .err = filled
			};
			return result;
		}
		why = sending_fault(&c->sending);
		if (why != NULL) {
			result = (struct content_result){ .end = CONTENT_UNFIT,
				.why = why };
			return result;
		}
		if (filled > 0)
			st.dot_end = st.out_len;
		result = write_block(&st, tail);
	} while (result.end == CONTENT_SENT && filled == 0);
	return result;
}

enum event content_send_nothing(struct session *s)
{
	static const char dot[] = ".\r\n";

	return session_write(s, dot, sizeof dot - 1,
		session_deadline(s->timeout->any_cmd_s));
}
