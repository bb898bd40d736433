/*
 * support_tracing - without the capability to see all of /proc.
 */
#ifndef SUPPORT_TRACING_H
#define SUPPORT_TRACING_H

/* Gives up CAP_SYS_PTRACE, in this thread and those it starts. */
void drop_tracing(void);

#endif
