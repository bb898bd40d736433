/*
 * ops_submit - who may write into the directory of a writer.
 */
#ifndef OPS_SUBMIT_H
#define OPS_SUBMIT_H

#include "ops.h"

/*
 * Whether the caller may make data sets for the writer: everybody where
 * nobody is named (Submitters), else who is, and operators. /proc/PID/status
 * is read only for one who is not named himself.
 */
bool ops_may_submit(fuse_req_t req, const char *writer);

#endif
