/*
 * Any octets as an address field. The first octet says how the rest is cut in
 * pieces, which must not matter; what is found is safe to send.
 */
#include "../forwarder/mailboxes.h"
#include "buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_path(const char *path)
{
	char text[ADDRESS_PATH_MAX + 3];
	char again[ADDRESS_PATH_MAX + 1];
	size_t len = strlen(path);
	size_t used;

	if (len > ADDRESS_PATH_MAX)
		abort();
	text[0] = '<';
	memcpy(text + 1, path, len);
	text[len + 1] = '>';
	if (address_parse_path(text, len + 2, true, again, &used) != 0)
		abort();
	if (used != len + 2 || strcmp(again, path) != 0)
		abort();
}

static void tell(void *arg, const struct mailbox *found)
{
	struct buf *told = arg;

	buf_printf(told, "%d ", found->fault);
	if (found->fault == MAILBOXES_GOOD) {
		check_path(found->path);
		buf_puts(told, found->path);
	} else {
		if (found->len > MAILBOXES_SHOWN_MAX)
			abort();
		buf_append(told, found->text, found->len);
	}
	buf_puts(told, "\n");
}

static void run(const char *text, size_t len, size_t step, struct buf *told)
{
	struct mailboxes m;
	size_t used = 0;
	size_t n;

	mailboxes_init(&m, "here.example", tell, told);
	for (; used < len; used += n) {
		n = len - used < step ? len - used : step;
		mailboxes_feed(&m, text + used, n);
	}
	mailboxes_finish(&m);
	/* Whatever was open is closed. */
	mailboxes_feed(&m, "a@b", 3);
	mailboxes_finish(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const char last[] = "0 a@b\n";
	const char *text = (const char *)octets + 1;
	struct buf whole, pieces;

	if (len == 0)
		return 0;
	len--;
	buf_init(&whole);
	buf_init(&pieces);
	run(text, len, SIZE_MAX, &whole);
	run(text, len, octets[0] % 64 + 1u, &pieces);
	if (whole.len != pieces.len
		|| memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	if (whole.len < sizeof last - 1
		|| memcmp(whole.data + whole.len - (sizeof last - 1), last,
			   sizeof last - 1)
			!= 0)
		abort();
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
