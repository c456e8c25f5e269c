/* client/cache.h - what came from the network and holds for a while: HOME/cache.
 *
 * One file for each, named by a hash of what was asked: a line "until: TIME", and the
 * bytes. Written whole or not at all; at most CACHE_FILES files and CACHE_BYTES bytes,
 * the oldest go first. A cache is no memory: one that cannot be used is not used, and
 * nothing fails for it. */
#ifndef SEALMAIL_CLIENT_CACHE_H
#define SEALMAIL_CLIENT_CACHE_H

#include "private.h"

enum { CACHE_NAME_CHARS = 32, CACHE_FILES = 500, CACHE_BYTES = 128 << 20,
	CACHE_ENTRY_BYTES = 33 << 20 };

struct cache {
	struct client *c;
	struct private_dir home, dir;  /* dir.fd -1: there is none */
};
#define CACHE_INIT { NULL, PRIVATE_DIR_INIT, PRIVATE_DIR_INIT }

/* Open HOME/cache; create: make it. */
void cache_open(struct client *c, struct cache *cache, bool create);
void cache_close(struct cache *cache);
/* kind and the parts of the question; out is a file's name. */
bool cache_name(char out[CACHE_NAME_CHARS + 1], const char *kind, struct sm_bytes what);
/* Append the entry to out; *until: when it ends. False when there is none. */
bool cache_get(const struct cache *cache, const char *name, struct sm_buf *out,
    int64_t *until);
void cache_put(const struct cache *cache, const char *name, struct sm_bytes what,
    int64_t until);
/* Each entry's end, for doctor. */
void cache_each(const struct cache *cache, void (*tell)(void *ctx, int64_t until),
    void *ctx);
/* Take away what ended before a time; how many. */
unsigned cache_clean(const struct cache *cache, int64_t before);

#endif
