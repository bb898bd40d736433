/*
 * netdata - the control records of NETDATA, the form in which TSO XMIT sends
 * a data set: which data records are the data set, and what they look like.
 *
 * A transmission is INMR01 (header), INMR02 for each step that unpacks a
 * file, then per file INMR03 and its data records, and INMR06 at the end. A
 * message of the sender comes as a file of its own, first. The first file that
 * is no message is read; where there is only one file, that one.
 *
 * Pure. One thread at a time.
 * Source: IBM, z/OS TSO/E Customization, "Data formats used by the TRANSMIT
 * and RECEIVE commands": INMR01 to INMR06, text units.
 */
#ifndef NETDATA_H
#define NETDATA_H

#include "attributes.h"
#include "config_input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* Octets of a control record that are looked at. */
	NETDATA_CONTROL_MAX = 1024,
	/* Octet 1 of a segment: what it is. Octet 0 is its length, with both.
	 */
	NETDATA_FIRST = 0x80,   /* segment of its record */
	NETDATA_LAST = 0x40,    /* segment of its record */
	NETDATA_CONTROL = 0x20, /* record */
	NETDATA_NUMBER = 0x10,  /* of the next record: no data */
};

enum netdata_phase {
	NETDATA_BEGUN, /* INMR01 is next */
	NETDATA_HEAD,  /* more control records */
	NETDATA_DATA,  /* of the file that is read */
	NETDATA_OTHER, /* data of another file */
	NETDATA_OVER,  /* INMR06 was read; padding follows */
};

struct netdata {
	enum netdata_phase phase;
	uint32_t file_count;   /* INMNUMF, else 0 */
	uint32_t file;         /* whose data comes, from 1 */
	bool has_read;         /* the file that is read is over */
	uint32_t messages;     /* bit n - 1: file n is a message */
	uint32_t packed;       /* bit n - 1: file n needs a utility of z/OS */
	bool has_carriage[32]; /* INMRECFM of file n was seen */
	enum input_carriage carriages[32];
	enum input_carriage carriage; /* DATA: of the file that is read */

	size_t len; /* of the control record so far, may be over the room */
	unsigned char control[NETDATA_CONTROL_MAX];
};

void netdata_init(struct netdata *n, enum input_carriage carriage);

/* Adds octets of a control record, in order. */
void netdata_add(struct netdata *n, const char *octets, size_t len);

/*
 * Says that the control record is whole. Returns NULL, or what is wrong, for
 * people.
 */
MUST_USE const char *netdata_end_control(struct netdata *n);

#endif
