/*
 * support_local - what tests of the embedded store share: a folder, a start,
 * a crash, and octets that change on disk.
 */
#ifndef SUPPORT_LOCAL_H
#define SUPPORT_LOCAL_H

#include "support_store.h"

/* The spool directory of the test that runs. */
extern char local_folder[256];

/* Fixtures: a new folder before, none after. */
void local_set_up(void);
void local_tear_down(void);

struct store *local_start(void);
/* What a start answers that must fail; why gets its sentence. */
int local_start_fails(char *why, size_t cap);

/* Runs a scenario in a process that ends without closing its store. */
void local_crash(void (*scenario)(struct store *s));

/* The first data set with this label; number 0 when there is none. */
struct dataset local_find(struct store *s, const char *label);

/* One SQL statement on the closed catalogue. */
void local_sql(const char *sql);

/* Changes the octets of a file where they are first found. */
void local_damage(const char *name, const void *octets, size_t len);
/* How many files a folder of the spool directory has. */
size_t local_count(const char *name);

#endif
