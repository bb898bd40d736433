/*
 * catalogue_room - what the catalogue does where the disk has no room.
 *
 * All are the committer's, at a start or between transactions, but for
 * catalogue_room_look(), which is the log thread's.
 */
#ifndef CATALOGUE_ROOM_H
#define CATALOGUE_ROOM_H

#include "catalogue_private.h"

/*
 * The reserve gives its room to the file, which all of the log is to be put
 * into; then to the log, but for a last part; and keeps what is left of it.
 * Where that is not all, the file may not grow by more than is left: what is in
 * the log can be copied always, and rows can be deleted.
 */
void catalogue_room_give(struct catalogue *c);
void catalogue_room_share(struct catalogue *c);
void catalogue_room_keep(struct catalogue *c);

/* The log's thread sees that there is room again; the committer uses it. */
void catalogue_room_look(struct catalogue *c);
void catalogue_room_use(struct catalogue *c);

#endif
