#include "options.h"

#include "escape.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum { SHOWN_MAX = 256 };

/* Long options without a letter. */
enum { LONG_CHECK = 256 };

const char options_version[] = "jesfs 0.1\n";

const char options_help[] =
	"Usage: jesfs [-f] [-F] [-o OPTIONS] [-c CONFIG] MOUNTPOINT\n"
	"       jesfs CONFIG MOUNTPOINT [-o OPTIONS]    as mount(8) calls it\n"
	"       jesfs --check [-c CONFIG]\n"
	"\n"
	"Mounts a JES spool: files written under MOUNTPOINT/spool/WRITER/ are\n"
	"SYSOUT data sets whose mail is sent to the writer's target servers.\n"
	"\n"
	"  -c, --config FILE  the configuration; without it "
	"/etc/jesfs/jesfs.conf\n"
	"  -f, --foreground   stay in the foreground and log to standard "
	"error, as\n"
	"                     FUSE programs do; not CSSMTP's -f, which is -F "
	"here\n"
	"  -F, --cold         cold start: forget which mails of data sets in\n"
	"                     progress were sent; process them from the "
	"beginning\n"
	"  -o OPTIONS         mount options, as for mount(8)\n"
	"      --check        validate the configuration and mount nothing\n"
	"  -V, --version      print the version\n"
	"  -h, --help         print this\n"
	"\n"
	"Exit status: 0; 1 could not run; 2 wrong usage or configuration.\n";

/* -n, -s, -v and -t TYPE are what mount(8) may add; they change nothing. */
static const char letters[] = ":c:fFho:Vnsvt:";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "cold", no_argument, NULL, 'F' },
	{ "options", required_argument, NULL, 'o' },
	{ "check", no_argument, NULL, LONG_CHECK },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Words of fstab(5) that say when to mount, not how. */
static const char *const mount8_words[] = { "auto", "noauto", "defaults",
	"user", "nouser", "users", "owner", "group", "nofail", "_netdev" };

static bool is_for_mount8(const char *word, size_t len)
{
	size_t i;

	if ((len >= 2 && memcmp(word, "x-", 2) == 0)
		|| (len >= 8 && memcmp(word, "comment=", 8) == 0))
		return true;
	for (i = 0; i < sizeof mount8_words / sizeof mount8_words[0]; i++)
		if (strlen(mount8_words[i]) == len
			&& memcmp(mount8_words[i], word, len) == 0)
			return true;
	return false;
}

/* Returns false when there is no room. */
static bool add_mount_option(struct options *o, const char *word, size_t len)
{
	size_t used = strlen(o->mount_options);

	if (len == 0 || is_for_mount8(word, len))
		return true;
	return text_format(o->mount_options + used,
		sizeof o->mount_options - used, "%s%.*s", used > 0 ? "," : "",
		(int)len, word);
}

static bool add_mount_options(struct options *o, const char *list)
{
	size_t len;

	for (;;) {
		len = strcspn(list, ",");
		if (!add_mount_option(o, list, len))
			return false;
		if (list[len] == '\0')
			return true;
		list += len + 1;
	}
}

/* text, and the argument it is about if there is one. */
static int refuse(char why[static OPTIONS_WHY_MAX], const char *text,
	const char *argument)
{
	char shown[SHOWN_MAX];

	if (argument != NULL)
		text_format(why, OPTIONS_WHY_MAX, "%s %s", text,
			escape_string(argument, shown, sizeof shown));
	else
		text_copy(why, OPTIONS_WHY_MAX, text);
	return -EINVAL;
}

static int refuse_option(
	char *const *argv, int c, char why[static OPTIONS_WHY_MAX])
{
	char letter[] = { '-', (char)optopt, '\0' };
	bool is_letter = optopt > 0 && optopt < LONG_CHECK;

	if (c == ':')
		return refuse(why, "no value after", argv[optind - 1]);
	/* A long option: unknown, or with a value it does not take. */
	if (!is_letter || strncmp(argv[optind - 1], "--", 2) == 0)
		return refuse(why, "unknown option", argv[optind - 1]);
	return refuse(why, "unknown option", letter);
}

static int read_option(struct options *o, char *const *argv, int c,
	char why[static OPTIONS_WHY_MAX])
{
	switch (c) {
	case 'c':
		o->config_file = optarg;
		return 0;
	case 'f':
		o->is_foreground = true;
		return 0;
	case 'F':
		o->is_cold = true;
		return 0;
	case 'o':
		if (!add_mount_options(o, optarg))
			return refuse(why, "too many mount options", NULL);
		return 0;
	case 'h':
		o->action = OPTIONS_HELP;
		return 0;
	case 'V':
		o->action = OPTIONS_VERSION;
		return 0;
	case LONG_CHECK:
		o->action = OPTIONS_CHECK;
		return 0;
	case 'n':
	case 's':
	case 'v':
	case 't':
		return 0;
	default:
		return refuse_option(argv, c, why);
	}
}

/* What is left: [CONFIG] MOUNTPOINT; --check needs no MOUNTPOINT. */
static int read_operands(struct options *o, char **operands, int count,
	char why[static OPTIONS_WHY_MAX])
{
	bool is_check = o->action == OPTIONS_CHECK;
	bool has_config = o->config_file != NULL;
	int i = 0;

	if (!has_config && (count >= 2 || (count == 1 && is_check)))
		o->config_file = operands[i++];
	else if (!has_config)
		o->config_file = OPTIONS_CONFIG_FILE;
	if (i < count)
		o->mount_point = operands[i++];
	if (i < count)
		return refuse(why, "one operand too many:", operands[i]);
	if (o->mount_point == NULL && !is_check)
		return refuse(why, "no mount point", NULL);
	return 0;
}

int options_read(int argc, char **argv, struct options *out,
	char why[static OPTIONS_WHY_MAX])
{
	struct options o = { .action = OPTIONS_MOUNT };
	int c, err;

	opterr = 0;
	optind = 0; /* glibc: start over */
	while ((c = getopt_long(argc, argv, letters, long_options, NULL))
		!= -1) {
		err = read_option(&o, argv, c, why);
		if (err != 0)
			return err;
	}
	if (o.action != OPTIONS_HELP && o.action != OPTIONS_VERSION) {
		err = read_operands(&o, argv + optind, argc - optind, why);
		if (err != 0)
			return err;
	}
	*out = o;
	return 0;
}
