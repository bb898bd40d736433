#include "config_input.h"

enum {
	RECORD_LENGTH = 80,
	SYNTAX_ERRORS = 5,
	HOPS = 100,
	EXIT_TIMEOUT_S = 10,
};

void input_config_init(struct input_config *out)
{
	*out = (struct input_config){
		.record_length = RECORD_LENGTH,
		.syntax_error_limit = SYNTAX_ERRORS,
		.at_sign = "@",
	};
}

void header_config_init(struct header_config *out)
{
	*out = (struct header_config){
		.adds_date = true,
		.has_user_info = true,
		.adds_mime = true,
		.adds_from = true,
		.hop_limit = HOPS,
	};
}

void exit_config_init(struct exit_config *out)
{
	*out = (struct exit_config){ .timeout_s = EXIT_TIMEOUT_S };
}
