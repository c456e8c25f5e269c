#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
cannot_read(struct client *c, const char *name, int error)
{
	int code = error == EACCES || error == EPERM ? EXIT_PERMISSION : EXIT_NO_INPUT;

	return client_fault(c, code, "cannot read %s: %s", name, strerror(error));
}

static int
open_path(struct client *c, const char *path, int *fd, struct stat *st)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, st) != 0)
		return cannot_read(c, path, errno);
	if (S_ISDIR(st->st_mode))
		return cannot_read(c, path, EISDIR);
	return 0;
}

static int
look_at(struct client *c, struct input *in, const struct stat *st)
{
	off_t at;

	in->regular = S_ISREG(st->st_mode);
	if (!in->regular)
		return 0;
	/* `sealmail <file` may start anywhere in it. */
	at = lseek(in->fd, 0, SEEK_CUR);
	if (at < 0)
		return cannot_read(c, in->name, errno);
	in->start = (uint64_t)at;
	in->size = st->st_size > at ? (uint64_t)(st->st_size - at) : 0;
	(void)posix_fadvise(in->fd, at, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

int
input_open(struct client *c, struct input *in, const char *path)
{
	struct stat st;
	int rc = 0;

	memset(in, 0, sizeof(*in));
	spool_init(&in->spool);
	in->fd = STDIN_FILENO;
	in->name = path == NULL || strcmp(path, "-") == 0 ? "standard input" : path;
	if (in->name == path)
		rc = open_path(c, path, &in->fd, &st);
	else if (fstat(STDIN_FILENO, &st) != 0)
		rc = cannot_read(c, in->name, errno);
	if (rc == 0 && in->name != path && isatty(STDIN_FILENO) == 1)
		client_note(c, "reading the message from the terminal; end it with "
		    "Ctrl-D, or name a file");
	if (rc == 0)
		rc = look_at(c, in, &st);
	if (rc != 0)
		return rc;
	in->piece = malloc(INPUT_PIECE_BYTES);
	return in->piece != NULL ? 0 : client_out_of_memory(c);
}

/* Read into the piece from `have` on; *n: how many bytes came. */
static int
read_more(struct client *c, const struct input *in, size_t have, size_t *n)
{
	ssize_t got;

	do
		got = read(in->fd, in->piece + have, INPUT_PIECE_BYTES - have);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EISDIR)
		return cannot_read(c, in->name, errno);
	if (got < 0)
		return client_fault(c, EXIT_IO, "cannot read %s: %s", in->name,
		    strerror(errno));
	*n = (size_t)got;
	return 0;
}

int
input_read(struct client *c, struct input *in, struct sm_bytes *out)
{
	size_t n = in->peeked;
	int rc = n > 0 ? 0 : read_more(c, in, 0, &n);

	in->peeked = 0;
	if (rc == 0)
		*out = sm_bytes(in->piece, n);
	return rc;
}

static bool
has_blank_line(const uint8_t *text, size_t len)
{
	return memmem(text, len, "\n\n", 2) != NULL ||
	    memmem(text, len, "\n\r\n", 3) != NULL;
}

int
input_peek(struct client *c, struct input *in, struct sm_bytes *out)
{
	size_t n = 0, seen;
	int rc;

	do {
		rc = read_more(c, in, in->peeked, &n);
		/* The line may end in what came before. */
		seen = in->peeked > 2 ? in->peeked - 2 : 0;
		in->peeked += rc == 0 ? n : 0;
	} while (rc == 0 && n > 0 && in->peeked < INPUT_PIECE_BYTES &&
	    !has_blank_line(in->piece + seen, in->peeked - seen));
	*out = sm_bytes(in->piece, in->peeked);
	return rc;
}

int
input_keep(struct client *c, struct input *in, struct sm_bytes piece)
{
	return in->regular ? 0 : spool_append(c, &in->spool, piece);
}

void
input_drop(struct input *in)
{
	spool_free(&in->spool);
}

int
input_keep_all(struct client *c, struct input *in)
{
	struct sm_bytes piece;
	int rc;

	if (in->regular)
		return 0;
	do {
		rc = input_read(c, in, &piece);
		if (rc == 0)
			rc = input_keep(c, in, piece);
	} while (rc == 0 && piece.len > 0);
	return rc;
}

static int
file_read_at(void *ctx, uint64_t offset, void *buf, size_t len, size_t *out_len)
{
	struct input *in = ctx;
	ssize_t n;

	if (offset > (uint64_t)INT64_MAX - in->start)
		return SM_E_IO;
	do
		n = pread(in->fd, buf, len, (off_t)(in->start + offset));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		in->error = errno;
		return SM_E_IO;
	}
	*out_len = (size_t)n;
	return 0;
}

struct sm_source
input_source(struct input *in)
{
	struct sm_source src = { file_read_at, in };

	return in->regular ? src : spool_source(&in->spool);
}

int
input_error(const struct input *in)
{
	return in->error != 0 ? in->error : in->spool.error;
}

void
input_close(struct input *in)
{
	spool_free(&in->spool);
	if (in->fd > STDERR_FILENO)
		(void)close(in->fd);
	free(in->piece);
	memset(in, 0, sizeof(*in));
	spool_init(&in->spool);
	in->fd = -1;
}

/* ---- small files ---- */

static int
slurp_fd(struct client *c, struct sm_buf *out, int fd, const char *path, size_t max)
{
	size_t have;
	ssize_t n;

	for (;;) {
		have = out->len;
		if (sm_buf_resize(out, have + 16384) != 0)
			return client_out_of_memory(c);
		n = read(fd, out->data + have, 16384);
		if (sm_buf_resize(out, have + (n > 0 ? (size_t)n : 0)) != 0)
			return client_out_of_memory(c);
		if (n < 0 && errno != EINTR)
			return client_fault(c, EXIT_IO, "cannot read %s: %s", path,
			    strerror(errno));
		if (n == 0)
			return 0;
		if (out->len > max)
			return client_fault(c, EXIT_LIMIT, "%s is longer than the %zu KiB "
			    "that such a file may have", path, max >> 10);
	}
}

int
input_slurp(struct client *c, struct sm_buf *out, const char *path, size_t max)
{
	struct stat st;
	int fd = -1;
	int rc = open_path(c, path, &fd, &st);

	if (rc == 0)
		rc = slurp_fd(c, out, fd, path, max);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
