#include "placement.h"

#include <stdbool.h>
#include <stddef.h>

void placement_share(const cpu_set_t *allowed, unsigned int workers,
	unsigned int worker, cpu_set_t *out)
{
	unsigned int rank = 0;
	size_t cpu;

	*out = *allowed;
	if ((unsigned int)CPU_COUNT(allowed) < workers)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed) && rank++ % workers != worker)
			CPU_CLR(cpu, out);
}

void placement_init(struct placement *p, unsigned int workers)
{
	p->workers = workers;
	atomic_init(&p->placed, 0);
	/* It fails where the kernel knows of more than a cpu_set_t can tell. */
	if (sched_getaffinity(0, sizeof p->allowed, &p->allowed) != 0)
		CPU_ZERO(&p->allowed);
}

void placement_take(struct placement *p)
{
	static _Thread_local bool is_placed;
	cpu_set_t share;
	unsigned int worker;

	if (is_placed)
		return;
	is_placed = true;
	if ((unsigned int)CPU_COUNT(&p->allowed) < p->workers)
		return;
	worker = atomic_fetch_add(&p->placed, 1) % p->workers;
	placement_share(&p->allowed, p->workers, worker, &share);
	sched_setaffinity(0, sizeof share, &share);
}
