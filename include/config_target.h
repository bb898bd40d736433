/*
 * config_target - what a writer's file says about one target server, and how
 * long its sessions wait.
 *
 * Plain values; the default is named last.
 * Source: IBM, z/OS Communications Server: IP Configuration Reference,
 * "TargetServer statement", "TimeOut statement".
 */
#ifndef CONFIG_TARGET_H
#define CONFIG_TARGET_H

#include "config_input.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	CONFIG_TARGETS_MAX = 4,
	CONFIG_HELO_MAX = 255,
};

/* TargetServer: one address with its port, which no other target has. */
struct target_config {
	/* TargetName, or TargetMx, which has no address yet; "" for TargetIP */
	char name[CONFIG_HELO_MAX + 1];
	bool is_mx;
	bool is_secure;                  /* Secure: TLS or nothing; no */
	struct sockaddr_storage address; /* IPv4 or IPv6, with the port */
	char address_text[INET6_ADDRSTRLEN];
	uint16_t port;          /* ConnectPort, 1 to 65535, default 25 */
	uint32_t connect_limit; /* ConnectLimit, sessions, default 5 */
	uint32_t max_msg_sent;  /* MaxMsgSent, mails a session, 0 no limit */
	uint64_t message_size;  /* MessageSize, octets, 0 no limit; 524288 */
	char charset[CONFIG_PAGE_MAX + 1];   /* Charset; "": see charset.h */
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

#endif
