/*
 * ops_handlers - one handler for each FUSE request, by the file it is in.
 *
 * Source: libfuse, struct fuse_lowlevel_ops.
 */
#ifndef OPS_HANDLERS_H
#define OPS_HANDLERS_H

#include <fuse_lowlevel.h>

/* ops_node.c */
void ops_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void ops_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void ops_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attributes,
	int to_set, struct fuse_file_info *fi);
void ops_access(fuse_req_t req, fuse_ino_t node, int mask);
void ops_statfs(fuse_req_t req, fuse_ino_t node);
/* ops_xattr.c */
void ops_getxattr(
	fuse_req_t req, fuse_ino_t node, const char *name, size_t size);
void ops_listxattr(fuse_req_t req, fuse_ino_t node, size_t size);
void ops_setxattr(fuse_req_t req, fuse_ino_t node, const char *name,
	const char *value, size_t size, int flags);
void ops_removexattr(fuse_req_t req, fuse_ino_t node, const char *name);
/* ops_open.c; RELEASEDIR too */
void ops_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void ops_create(fuse_req_t req, fuse_ino_t parent, const char *name,
	mode_t mode, struct fuse_file_info *fi);
void ops_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
/* ops_text.c */
void ops_open_text(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
/* ops_events.c */
void ops_poll(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi,
	struct fuse_pollhandle *poll);
/* ops_data.c */
void ops_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *fi);
void ops_write(fuse_req_t req, fuse_ino_t node, const char *octets, size_t size,
	off_t offset, struct fuse_file_info *fi);
void ops_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t offset,
	off_t length, struct fuse_file_info *fi);
void ops_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void ops_fsync(fuse_req_t req, fuse_ino_t node, int is_data_only,
	struct fuse_file_info *fi);
/* ops_dir.c */
void ops_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void ops_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t offset,
	struct fuse_file_info *fi);
void ops_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void ops_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	fuse_ino_t new_parent, const char *new_name, unsigned int flags);
void ops_mkdir(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void ops_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void ops_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	dev_t device);
void ops_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
	const char *name);
void ops_link(
	fuse_req_t req, fuse_ino_t node, fuse_ino_t parent, const char *name);

#endif
