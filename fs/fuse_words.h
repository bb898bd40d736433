/*
 * fuse_words - what libfuse says, to the log and as a reason.
 *
 * Each thread has its own last words. Any thread.
 */
#ifndef FUSE_WORDS_H
#define FUSE_WORDS_H

/* From now on libfuse's words come here; those of this thread are none. */
void fuse_words_listen(void);

/* What it said last on this thread, escaped; "" for nothing. */
const char *fuse_words_last(void);

#endif
