#include "fuse_words.h"

#include "attributes.h"
#include "escape.h"
#include "log.h"
#include "messages.h"

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 256 };

static _Thread_local char words[WORDS_MAX];
static _Thread_local bool is_end_of_line;

static void keep(enum fuse_log_level level, const char *format, va_list args)
	PRINTF_LIKE(2, 0);

/* A line may come in parts. */
static void keep(enum fuse_log_level level, const char *format, va_list args)
{
	char text[WORDS_MAX];
	size_t len;

	vsnprintf(text, sizeof text, format, args);
	if (is_end_of_line)
		words[0] = '\0';
	len = strlen(words);
	escape_text(text, strcspn(text, "\n"), words + len, sizeof words - len);
	is_end_of_line = strchr(text, '\n') != NULL;
	if (is_end_of_line && level <= FUSE_LOG_WARNING)
		log_warning(MSG_FUSE_SAYS, words);
}

void fuse_words_listen(void)
{
	words[0] = '\0';
	fuse_set_log_func(keep);
}

const char *fuse_words_last(void)
{
	return words;
}
