#include "store.h"

#include <stdio.h>
#include <sys/random.h>

int
store_open(struct client *c, struct store *s, const char *where, struct passphrases *pass)
{
	const char *colon = strchr(where, ':');

	memset(s, 0, sizeof(*s));
	s->c = c;
	s->name = where;
	s->pass = pass;
	s->word.secret = true;
	s->folder = colon != NULL && colon[1] != '\0' ? colon + 1 : NULL;
	s->is_nss = strncmp(where, "nss:", 4) == 0;
	if ((s->is_nss && s->folder != NULL) || strcmp(where, "gpgsm") == 0 ||
	    (strncmp(where, "gpgsm:", 6) == 0 && s->folder != NULL))
		return 0;
	return client_fault(c, EXIT_USAGE, "\"%s\" is no store of keys; write gpgsm, "
	    "gpgsm:HOMEDIR, or nss:FOLDER with the folder of cert9.db", where);
}

void
store_close(struct store *s)
{
	sm_buf_free(&s->word);
}

int
store_read(struct store *s, store_each each, void *ctx)
{
	return s->is_nss ? store_nss_read(s, each, ctx) : store_gpgsm_read(s, each, ctx);
}

int
store_write(struct store *s, struct sm_bytes p12, struct sm_bytes passphrase, bool is_rsa)
{
	return s->is_nss ? store_nss_write(s, p12, passphrase) :
	    store_gpgsm_write(s, p12, passphrase, is_rsa);
}

int
store_random_word(struct client *c, struct sm_buf *out)
{
	uint8_t bytes[16];
	size_t i;
	int rc = 0;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return client_fault(c, EXIT_INTERNAL, "the system gives no random numbers");
	for (i = 0; rc == 0 && i < sizeof(bytes); i++) {
		rc = sm_buf_append_byte(out, (uint8_t)('a' + (bytes[i] >> 4)));
		if (rc == 0)
			rc = sm_buf_append_byte(out, (uint8_t)('a' + (bytes[i] & 15)));
	}
	sm_wipe(bytes, sizeof(bytes));
	return rc == 0 ? 0 : client_out_of_memory(c);
}

int
store_run(struct store *s, const struct program *p, const char *package, int *status)
{
	*status = program_run(p);
	if (*status >= 0)
		return 0;
	if (*status == PROGRAM_MISSING)
		return client_fault(s->c, EXIT_INTERNAL, "%s is not installed; install it with "
		    "`sudo apt install %s`", p->path, package);
	if (*status == PROGRAM_TIMEOUT)
		return client_fault(s->c, EXIT_LATER, "%s did not finish in %u seconds; perhaps "
		    "another program holds %s", p->path, p->seconds, s->name);
	if (*status == PROGRAM_TOO_MUCH)
		return client_fault(s->c, EXIT_LIMIT, "%s gave more than %zu MiB", p->path,
		    p->max_out >> 20);
	return 0; /* it died: the caller knows what that means */
}

/* ---- passphrases ---- */

struct trying {
	struct store *s;
	int (*attempt)(struct store *s, void *ctx, struct sm_bytes word, bool *right);
	void *ctx;
	bool *right;
	int rc;
};

static int
try_one(void *ctx, struct sm_bytes word)
{
	struct trying *t = ctx;

	t->rc = t->attempt(t->s, t->ctx, word, t->right);
	if (t->rc == 0 && *t->right) {
		sm_buf_clear(&t->s->word);
		if (sm_buf_append(&t->s->word, word) != 0)
			t->rc = client_out_of_memory(t->s->c);
	}
	return 0;
}

int
store_try_words(struct store *s, const char *what,
    int (*attempt)(struct store *s, void *ctx, struct sm_bytes word, bool *right),
    void *ctx, bool *right)
{
	struct trying t = { s, attempt, ctx, right, 0 };
	struct sm_passphrase ask = passphrases_for(s->pass, what);
	unsigned n;

	for (n = 0; t.rc == 0 && !*right; n++)
		if (ask.ask(ask.ctx, what, n, try_one, &t) != 0)
			break;
	if (t.rc == 0 && !*right && s->pass->fault != 0)
		return s->pass->fault; /* said already */
	if (t.rc == 0 && !*right && s->pass->had_none)
		return client_fault(s->c, EXIT_PERMISSION, "the passphrase of %s is needed and "
		    "there is no terminal to ask at; give it with --passphrase-file FILE or "
		    "--passphrase-fd N", what);
	return t.rc;
}
