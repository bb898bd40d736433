/*
 * support_wire - the corpus of tests/corpus/wire: data sets, and the octets
 * that go on the wire of them, which tests/corpus/wire.py works out.
 *
 * Each file is a case:
 *
 *     # what it shows
 *     [conf]      statements of a writer's file
 *     [text]      the data set, a line each, LF at its end, or
 *     [octets]    the same in hexadecimal digits
 *     [expected]  what an SMTP server would hear, CR LF at each end
 *
 * A backslash, and what is not printable ASCII, is written as \xHH; a line
 * that ends in a backslash has no line end.
 */
#ifndef SUPPORT_WIRE_H
#define SUPPORT_WIRE_H

#include "buf.h"

#include <stddef.h>

#define WIRE_FOLDER "tests/corpus/wire"

struct wire_case {
	struct buf conf;
	struct buf octets;
	struct buf expected; /* as it is written there */
};

/* Ends the test where the file is none. */
void wire_case_read(const char *name, struct wire_case *out);
void wire_case_fini(struct wire_case *c);

/* Appends octets as they are written there. */
void wire_show(struct buf *out, const char *octets, size_t len);

#endif
