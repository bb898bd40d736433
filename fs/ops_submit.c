#include "ops_submit.h"

#include <string.h>

static const struct submitters *find(const struct fs *fs, const char *writer)
{
	size_t i;

	for (i = 0; i < fs->writer_count; i++)
		if (strcmp(fs->writers[i].name, writer) == 0)
			return &fs->writers[i].submitters;
	return NULL;
}

static bool holds(const struct submitters *s, bool is_group, uint32_t id)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->all[i].is_group == is_group && s->all[i].id == id)
			return true;
	return false;
}

static bool is_group_named(const void *submitters, gid_t gid)
{
	return holds(submitters, true, gid);
}

bool ops_may_submit(fuse_req_t req, const char *writer)
{
	const struct fs *fs = ops_fs(req);
	const struct submitters *s =
		fs->has_submitters ? find(fs, writer) : NULL;
	struct spool_caller caller;

	if (s == NULL || s->count == 0)
		return true;
	ops_owner(req, &caller);
	if (caller.is_operator || holds(s, false, caller.uid)
		|| holds(s, true, caller.gid)
		|| ops_is_in_group(req, is_group_named, s))
		return true;
	ops_caller(req, &caller);
	return caller.is_operator;
}
