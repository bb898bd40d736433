#include "operator.h"

static const char *const state_names[TARGET_STATES] = {
	[TARGET_UNKNOWN] = "UNKNOWN",
	[TARGET_ACTIVE] = "ACTIVE",
	[TARGET_SLOW] = "SLOW",
	[TARGET_BACKOFF] = "BACKOFF",
	[TARGET_PROBE] = "PROBE",
	[TARGET_SUSPENDED] = "SUSPENDED",
	[TARGET_DRAINING] = "DRAINING",
};

const char *target_state_name(enum target_state state)
{
	return state_names[state];
}
