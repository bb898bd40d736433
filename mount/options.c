#include "options.h"

#include "escape.h"
#include "mount_words.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum { SHOWN_MAX = 256 };

/* Long options without a letter. */
enum { LONG_CHECK = 256, LONG_UNPROTECT };

const char options_version[] = "jesfs 0.1\n";

const char options_help[] =
	"Usage: jesfs [-f] [-F] [-p NAME] [-o OPTIONS] [-c CONFIG] "
	"MOUNTPOINT\n"
	"       jesfs CONFIG MOUNTPOINT [-o OPTIONS]    as mount(8) calls it\n"
	"       jesfs --check [-c CONFIG]\n"
	"       jesfs --unprotect DIR\n"
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
	"  -p, -P NAME        send all mail by this interface or VRF, or from "
	"this\n"
	"                     address; without it, by "
	"$_BPXK_SETIBMOPT_TRANSPORT\n"
	"  -o OPTIONS         mount options, as for mount(8)\n"
	"      --check        validate the configuration and mount nothing\n"
	"      --unprotect    let DIR, where nothing is mounted, take files "
	"again: jesfs\n"
	"                     makes its bare mount point immutable, or lays a "
	"read-only\n"
	"                     tmpfs over it, so that no mail is written there "
	"unseen\n"
	"  -V, --version      print the version\n"
	"  -h, --help         print this\n"
	"\n"
	"Exit status: 0; 1 could not run; 2 wrong usage or configuration.\n";

/* -n, -s, -v and -t TYPE are what mount(8) may add; they change nothing. */
static const char letters[] = ":c:fFho:p:P:Vnsvt:";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "cold", no_argument, NULL, 'F' },
	{ "options", required_argument, NULL, 'o' },
	{ "check", no_argument, NULL, LONG_CHECK },
	{ "unprotect", no_argument, NULL, LONG_UNPROTECT },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

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

/* Appends a word of len octets. Returns false when there is no room. */
static bool append_mount_option(struct options *o, const char *word, size_t len)
{
	size_t used = strlen(o->mount_options);

	return text_format(o->mount_options + used,
		sizeof o->mount_options - used, "%s%.*s", used > 0 ? "," : "",
		(int)len, word);
}

static int read_mount_option(struct options *o, const char *word, size_t len,
	char why[static OPTIONS_WHY_MAX])
{
	char unknown[SHOWN_MAX];

	switch (len > 0 ? mount_word_find(word, len) : MOUNT_WORD_IGNORED) {
	case MOUNT_WORD_IGNORED:
		return 0;
	case MOUNT_WORD_NONEMPTY:
		o->may_hold_files = true;
		return 0;
	case MOUNT_WORD_PASSED:
		break;
	default:
		text_format(unknown, sizeof unknown, "%.*s", (int)len, word);
		return refuse(why, "unknown mount option", unknown);
	}
	if (!append_mount_option(o, word, len))
		return refuse(why, "too many mount options", NULL);
	return 0;
}

/* A comma after a backslash belongs to the word. */
static size_t word_length(const char *list)
{
	size_t len = 0;

	while (list[len] != '\0' && list[len] != ',')
		len += list[len] == '\\' && list[len + 1] != '\0' ? 2 : 1;
	return len;
}

static int read_mount_options(
	struct options *o, const char *list, char why[static OPTIONS_WHY_MAX])
{
	size_t len;
	int err;

	for (;;) {
		len = word_length(list);
		err = read_mount_option(o, list, len, why);
		if (err != 0 || list[len] == '\0')
			return err;
		list += len + 1;
	}
}

/* As libfuse reads it: a backslash before what would end or change it. */
static bool append_source(struct options *o)
{
	char source[OPTIONS_MOUNT_MAX] = "fsname=";
	size_t used = strlen(source);
	const char *c;

	for (c = o->config_file; *c != '\0'; c++) {
		if (used + 2 >= sizeof source)
			return false;
		if (*c == ',' || *c == '\\')
			source[used++] = '\\';
		source[used++] = *c;
	}
	source[used] = '\0';
	return append_mount_option(o, source, used);
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
	case 'p':
	case 'P':
		o->transport = optarg;
		return 0;
	case 'o':
		return read_mount_options(o, optarg, why);
	case 'h':
		o->action = OPTIONS_HELP;
		return 0;
	case 'V':
		o->action = OPTIONS_VERSION;
		return 0;
	case LONG_CHECK:
		o->action = OPTIONS_CHECK;
		return 0;
	case LONG_UNPROTECT:
		o->action = OPTIONS_UNPROTECT;
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
	bool may_name_config =
		o->config_file == NULL && o->action != OPTIONS_UNPROTECT;
	int i = 0;

	if (may_name_config && (count >= 2 || (count == 1 && is_check)))
		o->config_file = operands[i++];
	if (o->config_file == NULL)
		o->config_file = OPTIONS_CONFIG_FILE;
	if (i < count)
		o->mount_point = operands[i++];
	if (i < count)
		return refuse(why, "one operand too many:", operands[i]);
	if (o->mount_point == NULL && !is_check)
		return refuse(why,
			o->action == OPTIONS_UNPROTECT ? "no directory"
						       : "no mount point",
			NULL);
	if (o->action == OPTIONS_MOUNT && !append_source(o))
		return refuse(why, "too many mount options", NULL);
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
