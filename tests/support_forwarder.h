/*
 * support_forwarder - a forwarder on a spool in memory, for tests.
 */
#ifndef SUPPORT_FORWARDER_H
#define SUPPORT_FORWARDER_H

#include "forwarder.h"
#include "support_clock.h"
#include "support_spool.h"
#include "support_target.h"

extern struct writer_config test_config;
extern struct forwarder *test_forwarder;

/*
 * A spool, and a configuration without targets. With the kernel's clock a
 * wake-up that is lost shows; the moved one hides it.
 */
void forwarder_set_up(void);
void forwarder_set_up_moved(void);

/* Stops the forwarder, if it runs, and all that was set up. */
void forwarder_tear_down(void);

/*
 * Runs a suite with these fixtures: tests on the kernel's clock and tests on
 * the moved one, either of which may be NULL, and none of which takes longer
 * than limit_s. Returns main's exit status.
 */
MUST_USE int forwarder_run_suite(const char *name, int limit_s,
	void (*add_tests)(TCase *tests), void (*add_moved_tests)(TCase *tests));

/* Adds a target server to the configuration. */
void forwarder_target(const struct script *s);

/* Opens a target server and adds it. */
struct script *one_target(const struct script_row *rows);

void forwarder_run(void);
void forwarder_halt(int64_t patience_ns);

/* Closes a data set; returns its number. */
uint64_t submit(const char *text);

/* A data set of one mail to the recipients, blanks between. */
uint64_t submit_mail(const char *recipients, const char *content);

/* A data set of count mails to rcpt@example.org, "mail N of NAME" in each. */
uint64_t submit_mails(const char *name, size_t count);

struct forwarder_status forwarder_look(void);

/* The reason of a data set that is there. */
const char *reason_of(uint64_t number);

/* Waits until the data set is gone. */
void wait_gone(uint64_t number);

/* Moves the clock on until the data set is gone, or in the state. */
void hurry_until_gone(uint64_t number, int64_t step_ns);
void hurry_until(uint64_t number, enum dataset_state state, int64_t step_ns);

/* A line is logged after what it tells of can be seen: waits for it. */
void check_logged_once(const char *text);

/* Waits until value is there; the claim is named in the failure. */
#define wait_until(claim)                                                      \
	ck_assert_msg(clock_wait_until((claim), NULL), "never " #claim)

/* Marks of the data set of a kind. */
size_t count_marks(uint64_t number, enum store_mark_kind kind);

#endif
