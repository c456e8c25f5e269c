#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "speak.h"

enum { ENTRIES_MAX = 5000000 };

static void
entry_free(void *p)
{
	struct maildir_entry *e = p;

	g_free(e->name);
	g_free(e->file);
	g_free(e);
}

/* "1700000000.M1P2.host": seconds of the delivery. Other names come first. */
static gint
by_delivery(gconstpointer a, gconstpointer b)
{
	const struct maildir_entry *x = *(struct maildir_entry *const *)a;
	const struct maildir_entry *y = *(struct maildir_entry *const *)b;
	unsigned long long tx = strtoull(x->name, NULL, 10);
	unsigned long long ty = strtoull(y->name, NULL, 10);

	if (tx != ty)
		return tx < ty ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
scan(GPtrArray *out, const char *path, const char *sub)
{
	char *full = g_build_filename(path, sub, NULL);
	DIR *dir = opendir(full);
	struct maildir_entry *e;
	struct dirent *d;

	if (dir == NULL)
		speak_fault(errno == ENOENT ? 66 : 77, "%s is no Maildir that can be read: "
		    "%s: %s", path, sub, strerror(errno));
	g_free(full);
	while ((d = readdir(dir)) != NULL && out->len < ENTRIES_MAX) {
		if (d->d_name[0] == '.')
			continue;
		e = g_new(struct maildir_entry, 1);
		e->name = g_strndup(d->d_name, strcspn(d->d_name, ":"));
		e->file = g_strconcat(sub, "/", d->d_name, NULL);
		g_ptr_array_add(out, e);
	}
	(void)closedir(dir);
}

GPtrArray *
maildir_entries(const char *path)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(entry_free);

	scan(out, path, "new");
	scan(out, path, "cur");
	g_ptr_array_sort(out, by_delivery);
	return out;
}

static bool
read_all(int fd, size_t max, struct sm_buf *out)
{
	ssize_t n;
	size_t want;

	while (out->len < max) {
		want = max - out->len < 65536 ? max - out->len : 65536;
		if (sm_buf_reserve(out, want) != 0)
			return false;
		n = read(fd, out->data + out->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		out->len += (size_t)n;
	}
	return true;
}

bool
maildir_read(const char *path, const char *file, size_t max, struct sm_buf *out,
    int64_t *size)
{
	char *full = g_build_filename(path, file, NULL);
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool ok;

	g_free(full);
	if (fd < 0)
		return false;
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (ok) {
		*size = st.st_size;
		ok = read_all(fd, max, out);
	}
	(void)close(fd);
	return ok;
}
