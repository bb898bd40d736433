/*
 * config_input - what a writer's file says about reading data sets, and about
 * the mail in them before it is sent.
 *
 * Plain values. Statements marked + are ours; the others are CSSMTP's, and
 * the default is named last.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements".
 */
#ifndef CONFIG_INPUT_H
#define CONFIG_INPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	CONFIG_PAGE_MAX = 31,   /* octets of a code page's name */
	CONFIG_AT_SIGN_MAX = 4, /* octets of one character in UTF-8 */
	CONFIG_RECORD_MAX = 32760,
};

enum input_format { INPUT_AUTO, INPUT_BATCH, INPUT_MESSAGE };
enum input_records {
	INPUT_STREAM,   /* lines that end in LF or CR LF, in EBCDIC also NEL */
	INPUT_FIXED,    /* records of record_length octets */
	INPUT_VARIABLE, /* each record after its RDW */
	INPUT_NETDATA,  /* as TSO XMIT makes it */
};
enum input_carriage { CARRIAGE_NONE, CARRIAGE_ASA, CARRIAGE_MACHINE };
enum input_continuation { CONTINUATION_COMMANDS, CONTINUATION_ALL };
enum input_bare_cr { BARE_CR_SPACE, BARE_CR_REJECT };
enum input_long_line { LONG_LINE_ERROR, LONG_LINE_TRUNCATE, LONG_LINE_ENCODE };
enum input_unconvertible { UNCONVERTIBLE_REPLACE, UNCONVERTIBLE_ERROR };

/* How the octets of a data set become the commands and lines of mails. */
struct input_config {
	enum input_format format;   /* InputFormat + auto */
	enum input_records records; /* RecordFormat + stream */
	uint32_t record_length;     /* RecordLength + octets, 1 to 32760; 80 */
	bool has_sequence;          /* SequenceNumbers + in 73 to 80; no */
	enum input_carriage carriage; /* CarriageControl + none */

	/* Translate, a name iconv_open(3) knows; "" is text as it is, ASCII
	 * or UTF-8, which is the default here. */
	char page[CONFIG_PAGE_MAX + 1];
	bool is_mbcs; /* MBCS: page has characters of several octets; no */

	uint32_t syntax_error_limit; /* JESSyntaxErrLimit, 0 no limit; 5 */
	uint32_t message_size_kb; /* JESMsgSize, 1000 octets, 0 no limit; 0 */
	bool trims_nulls;         /* Options NullTrnc; no */
	char at_sign[CONFIG_AT_SIGN_MAX + 1]; /* Options AtSign, UTF-8; "@" */
	bool is_at_sign_in_subject; /* Options ReplaceSubjectAtSign; no */

	enum input_continuation continuation; /* Continuation + commands */
	enum input_bare_cr bare_cr;           /* BareCR + space */

	/* LongLine + of a body line over 998 octets; without it what
	 * Options DataLineTrunc says, truncate or error; error. encode:
	 * quoted-printable where that may be, else as error. */
	enum input_long_line long_line;
	enum input_unconvertible unconvertible; /* Unconvertible + replace */
};

/* Header fields that are added to a mail, and what is asked of its own. */
struct header_config {
	bool adds_date;     /* Header Date; yes */
	bool has_user_info; /* Header UserInfo: job, user in Received; yes */
	bool adds_mime;     /* AddMime + for 8-bit text without it; yes */
	bool adds_from;     /* AddFrom + where From is missing; yes */
	bool adds_sender;   /* AddSender + where From is somebody else; no */
	bool adds_origin;   /* OriginHeader + X-JES-Origin; no */
	bool is_strict;     /* StrictHeaders + refuses a second From etc.; no */
	uint32_t hop_limit; /* HopLimit + Received fields, 1 to 1000; 100 */
};

/* UserExit NONE | VERSION2 | VERSION3 | VERSION4, or + EXEC path */
enum exit_kind {
	USER_EXIT_NONE,
	USER_EXIT_VERSION2, /* these three act as NONE: no z/OS exit runs here
			     */
	USER_EXIT_VERSION3,
	USER_EXIT_VERSION4,
	USER_EXIT_EXEC,
};

struct exit_config {
	enum exit_kind kind;
	char path[PATH_MAX]; /* of the program; "" unless USER_EXIT_EXEC */
	uint32_t timeout_s;  /* UserExitTimeOut + 1 to 3600; 10 */
};

/* Fill in the defaults. */
void input_config_init(struct input_config *out);
void header_config_init(struct header_config *out);
void exit_config_init(struct exit_config *out);

#endif
