#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "text_filter.h"

enum { HOLD_BYTES = 64 * 1024, COLUMNS_USUAL = 80 };

/* ---- opening ---- */

static int
cannot_create(struct client *c, const char *path, int error)
{
	return client_fault(c, error == EACCES || error == EPERM ?
	    EXIT_PERMISSION : EXIT_CANNOT_CREATE,
	    "cannot create %s: %s", path, strerror(error));
}

static int
output_init(struct client *c, struct output *out, int fd, const char *name)
{
	memset(out, 0, sizeof(*out));
	out->fd = fd;
	out->name = name;
	out->held = malloc(HOLD_BYTES);
	return out->held != NULL ? 0 : client_out_of_memory(c);
}

int
output_open_fd(struct client *c, struct output *out, int fd, const char *name)
{
	return output_init(c, out, fd, name);
}

static int
open_stdout(struct client *c, struct output *out, bool binary)
{
	int rc = output_init(c, out, STDOUT_FILENO, "standard output");

	if (rc != 0)
		return rc;
	out->tty = isatty(STDOUT_FILENO) == 1;
	if (out->tty && binary)
		return client_fault(c, EXIT_USAGE, "binary output is not written to a "
		    "terminal; name a file with -o FILE, or use a pipe");
	return 0;
}

/* The name that the file will get: of an existing symbolic link, what it points
 * to, so that the link stays. */
static char *
final_path(const char *path, const struct stat *st)
{
	return st != NULL && S_ISREG(st->st_mode) ? realpath(path, NULL) :
	    strdup(path);
}

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int
open_direct(struct client *c, struct output *out, const char *path)
{
	out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (out->fd < 0)
		return cannot_create(c, path, errno);
	out->tty = isatty(out->fd) == 1;
	return 0;
}

/* linkat() names an unnamed file through /proc. */
static bool
can_be_named(void)
{
	return access("/proc/self/fd", X_OK) == 0;
}

static int
open_hidden(struct client *c, struct output *out)
{
	if (asprintf(&out->temp, "%s/.sealmail-XXXXXX", out->dir) < 0) {
		out->temp = NULL;
		return client_out_of_memory(c);
	}
	out->fd = mkostemp(out->temp, O_CLOEXEC);
	if (out->fd >= 0) {
		cleanup_remember(out->temp);
		return 0;
	}
	free(out->temp);
	out->temp = NULL;
	return cannot_create(c, out->path, errno);
}

static int
open_unnamed(struct client *c, struct output *out)
{
	out->provisional = true;
	if (can_be_named())
		out->fd = open(out->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* Not every file system has unnamed files, and each says so its own way. */
	if (out->fd < 0)
		return open_hidden(c, out);
	return 0;
}

static int
open_named(struct client *c, struct output *out, const char *path)
{
	struct stat st, link;
	bool exists = stat(path, &st) == 0;

	if (!exists && lstat(path, &link) == 0)
		return client_fault(c, EXIT_CANNOT_CREATE,
		    "cannot create %s: it is a link that leads nowhere", path);
	if (exists && S_ISDIR(st.st_mode))
		return client_fault(c, EXIT_CANNOT_CREATE,
		    "cannot create %s: it is a folder; name a file in it", path);
	if (exists && !S_ISREG(st.st_mode))
		return open_direct(c, out, path);
	out->path = final_path(path, exists ? &st : NULL);
	if (out->path == NULL)
		return client_out_of_memory(c);
	out->dir = folder_of(out->path);
	if (out->dir == NULL)
		return client_out_of_memory(c);
	return open_unnamed(c, out);
}

int
output_open(struct client *c, struct output *out, const char *path, bool binary)
{
	int rc;

	if (path == NULL || strcmp(path, "-") == 0)
		return open_stdout(c, out, binary);
	rc = output_init(c, out, -1, path);
	return rc != 0 ? rc : open_named(c, out, path);
}

/* ---- writing ---- */

static int
write_all(struct output *out, struct sm_bytes in)
{
	ssize_t n;

	while (in.len > 0) {
		n = write(out->fd, in.data, in.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			out->error = n < 0 ? errno : EIO;
			return SM_E_IO;
		}
		in = sm_bytes_skip(in, (size_t)n);
	}
	return 0;
}

static int
flush(struct output *out)
{
	struct sm_bytes held = sm_bytes(out->held, out->held_len);

	out->held_len = 0;
	return write_all(out, held);
}

static int
sink_write(void *ctx, struct sm_bytes in)
{
	struct output *out = ctx;

	if (output_failed(out))
		return SM_E_IO;
	if (out->tty && !text_filter_pass(&out->filter, in)) {
		out->refused = true;
		return SM_E_IO;
	}
	out->total += in.len;
	if (in.len > HOLD_BYTES - out->held_len && flush(out) != 0)
		return SM_E_IO;
	if (in.len >= HOLD_BYTES)
		return write_all(out, in);
	memcpy(out->held + out->held_len, in.data, in.len);
	out->held_len += in.len;
	return 0;
}

struct sm_sink
output_sink(struct output *out)
{
	struct sm_sink s = { sink_write, out };

	return s;
}

void
output_restart(struct output *out)
{
	out->held_len = 0;
	out->total = 0;
	if (ftruncate(out->fd, 0) != 0 || lseek(out->fd, 0, SEEK_SET) != 0)
		out->error = errno;
}

unsigned
output_columns(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) != 1)
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS_USUAL;
	return size.ws_col;
}

bool
output_failed(const struct output *out)
{
	return out->error != 0 || out->refused;
}

int
output_fault(struct client *c, const struct output *out)
{
	if (out->refused)
		return client_fault(c, EXIT_USAGE, "the content is not text that a "
		    "terminal can show; name a file with -o FILE, or use a pipe");
	if (out->error == EPIPE)
		return client_fault(c, EXIT_IO, "%s was closed by its reader before "
		    "everything was written", out->name);
	if (out->error == ENOSPC || out->error == EDQUOT)
		return client_fault(c, EXIT_IO, "cannot write %s: the disk is full; make "
		    "room, or name another place with -o FILE", out->name);
	return client_fault(c, EXIT_IO, "cannot write %s: %s", out->name,
	    strerror(out->error));
}

/* ---- naming ---- */

/* Give the unnamed file a name; EEXIST when the name is taken. */
static int
link_as(const struct output *out, const char *name)
{
	char self[64];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ?
	    0 : errno;
}

/* A name can be replaced only by renaming: link to a hidden name first. */
static int
link_hidden(struct output *out)
{
	unsigned try;
	char *name;
	int error = EEXIST;

	for (try = 0; try < 100 && error == EEXIST; try++) {
		if (asprintf(&name, "%s/.sealmail-%ld-%u", out->dir, (long)getpid(),
		    try) < 0)
			return ENOMEM;
		error = link_as(out, name);
		if (error == 0) {
			out->temp = name;
			cleanup_remember(name);
		} else
			free(name);
	}
	return error;
}

static void
forget_temp(struct output *out)
{
	cleanup_forget(out->temp);
	free(out->temp);
	out->temp = NULL;
}

static int
give_name(struct output *out)
{
	int error;

	if (out->temp == NULL) {
		error = link_as(out, out->path);
		if (error != EEXIST)
			return error;
		error = link_hidden(out);
		if (error != 0)
			return error;
	}
	if (rename(out->temp, out->path) != 0)
		return errno;
	forget_temp(out);
	return 0;
}

/* The name is on the disk when its folder is. A folder that cannot be synced is
 * no reason to fail: the file is complete either way. */
static void
sync_folder(const struct output *out)
{
	int fd = open(out->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

static int
commit_named(struct client *c, struct output *out)
{
	int error;

	if (fsync(out->fd) != 0) {
		out->error = errno;
		return output_fault(c, out);
	}
	error = give_name(out);
	if (error != 0)
		return cannot_create(c, out->path, error);
	sync_folder(out);
	return 0;
}

int
output_commit(struct client *c, struct output *out)
{
	if (!output_failed(out) && out->tty && !text_filter_end(&out->filter))
		out->refused = true;
	if (output_failed(out) || flush(out) != 0)
		return output_fault(c, out);
	return out->path != NULL ? commit_named(c, out) : 0;
}

void
output_close(struct output *out)
{
	if (out->temp != NULL) {
		(void)unlink(out->temp);
		forget_temp(out);
	}
	if (out->fd > STDERR_FILENO)
		(void)close(out->fd);
	if (out->held != NULL)
		sm_wipe(out->held, HOLD_BYTES);
	free(out->held);
	free(out->path);
	free(out->dir);
	memset(out, 0, sizeof(*out));
	out->fd = -1;
}
