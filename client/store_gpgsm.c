/* gpgsm: keys are in the hands of gpg-agent, which gives them out as PKCS#12 under the
 * passphrase that protects them there. */
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

enum { ARGS_MAX = 16, FINGERPRINT_CHARS = 40, LISTING_BYTES = 4 << 20 };

#define PACKAGE "gpgsm"
#define FD_WORD "10"          /* PROGRAM_FIRST_FD */
#define FD_FILE "/dev/fd/11"

/* gpgsm --homedir DIR --batch ... */
static void
put_args(const struct store *s, const char *args[ARGS_MAX], const char *const *rest)
{
	size_t n = 0;

	if (s->folder != NULL) {
		args[n++] = "--homedir";
		args[n++] = s->folder;
	}
	args[n++] = "--batch";
	args[n++] = "--no-tty";
	while (*rest != NULL && n + 1 < ARGS_MAX)
		args[n++] = *rest++;
	args[n] = NULL;
}

static struct program
gpgsm(const char *const *args, struct sm_buf *out)
{
	struct program p = { .path = "gpgsm", .args = args, .quiet = true,
		.seconds = STORE_SECONDS, .max_out = STORE_BYTES, .out = out };

	return p;
}

/* ---- reading ---- */

struct exporting {
	const char *fingerprint;
	struct sm_buf p12;
};

static int
export_with(struct store *s, void *ctx, struct sm_bytes word, bool *right)
{
	struct exporting *e = ctx;
	const char *rest[] = { "--pinentry-mode", "loopback", "--passphrase-fd", FD_WORD,
		"--export-secret-key-p12", e->fingerprint, NULL };
	const char *args[ARGS_MAX];
	struct program p = gpgsm(args, &e->p12);
	int status, rc;

	put_args(s, args, rest);
	p.give[0] = word;
	p.secret_count = p.give_count = 1;
	sm_buf_clear(&e->p12);
	rc = store_run(s, &p, PACKAGE, &status);
	*right = rc == 0 && status == 0 && e->p12.len > 0;
	return rc;
}

/* One key; what gpgsm does not give out (EC keys before 2.4) is named. */
static int
read_key(struct store *s, const char *fingerprint, const char *who, store_each each,
    void *ctx)
{
	struct exporting e = { fingerprint, SM_BUF_SECRET_INIT };
	char what[200];
	bool right = false;
	int rc;

	(void)snprintf(what, sizeof(what), "%s in gpgsm", who);
	rc = store_try_words(s, what, export_with, &e, &right);
	if (rc == 0 && !right)
		client_note(s->c, "%s: left out: the passphrase is wrong, or gpgsm gives this "
		    "kind of key only from version 2.4 on", what);
	if (rc == 0 && right) {
		struct store_file f = { what, sm_buf_bytes(&e.p12),
			sm_buf_bytes(&s->word), sm_buf_bytes(&s->word) };

		rc = each(ctx, &f);
	}
	sm_buf_free(&e.p12);
	return rc;
}

/* The field of a line with colons, cut out of it. */
static const char *
field(char *line, unsigned n)
{
	while (n-- > 0 && line != NULL)
		(void)strsep(&line, ":");
	return line != NULL ? strsep(&line, ":") : "";
}

static bool
is_fingerprint(const char *s)
{
	return strlen(s) == FINGERPRINT_CHARS &&
	    strspn(s, "0123456789ABCDEFabcdef") == FINGERPRINT_CHARS;
}

/* Lines "crs:", "fpr:", "uid:" for each key, in this order. */
static int
read_listed(struct store *s, char *listing, store_each each, void *ctx)
{
	char fingerprint[FINGERPRINT_CHARS + 1] = "";
	char *line;
	int rc = 0;

	while (rc == 0 && (line = strsep(&listing, "\n")) != NULL) {
		if (strncmp(line, "fpr:", 4) == 0) {
			const char *text = field(line, 9);

			(void)snprintf(fingerprint, sizeof(fingerprint), "%s",
			    is_fingerprint(text) ? text : "");
		} else if (strncmp(line, "uid:", 4) == 0 && fingerprint[0] != '\0') {
			char who[160];

			(void)snprintf(who, sizeof(who), "%s", field(line, 9));
			client_make_printable(who);
			rc = read_key(s, fingerprint, who, each, ctx);
			fingerprint[0] = '\0';
		}
	}
	return rc;
}

static int
run_plain(struct store *s, const char *const *rest, struct sm_buf *out, int *status)
{
	const char *args[ARGS_MAX];
	struct program p = gpgsm(args, out);

	put_args(s, args, rest);
	return store_run(s, &p, PACKAGE, status);
}

int
store_gpgsm_read(struct store *s, store_each each, void *ctx)
{
	static const char *const list[] = { "--with-colons", "--list-secret-keys", NULL };
	static const char *const certs[] = { "--armor", "--export", NULL };
	struct sm_buf listing = SM_BUF_INIT, pem = SM_BUF_INIT;
	int status, rc = run_plain(s, list, &listing, &status);

	if (rc == 0 && status != 0)
		rc = client_fault(s->c, EXIT_NO_INPUT, "gpgsm cannot list the keys of %s; see "
		    "what `gpgsm --list-secret-keys` says", s->name);
	/* The CAs above its keys, and those of others, which are passed over. */
	if (rc == 0)
		rc = run_plain(s, certs, &pem, &status);
	if (rc == 0 && status == 0 && pem.len > 0) {
		const struct sm_bytes none = { NULL, 0 };
		struct store_file f = { "gpgsm", sm_buf_bytes(&pem), none, none };

		rc = each(ctx, &f);
	}
	if (rc == 0 && sm_buf_append_byte(&listing, 0) != 0)
		rc = client_out_of_memory(s->c);
	if (rc == 0)
		rc = read_listed(s, (char *)listing.data, each, ctx);
	sm_buf_free(&listing);
	sm_buf_free(&pem);
	return rc;
}

/* ---- writing ---- */

int
store_gpgsm_write(struct store *s, struct sm_bytes p12, struct sm_bytes passphrase,
    bool is_rsa)
{
	static const char *const rest[] = { "--pinentry-mode", "loopback",
		"--passphrase-fd", FD_WORD, "--import", FD_FILE, NULL };
	const char *args[ARGS_MAX];
	struct program p = gpgsm(args, NULL);
	int status = -1, rc = 0, tries;

	put_args(s, args, rest);
	p.give[0] = passphrase;
	p.give[1] = p12;
	p.secret_count = 1;
	p.give_count = 2;
	/* It waits a few seconds only for the agent that it starts; once more does no
	 * harm, for a key that is there stays as it is. */
	for (tries = 0; rc == 0 && status != 0 && tries < 2; tries++)
		rc = store_run(s, &p, PACKAGE, &status);
	if (rc == 0 && status != 0)
		rc = client_fault(s->c, EXIT_INTERNAL, "gpgsm did not take the key%s", is_rsa ?
		    "; it reads old PKCS#12 files: leave out --form, or give --form compat" :
		    ": EC keys need gpgsm 2.4 or later");
	return rc;
}
