#include "target.h"

#include "clock.h"
#include "text.h"

enum {
	REST_MAX_S = 900,
	SUSPENSION_FACTOR = 8,
	LOSSES_MAX = 3,
	DOUBLINGS_MAX = 10,
	PACE_SHARE = 8, /* one in so many of a new time counts */
};

/* To wake another thread would cost more than to wait so long. */
#define QUICK_NS (4 * NS_PER_MS)

/* A rest is spread over this share of its length, centred on it. */
static const double SPREAD = 0.4;

void target_name(
	const struct target_config *config, char out[static TARGET_NAME_MAX])
{
	bool is_ipv6 = config->address.ss_family == AF_INET6;

	text_format(out, TARGET_NAME_MAX, is_ipv6 ? "[%s]:%u" : "%s:%u",
		config->address_text, (unsigned int)config->port);
}

void target_init(struct target *t, const struct target_config *config,
	uint32_t connect_retry_s)
{
	*t = (struct target){ .config = config,
		.connect_retry_s = connect_retry_s,
		.state = TARGET_UNKNOWN,
		.message_size = config->message_size };
	target_name(config, t->name);
}

void target_note_pace(struct target *t, int64_t took_ns)
{
	if (t->pace_ns == 0)
		t->pace_ns = took_ns;
	t->pace_ns += (took_ns - t->pace_ns) / PACE_SHARE;
}

bool target_is_quick(const struct target *t)
{
	return t->pace_ns != 0 && t->pace_ns < QUICK_NS;
}

static bool rests(const struct target *t)
{
	return t->state == TARGET_BACKOFF || t->state == TARGET_SUSPENDED;
}

bool target_is_usable(const struct target *t, int64_t now_ns)
{
	if (t->state == TARGET_DRAINING)
		return false;
	return !rests(t) || t->until_ns <= now_ns;
}

/* One session first finds out; the others follow when it works. */
bool target_may_open(const struct target *t, int64_t now_ns)
{
	if (!target_is_usable(t, now_ns)
		|| t->open + t->opening >= t->config->connect_limit)
		return false;
	if (t->state == TARGET_ACTIVE)
		return t->no_more_until_ns <= now_ns;
	return t->open + t->opening == 0;
}

const char *target_obstacle(const struct target *t, const struct mail *m)
{
	if (m->refusal != NULL)
		return m->refusal;
	if (m->wants_tls)
		return "530 5.7.10 needs TLS (STARTTLS), which no target "
		       "server is reached by";
	if (!t->is_known)
		return "";
	if (t->message_size != 0 && mail_knows_size(m, t->converts)
		&& m->size_octets > t->message_size)
		return "552 5.3.4 larger than every target server takes";
	if (m->has_8bit && !t->takes_8bit)
		return "554 5.6.3 8-bit content, and no target server offers "
		       "8BITMIME";
	return "";
}

bool target_fits(const struct target *t, const struct mail *m)
{
	return target_obstacle(t, m)[0] == '\0';
}

void target_begin_open(struct target *t)
{
	t->opening++;
	if (rests(t))
		t->state = TARGET_PROBE;
}

bool target_opened(struct target *t, const struct target_facts *facts)
{
	t->opening--;
	t->open++;
	t->is_known = true;
	t->is_esmtp = facts->is_esmtp;
	t->offers_starttls = facts->offers_starttls;
	t->takes_8bit = facts->takes_8bit;
	t->message_size =
		facts->has_size ? facts->size : t->config->message_size;
	if (t->state != TARGET_UNKNOWN)
		return false;
	t->state = TARGET_ACTIVE;
	return true;
}

static int64_t rest_ns(const struct target *t, double dice)
{
	unsigned int doublings =
		t->failures < DOUBLINGS_MAX ? t->failures : DOUBLINGS_MAX;
	int64_t rest_s = (int64_t)t->connect_retry_s << doublings;

	if (rest_s > REST_MAX_S)
		rest_s = REST_MAX_S;
	return (int64_t)((double)(rest_s * NS_PER_S)
		* (1.0 - SPREAD / 2 + SPREAD * dice));
}

bool target_failed(
	struct target *t, const char *said, int64_t now_ns, double dice)
{
	text_copy(t->last_error, sizeof t->last_error, said);
	if (t->state == TARGET_DRAINING || rests(t))
		return false;
	if (t->open > 0 && t->state == TARGET_ACTIVE) {
		t->no_more_until_ns =
			now_ns + (int64_t)t->connect_retry_s * NS_PER_S;
		return false;
	}
	t->until_ns = now_ns + rest_ns(t, dice);
	t->failures++;
	t->losses = 0;
	t->has_worked = false;
	t->state = TARGET_BACKOFF;
	return true;
}

bool target_suspend(struct target *t, const char *said, int64_t now_ns)
{
	text_copy(t->last_error, sizeof t->last_error, said);
	if (t->state == TARGET_DRAINING)
		return false;
	t->until_ns = now_ns
		+ (int64_t)t->connect_retry_s * SUSPENSION_FACTOR * NS_PER_S;
	t->has_worked = false;
	if (t->state == TARGET_SUSPENDED)
		return false;
	t->state = TARGET_SUSPENDED;
	return true;
}

bool target_worked(struct target *t)
{
	t->failures = 0;
	t->losses = 0;
	t->has_worked = true;
	if (t->state != TARGET_PROBE)
		return false;
	t->state = TARGET_ACTIVE;
	return true;
}

bool target_lost(struct target *t)
{
	t->losses++;
	return t->losses >= LOSSES_MAX;
}

int64_t target_wakes_ns(const struct target *t, int64_t now_ns)
{
	if (rests(t))
		return t->until_ns;
	return t->no_more_until_ns > now_ns ? t->no_more_until_ns : INT64_MAX;
}
