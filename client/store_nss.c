/* NSS: certutil lists the keys of a database, pk12util gives them out by their nickname
 * and takes them in. The database may have a password. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store.h"

enum { NAMES_MAX = 1000, ARGS_MAX = 12 };

#define PACKAGE "libnss3-tools"
#define FD_SLOT "/dev/fd/10" /* PROGRAM_FIRST_FD and so on */
#define FD_P12_WORD "/dev/fd/11"
#define FD_P12 "/dev/fd/12"

struct nss {
	char *dir;             /* "sql:FOLDER" */
	struct sm_buf listing; /* of certutil -K */
};

static int
open_database(struct store *s, struct nss *n)
{
	char *db = NULL;
	int rc = 0;

	memset(n, 0, sizeof(*n));
	if (asprintf(&n->dir, "sql:%s", s->folder) < 0)
		n->dir = NULL;
	if (n->dir == NULL || asprintf(&db, "%s/cert9.db", s->folder) < 0)
		return client_out_of_memory(s->c);
	if (access(db, R_OK) != 0)
		rc = client_fault(s->c, EXIT_NO_INPUT, "%s holds no NSS database (cert9.db); name "
		    "the folder of the profile, or make one with `certutil -N -d sql:%s`",
		    s->folder, s->folder);
	free(db);
	return rc;
}

static void
close_database(struct nss *n)
{
	free(n->dir);
	sm_buf_free(&n->listing);
}

/* A line of its own: an empty password is an empty line. */
static int
put_line(struct store *s, struct sm_buf *out, struct sm_bytes word)
{
	return sm_buf_append(out, word) == 0 && sm_buf_append_byte(out, '\n') == 0 ? 0 :
	    client_out_of_memory(s->c);
}

/* A database without keys ends certutil with a failure, and these words. */
static bool
is_empty(const struct sm_buf *listing)
{
	return memmem(listing->data, listing->len, "no keys found", 13) != NULL;
}

static int
list_with(struct store *s, void *ctx, struct sm_bytes word, bool *right)
{
	struct nss *n = ctx;
	const char *args[] = { "-K", "-d", n->dir, "-f", FD_SLOT, NULL };
	struct sm_buf line = SM_BUF_SECRET_INIT;
	struct program p = { .path = "certutil", .args = args, .joined = true,
		.seconds = STORE_SECONDS, .max_out = STORE_BYTES, .out = &n->listing };
	int status = 0, rc = put_line(s, &line, word);

	sm_buf_clear(&n->listing);
	p.give[0] = sm_buf_bytes(&line);
	p.secret_count = p.give_count = 1;
	if (rc == 0)
		rc = store_run(s, &p, PACKAGE, &status);
	*right = rc == 0 && (status == 0 || is_empty(&n->listing));
	sm_buf_free(&line);
	return rc;
}

/* Most profiles have no password. */
static int
log_in(struct store *s, struct nss *n)
{
	const struct sm_bytes none = { NULL, 0 };
	char what[300];
	bool right = false;
	int rc = list_with(s, n, none, &right);

	(void)snprintf(what, sizeof(what), "the NSS database %s", s->folder);
	if (rc == 0 && !right)
		rc = store_try_words(s, what, list_with, n, &right);
	if (rc == 0 && !right)
		rc = client_fault(s->c, EXIT_PERMISSION, "%s is not opened by the password",
		    what);
	return rc;
}

/* ---- reading ---- */

static int
export_name(struct store *s, const struct nss *n, const char *name, store_each each,
    void *ctx)
{
	const char *args[] = { "-o", FD_P12, "-n", name, "-d", n->dir, "-k", FD_SLOT, "-w",
		FD_P12_WORD, NULL };
	struct sm_buf slot = SM_BUF_SECRET_INIT, word = SM_BUF_SECRET_INIT,
	    line = SM_BUF_SECRET_INIT, p12 = SM_BUF_INIT;
	struct program p = { .path = "pk12util", .args = args, .quiet = true,
		.seconds = STORE_SECONDS, .max_out = STORE_BYTES, .file = &p12 };
	int status = 0, rc = put_line(s, &slot, sm_buf_bytes(&s->word));

	if (rc == 0)
		rc = store_random_word(s->c, &word);
	if (rc == 0)
		rc = put_line(s, &line, sm_buf_bytes(&word));
	p.give[0] = sm_buf_bytes(&slot);
	p.give[1] = sm_buf_bytes(&line);
	p.secret_count = p.give_count = 2;
	if (rc == 0)
		rc = store_run(s, &p, PACKAGE, &status);
	if (rc == 0 && status != 0)
		client_note(s->c, "%s in %s: left out: pk12util does not give it out", name,
		    s->name);
	if (rc == 0 && status == 0) {
		struct store_file f = { name, sm_buf_bytes(&p12), sm_buf_bytes(&word),
			sm_buf_bytes(&s->word) };

		rc = each(ctx, &f);
	}
	sm_buf_free(&slot);
	sm_buf_free(&word);
	sm_buf_free(&line);
	sm_buf_free(&p12);
	return rc;
}

/* "< 0> rsa      60b9...f703   NSS Certificate DB:nickname": the nickname, or NULL. */
static char *
nickname(char *line)
{
	static const char token[] = "NSS Certificate DB:";
	char *p = strchr(line, '>');
	size_t hex;

	if (line[0] != '<' || p == NULL)
		return NULL;
	p += 1 + strspn(p + 1, " ");
	p += strcspn(p, " "); /* kind */
	p += strspn(p, " ");
	hex = strspn(p, "0123456789abcdef");
	if (hex == 0 || p[hex] != ' ')
		return NULL;
	p += hex;
	p += strspn(p, " ");
	if (strncmp(p, token, sizeof(token) - 1) == 0)
		p += sizeof(token) - 1;
	return *p != '\0' && strcmp(p, "(orphan)") != 0 ? p : NULL;
}

static bool
seen(char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Several keys may share one nickname, and come together. */
static int
read_listed(struct store *s, struct nss *n, store_each each, void *ctx)
{
	char **names = calloc(NAMES_MAX, sizeof(*names));
	char *rest = (char *)n->listing.data, *line, *name;
	size_t count = 0;
	int rc = names != NULL ? 0 : client_out_of_memory(s->c);

	while (rc == 0 && count < NAMES_MAX && (line = strsep(&rest, "\n")) != NULL) {
		name = nickname(line);
		if (name == NULL || seen(names, count, name))
			continue;
		names[count++] = name;
		rc = export_name(s, n, name, each, ctx);
	}
	free(names);
	return rc;
}

int
store_nss_read(struct store *s, store_each each, void *ctx)
{
	struct nss n;
	int rc = open_database(s, &n);

	if (rc == 0)
		rc = log_in(s, &n);
	if (rc == 0 && sm_buf_append_byte(&n.listing, 0) != 0)
		rc = client_out_of_memory(s->c);
	if (rc == 0)
		rc = read_listed(s, &n, each, ctx);
	close_database(&n);
	return rc;
}

/* ---- writing ---- */

static int
import_with(struct store *s, const struct nss *n, struct sm_bytes p12,
    struct sm_bytes passphrase)
{
	const char *args[] = { "-i", FD_P12, "-d", n->dir, "-k", FD_SLOT, "-w", FD_P12_WORD,
		NULL };
	struct sm_buf slot = SM_BUF_SECRET_INIT, line = SM_BUF_SECRET_INIT;
	struct program p = { .path = "pk12util", .args = args, .quiet = true,
		.seconds = STORE_SECONDS, .max_out = STORE_BYTES };
	int status = 0, rc = put_line(s, &slot, sm_buf_bytes(&s->word));

	if (rc == 0)
		rc = put_line(s, &line, passphrase);
	p.give[0] = sm_buf_bytes(&slot);
	p.give[1] = sm_buf_bytes(&line);
	p.give[2] = p12;
	p.secret_count = 2;
	p.give_count = 3;
	if (rc == 0)
		rc = store_run(s, &p, PACKAGE, &status);
	if (rc == 0 && status != 0)
		rc = client_fault(s->c, EXIT_INTERNAL, "pk12util did not take the keys into %s; "
		    "close the program that uses the profile, and try again", s->name);
	sm_buf_free(&slot);
	sm_buf_free(&line);
	return rc;
}

int
store_nss_write(struct store *s, struct sm_bytes p12, struct sm_bytes passphrase)
{
	struct nss n;
	int rc = open_database(s, &n);

	if (rc == 0)
		rc = log_in(s, &n);
	if (rc == 0)
		rc = import_with(s, &n, p12, passphrase);
	close_database(&n);
	return rc;
}
