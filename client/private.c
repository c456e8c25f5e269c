#include "private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 60000, LOCK_TELL_MS = 1000, LOCK_STEP_MS = 20 };

/* ---- faults ---- */

static int
cannot(struct client *c, const char *what, const char *path, int error)
{
	int code = error == EACCES || error == EPERM ? EXIT_PERMISSION : EXIT_IO;

	if (error == ENOSPC || error == EDQUOT)
		return client_fault(c, EXIT_IO, "cannot %s %s: the disk is full; nothing "
		    "was changed", what, path);
	return client_fault(c, code, "cannot %s %s: %s", what, path, strerror(error));
}

static int
wrong_kind(struct client *c, const char *path, const struct stat *st, bool folder)
{
	if (S_ISLNK(st->st_mode))
		return client_fault(c, EXIT_PERMISSION, "%s is a symbolic link, which "
		    "could lead anywhere; put the %s itself there: `rm %s`, then move it",
		    path, folder ? "folder" : "file", path);
	return client_fault(c, EXIT_PERMISSION, "%s is no %s; move it away: `mv %s "
	    "%s.old`", path, folder ? "folder" : "regular file", path, path);
}

/* What lies open to others is not used: a key that was exchanged would sign or
 * decrypt for somebody else. */
static int
check(struct client *c, const char *path, const struct stat *st, bool folder)
{
	if (folder ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))
		return wrong_kind(c, path, st, folder);
	if (st->st_uid != geteuid())
		return client_fault(c, EXIT_PERMISSION, "%s belongs to another user "
		    "(number %lu); mend it with `sudo chown %lu %s`", path,
		    (unsigned long)st->st_uid, (unsigned long)geteuid(), path);
	if ((st->st_mode & 0077) != 0)
		return client_fault(c, EXIT_PERMISSION, "%s can be read or changed by "
		    "other users; mend it with `chmod %s %s`", path,
		    folder ? "700" : "600", path);
	if (folder && (st->st_mode & 0700) != 0700)
		return client_fault(c, EXIT_PERMISSION, "%s cannot be used by its owner; "
		    "mend it with `chmod 700 %s`", path, path);
	return 0;
}

/* A file system that forgets permissions (FAT, some network ones) keeps nothing
 * private. */
static int
check_made(struct client *c, int fd, const char *path, mode_t mode)
{
	struct stat st;

	if (fchmod(fd, mode) != 0 || fstat(fd, &st) != 0 ||
	    (st.st_mode & 0777) != mode)
		return client_fault(c, EXIT_PERMISSION, "the file system of %s keeps no "
		    "permissions, so that nothing is private there; choose another "
		    "place with --home DIR", path);
	return 0;
}

static bool
sync_fd(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc != 0 && errno == EINTR);
	/* EINVAL: a file system whose folders cannot be synced. */
	return rc == 0 || errno == EINVAL;
}

/* ---- folders ---- */

void
private_close(struct private_dir *dir)
{
	if (dir->fd >= 0)
		(void)close(dir->fd);
	free(dir->path);
	dir->fd = -1;
	dir->path = NULL;
}

static char *
join(const char *a, const char *b)
{
	char *out = NULL;

	if (asprintf(&out, "%s/%s", a, b) < 0)
		return NULL;
	return out;
}

/* Whoever may write to a folder above can put another one in our place. */
static int
check_above(struct client *c, const char *path)
{
	char *real = realpath(path, NULL), *slash;
	struct stat st;
	int rc = 0;

	if (real == NULL)
		return cannot(c, "find", path, errno);
	while (rc == 0 && (slash = strrchr(real, '/')) != NULL && real[1] != '\0') {
		slash[slash == real ? 1 : 0] = '\0';
		if (stat(real, &st) == 0 && (st.st_mode & 0022) != 0 &&
		    (st.st_mode & S_ISVTX) == 0)
			rc = client_fault(c, EXIT_PERMISSION, "other users may write to "
			    "%s and so exchange %s; mend it with `chmod go-w %s`", real,
			    path, real);
	}
	free(real);
	return rc;
}

static int
make_parents(struct client *c, const char *path)
{
	char *copy = strdup(path), *p;
	int rc = 0;

	if (copy == NULL)
		return client_out_of_memory(c);
	for (p = copy + 1; rc == 0 && (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			rc = cannot(c, "create", copy, errno);
		*p = '/';
	}
	free(copy);
	return rc;
}

/* *made: it was not there before. */
static int
open_folder(struct client *c, struct private_dir *dir, int at, const char *name,
    bool create)
{
	struct stat st;
	bool made = create && mkdirat(at, name, 0700) == 0;

	if (create && !made && errno != EEXIST)
		return cannot(c, "create", dir->path, errno);
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : cannot(c, "look at", dir->path, errno);
	if (!made) {
		int rc = check(c, dir->path, &st, true);

		if (rc != 0)
			return rc;
	}
	dir->fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir->fd < 0)
		return errno == ENOENT ? 0 : cannot(c, "open", dir->path, errno);
	if (made)
		return check_made(c, dir->fd, dir->path, 0700);
	/* Once more, of what was opened. */
	return fstat(dir->fd, &st) == 0 ? check(c, dir->path, &st, true) :
	    cannot(c, "look at", dir->path, errno);
}

int
private_open(struct client *c, struct private_dir *dir, const char *path,
    bool create)
{
	size_t len = strlen(path);
	int rc = 0;

	while (len > 1 && path[len - 1] == '/')
		len--;
	dir->fd = -1;
	dir->path = strndup(path, len);
	if (dir->path == NULL)
		return client_out_of_memory(c);
	if (create)
		rc = make_parents(c, dir->path);
	if (rc == 0)
		rc = open_folder(c, dir, AT_FDCWD, dir->path, create);
	if (rc == 0 && dir->fd >= 0)
		rc = check_above(c, dir->path);
	return rc;
}

int
private_open_in(struct client *c, struct private_dir *dir,
    const struct private_dir *parent, const char *name, bool create)
{
	dir->fd = -1;
	dir->path = join(parent->path, name);
	if (dir->path == NULL)
		return client_out_of_memory(c);
	return open_folder(c, dir, parent->fd, name, create);
}

/* A name that no other process takes; counted up until it is free. */
static int
make_unique(int at, const char *prefix, char *name, size_t size, bool folder)
{
	unsigned n;
	int fd;

	for (n = 0; n < 1000; n++) {
		(void)snprintf(name, size, "%s%ld-%u", prefix, (long)getpid(), n);
		if (folder) {
			if (mkdirat(at, name, 0700) == 0)
				return openat(at, name, O_RDONLY | O_DIRECTORY |
				    O_NOFOLLOW | O_CLOEXEC);
		} else {
			fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
			    O_CLOEXEC, 0600);
			if (fd >= 0)
				return fd;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int
private_new(struct client *c, struct private_dir *dir,
    const struct private_dir *parent)
{
	char name[64];

	dir->path = NULL;
	dir->fd = make_unique(parent->fd, ".new-", name, sizeof(name), true);
	if (dir->fd < 0)
		return cannot(c, "create a folder in", parent->path, errno);
	dir->path = join(parent->path, name);
	if (dir->path == NULL)
		return client_out_of_memory(c);
	return check_made(c, dir->fd, dir->path, 0700);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int
private_publish(struct client *c, struct private_dir *dir,
    const struct private_dir *parent, const char *name)
{
	if (!sync_fd(dir->fd))
		return cannot(c, "write", dir->path, errno);
	if (renameat(parent->fd, base_name(dir->path), parent->fd, name) != 0)
		return cannot(c, "name", dir->path, errno);
	free(dir->path);
	dir->path = join(parent->path, name);
	if (dir->path == NULL)
		return client_out_of_memory(c);
	return sync_fd(parent->fd) ? 0 : cannot(c, "write", parent->path, errno);
}

static void
empty_folder(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(fd, e->d_name, 0);
	(void)closedir(d);
	(void)unlinkat(at, name, AT_REMOVEDIR);
}

void
private_discard(const struct private_dir *parent, const char *name)
{
	empty_folder(parent->fd, name);
}

int
private_remove(struct client *c, const struct private_dir *parent, const char *name)
{
	char gone[64];

	(void)snprintf(gone, sizeof(gone), ".gone-%.50s", name);
	empty_folder(parent->fd, gone);
	/* Gone with one step; what is left to delete nobody sees. */
	if (renameat(parent->fd, name, parent->fd, gone) != 0)
		return cannot(c, "remove", name, errno);
	if (!sync_fd(parent->fd))
		return cannot(c, "write", parent->path, errno);
	empty_folder(parent->fd, gone);
	return 0;
}

static bool
is_leftover(const char *name)
{
	return strncmp(name, ".new-", 5) == 0 || strncmp(name, ".gone-", 6) == 0 ||
	    strncmp(name, ".tmp-", 5) == 0;
}

void
private_clean(const struct private_dir *dir)
{
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (is_leftover(e->d_name) && unlinkat(fd, e->d_name, 0) != 0)
			empty_folder(fd, e->d_name);
	(void)closedir(d);
}

/* ---- files ---- */

static bool
write_all(int fd, struct sm_bytes in)
{
	ssize_t n;

	while (in.len > 0) {
		n = write(fd, in.data, in.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return false;
		}
		in = sm_bytes_skip(in, (size_t)n);
	}
	return true;
}

int
private_write(struct client *c, const struct private_dir *dir, const char *name,
    struct sm_bytes contents)
{
	char temp[64];
	int error, rc, fd;

	fd = make_unique(dir->fd, ".tmp-", temp, sizeof(temp), false);
	if (fd < 0)
		return cannot(c, "create a file in", dir->path, errno);
	rc = check_made(c, fd, dir->path, 0600);
	errno = 0;
	if (rc == 0 && (!write_all(fd, contents) || !sync_fd(fd)))
		rc = cannot(c, "write to", dir->path, errno);
	error = close(fd) != 0 ? errno : 0;
	if (rc == 0 && error != 0)
		rc = cannot(c, "write to", dir->path, error);
	if (rc == 0 && (renameat(dir->fd, temp, dir->fd, name) != 0 ||
		!sync_fd(dir->fd)))
		rc = cannot(c, "write to", dir->path, errno);
	if (rc != 0)
		(void)unlinkat(dir->fd, temp, 0);
	return rc;
}

static int
read_all(struct client *c, int fd, const char *path, size_t max, struct sm_buf *out)
{
	size_t start = out->len, room = max + 1;
	ssize_t n;

	for (;;) {
		if (out->len - start >= room)
			return client_fault(c, EXIT_LIMIT, "%s is larger than %zu bytes: "
			    "something else was put there", path, max);
		if (sm_buf_reserve(out, 4096) != 0)
			return client_out_of_memory(c);
		n = read(fd, out->data + out->len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot(c, "read", path, errno);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
	}
}

/* Of a text others may know what stands in it. */
static int
check_file(struct client *c, const char *path, struct stat *st, bool text)
{
	if (text)
		st->st_mode &= ~(mode_t)0044;
	return check(c, path, st, false);
}

static int
read_file(struct client *c, const struct private_dir *dir, const char *name,
    size_t max, bool text, struct sm_buf *out, bool *there)
{
	char *path = join(dir->path, name);
	struct stat st;
	int rc, fd = -1;

	*there = false;
	if (path == NULL)
		return client_out_of_memory(c);
	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		rc = errno == ENOENT ? 0 : cannot(c, "look at", path, errno);
		goto out;
	}
	rc = check_file(c, path, &st, text);
	if (rc != 0)
		goto out;
	fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		rc = errno == ENOENT ? 0 : cannot(c, "read", path, errno);
		goto out;
	}
	rc = fstat(fd, &st) == 0 ? check_file(c, path, &st, text) :
	    cannot(c, "look at", path, errno);
	if (rc == 0)
		rc = read_all(c, fd, path, max, out);
	*there = rc == 0;
out:
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return rc;
}

int
private_read(struct client *c, const struct private_dir *dir, const char *name,
    size_t max, struct sm_buf *out, bool *there)
{
	return read_file(c, dir, name, max, false, out, there);
}

int
private_read_text(struct client *c, const struct private_dir *dir, const char *name,
    size_t max, struct sm_buf *out, bool *there)
{
	return read_file(c, dir, name, max, true, out, there);
}

/* ---- the lock ---- */

static int
wait_for(struct client *c, int fd, const char *path)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct timespec step = { 0, LOCK_STEP_MS * 1000000L };
	int waited;

	for (waited = 0; waited <= LOCK_WAIT_MS; waited += LOCK_STEP_MS) {
		if (fcntl(fd, F_OFD_SETLK, &all) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return cannot(c, "lock", path, errno);
		if (waited == LOCK_TELL_MS)
			client_note(c, "waiting for another sealmail that holds %s", path);
		(void)nanosleep(&step, NULL);
	}
	return client_fault(c, EXIT_LATER, "another sealmail has held %s for a minute; try "
	    "again later", path);
}

int
private_lock(struct client *c, const struct private_dir *dir, int *fd)
{
	char *path = join(dir->path, "lock");
	struct stat st;
	int rc;

	*fd = -1;
	if (path == NULL)
		return client_out_of_memory(c);
	*fd = openat(dir->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK, 0600);
	if (*fd < 0)
		rc = fstatat(dir->fd, "lock", &st, AT_SYMLINK_NOFOLLOW) == 0 ?
		    check(c, path, &st, false) : cannot(c, "create", path, errno);
	else
		rc = fstat(*fd, &st) == 0 ? check(c, path, &st, false) :
		    cannot(c, "look at", path, errno);
	if (rc == 0 && *fd < 0)
		rc = cannot(c, "open", path, EACCES);
	if (rc == 0)
		rc = wait_for(c, *fd, path);
	if (rc != 0 && *fd >= 0) {
		(void)close(*fd);
		*fd = -1;
	}
	free(path);
	return rc;
}
