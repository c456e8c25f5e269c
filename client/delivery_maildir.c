/* Delivery into Maildirs: for one machine without a mail server, and for tests. */
#include "delivery.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 64 << 10 };

/* ---- one message into one Maildir ---- */

/* Make every folder of path that is missing. */
static int
make_folders(const char *path)
{
	char copy[PATH_MAX], *p;

	if (strlen(path) >= sizeof(copy))
		return -ENAMETOOLONG;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (p = copy + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(copy, 0700) != 0 && errno != EEXIST ? -errno : 0;
}

static int
open_folder(int at, const char *name)
{
	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -errno;
	at = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return at >= 0 ? at : -errno;
}

static int
write_all(int to, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(to, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Lines of a mailbox end with LF. A CR that stands at the end of a piece waits for
 * what follows. */
static size_t
drop_cr(uint8_t *data, size_t len, bool *held)
{
	size_t i, to = *held ? 1 : 0;
	uint8_t *out = data;

	/* data[0] is room for a CR of the piece before. */
	if (*held)
		data[0] = '\r';
	*held = false;
	for (i = 0; i < len; i++) {
		uint8_t c = data[1 + i];

		if (c == '\n' && to > 0 && out[to - 1] == '\r')
			to--;
		out[to++] = c;
	}
	if (to > 0 && out[to - 1] == '\r') {
		*held = true;
		to--;
	}
	return to;
}

static int
copy_lines(int to, int from)
{
	uint8_t *piece = malloc(COPY_BYTES + 1);
	bool held = false;
	ssize_t n;
	int rc = piece != NULL ? 0 : -ENOMEM;

	while (rc == 0) {
		n = read(from, piece + 1, COPY_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = -errno;
		if (n <= 0)
			break;
		rc = write_all(to, piece, drop_cr(piece, (size_t)n, &held));
	}
	if (rc == 0 && held)
		rc = write_all(to, (const uint8_t *)"\r", 1);
	free(piece);
	return rc;
}

/* tmp, fsync, link to the name: as maildir(5) has it. A name that is there is the
 * same message, of a try that was cut short. */
static int
put_file(int box, int to, const char *name, const char *target, int from)
{
	int fd, rc, tmp = open_folder(box, "tmp");

	if (tmp < 0)
		return tmp;
	(void)unlinkat(tmp, name, 0);
	fd = openat(tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = fd >= 0 ? copy_lines(fd, from) : -errno;
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && linkat(tmp, name, to, target, 0) != 0 && errno != EEXIST)
		rc = -errno;
	if (fd >= 0)
		(void)unlinkat(tmp, name, 0);
	if (rc == 0 && fsync(to) != 0 && errno != EINVAL)
		rc = -errno;
	(void)close(tmp);
	return rc;
}

int
maildir_put(const char *path, const char *name, int fd, bool seen)
{
	char target[NAME_MAX];
	int box, to = -1, other = -1, rc = make_folders(path);

	box = rc == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (rc == 0 && box < 0)
		rc = -errno;
	if (rc == 0)
		rc = to = open_folder(box, seen ? "cur" : "new");
	if (rc >= 0) /* all three make a Maildir */
		rc = other = open_folder(box, seen ? "new" : "cur");
	(void)snprintf(target, sizeof(target), "%s%s", name, seen ? ":2,S" : "");
	if (rc >= 0)
		rc = lseek(fd, 0, SEEK_SET) == 0 ? put_file(box, to, name, target, fd) :
		    -errno;
	if (other >= 0)
		(void)close(other);
	if (to >= 0)
		(void)close(to);
	if (box >= 0)
		(void)close(box);
	return rc;
}

/* ---- the receivers ---- */

/* An address as the name of one folder: nothing in it may lead elsewhere. */
static bool
is_folder_name(const char *address)
{
	const char *p;

	for (p = address; *p != '\0'; p++)
		if (*p == '/' || (unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return *address != '\0' && *address != '.';
}

static int
put_address(struct sm_buf *out, const char *address)
{
	int rc = 0;

	for (; rc == 0 && *address != '\0'; address++)
		rc = sm_buf_append_byte(out, (uint8_t)(*address >= 'A' && *address <= 'Z' ?
		    *address + ('a' - 'A') : *address));
	return rc;
}

/* %a in the pattern is the address, %% a percent sign. */
static int
folder_of(struct sm_buf *out, const char *pattern, const char *address)
{
	int rc = 0;

	for (; rc == 0 && *pattern != '\0'; pattern++) {
		if (pattern[0] == '%' && pattern[1] == 'a') {
			rc = put_address(out, address);
			pattern++;
		} else {
			pattern += pattern[0] == '%' && pattern[1] == '%';
			rc = sm_buf_append_byte(out, (uint8_t)*pattern);
		}
	}
	return rc == 0 ? sm_buf_append_byte(out, '\0') : rc;
}

static bool
passes(int error)
{
	return error != ENOTDIR && error != ENAMETOOLONG && error != ELOOP;
}

static int
deliver_one(struct handover *h, size_t i)
{
	struct receiver *r = &h->parcel->list[i];
	struct sm_buf path = SM_BUF_INIT;
	char name[96];
	int rc;

	if (!is_folder_name(r->address))
		return handover_note(h, r, false, "cannot be the name of a Maildir");
	rc = folder_of(&path, h->l->target, r->address) != 0 ?
	    client_out_of_memory(h->c) : 0;
	(void)snprintf(name, sizeof(name), "%lld.%sM%zuR%zu.sealmail",
	    (long long)h->l->created, h->l->id, h->number, i);
	if (rc == 0) {
		rc = maildir_put((const char *)path.data, name, h->fd, false);
		if (rc == 0)
			handover_done(h, r);
		else
			rc = handover_note(h, r, passes(-rc), "%s: %s",
			    (const char *)path.data, strerror(-rc));
	}
	sm_buf_free(&path);
	return rc;
}

int
deliver_to_maildirs(struct handover *h)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < h->parcel->count; i++)
		if (h->parcel->list[i].state == RECEIVER_PENDING)
			rc = deliver_one(h, i);
	return rc;
}
