#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool text_copy(char *dst, size_t cap, const char *src)
{
	size_t len = strlen(src);
	bool fits = len < cap;

	assert(cap > 0);
	if (!fits)
		len = cap - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return fits;
}

bool text_format(char *dst, size_t cap, const char *format, ...)
{
	va_list args;
	int len;

	assert(cap > 0);
	va_start(args, format);
	len = vsnprintf(dst, cap, format, args);
	va_end(args);
	if (len < 0)
		dst[0] = '\0';
	return len >= 0 && (size_t)len < cap;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Words are looked up in lists by this: most differ in the first octet. */
bool text_equals_nocase(const char *a, size_t len, const char *b)
{
	size_t i = 0;

	while (i < len && b[i] != '\0'
		&& (a[i] == b[i] || lower(a[i]) == lower(b[i])))
		i++;
	return i == len && b[i] == '\0';
}

int text_to_number(const char *digits, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	size_t i;

	if (len == 0)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return -EINVAL;
	for (i = 0; i < len; i++) {
		uint64_t digit = (uint64_t)(digits[i] - '0');

		if (digit > max || value > (max - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}
