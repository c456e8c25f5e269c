#include "cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/der.h>
#include <sealmail/key.h>

#include "home.h"

static const char head[] = "until: ";
enum { TIME_CHARS = 20, HEAD_BYTES = sizeof(head) - 1 + TIME_CHARS + 1 };

/* A cache that others can write to would be believed: it is not used. Its faults are
 * not those of the run. */
static void
open_quietly(struct cache *cache, bool create)
{
	struct client quiet = *cache->c;

	quiet.silent = true;
	if (home_open(&quiet, &cache->home, create) != 0 || cache->home.fd < 0)
		return;
	if (private_open_in(&quiet, &cache->dir, &cache->home, "cache", create) != 0)
		private_close(&cache->dir);
}

void
cache_open(struct client *c, struct cache *cache, bool create)
{
	*cache = (struct cache)CACHE_INIT;
	cache->c = c;
	open_quietly(cache, create);
}

void
cache_close(struct cache *cache)
{
	private_close(&cache->dir);
	private_close(&cache->home);
}

bool
cache_name(char out[CACHE_NAME_CHARS + 1], const char *kind, struct sm_bytes what)
{
	struct sm_buf text = SM_BUF_INIT;
	uint8_t hash[32];
	size_t i;
	bool ok = sm_buf_append_str(&text, kind) == 0 &&
	    sm_buf_append_byte(&text, '\n') == 0 && sm_buf_append(&text, what) == 0 &&
	    sm_sha256(hash, sm_buf_bytes(&text)) == 0;

	for (i = 0; ok && i < CACHE_NAME_CHARS / 2; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
	sm_buf_free(&text);
	return ok;
}

static bool
read_until(struct sm_bytes text, int64_t *until)
{
	char when[TIME_CHARS + 1];

	if (text.len < HEAD_BYTES || memcmp(text.data, head, sizeof(head) - 1) != 0 ||
	    text.data[HEAD_BYTES - 1] != '\n')
		return false;
	memcpy(when, text.data + sizeof(head) - 1, TIME_CHARS);
	when[TIME_CHARS] = '\0';
	return sm_time_parse(when, until);
}

bool
cache_get(const struct cache *cache, const char *name, struct sm_buf *out,
    int64_t *until)
{
	struct client quiet = *cache->c;
	struct sm_buf text = SM_BUF_INIT;
	bool there = false, ok;

	quiet.silent = true;
	ok = cache->dir.fd >= 0 && private_read(&quiet, &cache->dir, name,
	    CACHE_ENTRY_BYTES, &text, &there) == 0 && there &&
	    read_until(sm_buf_bytes(&text), until) &&
	    sm_buf_append(out, sm_bytes_skip(sm_buf_bytes(&text), HEAD_BYTES)) == 0;
	sm_buf_free(&text);
	return ok;
}

/* ---- bounded ---- */

static bool
is_entry(const char *name)
{
	return strlen(name) == CACHE_NAME_CHARS &&
	    strspn(name, "0123456789abcdef") == CACHE_NAME_CHARS;
}

struct entry {
	char name[CACHE_NAME_CHARS + 1];
	int64_t written;
	uint64_t bytes;
};
struct entries {
	struct entry list[2 * CACHE_FILES];
	size_t count;
	uint64_t bytes;
};

static DIR *
open_list(const struct cache *cache)
{
	int fd = cache->dir.fd < 0 ? -1 :
	    openat(cache->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d == NULL && fd >= 0)
		(void)close(fd);
	return d;
}

static void
list(const struct cache *cache, struct entries *all)
{
	DIR *d = open_list(cache);
	const struct dirent *e;
	struct stat st;

	all->count = 0;
	all->bytes = 0;
	while (d != NULL && (e = readdir(d)) != NULL && all->count < 2 * CACHE_FILES) {
		struct entry *to = &all->list[all->count];

		if (!is_entry(e->d_name) || fstatat(cache->dir.fd, e->d_name, &st,
			AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		memcpy(to->name, e->d_name, sizeof(to->name));
		to->written = (int64_t)st.st_mtime;
		to->bytes = (uint64_t)st.st_size;
		all->bytes += to->bytes;
		all->count++;
	}
	if (d != NULL)
		(void)closedir(d);
}

static int
oldest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->written < y->written ? -1 : x->written > y->written;
}

static void
make_room(const struct cache *cache, size_t bytes)
{
	struct entries *all = malloc(sizeof(*all));
	size_t i, files;

	if (all == NULL)
		return;
	list(cache, all);
	files = all->count;
	qsort(all->list, all->count, sizeof(*all->list), oldest_first);
	for (i = 0; i < all->count && (files >= CACHE_FILES ||
		all->bytes + bytes > CACHE_BYTES); i++) {
		(void)unlinkat(cache->dir.fd, all->list[i].name, 0);
		all->bytes -= all->list[i].bytes;
		files--;
	}
	free(all);
}

void
cache_put(const struct cache *cache, const char *name, struct sm_bytes what,
    int64_t until)
{
	struct client quiet = *cache->c;
	struct sm_buf text = SM_BUF_INIT;
	char when[32];

	quiet.silent = true;
	sm_time_text(when, until);
	if (cache->dir.fd < 0 || strlen(when) != TIME_CHARS ||
	    what.len > CACHE_ENTRY_BYTES - HEAD_BYTES)
		return;
	make_room(cache, what.len);
	if (sm_buf_printf(&text, "%s%s\n", head, when) == 0 &&
	    sm_buf_append(&text, what) == 0)
		(void)private_write(&quiet, &cache->dir, name, sm_buf_bytes(&text));
	sm_buf_free(&text);
}

/* ---- looking at all ---- */

static bool
entry_until(const struct cache *cache, const char *name, int64_t *until)
{
	char text[HEAD_BYTES];
	int fd = openat(cache->dir.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;

	if (fd >= 0)
		(void)close(fd);
	return n == HEAD_BYTES && read_until(sm_bytes(text, HEAD_BYTES), until);
}

void
cache_each(const struct cache *cache, void (*tell)(void *ctx, int64_t until), void *ctx)
{
	DIR *d = open_list(cache);
	const struct dirent *e;
	int64_t until;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (is_entry(e->d_name) && entry_until(cache, e->d_name, &until))
			tell(ctx, until);
	if (d != NULL)
		(void)closedir(d);
}

unsigned
cache_clean(const struct cache *cache, int64_t before)
{
	struct entries *all = malloc(sizeof(*all));
	unsigned gone = 0;
	int64_t until;
	size_t i;

	if (all == NULL)
		return 0;
	list(cache, all);
	for (i = 0; i < all->count; i++)
		if ((!entry_until(cache, all->list[i].name, &until) || until < before) &&
		    unlinkat(cache->dir.fd, all->list[i].name, 0) == 0)
			gone++;
	free(all);
	return gone;
}
