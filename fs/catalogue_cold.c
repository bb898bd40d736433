#include "catalogue_cold.h"

#include "catalogue_private.h"
#include "text.h"

int catalogue_forget_progress(struct catalogue *c)
{
	char sql[512];

	text_format(sql, sizeof sql,
		"BEGIN IMMEDIATE;"
		"DELETE FROM mark;"
		"UPDATE dataset SET read_upto = 1, first_claimed = 0 "
		"WHERE read_upto > 1 OR first_claimed <> 0;"
		"UPDATE dataset SET state = %d, next_try = 0, reason = x'' "
		"WHERE state = %d;"
		"COMMIT;",
		DATASET_READY, DATASET_WAITING);
	return catalogue_exec(c->db, sql);
}
