/*
 * origin - where the mails of a data set come from, as far as their header
 * says it. All of it is stored with the data set or configured, so that every
 * attempt gives the same octets.
 *
 * Plain data; the strings stay the caller's.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stdint.h>
#include <sys/types.h>

struct origin {
	const char *host;     /* HeloName */
	const char *user;     /* name of uid; "" when it has none */
	uid_t uid;            /* who wrote the data set */
	const char *job_name; /* of the program that wrote it */
	const char *job_id;   /* JOB00412 */
	uint64_t dataset;     /* its number, never repeated */
	int64_t created_ns;   /* when it was opened: wall clock */
};

#endif
