/*
 * support_clock - a clock that tests move, and waiting for what others do.
 */
#ifndef SUPPORT_CLOCK_H
#define SUPPORT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Puts in a clock that runs on with the kernel's; clock_forward() moves it. */
void clock_take_over(void);
void clock_forward(int64_t ns);
void clock_give_back(void);

/* What this process has had of processors: others do not make it longer. */
int64_t clock_processor_ns(void);

/* Waits for the claim to become true; false once 20 s have passed. */
bool clock_wait_until(bool (*claim)(void *arg), void *arg);

#endif
