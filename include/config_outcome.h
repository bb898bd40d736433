/*
 * config_outcome - what a writer's file says about mail that could not be
 * delivered, about bad spool files, reports and records.
 *
 * Plain values; the default is named last. Reading a configuration warns
 * about each that asks for what this version does not do.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements".
 */
#ifndef CONFIG_OUTCOME_H
#define CONFIG_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONFIG_ADMINISTRATORS_MAX = 4,
	CONFIG_LOCAL_PART_MAX = 64,
	CONFIG_MAILBOX_MAX = CONFIG_LOCAL_PART_MAX + 1 + 255,
	CONFIG_DIRECTORY_MAX = 512,
};

enum bad_spool_disp { BAD_SPOOL_HOLD, BAD_SPOOL_DELETE };
enum dead_letter_action { DEAD_LETTER_STORE, DEAD_LETTER_DELETE };
enum report_kind { REPORT_SYSOUT, REPORT_ADMIN, REPORT_NONE };

/* ExtendedRetry */
struct extended_retry_config {
	uint32_t age_days;     /* Age, 0 no limit; 5 */
	uint32_t interval_min; /* Interval; 30; 0, and without it: none */
	char directory[CONFIG_DIRECTORY_MAX + 1]; /* MailDirectory; "" */
};

/* Undeliverable */
struct undeliverable_config {
	bool returns_to_sender;                   /* ReturnToMailFrom; yes */
	enum dead_letter_action action;           /* DeadLetterAction; Store */
	char directory[CONFIG_DIRECTORY_MAX + 1]; /* DeadLetterDirectory; "" */
};

/* Report, ReportMailFrom, MailAdministrator */
struct report_config {
	enum report_kind kind;                  /* Sysout */
	char mail_from[CONFIG_MAILBOX_MAX + 1]; /* "" is the null path; "" */
	char administrators[CONFIG_ADMINISTRATORS_MAX][CONFIG_MAILBOX_MAX + 1];
	size_t administrator_count; /* 0 to 4 */
};

/* SMF119; all no */
struct smf_config {
	bool has_config;
	bool has_connect;
	bool has_mail;
	bool has_spool;
	bool has_stats;
};

#endif
