/*
 * Any octets as a path and as a domain: what is accepted is safe to send, and
 * reads the same when it is read again.
 */
#include "../forwarder/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_octets(const char *mailbox)
{
	bool is_quoted = false;

	for (; *mailbox != '\0'; mailbox++) {
		if (*mailbox <= 0x20 || *mailbox >= 0x7f)
			abort();
		if (!is_quoted && (*mailbox == '<' || *mailbox == '>'))
			abort();
		if (*mailbox == '\\')
			mailbox++;
		else if (*mailbox == '"')
			is_quoted = !is_quoted;
	}
	if (is_quoted)
		abort();
}

static void check_again(const char *mailbox)
{
	char path[ADDRESS_PATH_MAX + 3];
	char out[ADDRESS_PATH_MAX + 1];
	size_t len = strlen(mailbox);
	size_t used;

	if (len > ADDRESS_PATH_MAX)
		abort();
	path[0] = '<';
	memcpy(path + 1, mailbox, len);
	path[len + 1] = '>';
	if (address_parse_path(path, len + 2, true, out, &used) != 0)
		abort();
	if (used != len + 2 || strcmp(out, mailbox) != 0)
		abort();
}

static void check_path(const char *text, size_t len, bool may_be_null)
{
	char out[ADDRESS_PATH_MAX + 1];
	size_t used;

	if (address_parse_path(text, len, may_be_null, out, &used) != 0)
		return;
	if (used < 2 || used > len || text[0] != '<' || text[used - 1] != '>')
		abort();
	if (out[0] == '\0' && !may_be_null)
		abort();
	check_octets(out);
	check_again(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	const char *text = (const char *)octets;

	check_path(text, len, true);
	check_path(text, len, false);
	if (address_is_domain(text, len)
		&& (len > ADDRESS_DOMAIN_MAX || memchr(text, '\n', len)))
		abort();
	return 0;
}
