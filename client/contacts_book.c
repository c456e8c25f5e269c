#include "contacts_book.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sealmail/address.h>
#include <sealmail/export.h>
#include <sealmail/key.h>

#include "directories.h"
#include "fetching.h"
#include "home.h"
#include "trust_store.h"

enum { NAME_CHARS = 32, CA_FILE_BYTES = 256 << 10, CA_STEPS = 8, CA_MOST = 32,
	CA_SAME_NAME = 8,
	CA_CACHED = 64, JUDGE_ROUNDS = 4 };

/* ---- opening ---- */

int
contacts_open(struct client *c, struct contacts **out)
{
	struct contacts *book = calloc(1, sizeof(*book));
	int rc;

	*out = book;
	if (book == NULL)
		return client_out_of_memory(c);
	book->c = c;
	book->home.fd = book->dir.fd = -1;
	rc = home_open(c, &book->home, false);
	if (rc == 0 && book->home.fd >= 0)
		rc = private_open_in(c, &book->dir, &book->home, "contacts", false);
	if (rc == 0)
		return 0;
	contacts_close(book);
	*out = NULL;
	return rc;
}

void
contacts_close(struct contacts *book)
{
	if (book == NULL)
		return;
	if (book->fetching != NULL)
		fetching_end(book->fetching);
	free(book->fetching);
	if (book->directories != NULL)
		directories_close(book->directories);
	free(book->directories);
	sm_pki_free(book->pki);
	sm_certs_wipe(&book->cas);
	free(book->ca_names);
	sm_buf_free(&book->written);
	private_close(&book->dir);
	private_close(&book->home);
	free(book);
}

int
contacts_book_begin(struct contacts *book, int *lock)
{
	int rc = 0;

	*lock = -1;
	if (book->home.fd < 0) {
		private_close(&book->home);
		rc = home_open(book->c, &book->home, true);
	}
	if (rc == 0 && book->dir.fd < 0) {
		private_close(&book->dir);
		rc = private_open_in(book->c, &book->dir, &book->home, "contacts", true);
	}
	return rc == 0 ? private_lock(book->c, &book->dir, lock) : rc;
}

/* ---- names ---- */

int
contacts_address(struct client *c, const char *address, char **out)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&text);
	int rc = sm_address_canonical(&sink, sm_bytes_str(address));

	*out = NULL;
	if (rc == 0 && (*out = sm_strdup_bytes(sm_buf_bytes(&text))) == NULL)
		rc = SM_E_NOMEM;
	sm_buf_free(&text);
	return rc == SM_E_NOMEM ? client_out_of_memory(c) : 0;
}

bool
contacts_cert_names(const struct sm_cert *cert, const char *address)
{
	const char *mail;
	size_t i;

	for (i = 0; (mail = sm_cert_mail(cert, i)) != NULL; i++)
		if (sm_address_equal(sm_bytes_str(mail), sm_bytes_str(address)))
			return true;
	return false;
}

static int
name_of(struct client *c, char name[NAME_CHARS + 1], struct sm_bytes what)
{
	uint8_t hash[32];
	size_t i;

	if (sm_sha256(hash, what) != 0)
		return client_out_of_memory(c);
	for (i = 0; i < NAME_CHARS / 2; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

static bool
is_hex(const char *name, size_t chars)
{
	return strlen(name) == chars && strspn(name, "0123456789abcdef") == chars;
}

/* The folder of an address; it stays closed when it is not there. */
static int
open_shard(struct contacts *book, struct private_dir *shard, const char *name,
    bool create)
{
	const char first[3] = { name[0], name[1], '\0' };

	shard->fd = -1;
	shard->path = NULL;
	if (book->dir.fd < 0)
		return 0;
	return private_open_in(book->c, shard, &book->dir, first, create);
}

/* ---- one address ---- */

static int
read_in(struct contacts *book, const struct private_dir *shard, const char *name,
    struct contact *k, bool *there)
{
	struct sm_buf text = SM_BUF_INIT;
	char path[4200];
	int rc = private_read(book->c, shard, name, CONTACT_FILE_BYTES, &text, there);

	memset(k, 0, sizeof(*k));
	(void)snprintf(path, sizeof(path), "%s/%s", shard->path, name);
	if (rc == 0 && *there)
		rc = contact_read(book->c, k, sm_buf_bytes(&text), path);
	sm_buf_free(&text);
	return rc;
}

int
contacts_book_read(struct contacts *book, const char *address, struct contact *k)
{
	struct private_dir shard;
	char name[NAME_CHARS + 1];
	bool there = false;
	int rc = name_of(book->c, name, sm_bytes_str(address));

	memset(k, 0, sizeof(*k));
	if (rc != 0)
		return rc;
	rc = open_shard(book, &shard, name, false);
	if (rc == 0 && shard.fd >= 0)
		rc = read_in(book, &shard, name, k, &there);
	private_close(&shard);
	/* Half a hash is enough to tell files apart; that it is the right one, the file
	 * says. */
	if (rc == 0 && there && strcmp(k->address, address) != 0)
		contact_wipe(k);
	if (rc == 0 && k->address == NULL && (k->address = strdup(address)) == NULL)
		rc = client_out_of_memory(book->c);
	return rc;
}

int
contacts_book_write(struct contacts *book, const struct contact *k)
{
	struct private_dir shard = PRIVATE_DIR_INIT;
	struct sm_buf text = SM_BUF_INIT;
	char name[NAME_CHARS + 1];
	int rc = name_of(book->c, name, sm_bytes_str(k->address));

	if (rc == 0 && contact_write(&text, k) != 0)
		rc = client_out_of_memory(book->c);
	if (rc == 0)
		rc = open_shard(book, &shard, name, true);
	if (rc == 0) {
		private_clean(&shard);
		rc = private_write(book->c, &shard, name, sm_buf_bytes(&text));
	}
	private_close(&shard);
	sm_buf_free(&text);
	return rc;
}

int
contacts_book_remove(struct contacts *book, const char *address)
{
	struct private_dir shard = PRIVATE_DIR_INIT;
	char name[NAME_CHARS + 1];
	int rc = name_of(book->c, name, sm_bytes_str(address));

	if (rc == 0)
		rc = open_shard(book, &shard, name, false);
	if (rc == 0 && shard.fd >= 0 && ((unlinkat(shard.fd, name, 0) != 0 &&
		errno != ENOENT) || fsync(shard.fd) != 0))
		rc = client_fault(book->c, EXIT_IO, "cannot remove %s/%s: %s", shard.path,
		    name, strerror(errno));
	private_close(&shard);
	return rc;
}

/* ---- all addresses ---- */

struct walk {
	struct contacts *book;
	int (*each)(void *ctx, struct contact *k);
	void *ctx;
};

static int
walk_dir(struct contacts *book, const struct private_dir *dir, size_t chars,
    int (*found)(struct walk *w, const struct private_dir *dir, const char *name),
    struct walk *w)
{
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return client_fault(book->c, EXIT_IO, "cannot read %s: %s", dir->path,
		    strerror(errno));
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (is_hex(e->d_name, chars))
			rc = found(w, dir, e->d_name);
	(void)closedir(d);
	return rc;
}

static int
walk_file(struct walk *w, const struct private_dir *shard, const char *name)
{
	struct contact k;
	bool there = false;
	int rc = read_in(w->book, shard, name, &k, &there);

	if (rc == 0 && there)
		rc = w->each(w->ctx, &k);
	contact_wipe(&k);
	return rc;
}

static int
walk_shard(struct walk *w, const struct private_dir *dir, const char *name)
{
	struct private_dir shard;
	int rc = private_open_in(w->book->c, &shard, dir, name, false);

	if (rc == 0 && shard.fd >= 0)
		rc = walk_dir(w->book, &shard, NAME_CHARS, walk_file, w);
	private_close(&shard);
	return rc;
}

int
contacts_book_each(struct contacts *book,
    int (*each)(void *ctx, struct contact *k), void *ctx)
{
	struct walk w = { book, each, ctx };

	if (book->dir.fd < 0)
		return 0;
	return walk_dir(book, &book->dir, 2, walk_shard, &w);
}

/* ---- CA certificates ---- */

/* The certificates in a file are added to out; one that is missing is none. */
static int
read_ca_file(struct contacts *book, const char *name, struct sm_certs *out)
{
	struct private_dir dir = PRIVATE_DIR_INIT;
	struct sm_buf pem = SM_BUF_INIT;
	struct sm_error ignored = SM_ERROR_INIT;
	struct sm_keyfile file;
	bool there = false;
	size_t i;
	int rc = 0;

	memset(&file, 0, sizeof(file));
	if (book->dir.fd >= 0)
		rc = private_open_in(book->c, &dir, &book->dir, "authorities", false);
	if (rc == 0 && dir.fd >= 0)
		rc = private_read(book->c, &dir, name, CA_FILE_BYTES, &pem, &there);
	/* A damaged one is as good as none: it only helps. */
	if (rc == 0 && there && sm_keyfile_read(&file, sm_buf_bytes(&pem), false, NULL,
		&book->c->limits, &ignored) == 0)
		for (i = 0; rc == 0 && i < file.certs.count; i++)
			if (sm_certs_add(out, file.certs.list[i]) != 0)
				rc = client_out_of_memory(book->c);
	sm_keyfile_wipe(&file);
	sm_buf_free(&pem);
	private_close(&dir);
	return rc;
}

/* Each file is read once while the book is open. */
static int
meet_ca(struct contacts *book, const char *name)
{
	char (*more)[NAME_CHARS + 1];
	size_t i;

	for (i = 0; i < book->ca_name_count; i++)
		if (strcmp(book->ca_names[i], name) == 0)
			return 0;
	if (book->ca_name_count >= CA_CACHED) {
		book->ca_name_count = 0;
		sm_certs_wipe(&book->cas);
	}
	more = realloc(book->ca_names, (book->ca_name_count + 1) * sizeof(*more));
	if (more == NULL)
		return client_out_of_memory(book->c);
	book->ca_names = more;
	(void)snprintf(more[book->ca_name_count++], NAME_CHARS + 1, "%s", name);
	return read_ca_file(book, name, &book->cas);
}

static int
find_cas(struct contacts *book, struct sm_bytes ca_name, struct sm_certs *out)
{
	char name[NAME_CHARS + 1];
	size_t i;
	int rc = name_of(book->c, name, ca_name);

	if (rc == 0)
		rc = meet_ca(book, name);
	for (i = 0; rc == 0 && i < book->cas.count; i++)
		if (sm_bytes_equal(sm_cert_subject(book->cas.list[i]), ca_name) &&
		    sm_certs_add(out, book->cas.list[i]) != 0)
			rc = client_out_of_memory(book->c);
	return rc;
}

static bool
names_itself(const struct sm_cert *cert)
{
	return sm_bytes_equal(sm_cert_issuer(cert), sm_cert_subject(cert));
}

int
contacts_book_cas(struct contacts *book, struct sm_cert *cert, struct sm_certs *out)
{
	size_t at = out->count, steps;
	int rc = 0;

	for (steps = 0; rc == 0 && cert != NULL && steps < CA_STEPS; steps++) {
		if (!names_itself(cert) && out->count < CA_MOST)
			rc = find_cas(book, sm_cert_issuer(cert), out);
		cert = at < out->count ? out->list[at++] : NULL;
	}
	return rc;
}

static int
write_ca_file(struct contacts *book, const char *name, const struct sm_certs *certs)
{
	struct private_dir dir = PRIVATE_DIR_INIT;
	struct sm_buf pem = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&pem);
	size_t i;
	int rc = 0, status = 0;

	for (i = 0; status == 0 && i < certs->count && i < CA_SAME_NAME; i++)
		status = sm_export_pem("CERTIFICATE", sm_cert_der(certs->list[i]), &sink);
	if (rc == 0 && status != 0)
		rc = client_out_of_memory(book->c);
	if (rc == 0)
		rc = private_open_in(book->c, &dir, &book->dir, "authorities", true);
	if (rc == 0) {
		private_clean(&dir);
		rc = private_write(book->c, &dir, name, sm_buf_bytes(&pem));
	}
	private_close(&dir);
	sm_buf_free(&pem);
	return rc;
}

int
contacts_book_keep_ca(struct contacts *book, struct sm_cert *ca)
{
	struct sm_certs known = { NULL, 0, 0 };
	char name[NAME_CHARS + 1];
	size_t before;
	int rc = name_of(book->c, name, sm_cert_subject(ca));

	if (rc == 0)
		rc = read_ca_file(book, name, &known);
	before = known.count;
	if (rc == 0 && sm_certs_add(&known, ca) != 0)
		rc = client_out_of_memory(book->c);
	if (rc == 0 && known.count > before && before < CA_SAME_NAME)
		rc = write_ca_file(book, name, &known);
	book->ca_name_count = 0; /* what was read is no longer all */
	sm_certs_wipe(&book->cas);
	sm_certs_wipe(&known);
	return rc;
}

int
contacts_book_keep_cas(struct contacts *book, struct sm_cert *cert,
    const struct sm_certs *carried)
{
	size_t i, steps;
	int rc = 0;

	for (steps = 0; rc == 0 && cert != NULL && steps < CA_STEPS; steps++) {
		struct sm_cert *issuer = NULL;

		for (i = 0; !names_itself(cert) && i < carried->count; i++)
			if (sm_cert_is_ca(carried->list[i]) && sm_bytes_equal(
				sm_cert_subject(carried->list[i]), sm_cert_issuer(cert)))
				issuer = carried->list[i];
		/* A root is the user's to choose, and is had from there. */
		if (issuer != NULL && !names_itself(issuer))
			rc = contacts_book_keep_ca(book, issuer);
		cert = issuer;
	}
	return rc;
}

/* ---- judging ---- */

static int
load_roots(struct contacts *book)
{
	if (book->pki != NULL)
		return 0;
	if (sm_pki_new(&book->pki, &book->c->limits) != 0)
		return client_out_of_memory(book->c);
	return trust_store_load(book->c, book->pki);
}

static int
begin_fetching(struct contacts *book)
{
	if (book->fetching != NULL)
		return 0;
	book->fetching = calloc(1, sizeof(*book->fetching));
	if (book->fetching == NULL)
		return client_out_of_memory(book->c);
	return fetching_begin(book->c, book->fetching);
}

/* What is at hand, or may be fetched, about this path, or the issuer that it lacks.
 * *more: something that was not known came. */
static int
fetch_evidence(struct contacts *book, const struct sm_trust_answer *a,
    struct sm_cert *cert, bool *more)
{
	int rc = begin_fetching(book), got = 0;

	*more = false;
	if (rc != 0)
		return rc;
	if (a->result == SM_TRUST_GOOD && a->revocation == SM_TRUST_UNKNOWN)
		got = fetching_revocation(book->fetching, book->pki, &a->path);
	else if (a->result == SM_TRUST_UNTRUSTED)
		got = fetching_issuer(book->fetching, book->pki, a->path.count > 0 ?
		    a->path.list[0] : cert);
	*more = got == 1;
	return got < 0 ? client_out_of_memory(book->c) : 0;
}

int
contacts_judge(struct contacts *book, struct sm_cert *cert, const char *address,
    struct sm_trust_answer *out)
{
	struct sm_certs cas = { NULL, 0, 0 };
	bool more = true;
	int rounds, rc = load_roots(book);

	memset(out, 0, sizeof(*out));
	if (rc == 0)
		rc = contacts_book_cas(book, cert, &cas);
	for (rounds = 0; rc == 0 && more && rounds < JUDGE_ROUNDS; rounds++) {
		sm_trust_answer_wipe(out);
		rc = trust_store_judge(book->c, out, book->pki, cert, &cas,
		    SM_TRUST_ENCRYPT, address);
		if (rc == 0)
			rc = fetch_evidence(book, out, cert, &more);
	}
	sm_certs_wipe(&cas);
	return rc;
}
