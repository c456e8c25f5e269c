#include "keycache.h"

#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEFAULT_SECONDS = 600, MAX_MINUTES = 7 * 24 * 60, MAX_BYTES = 4096 };

#define PREFIX "sealmail:"
/* Only the user's own processes that reach the key through a keyring of theirs:
 * possessor and user may view, read, search, link; the possessor may do all. */
#define PERMISSIONS 0x3f1b0000L

static void
describe(char *out, size_t size, const char *id)
{
	(void)snprintf(out, size, PREFIX "%s", id);
}

static long
find(const char *id)
{
	char name[80];

	describe(name, sizeof(name), id);
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0);
}

bool
keycache_get(const char *id, struct sm_buf *out)
{
	long key = find(id), n;

	if (key <= 0 || sm_buf_reserve(out, MAX_BYTES) != 0)
		return false;
	n = syscall(SYS_keyctl, KEYCTL_READ, key, out->data + out->len, MAX_BYTES);
	if (n <= 0 || n > MAX_BYTES)
		return false;
	out->len += (size_t)n;
	return true;
}

void
keycache_put(const char *id, struct sm_bytes passphrase, unsigned seconds)
{
	char name[80];
	long key;

	if (seconds == 0 || passphrase.len == 0 || passphrase.len > MAX_BYTES)
		return;
	describe(name, sizeof(name), id);
	key = syscall(SYS_add_key, "user", name, passphrase.data, passphrase.len,
	    KEY_SPEC_USER_KEYRING);
	if (key <= 0)
		return;
	/* What cannot be limited in time is not kept. */
	if (syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, seconds) != 0 ||
	    syscall(SYS_keyctl, KEYCTL_SETPERM, key, PERMISSIONS) != 0)
		(void)syscall(SYS_keyctl, KEYCTL_REVOKE, key);
}

static bool
is_ours(long key)
{
	char text[200];
	long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text, sizeof(text));

	return n > 0 && n <= (long)sizeof(text) && strncmp(text, "user;", 5) == 0 &&
	    strstr(text, ";" PREFIX) != NULL;
}

static void
forget(long key)
{
	(void)syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING);
}

void
keycache_forget(const char *id)
{
	int32_t keys[1024];
	long key, n, i;

	if (id != NULL) {
		key = find(id);
		if (key > 0)
			forget(key);
		return;
	}
	n = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_USER_KEYRING, keys, sizeof(keys));
	for (i = 0; i < n / (long)sizeof(keys[0]) && i < 1024; i++)
		if (is_ours(keys[i]))
			forget(keys[i]);
}

bool
keycache_minutes_ok(const char *minutes)
{
	size_t len = strlen(minutes);

	return len > 0 && len <= 5 && strspn(minutes, "0123456789") == len &&
	    strtoul(minutes, NULL, 10) <= MAX_MINUTES;
}

unsigned
keycache_seconds(const struct client *c)
{
	const char *minutes = options_value(&c->opt, OPT_REMEMBER);

	return minutes == NULL ? DEFAULT_SECONDS :
	    (unsigned)strtoul(minutes, NULL, 10) * 60;
}
