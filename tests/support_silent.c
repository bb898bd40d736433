#include "support_silent.h"

#include "text.h"

#include <check.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	REQUEST_MAX = 1024 * 1024 + 4096,
	OPTIONS_MAX = 128,
};

/* What the kernel waits for before it lets anybody ask anything. */
static void begin(int device, const struct fuse_in_header *request)
{
	const struct {
		struct fuse_out_header header;
		struct fuse_init_out body;
	} reply = {
		.header = { .len = sizeof reply, .unique = request->unique },
		.body = { .major = FUSE_KERNEL_VERSION,
			.minor = FUSE_KERNEL_MINOR_VERSION,
			.max_write = 4096 },
	};

	if (write(device, &reply, sizeof reply) != sizeof reply)
		_exit(1);
}

static bool wants_answer(uint32_t opcode)
{
	return opcode != FUSE_INTERRUPT && opcode != FUSE_FORGET
		&& opcode != FUSE_BATCH_FORGET;
}

static _Noreturn void serve(int device, atomic_int *taken)
{
	static union {
		struct fuse_in_header header;
		char octets[REQUEST_MAX];
	} request;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(device, &request, sizeof request) > 0)
		if (request.header.opcode == FUSE_INIT)
			begin(device, &request.header);
		else if (wants_answer(request.header.opcode))
			atomic_fetch_add(taken, 1);
	for (;;)
		pause();
}

void silent_mount(struct silent *s, const char *point, const char *type)
{
	char options[OPTIONS_MAX];
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	s->taken = mmap(NULL, sizeof *s->taken, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(s->taken != MAP_FAILED);
	ck_assert_int_ge(device, 0);
	text_format(options, sizeof options,
		"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		device);
	ck_assert_int_eq(mount("test", point, type, 0, options), 0);
	s->daemon = fork();
	ck_assert_int_ge(s->daemon, 0);
	if (s->daemon == 0)
		serve(device, s->taken);
	close(device);
}

void silent_end(struct silent *s)
{
	ck_assert_int_eq(kill(s->daemon, SIGKILL), 0);
	ck_assert_int_eq(waitpid(s->daemon, NULL, 0), s->daemon);
	munmap(s->taken, sizeof *s->taken);
}
