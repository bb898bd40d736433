/*
 * config_table - the statements of jesfs.conf and of the writers' files.
 *
 * From octets in memory to what they say, with defaults filled in. No file
 * but the tables of iconv, no name service. One thread at a time. Words that
 * come out point into the octets that went in.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements". Statements of jesfs.conf are ours.
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config.h"
#include "config_page.h"

enum {
	CONFIG_PATTERNS_MAX = 16, /* WriterConfig */
	CONFIG_RETRY_MINUTES_MAX = 7200,
};

/* What jesfs.conf says, before what it names was looked up. */
struct config_mount {
	struct config config;     /* spool_directory "" when none is named */
	struct config_word group; /* len 0 when there is none */
	struct config_word user;  /* the same */
	struct config_word helo, user_limit, drafts, linger; /* the same */
	struct config_word patterns[CONFIG_PATTERNS_MAX];
	size_t pattern_count;
};

/* Where values of a writer's file stand; len 0 without the statement. */
struct config_places {
	struct config_word name, job_size, message_size, mbcs, page, report,
		trunc, long_line, test_mode, user_exit, record_length, sequence,
		log_level;
	/* The first MailAdministrator that is there already, the first of
	 * those over four */
	struct config_word same_administrator, fifth_administrator;
};

/* The TargetServer being read, and where its parameters stand. */
struct config_draft {
	struct target_config target;
	struct config_word ip, name, mx, secure, charset, mbcharset;
	bool has_server; /* one of the first three was met, right or wrong */
};

/* What holds between all TargetServer statements; len 0 when not met. */
struct config_targets {
	bool is_met;                  /* a TargetServer, right or wrong */
	struct config_word mx, other; /* TargetMx; TargetIP or TargetName */
	struct config_word charset, mbcharset;
	struct config_word no_mbcharset; /* a TargetServer without it */
};

/* What a writer's file says. */
struct config_writer {
	struct writer_config config; /* name "" without ExtWrtName */
	struct config_places at;
	struct config_page page; /* Translate */
	struct config_draft draft;
	struct config_targets targets;
	/* Those Submitters names, groups with their @ */
	struct config_word submitters[CONFIG_SUBMITTERS_MAX];
	size_t submitter_count;
};

void config_mount_read(struct config_source *source, const char *text,
	size_t len, struct config_mount *out);

void config_writer_read(struct config_source *source, const char *text,
	size_t len, struct config_writer *out);

#endif
