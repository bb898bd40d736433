#include "bsmtp.h"
#include "forwarder.h"

enum { PIECE_OCTETS = 32 * 1024 };

/* Feeds octets until they are read or QUIT came. Returns false for QUIT. */
static bool feed(struct bsmtp *p, const char *octets, size_t len)
{
	struct bsmtp_event event;
	size_t used = 0;

	while (used < len) {
		used += bsmtp_feed(p, octets + used, len - used, &event);
		if (event.kind == BSMTP_QUIT)
			return false;
		if (event.kind == BSMTP_MAIL)
			mail_free(bsmtp_take_mail(p));
	}
	return true;
}

bool forwarder_is_complete(forwarder_read *read, void *arg)
{
	struct bsmtp *p = bsmtp_new();
	char octets[PIECE_OCTETS];
	uint64_t offset = 0;
	bool is_complete;
	ssize_t n;

	if (p == NULL)
		return false;
	while ((n = read(arg, offset, octets, sizeof octets)) > 0) {
		offset += (uint64_t)n;
		if (!feed(p, octets, (size_t)n))
			break;
	}
	is_complete = n >= 0 && bsmtp_is_complete(p);
	bsmtp_free(p);
	return is_complete;
}
