/* client/keycache.h - passphrases that the Linux kernel remembers for a while.
 *
 * One entry for each key of the keyring, in the user's kernel keyring, never in a
 * file; the kernel forgets it when its time is over. A kernel that refuses (in
 * some containers) remembers nothing, and the user is asked again: no call here
 * fails. */
#ifndef SEALMAIL_CLIENT_KEYCACHE_H
#define SEALMAIL_CLIENT_KEYCACHE_H

#include "client.h"

/* Append what is remembered for the key to a secret buffer. */
bool keycache_get(const char *id, struct sm_buf *out);
void keycache_put(const char *id, struct sm_bytes passphrase, unsigned seconds);
/* NULL: forget all. */
void keycache_forget(const char *id);
bool keycache_minutes_ok(const char *minutes);
/* How long: --remember, else ten minutes. */
unsigned keycache_seconds(const struct client *c);

#endif
