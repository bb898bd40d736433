/*
 * config_table - the statements of jesfs.conf and of the writers' files.
 *
 * From octets in memory to what they say, with defaults filled in. No file,
 * no name service. One thread at a time. Words that come out point into the
 * octets that went in.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements". Statements of jesfs.conf are ours.
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config.h"
#include "config_parse.h"

enum {
	CONFIG_PATTERNS_MAX = 16, /* WriterConfig */
	CONFIG_RETRY_MINUTES_MAX = 7200,
};

/* What jesfs.conf says, before what it names was looked up. */
struct config_mount {
	struct config config;     /* spool_directory "" when none is named */
	struct config_word group; /* len 0 when there is none */
	struct config_word user;  /* the same */
	bool has_drafts;          /* a DraftNames was met */
	struct config_word patterns[CONFIG_PATTERNS_MAX];
	size_t pattern_count;
};

/* What a writer's file says. */
struct config_writer {
	struct writer_config config; /* name "" without ExtWrtName */
	struct config_word name;     /* of ExtWrtName; len 0 without one */
	/* Those Submitters names, groups with their @ */
	struct config_word submitters[CONFIG_SUBMITTERS_MAX];
	size_t submitter_count;
	bool has_target;            /* a TargetServer was met, right or wrong */
	struct target_config draft; /* the TargetServer being read */
	bool has_address;           /* it named one, right or wrong */
};

void config_mount_read(struct config_source *source, const char *text,
	size_t len, struct config_mount *out);

void config_writer_read(struct config_source *source, const char *text,
	size_t len, struct config_writer *out);

#endif
