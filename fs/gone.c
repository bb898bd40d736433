#include "gone.h"

#include "clock.h"
#include "label.h"

#include <stdlib.h>
#include <string.h>

/* What goes slowly comes in bundles, too: about 8 of them while it waits. */
enum { WINDOWS = 8 };

static int64_t window_ns(const struct gone *g)
{
	return NS_PER_S + g->age_ns / WINDOWS;
}

void gone_bundle_free(struct gone_bundle *b)
{
	size_t i;

	for (i = 0; b != NULL && i < b->count; i++)
		free(b->rows[i].name);
	free(b);
}

static struct gone_bundle *take_first(struct gone *g)
{
	struct gone_bundle *b = g->first;

	g->first = b->next;
	if (g->first == NULL)
		g->last = NULL;
	g->bundles--;
	return b;
}

void gone_fini(struct gone *g)
{
	while (g->first != NULL)
		gone_bundle_free(take_first(g));
	memset(g, 0, sizeof *g);
}

/* NULL when memory is out. Only what counts is written to. */
static struct gone_bundle *add_bundle(struct gone *g, int64_t now_ns)
{
	struct gone_bundle *b = malloc(sizeof *b);

	if (b == NULL)
		return NULL;
	b->next = NULL;
	b->first_ns = now_ns;
	b->count = 0;
	if (g->last != NULL)
		g->last->next = b;
	else
		g->first = b;
	g->last = b;
	g->bundles++;
	return b;
}

static char *name_of(const struct roster_entry *e)
{
	char name[LABEL_SHOWN_MAX];

	if (e->has_label)
		return strdup(e->label);
	if (!label_with_job(e->job, e->label, name, sizeof name))
		return NULL;
	return strdup(name);
}

bool gone_put(struct gone *g, const struct roster_entry *e, int64_t now_ns)
{
	struct gone_bundle *b = g->last;
	bool is_news = false;

	if (!g->is_wanted)
		return false;
	if (b == NULL || b->count == GONE_ROWS
		|| now_ns - b->first_ns > window_ns(g)) {
		if (g->bundles == GONE_BUNDLES)
			gone_bundle_free(take_first(g));
		b = add_bundle(g, now_ns);
		is_news = g->bundles == 1 || g->bundles == GONE_BUNDLES / 2 + 1;
	}
	if (b == NULL)
		return false;
	b->last_ns = now_ns;
	b->rows[b->count++] = (struct gone_row){ .number = e->number,
		.name = g->has_names ? name_of(e) : NULL,
		.uid = e->uid,
		.writer = e->writer };
	return is_news;
}

struct gone_bundle *gone_take(struct gone *g, int64_t now_ns, int64_t *until_ns)
{
	*until_ns = INT64_MAX;
	if (g->first == NULL)
		return NULL;
	*until_ns = g->first->last_ns + g->age_ns;
	if (*until_ns > now_ns && g->bundles <= GONE_BUNDLES / 2)
		return NULL;
	return take_first(g);
}
