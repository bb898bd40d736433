#include "spool_gone.h"

#include "clock.h"
#include "spool_state.h"

/* What began while a name lingered is over by then. */
#define AFTER_LINGER_NS NS_PER_S

void spool_want_gone(struct spool *sp, bool with_names)
{
	mutex_lock(&sp->lock);
	sp->gone.is_wanted = true;
	sp->gone.has_names = with_names;
	mutex_unlock(&sp->lock);
}

struct gone_bundle *spool_await_gone(struct spool *sp, int64_t from_ns)
{
	struct gone_bundle *b = NULL;
	int64_t now_ns, until_ns;

	mutex_lock(&sp->lock);
	while (sp->gone.is_wanted && b == NULL) {
		now_ns = clock_monotonic_ns();
		until_ns = from_ns;
		sp->gone.age_ns = sp->linger.for_ns + AFTER_LINGER_NS;
		if (now_ns >= from_ns)
			b = gone_take(&sp->gone, now_ns, &until_ns);
		if (b == NULL)
			cond_wait_until(&sp->gone_news, &sp->lock, until_ns);
	}
	mutex_unlock(&sp->lock);
	return b;
}

void spool_end_gone(struct spool *sp)
{
	mutex_lock(&sp->lock);
	gone_fini(&sp->gone);
	cond_broadcast(&sp->gone_news);
	mutex_unlock(&sp->lock);
}
