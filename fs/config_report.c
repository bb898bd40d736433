#include "config_report.h"

#include "escape.h"
#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void say(struct config_source *source, const struct config_word *at,
	const char *severity, const char *text)
{
	char file[CONFIG_MESSAGE_MAX];

	if (source->messages > CONFIG_ERRORS_SHOWN)
		return;
	escape_string(source->file, file, sizeof file);
	if (source->messages++ == CONFIG_ERRORS_SHOWN) {
		buf_printf(source->report,
			"%s: more than %d messages, the rest is not shown\n",
			file, CONFIG_ERRORS_SHOWN);
		return;
	}
	if (at != NULL)
		buf_printf(source->report, "%s:%zu:%zu: %s%s\n", file, at->line,
			at->column, severity, text);
	else
		buf_printf(source->report, "%s: %s%s\n", file, severity, text);
}

void config_error(struct config_source *source, const struct config_word *at,
	const char *format, ...)
{
	char text[CONFIG_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say(source, at, "", text);
	source->errors++;
}

void config_warning(struct config_source *source, const struct config_word *at,
	const char *format, ...)
{
	char text[CONFIG_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say(source, at, "warning: ", text);
}

const char *config_show(
	const struct config_word *word, char out[static CONFIG_SHOWN_MAX])
{
	bool is_cut = word->len > CONFIG_WORD_SHOWN;
	size_t len = is_cut ? CONFIG_WORD_SHOWN : word->len;
	size_t used = 1;

	out[0] = '"';
	escape_text(word->text, len, out + used, CONFIG_SHOWN_MAX - used);
	used += strlen(out + used);
	text_copy(out + used, CONFIG_SHOWN_MAX - used, is_cut ? "...\"" : "\"");
	return out;
}
