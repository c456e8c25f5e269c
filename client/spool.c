#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"

enum { MEMORY_BYTES = 1 << 20 };

void
spool_init(struct spool *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

void
spool_free(struct spool *s)
{
	sm_buf_free(&s->memory);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->folder);
	spool_init(s);
}

/* ---- choosing the folder ---- */

static bool
lives_in_memory(const char *folder)
{
	struct statfs fs;

	return statfs(folder, &fs) == 0 && (fs.f_type == TMPFS_MAGIC ||
	    (unsigned long)fs.f_type == RAMFS_MAGIC);
}

/* Where the file system has no unnamed files: a name for a moment. */
static int
open_unlinked(const char *folder)
{
	char *name;
	int fd, error;

	if (asprintf(&name, "%s/.sealmail-spool-XXXXXX", folder) < 0) {
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	error = errno;
	if (fd >= 0)
		(void)unlink(name);
	free(name);
	errno = error;
	return fd;
}

static int
open_in(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	return fd >= 0 ? fd : open_unlinked(folder);
}

/* Try one folder. 0 when it took, -1 after saying why not. */
static int
try_folder(struct client *c, struct spool *s, const char *folder)
{
	if (lives_in_memory(folder)) {
		client_note(c, "%s is not used for the spool: it is kept in memory "
		    "(tmpfs)", folder);
		return -1;
	}
	s->fd = open_in(folder);
	if (s->fd < 0) {
		client_note(c, "%s cannot be used for the spool: %s", folder,
		    strerror(errno));
		return -1;
	}
	s->folder = strdup(folder);
	return 0;
}

static int
open_default(struct client *c, struct spool *s)
{
	const char *tmpdir = getenv("TMPDIR");

	if (tmpdir != NULL && *tmpdir != '\0' && try_folder(c, s, tmpdir) == 0)
		return 0;
	if (try_folder(c, s, "/var/tmp") == 0)
		return 0;
	return client_fault(c, EXIT_CANNOT_CREATE, "no folder for the spool that a "
	    "large message from a pipe needs; name one on a disk with --spool DIR, "
	    "or give the message as a file");
}

static int
open_file(struct client *c, struct spool *s)
{
	const char *folder = options_value(&c->opt, OPT_SPOOL);

	if (folder == NULL)
		return open_default(c, s);
	if (lives_in_memory(folder))
		return client_fault(c, EXIT_CANNOT_CREATE, "%s is kept in memory "
		    "(tmpfs), where a large message would take the machine's; name a "
		    "folder on a disk with --spool DIR", folder);
	s->fd = open_in(folder);
	if (s->fd < 0)
		return client_fault(c, EXIT_CANNOT_CREATE, "cannot make a spool in %s: "
		    "%s; name another folder with --spool DIR", folder, strerror(errno));
	s->folder = strdup(folder);
	return 0;
}

/* ---- writing ---- */

static int
write_fault(struct client *c, const struct spool *s, int error)
{
	const char *folder = s->folder != NULL ? s->folder : "the spool folder";

	if (error == ENOSPC || error == EDQUOT || error == EFBIG)
		return client_fault(c, EXIT_IO, "no room in %s for the second reading "
		    "of the message; name a folder with more room with --spool DIR, or "
		    "give the message as a file", folder);
	return client_fault(c, EXIT_IO, "cannot write the spool in %s: %s; name "
	    "another folder with --spool DIR", folder, strerror(error));
}

static int
write_file(struct client *c, struct spool *s, struct sm_bytes in)
{
	ssize_t n;

	while (in.len > 0) {
		n = write(s->fd, in.data, in.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return write_fault(c, s, n < 0 ? errno : EIO);
		in = sm_bytes_skip(in, (size_t)n);
	}
	return 0;
}

static int
move_to_file(struct client *c, struct spool *s)
{
	int rc = open_file(c, s);

	if (rc == 0)
		rc = write_file(c, s, sm_buf_bytes(&s->memory));
	sm_buf_free(&s->memory);
	return rc;
}

int
spool_append(struct client *c, struct spool *s, struct sm_bytes in)
{
	int rc = 0;

	if (in.len > c->limits.spool_bytes - s->total)
		return client_fault(c, EXIT_LIMIT, "limit spool-bytes: the message is "
		    "longer than %llu bytes, the most that is kept for a second reading",
		    (unsigned long long)c->limits.spool_bytes);
	if (s->fd < 0 && in.len > MEMORY_BYTES - s->memory.len)
		rc = move_to_file(c, s);
	if (rc == 0 && s->fd >= 0)
		rc = write_file(c, s, in);
	else if (rc == 0 && sm_buf_append(&s->memory, in) != 0)
		rc = client_out_of_memory(c);
	s->total += in.len;
	return rc;
}

/* ---- reading ---- */

static int
read_at(void *ctx, uint64_t offset, void *buf, size_t len, size_t *out_len)
{
	struct spool *s = ctx;
	struct sm_bytes rest;
	ssize_t n;

	if (s->fd < 0) {
		rest = sm_bytes_skip(sm_buf_bytes(&s->memory),
		    offset > s->memory.len ? s->memory.len : (size_t)offset);
		rest = sm_bytes_first(rest, len);
		if (rest.len > 0)
			memcpy(buf, rest.data, rest.len);
		*out_len = rest.len;
		return 0;
	}
	do
		n = pread(s->fd, buf, len, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		s->error = errno;
		return SM_E_IO;
	}
	*out_len = (size_t)n;
	return 0;
}

struct sm_source
spool_source(struct spool *s)
{
	struct sm_source src = { read_at, s };

	return src;
}
