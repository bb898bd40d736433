#include "jes_options.h"

#include "escape.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum { SHOWN_MAX = 256 };

const char jes_version[] = "jes (jesfs) 0.1\n";

const char jes_help[] =
	"Usage: jes check [-f FORMAT] [-c CONFIG] FILE...\n"
	"\n"
	"Reads data sets as jesfs does, and sends nothing: prints what is "
	"wrong with\n"
	"each FILE, a line for each error, FILE:LINE: REPLY, and how many "
	"mails are in\n"
	"it. Without a mount. FILE - is standard input.\n"
	"\n"
	"  -f, --format FORMAT  auto, batch or message; without it what CONFIG "
	"says,\n"
	"                       else auto\n"
	"  -c, --config CONFIG  a writer's configuration file: its formats, "
	"code page and\n"
	"                       limits; without it the defaults\n"
	"  -V, --version        print the version\n"
	"  -h, --help           print this\n"
	"\n"
	"Exit status: 0 nothing is wrong; 65 something is; 66 a FILE cannot be "
	"read;\n"
	"64 wrong usage; 78 wrong CONFIG.\n";

static const char letters[] = ":c:f:hV";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "format", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int refuse(
	char why[static JES_WHY_MAX], const char *what, const char *word)
{
	char shown[SHOWN_MAX];

	text_format(why, JES_WHY_MAX, "%s: %s", what,
		escape_string(word, shown, sizeof shown));
	return -EINVAL;
}

static int read_format(
	const char *word, struct jes_options *out, char why[static JES_WHY_MAX])
{
	static const char *const formats[] = {
		[INPUT_AUTO] = "auto",
		[INPUT_BATCH] = "batch",
		[INPUT_MESSAGE] = "message",
	};
	size_t i;

	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (text_equals_nocase(word, strlen(word), formats[i])) {
			out->has_format = true;
			out->format = (enum input_format)i;
			return 0;
		}
	return refuse(why, "expected auto, batch or message", word);
}

static int read_option(int letter, char **argv, struct jes_options *out,
	char why[static JES_WHY_MAX])
{
	switch (letter) {
	case 'c':
		out->config_file = optarg;
		return 0;
	case 'f':
		return read_format(optarg, out, why);
	case 'h':
		out->action = JES_HELP;
		return 0;
	case 'V':
		out->action = JES_VERSION;
		return 0;
	case ':':
		return refuse(why, "a value is missing", argv[optind - 1]);
	default:
		return refuse(why, "unknown option", argv[optind - 1]);
	}
}

static int read_words(int argc, char **argv, struct jes_options *out,
	char why[static JES_WHY_MAX])
{
	if (optind == argc)
		return refuse(why, "a command is missing", "check");
	if (strcmp(argv[optind], "check") != 0)
		return refuse(why, "unknown command", argv[optind]);
	if (optind + 1 == argc)
		return refuse(why, "a file is missing, or -", "check");
	out->files = &argv[optind + 1];
	return 0;
}

int jes_options_read(int argc, char **argv, struct jes_options *out,
	char why[static JES_WHY_MAX])
{
	int letter;
	int err = 0;

	memset(out, 0, sizeof *out);
	optind = 0; /* from the start, also a second time */
	opterr = 0;
	while (err == 0
		&& (letter = getopt_long(
			    argc, argv, letters, long_options, NULL))
			!= -1)
		err = read_option(letter, argv, out, why);
	if (err != 0 || out->action != JES_CHECK)
		return err;
	return read_words(argc, argv, out, why);
}
