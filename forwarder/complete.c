#include "forwarder.h"
#include "input.h"

enum { PIECE_OCTETS = 32 * 1024 };

/* Feeds octets until they are read or no more are. Returns false for that. */
static bool feed(struct input *in, const char *octets, size_t len)
{
	struct input_event event;
	size_t used = 0;

	while (used < len) {
		used += input_feed(in, octets + used, len - used, &event);
		if (event.kind == INPUT_END)
			return false;
		if (event.kind == INPUT_MAIL)
			mail_free(input_take_mail(in));
	}
	return true;
}

static bool read_all(struct input *in, forwarder_read *read, void *arg)
{
	char octets[PIECE_OCTETS];
	uint64_t offset = 0;
	ssize_t n;

	while ((n = read(arg, offset, octets, sizeof octets)) > 0) {
		offset += (uint64_t)n;
		if (!feed(in, octets, (size_t)n))
			break;
	}
	return n >= 0 && input_is_complete(in);
}

bool forwarder_is_complete(forwarder_read *read, void *arg)
{
	struct input_config config;
	struct header_config header;
	struct input_rules rules;
	struct input *in;
	bool is_complete;

	input_config_init(&config);
	header_config_init(&header);
	if (input_rules_init(&rules, &config, &header) != 0)
		return false;
	in = input_new(&rules, NULL);
	is_complete = in != NULL && read_all(in, read, arg);
	input_free(in);
	input_rules_fini(&rules);
	return is_complete;
}
