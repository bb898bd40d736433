/*
 * Offsets of operators are those of all octets ever added. A user's own begin
 * with 0 too, and go on from line to line; where none of his is kept any more
 * his next line begins at the operators' offset, which is further on in any
 * case, so that nothing has to be kept for him.
 *
 * Lines of users hang together backwards, those of some users in one chain: a
 * user's last line is found without a look at those of all others.
 */
#include "events.h"

#include "mutex.h"

#include <pthread.h>
#include <string.h>

enum { CHAINS = 4096 };

struct event {
	uint64_t number;
	uint64_t before; /* of its chain: number of the one before, plus 1 */
	uint64_t start;  /* for operators */
	uint64_t own_start;
	int64_t wall_ns;
	size_t len;
	uid_t uid;
	bool has_owner;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct mutex lock;
static struct cond added;
static char octets[EVENTS_OCTETS_MAX]; /* of a start: at its remainder */
static struct event lines[EVENTS_LINES_MAX];
static uint64_t chains[CHAINS]; /* number of the last one, plus 1; or 0 */
static uint64_t first;          /* of those kept, counted from the first ever */
static uint64_t next;           /* the next to come */
static uint64_t end;            /* octets ever added */

static void init(void)
{
	mutex_init(&lock, RANK_EVENTS);
	cond_init(&added);
}

static void enter(void) ACQUIRES(&lock)
{
	pthread_once(&once, init);
	mutex_lock(&lock);
}

static struct event *event_at(uint64_t number)
{
	return &lines[number % EVENTS_LINES_MAX];
}

static bool is_seen(const struct events_view *view, const struct event *e)
{
	return view->sees_all || (e->has_owner && e->uid == view->uid);
}

static uint64_t start_of(const struct events_view *view, const struct event *e)
{
	return view->sees_all ? e->start : e->own_start;
}

/* ---- adding -------------------------------------------------------------- */

static uint64_t *chain_of(uid_t uid)
{
	return &chains[uid % CHAINS];
}

/* The user's last line up to that of number - 1, or NULL. */
static const struct event *own_before(uid_t uid, uint64_t number)
{
	const struct event *e;

	for (; number > first; number = e->before) {
		e = event_at(number - 1);
		if (e->uid == uid)
			return e;
	}
	return NULL;
}

static const struct event *last_seen(const struct events_view *view)
{
	if (!view->sees_all)
		return own_before(view->uid, *chain_of(view->uid));
	return next > first ? event_at(next - 1) : NULL;
}

static uint64_t end_of(const struct events_view *view)
{
	const struct event *last = last_seen(view);

	if (last != NULL)
		return start_of(view, last) + last->len;
	return first > 0 ? end : 0;
}

static void put_octets(const char *line, size_t len)
{
	size_t at = end % EVENTS_OCTETS_MAX;
	size_t n = EVENTS_OCTETS_MAX - at;

	if (n > len)
		n = len;
	memcpy(octets + at, line, n);
	memcpy(octets, line + n, len - n);
}

static void make_room(size_t len)
{
	while (next > first
		&& (next - first == EVENTS_LINES_MAX
			|| end + len - event_at(first)->start
				> EVENTS_OCTETS_MAX))
		first++;
}

void events_add(
	int64_t wall_ns, const uid_t *owner, const char *line, size_t len)
{
	const struct events_view view = { .uid = owner != NULL ? *owner : 0 };
	struct event e = {
		.wall_ns = wall_ns, .uid = view.uid, .has_owner = owner != NULL
	};

	e.len = len < EVENTS_LINE_MAX ? len : EVENTS_LINE_MAX;
	enter();
	make_room(e.len);
	e.number = next;
	e.start = end;
	e.own_start = owner != NULL ? end_of(&view) : 0;
	put_octets(line, e.len);
	end += e.len;
	if (owner != NULL) {
		e.before = *chain_of(*owner);
		*chain_of(*owner) = next + 1;
	}
	*event_at(next) = e;
	next++;
	if (e.len < len) /* a line stays a line */
		octets[(end - 1) % EVENTS_OCTETS_MAX] = '\n';
	cond_broadcast(&added);
	mutex_unlock(&lock);
}

/* ---- reading ------------------------------------------------------------- */

/* Not by the end alone: it lies behind lines that are no longer kept. */
bool events_has_news(const struct events_view *view, uint64_t seen)
{
	const struct event *last;
	bool has;

	enter();
	last = last_seen(view);
	has = last != NULL && start_of(view, last) + last->len > seen;
	mutex_unlock(&lock);
	return has;
}

uint64_t events_end(const struct events_view *view, int64_t *changed_ns)
{
	const struct event *last;
	uint64_t offset;

	enter();
	last = last_seen(view);
	offset = end_of(view);
	if (last != NULL)
		*changed_ns = last->wall_ns;
	mutex_unlock(&lock);
	return offset;
}

/* Copies octets of a line from skip on. */
static size_t copy(const struct event *e, size_t skip, char *out, size_t len)
{
	size_t at = (e->start + skip) % EVENTS_OCTETS_MAX;
	size_t n = EVENTS_OCTETS_MAX - at;

	if (len > e->len - skip)
		len = e->len - skip;
	if (n > len)
		n = len;
	memcpy(out, octets + at, n);
	memcpy(out + n, octets, len - n);
	return len;
}

static bool ends_behind(
	const struct events_view *view, const struct event *e, uint64_t offset)
{
	return start_of(view, e) + e->len > offset;
}

/* The number of the first line that ends behind offset, or next. */
static uint64_t find_any(const struct events_view *view, uint64_t offset)
{
	uint64_t low = first, high = next, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (ends_behind(view, event_at(middle), offset))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Backwards: a user has read most of his lines before. */
static uint64_t find_own(const struct events_view *view, uint64_t offset)
{
	const struct event *e = last_seen(view);
	uint64_t found = next;

	while (e != NULL && ends_behind(view, e, offset)) {
		found = e->number;
		e = own_before(view->uid, e->before);
	}
	return found;
}

size_t events_read(
	const struct events_view *view, uint64_t *offset, char *out, size_t len)
{
	const struct event *e;
	size_t used = 0;
	uint64_t n, at;

	enter();
	n = view->sees_all ? find_any(view, *offset) : find_own(view, *offset);
	for (; n < next && used < len; n++) {
		e = event_at(n);
		if (!is_seen(view, e))
			continue;
		at = start_of(view, e);
		if (used == 0 && at > *offset)
			*offset = at;
		used += copy(e, used == 0 ? (size_t)(*offset - at) : 0,
			out + used, len - used);
	}
	mutex_unlock(&lock);
	return used;
}

/* ---- waiting ------------------------------------------------------------- */

uint64_t events_wait(
	uint64_t count, const atomic_bool *is_over, int64_t deadline_ns)
{
	enter();
	while (next <= count && !atomic_load(is_over)
		&& cond_wait_until(&added, &lock, deadline_ns))
		continue;
	count = next;
	mutex_unlock(&lock);
	return count;
}

void events_wake(void)
{
	enter();
	cond_broadcast(&added);
	mutex_unlock(&lock);
}
