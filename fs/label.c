#include "label.h"

#include "text.h"

#include <errno.h>
#include <string.h>

int label_check(const char *label)
{
	const char *rest;
	uint32_t job;

	if (strlen(label) > LABEL_MAX)
		return -ENAMETOOLONG;
	if (label[0] == '\0' || strchr(label, '/') != NULL)
		return -EINVAL;
	if (strcmp(label, ".") == 0 || strcmp(label, "..") == 0)
		return -EINVAL;
	if (dataset_parse_job_label(label, &job, &rest) == 0)
		return -EINVAL;
	return 0;
}

bool label_with_job(uint32_t job, const char *label, char *out, size_t cap)
{
	char job_id[JOB_ID_LEN + 1];

	dataset_job_id(job, job_id);
	return text_format(out, cap, "%s.%s", job_id, label);
}
