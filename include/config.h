/*
 * config - what jesfs.conf and the writers' CSSMTP files say.
 *
 * Built once, then constant; readers need no lock.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "CSSMTP configuration statements". Statements of jesfs.conf are ours.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "config_input.h"
#include "config_outcome.h"
#include "config_target.h"
#include "dataset.h"
#include "draft_names.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Submitters: who may write data sets for a writer; count 0 is everybody. */
enum { CONFIG_SUBMITTERS_MAX = 64 };

struct submitters {
	size_t count;
	struct {
		bool is_group;
		uint32_t id; /* uid_t or gid_t */
	} all[CONFIG_SUBMITTERS_MAX];
};

/* One CSSMTP configuration file: one attached forwarder. */
struct writer_config {
	char name[WRITER_NAME_MAX + 1]; /* ExtWrtName, else the file's name */
	char file[PATH_MAX];
	struct target_config targets[CONFIG_TARGETS_MAX];
	size_t target_count; /* 1 to 4 */
	/* Those with a name or Secure, which this version cannot use */
	struct target_config unusable[CONFIG_TARGETS_MAX];
	size_t unusable_count;       /* 0 to 4 */
	uint32_t retry_count;        /* RetryLimit Count, default 5 */
	uint32_t retry_interval_min; /* RetryLimit Interval, default 1 */
	struct timeout_config timeout;
	struct submitters submitters;
	uint32_t job_size_kb; /* JESJobSize, 1000 octets, 0 no limit; 0 */
	bool is_test;         /* Options TestMode: nothing is sent; no */
	bool truncates_lines; /* Options DataLineTrunc: see input.long_line; no
			       */
	bool says_ehlo_again; /* Options TLSEhlo: EHLO after TLS too; no */
	struct input_config input;
	struct header_config header;
	struct exit_config exit;
	enum bad_spool_disp bad_spool_disp; /* BadSpoolDisp; Hold */
	struct extended_retry_config extended_retry;
	struct undeliverable_config undeliverable;
	struct report_config report;
	struct smf_config smf;
	uint32_t log_level;         /* LogLevel, a sum of bits, 0 to 255; 7 */
	uint32_t check_point_mails; /* ChkPointSizeLimit; 64000 */
};

/* jesfs.conf */
struct config {
	char spool_directory[PATH_MAX];
	char operator_group[64]; /* OperatorGroup; "" for none */
	uint64_t spool_limit;    /* SpoolLimit, octets; 0 when not said */
	uint64_t user_limit;     /* UserLimit, octets, 0 no limit; 0 */
	uint64_t user_datasets;  /* UserDataSets, 0 no limit; 0 */
	struct draft_names draft_names; /* DraftNames, else the usual ones */
	uint32_t linger_s;              /* Linger, seconds, 0 to 3600; 5 */
	bool has_operator_gid;
	gid_t operator_gid;
	char user[64]; /* User; "" for none */
	bool has_user;
	uid_t user_uid;
	gid_t user_gid;
	/* HeloName, else this host's: what EHLO may carry */
	char helo_name[CONFIG_HELO_MAX + 1];
	struct writer_config *writers;
	size_t writer_count;
};

#endif
