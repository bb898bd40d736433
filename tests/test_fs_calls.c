/*
 * Calls that programs make on the octets of files: each works on a data set
 * as it does on a plain file, or gives the errno that jes-spool(7) says.
 */
#include "support_calls.h"
#include "support_fs.h"
#include "support_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ALIGNED = 4096 };

/* Another file, in no file system of ours. */
static int other_file(void)
{
	int fd = memfd_create("other", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void check_octets(int fd, const char *want)
{
	char octets[64];
	ssize_t len = pread(fd, octets, sizeof octets - 1, 0);

	ck_assert_int_ge(len, 0);
	octets[len] = '\0';
	ck_assert_str_eq(octets, want);
}

/* ---- octets -------------------------------------------------------------- */

static int read_what_was_written(const struct call_place *p)
{
	int fd = call_file(p, 0);
	char octets[4] = "";

	check_octets(fd, call_text);
	ck_assert_int_eq(pwrite(fd, "XY", 2, 1), 2);
	ck_assert_int_eq(lseek(fd, 2, SEEK_SET), 2);
	ck_assert_int_eq(read(fd, octets, 3), 3);
	ck_assert_str_eq(octets, "Yde");
	return call_closed(
		fd, call_answer(lseek(fd, 0, SEEK_END) - CALL_TEXT_LEN));
}

static int pwrite_appends(const struct call_place *p)
{
	int fd = call_file(p, O_APPEND);

	ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1);
	check_octets(fd, "abcdefx");
	return call_closed(fd, 0);
}

static int pwritev_appends(const struct call_place *p)
{
	const struct iovec part = { (char[]){ 'x' }, 1 };
	int fd = call_file(p, 0);
	int err = call_answer(pwritev2(fd, &part, 1, 0, RWF_APPEND));

	check_octets(fd, "abcdefx");
	return call_closed(fd, err);
}

static int truncate_both_ways(const struct call_place *p)
{
	int fd = call_file(p, 0);
	struct stat st;

	ck_assert_int_eq(ftruncate(fd, 2), 0);
	ck_assert_int_eq(ftruncate(fd, 4), 0);
	check_octets(fd, "ab");
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 4);
	return call_closed(fd, 0);
}

static int write_synced(const struct call_place *p)
{
	return call_closed(call_file(p, O_SYNC), 0);
}

/* The end of the file is its only hole. */
static int seek_data_and_hole(const struct call_place *p)
{
	int fd = call_file(p, 0);

	ck_assert_int_eq(lseek(fd, 1, SEEK_DATA), 1);
	ck_assert_int_eq(lseek(fd, 1, SEEK_HOLE), CALL_TEXT_LEN);
	ck_assert_int_eq(lseek(fd, CALL_TEXT_LEN, SEEK_DATA), -1);
	ck_assert_int_eq(errno, ENXIO);
	return call_closed(fd, 0);
}

static int direct_io(const struct call_place *p)
{
	int fd = open(p->path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	char *octets = aligned_alloc(ALIGNED, ALIGNED);

	ck_assert_int_ge(fd, 0);
	memset(octets, 'd', ALIGNED);
	ck_assert_int_eq(write(fd, octets, ALIGNED), ALIGNED);
	memset(octets, 0, ALIGNED);
	ck_assert_int_eq(pread(fd, octets, ALIGNED, 0), ALIGNED);
	ck_assert_int_eq(octets[ALIGNED - 1], 'd');
	free(octets);
	return call_closed(fd, 0);
}

static int advise(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd, posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
}

static int sync_range(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int err = call_answer(
		sync_file_range(fd, 0, CALL_TEXT_LEN, SYNC_FILE_RANGE_WRITE));

	ck_assert_int_eq(fdatasync(fd), 0);
	return call_closed(fd, err);
}

static int sync_directory(const struct call_place *p)
{
	int fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return call_closed(fd, call_answer(fsync(fd)));
}

static int always_ready(const struct call_place *p)
{
	struct pollfd ready = { call_file(p, 0), POLLIN | POLLOUT, 0 };

	ck_assert_int_eq(poll(&ready, 1, 0), 1);
	ck_assert_int_eq(ready.revents, POLLIN | POLLOUT);
	return call_closed(ready.fd, 0);
}

/* ---- space --------------------------------------------------------------- */

static int allocate(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int err = call_answer(fallocate(fd, 0, 2, CALL_TEXT_LEN));
	struct stat st;

	check_octets(fd, call_text);
	ck_assert_int_eq(fallocate(fd, 0, 0, 1), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 2 + CALL_TEXT_LEN);
	return call_closed(fd, err);
}

static int allocate_portably(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd, posix_fallocate(fd, 0, ALIGNED));
}

static int allocate_beyond_the_end(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd,
		call_answer(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, ALIGNED)));
}

static int punch_hole(const struct call_place *p)
{
	int fd = call_file(p, 0);

	return call_closed(fd,
		call_answer(fallocate(
			fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 2)));
}

static int clone_file(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int from = open(p->path, O_RDONLY | O_CLOEXEC);
	int err = call_answer(ioctl(fd, FICLONE, from));

	close(from);
	return call_closed(fd, err);
}

/* ---- from file to file --------------------------------------------------- */

static int copy_out(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int other = other_file();
	off_t from = 0;
	int err = call_answer(
		copy_file_range(fd, &from, other, NULL, CALL_TEXT_LEN, 0));

	if (err == 0)
		check_octets(other, call_text);
	close(other);
	return call_closed(fd, err);
}

static int copy_in(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int other = other_file();
	off_t from = 0;
	int err;

	ck_assert_int_eq(write(other, "xyz", 3), 3);
	err = call_answer(copy_file_range(other, &from, fd, NULL, 3, 0));
	if (err == 0)
		check_octets(fd, "abcdefxyz");
	close(other);
	return call_closed(fd, err);
}

static int copy_within(const struct call_place *p)
{
	char name[2 * MOUNTED_PATH_MAX];
	const struct call_place second = { p->folder, name };
	int from = call_file(p, 0);
	off_t at = 0;
	int fd, err;

	snprintf(name, sizeof name, "%s.2", p->path);
	fd = call_file(&second, 0);
	err = call_answer(
		copy_file_range(from, &at, fd, NULL, CALL_TEXT_LEN, 0));
	check_octets(fd, "abcdefabcdef");
	close(from);
	return call_closed(fd, err);
}

static int send_out(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int other = other_file();
	off_t from = 1;

	ck_assert_int_eq(
		sendfile(other, fd, &from, CALL_TEXT_LEN), CALL_TEXT_LEN - 1);
	check_octets(other, "bcdef");
	/* What changes is seen by the next one. */
	ck_assert_int_eq(pwrite(fd, "B", 1, 1), 1);
	from = 1;
	ck_assert_int_eq(sendfile(other, fd, &from, 1), 1);
	check_octets(other, "bcdefB");
	close(other);
	return call_closed(fd, 0);
}

static int send_in(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int other = other_file();
	off_t from = 0;

	ck_assert_int_eq(write(other, "xyz", 3), 3);
	ck_assert_int_eq(sendfile(fd, other, &from, 3), 3);
	check_octets(fd, "abcdefxyz");
	close(other);
	return call_closed(fd, 0);
}

static int splice_both_ways(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int ends[2];
	loff_t from = 0, to = CALL_TEXT_LEN;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(splice(fd, &from, ends[1], NULL, 3, 0), 3);
	ck_assert_int_eq(splice(ends[0], NULL, fd, &to, 3, 0), 3);
	check_octets(fd, "abcdefabc");
	close(ends[0]);
	close(ends[1]);
	return call_closed(fd, 0);
}

/* ---- memory -------------------------------------------------------------- */

static int map(const struct call_place *p, int protection, int flags)
{
	int fd = call_file(p, 0);
	char *octets = mmap(NULL, CALL_TEXT_LEN, protection, flags, fd, 0);
	int err = octets == MAP_FAILED ? errno : 0;

	if (err == 0) {
		ck_assert_mem_eq(octets, call_text, CALL_TEXT_LEN);
		if ((protection & PROT_WRITE) != 0)
			octets[0] = 'X';
		ck_assert_int_eq(munmap(octets, CALL_TEXT_LEN), 0);
		check_octets(fd, call_text);
	}
	return call_closed(fd, err);
}

static int map_private(const struct call_place *p)
{
	return map(p, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static int map_shared_to_read(const struct call_place *p)
{
	return map(p, PROT_READ, MAP_SHARED);
}

static int map_shared_to_write(const struct call_place *p)
{
	return map(p, PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* ---- locks --------------------------------------------------------------- */

static int lock_whole(const struct call_place *p)
{
	int fd = call_file(p, 0);
	int reader = open(p->path, O_RDONLY | O_CLOEXEC);
	int err = call_answer(flock(fd, LOCK_EX | LOCK_NB));

	ck_assert_int_eq(flock(reader, LOCK_SH | LOCK_NB), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
	ck_assert_int_eq(flock(fd, LOCK_UN), 0);
	ck_assert_int_eq(flock(reader, LOCK_SH | LOCK_NB), 0);
	close(reader);
	return call_closed(fd, err);
}

static int lock_range(const struct call_place *p)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 3 };
	int fd = call_file(p, 0);
	int err = call_answer(fcntl(fd, F_SETLK, &lock));

	ck_assert_int_eq(lockf(fd, F_TEST, 3), 0);
	return call_closed(fd, err);
}

static int lock_description(const struct call_place *p)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 3 };
	struct flock shared = { .l_type = F_RDLCK, .l_len = 3 };
	int fd = call_file(p, 0);
	int reader = open(p->path, O_RDONLY | O_CLOEXEC);
	int err = call_answer(fcntl(fd, F_OFD_SETLK, &lock));

	ck_assert_int_eq(fcntl(reader, F_OFD_SETLK, &shared), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(reader);
	return call_closed(fd, err);
}

/* ---- the table ----------------------------------------------------------- */

static const struct call calls[] = {
	{ "read, pread", read_what_was_written, 0, true },
	{ "pwrite with O_APPEND", pwrite_appends, 0, true },
	{ "pwritev2 RWF_APPEND", pwritev_appends, 0, true },
	{ "ftruncate", truncate_both_ways, 0, true },
	{ "O_SYNC", write_synced, 0, true },
	{ "lseek SEEK_DATA, SEEK_HOLE", seek_data_and_hole, 0, true },
	{ "O_DIRECT", direct_io, 0, false },
	{ "posix_fadvise", advise, 0, true },
	{ "sync_file_range, fdatasync", sync_range, 0, true },
	{ "fsync of the directory", sync_directory, 0, true },
	{ "poll", always_ready, 0, true },
	{ "fallocate", allocate, 0, true },
	{ "posix_fallocate", allocate_portably, 0, true },
	{ "FALLOC_FL_KEEP_SIZE", allocate_beyond_the_end, EOPNOTSUPP, false },
	{ "FALLOC_FL_PUNCH_HOLE", punch_hole, EOPNOTSUPP, false },
	{ "FICLONE", clone_file, EOPNOTSUPP, false },
	{ "copy_file_range, out", copy_out, EXDEV, false },
	{ "copy_file_range, in", copy_in, EXDEV, false },
	{ "copy_file_range, within", copy_within, 0, true },
	{ "sendfile, out", send_out, 0, true },
	{ "sendfile, in", send_in, 0, true },
	{ "splice", splice_both_ways, 0, true },
	{ "mmap MAP_PRIVATE", map_private, 0, true },
	{ "mmap MAP_SHARED, read", map_shared_to_read, ENODEV, false },
	{ "mmap MAP_SHARED, write", map_shared_to_write, ENODEV, false },
	{ "flock", lock_whole, 0, true },
	{ "fcntl F_SETLK", lock_range, 0, true },
	{ "fcntl F_OFD_SETLK", lock_description, 0, true },
};

START_TEST(a_call_gives_what_its_row_says)
{
	call_check(&calls[_i]);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(
		tc, a_call_gives_what_its_row_says, 0, COUNT(calls));
}

int main(void)
{
	return mounted_run("fs_calls", add_tests);
}
