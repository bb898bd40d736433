/*
 * jes_check - jes check: files as data sets that nobody sends.
 */
#ifndef JES_CHECK_H
#define JES_CHECK_H

#include "attributes.h"
#include "jes_options.h"

/*
 * Checks every file and prints what is wrong, errors of our own to standard
 * error. Returns an exit status of sysexits.h.
 */
MUST_USE int jes_check(const struct jes_options *options);

#endif
