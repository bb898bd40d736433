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
#include "dataset.h"
#include "draft_names.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	CONFIG_TARGETS_MAX = 4,
	CONFIG_HELO_MAX = 255,
};

/* TargetServer: one address with its port, which no other target has. */
struct target_config {
	struct sockaddr_storage address; /* IPv4 or IPv6, with the port */
	char address_text[INET6_ADDRSTRLEN];
	uint16_t port;          /* ConnectPort, 1 to 65535, default 25 */
	uint32_t connect_limit; /* ConnectLimit, sessions, default 5 */
	uint32_t max_msg_sent;  /* MaxMsgSent, mails a session, 0 no limit */
	uint64_t message_size;  /* MessageSize, octets, 0 no limit; 524288 */
	char charset[CONFIG_PAGE_MAX + 1];   /* Charset; "" as UTF-8 */
	char mbcharset[CONFIG_PAGE_MAX + 1]; /* MBCharset, with MBCS; "" */
};

/* TimeOut, all in seconds. CSSMTP takes 30 to 1200; less is a warning here. */
struct timeout_config {
	uint32_t any_cmd_s;       /* 300 */
	uint32_t connect_idle_s;  /* 0 */
	uint32_t connect_retry_s; /* 120 */
	uint32_t data_block_s;    /* 180 */
	uint32_t data_cmd_s;      /* 120 */
	uint32_t data_term_s;     /* 600 */
	uint32_t initial_msg_s;   /* 300 */
	uint32_t mail_cmd_s;      /* 300 */
	uint32_t rcpt_cmd_s;      /* 300 */
};

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
	size_t target_count;         /* 1 to 4 */
	uint32_t retry_count;        /* RetryLimit Count, default 5 */
	uint32_t retry_interval_min; /* RetryLimit Interval, default 1 */
	struct timeout_config timeout;
	struct submitters submitters;
	uint32_t job_size_kb; /* JESJobSize, 1000 octets, 0 no limit; 0 */
	bool is_test;         /* Options TestMode: nothing is sent; no */
	bool says_ehlo_again; /* Options TLSEhlo: EHLO after TLS too; no */
	struct input_config input;
	struct header_config header;
	struct exit_config exit;
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
