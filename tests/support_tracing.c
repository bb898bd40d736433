#include "support_tracing.h"

#include <check.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

void drop_tracing(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct *set =
		&data[CAP_TO_INDEX(CAP_SYS_PTRACE)];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	set->effective &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
	set->permitted &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}
