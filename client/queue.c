#include "queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "home.h"

enum { STATE_BYTES = 8 << 20, HELD_BYTES = 64 << 10 };
static const char FOLDER[] = "queue", STATE[] = "state", LOCK[] = "lock";

/* ---- the queue ---- */

/* Held for as long as the descriptor is open; -1: another has it, or a fault. */
static int
try_lock(int dir)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(dir, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &all) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* A letter that was being made when its program ended: nobody holds its lock, which is
 * taken before the queue's is given back. */
static bool
is_abandoned(int at, const char *name)
{
	int lock, fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	lock = try_lock(fd);
	(void)close(fd);
	if (lock >= 0)
		(void)close(lock);
	return lock >= 0;
}

/* Under the queue's lock, so that no letter is seen between its making and its lock. */
static void
clean_locked(struct queue *q)
{
	int fd = openat(q->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, ".gone-", 6) == 0 ||
		    (strncmp(e->d_name, ".new-", 5) == 0 && is_abandoned(fd, e->d_name)))
			private_discard(&q->dir, e->d_name);
	(void)closedir(d);
}

/* Whoever comes next cleans when another is busy now. */
static void
clean(struct queue *q)
{
	int lock = try_lock(q->dir.fd);

	if (lock < 0)
		return;
	clean_locked(q);
	(void)close(lock);
}

int
queue_open(struct client *c, struct queue *q, bool create)
{
	int rc;

	q->c = c;
	q->dir.fd = -1;
	q->dir.path = NULL;
	rc = home_open(c, &q->home, create);
	if (rc == 0 && q->home.fd >= 0)
		rc = private_open_in(c, &q->dir, &q->home, FOLDER, create);
	if (rc == 0 && q->dir.fd >= 0)
		clean(q);
	return rc;
}

void
queue_close(struct queue *q)
{
	private_close(&q->dir);
	private_close(&q->home);
}

/* ---- a new letter ---- */

static void
init(struct client *c, struct queued *l)
{
	memset(l, 0, sizeof(*l));
	l->c = c;
	l->dir.fd = l->lock = -1;
}

/* So that names follow the time, and two of one second differ. */
static int
make_id(struct queued *l)
{
	uint8_t r[5];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return client_fault(l->c, EXIT_INTERNAL, "the kernel gives no random bytes");
	(void)snprintf(l->id, sizeof(l->id), "%011llx-%02x%02x%02x%02x%02x",
	    (unsigned long long)l->created & 0xfffffffffffULL, r[0], r[1], r[2], r[3],
	    r[4]);
	return 0;
}

int
queued_new(struct queue *q, struct queued *l)
{
	int rc, lock = -1;

	init(q->c, l);
	l->created = (int64_t)time(NULL);
	rc = make_id(l);
	if (rc == 0)
		rc = private_lock(q->c, &q->dir, &lock);
	if (rc == 0)
		rc = private_new(q->c, &l->dir, &q->dir);
	if (rc == 0) {
		l->lock = try_lock(l->dir.fd);
		if (l->lock < 0)
			rc = client_fault(q->c, EXIT_IO, "cannot lock %s: %s", l->dir.path,
			    strerror(errno));
	}
	if (lock >= 0)
		(void)close(lock);
	return rc;
}

int
queued_add_parcel(struct queued *l, bool is_copy, size_t *number)
{
	struct parcel *list = realloc(l->parcels, (l->count + 1) * sizeof(*list));

	if (list == NULL)
		return client_out_of_memory(l->c);
	l->parcels = list;
	memset(&list[l->count], 0, sizeof(*list));
	list[l->count].is_copy = is_copy;
	*number = l->count++;
	return 0;
}

int
queued_add_receiver(struct queued *l, size_t number, const char *address)
{
	struct parcel *p = &l->parcels[number];
	struct receiver *list = p->list;

	/* Room for 1, 2, 4, ... */
	if ((p->count & (p->count - 1)) == 0) {
		list = realloc(p->list, (p->count == 0 ? 1 : p->count * 2) * sizeof(*list));
		if (list == NULL)
			return client_out_of_memory(l->c);
		p->list = list;
	}
	memset(&list[p->count], 0, sizeof(*list));
	list[p->count].address = strdup(address);
	if (list[p->count].address == NULL)
		return client_out_of_memory(l->c);
	p->count++;
	return 0;
}

int
queued_accept(struct queue *q, struct queued *l)
{
	int rc = queued_save(l);

	if (rc != 0)
		return rc;
	rc = private_publish(l->c, &l->dir, &q->dir, l->id);
	/* What was refused must not go all the same, at the next flush. */
	if (rc != 0)
		private_discard(&q->dir, l->id);
	return rc;
}

/* ---- messages ---- */

static void
file_name(char name[32], size_t number)
{
	(void)snprintf(name, 32, "%zu.eml", number + 1);
}

int
parcel_create(struct queued *l, size_t number, struct parcel_file *f)
{
	char name[32];

	file_name(name, number);
	memset(f, 0, sizeof(*f));
	f->c = l->c;
	f->held = malloc(HELD_BYTES);
	f->fd = openat(l->dir.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (f->held == NULL)
		return client_out_of_memory(l->c);
	return f->fd >= 0 ? 0 : client_fault(l->c, errno == ENOSPC ? EXIT_IO :
	    EXIT_CANNOT_CREATE, "cannot create a file in %s: %s", l->dir.path,
	    strerror(errno));
}

static int
write_through(struct parcel_file *f, struct sm_bytes in)
{
	ssize_t n;

	while (in.len > 0) {
		n = write(f->fd, in.data, in.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			f->error = n == 0 ? EIO : errno;
			return SM_E_IO;
		}
		in = sm_bytes_skip(in, (size_t)n);
	}
	return 0;
}

static int
flush(struct parcel_file *f)
{
	int rc = write_through(f, sm_bytes(f->held, f->held_len));

	f->held_len = 0;
	return rc;
}

static int
sink_write(void *ctx, struct sm_bytes in)
{
	struct parcel_file *f = ctx;

	if (f->error != 0)
		return SM_E_IO;
	f->total += in.len;
	if (f->held_len + in.len > HELD_BYTES && flush(f) != 0)
		return SM_E_IO;
	if (in.len > HELD_BYTES)
		return write_through(f, in);
	memcpy(f->held + f->held_len, in.data, in.len);
	f->held_len += in.len;
	return 0;
}

struct sm_sink
parcel_sink(struct parcel_file *f)
{
	struct sm_sink s = { sink_write, f };

	return s;
}

int
parcel_finish(struct parcel_file *f)
{
	int rc = f->error != 0 ? SM_E_IO : flush(f);

	if (rc == 0 && fsync(f->fd) != 0 && errno != EINVAL)
		f->error = errno;
	if (f->error == 0)
		return 0;
	if (f->error == ENOSPC || f->error == EDQUOT || f->error == EFBIG)
		return client_fault(f->c, EXIT_IO, "the disk with the queue is full; nothing "
		    "was sent");
	return client_fault(f->c, EXIT_IO, "cannot write to the queue: %s; nothing was sent",
	    strerror(f->error));
}

void
parcel_close(struct parcel_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	free(f->held);
	f->fd = -1;
	f->held = NULL;
}

int
queued_open_parcel(const struct queued *l, size_t number, int *fd, uint64_t *size)
{
	struct stat st;
	char name[32];

	file_name(name, number);
	*fd = openat(l->dir.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return client_fault(l->c, EXIT_IO, "cannot read %s/%s: %s", l->dir.path,
		    name, strerror(errno));
	*size = (uint64_t)st.st_size;
	return 0;
}

/* ---- letters that lie there ---- */

static bool
is_id(const char *name)
{
	return strlen(name) == QUEUE_ID_CHARS &&
	    strspn(name, "0123456789abcdef-") == QUEUE_ID_CHARS;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
collect(struct queue *q, DIR *d, char ***ids, size_t *count)
{
	const struct dirent *e;
	char **list;

	while ((e = readdir(d)) != NULL) {
		if (!is_id(e->d_name))
			continue;
		list = realloc(*ids, (*count + 1) * sizeof(*list));
		if (list == NULL)
			return client_out_of_memory(q->c);
		*ids = list;
		list[*count] = strdup(e->d_name);
		if (list[*count] == NULL)
			return client_out_of_memory(q->c);
		++*count;
	}
	if (*count > 1)
		qsort(*ids, *count, sizeof(char *), by_name);
	return 0;
}

int
queue_list(struct queue *q, char ***ids, size_t *count)
{
	int fd, rc;
	DIR *d;

	*ids = NULL;
	*count = 0;
	if (q->dir.fd < 0)
		return 0;
	fd = openat(q->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		rc = client_fault(q->c, EXIT_IO, "cannot read %s: %s", q->dir.path,
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	rc = collect(q, d, ids, count);
	(void)closedir(d);
	return rc;
}

static int
read_state(struct queued *l)
{
	struct sm_buf text = SM_BUF_INIT;
	bool there;
	int rc = private_read(l->c, &l->dir, STATE, STATE_BYTES, &text, &there);

	if (rc == 0 && !there) /* just taken away */
		private_close(&l->dir);
	else if (rc == 0)
		rc = queue_state_read(l, &text);
	sm_buf_free(&text);
	return rc;
}

int
queued_load(struct queue *q, const char *id, bool for_work, struct queued *l,
    bool *busy)
{
	int rc;

	init(q->c, l);
	*busy = false;
	if (!is_id(id))
		return client_fault(q->c, EXIT_USAGE, "\"%.60s\" is no letter of the queue; "
		    "`sealmail send --queue` lists them", id);
	memcpy(l->id, id, sizeof(l->id));
	rc = private_open_in(q->c, &l->dir, &q->dir, id, false);
	if (rc != 0 || l->dir.fd < 0)
		return rc;
	if (for_work) {
		l->lock = try_lock(l->dir.fd);
		*busy = l->lock < 0;
	}
	return *busy ? 0 : read_state(l);
}

int
queued_save(struct queued *l)
{
	struct sm_buf text = SM_BUF_INIT;
	int rc = queue_state_write(l, &text) != 0 ? client_out_of_memory(l->c) :
	    private_write(l->c, &l->dir, STATE, sm_buf_bytes(&text));

	sm_buf_free(&text);
	return rc;
}

int
queued_remove(struct queue *q, struct queued *l)
{
	return private_remove(q->c, &q->dir, l->id);
}

static void
discard_unnamed(struct queued *l)
{
	const char *slash = l->dir.path != NULL ? strrchr(l->dir.path, '/') : NULL;
	struct private_dir parent = PRIVATE_DIR_INIT;

	if (slash == NULL || strncmp(slash + 1, ".new-", 5) != 0)
		return;
	parent.fd = openat(l->dir.fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent.fd >= 0)
		private_discard(&parent, slash + 1);
	private_close(&parent);
}

void
queued_free(struct queued *l)
{
	size_t i, j;

	discard_unnamed(l);
	for (i = 0; i < l->count; i++) {
		for (j = 0; j < l->parcels[i].count; j++) {
			free(l->parcels[i].list[j].address);
			free(l->parcels[i].list[j].why);
		}
		free(l->parcels[i].list);
	}
	free(l->parcels);
	free(l->target);
	free(l->sender);
	free(l->message_id);
	private_close(&l->dir);
	if (l->lock >= 0)
		(void)close(l->lock);
	init(l->c, l);
}

size_t
queued_count(const struct queued *l, enum receiver_state state, bool copies)
{
	size_t i, j, n = 0;

	for (i = 0; i < l->count; i++)
		for (j = 0; l->parcels[i].is_copy == copies && j < l->parcels[i].count; j++)
			n += l->parcels[i].list[j].state == state;
	return n;
}
