/* client/private.h - folders and files that are the user's alone.
 *
 * Folders are 0700 and files 0600 whatever the umask. What others could read or
 * exchange is refused with the command that mends it: wrong permissions or owner, a
 * symbolic link, a folder above that others may write to. A file appears whole or
 * not at all (temporary file, fsync, rename, fsync of the folder); what a killed
 * program left behind is cleaned by the next one that holds the lock. */
#ifndef SEALMAIL_CLIENT_PRIVATE_H
#define SEALMAIL_CLIENT_PRIVATE_H

#include "client.h"

struct private_dir {
	int fd;       /* -1: closed */
	char *path;   /* for people */
};
#define PRIVATE_DIR_INIT { -1, NULL }

/* Open a folder by path, with the folders above it; create: make it, and what is
 * missing above it. A folder that is missing leaves dir->fd at -1 and is no
 * fault when create is false. */
int private_open(struct client *c, struct private_dir *dir, const char *path,
    bool create);
/* Open a folder in another one. */
int private_open_in(struct client *c, struct private_dir *dir,
    const struct private_dir *parent, const char *name, bool create);
void private_close(struct private_dir *dir);

/* A new folder ".new-..." in parent, to be filled and then given its name. */
int private_new(struct client *c, struct private_dir *dir,
    const struct private_dir *parent);
/* Give it its name; all of it is on disk before. */
int private_publish(struct client *c, struct private_dir *dir,
    const struct private_dir *parent, const char *name);
/* Take a folder with its files away. */
int private_remove(struct client *c, const struct private_dir *parent,
    const char *name);
/* The same for a folder that never had its name; says nothing. */
void private_discard(const struct private_dir *parent, const char *name);
/* Remove what killed programs left in dir. Only under the lock. */
void private_clean(const struct private_dir *dir);

/* Replace or create a file. */
int private_write(struct client *c, const struct private_dir *dir, const char *name,
    struct sm_bytes contents);
/* Append a whole file to out. A file that is missing leaves out as it is, and
 * *there false. */
int private_read(struct client *c, const struct private_dir *dir, const char *name,
    size_t max, struct sm_buf *out, bool *there);
/* The same for a file that people write by hand and that holds no secret: others may
 * read it, but not change it. */
int private_read_text(struct client *c, const struct private_dir *dir,
    const char *name, size_t max, struct sm_buf *out, bool *there);

/* Wait for the lock file in dir; the kernel gives it back when the process ends,
 * however it ends. *fd is closed to unlock. */
int private_lock(struct client *c, const struct private_dir *dir, int *fd);

#endif
