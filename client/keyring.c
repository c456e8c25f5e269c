#include "keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/der.h>
#include <sealmail/key.h>

#include "home.h"
#include "keycache.h"
#include "keys.h"
#include "pem.h"

enum { INFO_BYTES = 64 << 10, URI_BYTES = TOKEN_URI_MAX, KEY_BYTES = 1 << 20, CERTS_BYTES = 16 << 20 };

/* ---- the private half ---- */

struct fetching {
	struct keyring_key *k;
	struct passphrases *pass;
	struct sm_passphrase next;
	struct sm_buf remembered;
	unsigned used;   /* questions that the kernel answered */
	bool asked;      /* ... and that the user was asked */
};

static int
ask(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	struct fetching *f = ctx;

	if (attempt == 0 && f->pass->given.count == 0 &&
	    keycache_get(f->k->id, &f->remembered)) {
		f->used = 1;
		return give(give_ctx, sm_buf_bytes(&f->remembered));
	}
	f->asked = true;
	return f->next.ask(f->next.ctx, what, attempt - f->used, give, give_ctx);
}

int
keyring_passphrases(struct keyring *ring, struct passphrases **out)
{
	int rc = ring->has_pass ? 0 : passphrases_init(ring->c, &ring->pass, true);

	ring->has_pass = true;
	*out = &ring->pass;
	return rc;
}

/* What was typed and was right is kept by the kernel for a while. */
static void
remember(struct fetching *f)
{
	const struct passphrases *p = f->pass;

	if (p->given.count == 0 && p->last.len > 0 && f->asked)
		keycache_put(f->k->id, sm_buf_bytes(&p->last),
		    keycache_seconds(f->k->ring->c));
}

static int
unlock(struct keyring_key *k, struct sm_bytes pem, struct sm_key **out)
{
	struct client *c = k->ring->c;
	struct fetching f = { .k = k, .pass = &k->ring->pass,
		.remembered = SM_BUF_SECRET_INIT };
	struct sm_passphrase pass = { ask, &f };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_keyfile file;
	char what[200];
	int rc = 0, status;

	(void)snprintf(what, sizeof(what), "%s (key %.16s)", keyring_key_label(k), k->id);
	f.next = passphrases_for(f.pass, what);
	status = sm_keyfile_read(&file, pem, false, &pass, &c->limits, &err);
	if (status == 0 && file.key_count == 1) {
		*out = file.keys[0];
		file.key_count = 0;
		remember(&f);
	} else if (status == SM_E_SECRET && f.pass->fault != 0)
		rc = f.pass->fault; /* said already */
	else if (status == SM_E_SECRET && f.pass->had_none)
		rc = client_fault(c, EXIT_PERMISSION, "the key of %s is protected by a "
		    "passphrase and there is no terminal to ask at; give it with "
		    "--passphrase-file FILE or --passphrase-fd N", what);
	else if (status == SM_E_SECRET)
		rc = client_fault(c, EXIT_PERMISSION, "the passphrase does not open the "
		    "key of %s", what);
	else
		rc = client_fault_error(c, status != 0 ? exit_from_status(status) :
		    EXIT_MALFORMED, what, &err, status != 0 ? status : SM_E_FORMAT);
	sm_keyfile_wipe(&file);
	sm_buf_free(&f.remembered);
	return rc;
}

/* The key.pem of a key, or what stands for it. */
static int
fetch_file(struct keyring_key *k, struct sm_key **out)
{
	struct private_dir dir = PRIVATE_DIR_INIT;
	struct sm_buf pem = SM_BUF_SECRET_INIT;
	bool there = false;
	int rc = private_open_in(k->ring->c, &dir, &k->ring->keys, k->id, false);

	if (rc == 0 && dir.fd >= 0)
		rc = private_read(k->ring->c, &dir, "key.pem", KEY_BYTES, &pem, &there);
	if (rc == 0 && !there)
		rc = client_fault(k->ring->c, EXIT_NO_KEY, "the private key of %s is gone "
		    "from the keyring", keyring_key_label(k));
	if (rc == 0)
		rc = unlock(k, sm_buf_bytes(&pem), out);
	sm_buf_free(&pem);
	private_close(&dir);
	return rc;
}

static int
fetch(void *ctx, struct sm_key **out)
{
	struct keyring_key *k = ctx;
	struct passphrases *pass;
	int rc = k->ring->fault;

	/* Asked once and not answered: not again for the next key. */
	if (rc == 0)
		rc = keyring_passphrases(k->ring, &pass);
	if (rc == 0)
		rc = k->token == NULL ? fetch_file(k, out) :
		    tokens_key(&k->ring->tokens, out, k->token, sm_key_spki(k->key));
	k->ring->fault = rc;
	return rc == 0 ? 0 : SM_E_SECRET;
}

/* ---- reading a key's folder ---- */

static void
free_key(struct keyring_key *k)
{
	size_t i;

	if (k == NULL)
		return;
	sm_key_free(k->key);
	for (i = 0; i < k->mail_count; i++)
		free(k->mails[i]);
	free(k->mails);
	free(k->name);
	free(k->request);
	free(k->token);
	sm_certs_wipe(&k->certs);
	sm_certs_wipe(&k->chain);
	free(k);
}

static int
add_mail(struct keyring_key *k, const char *mail)
{
	char **list;
	size_t i;

	for (i = 0; i < k->mail_count; i++)
		if (strcmp(k->mails[i], mail) == 0)
			return 0;
	list = realloc(k->mails, (k->mail_count + 1) * sizeof(*list));
	if (list == NULL)
		return client_out_of_memory(k->ring->c);
	k->mails = list;
	list[k->mail_count] = strdup(mail);
	if (list[k->mail_count] == NULL)
		return client_out_of_memory(k->ring->c);
	k->mail_count++;
	return 0;
}

static bool
is_id(const char *name)
{
	return strlen(name) == KEYRING_ID_CHARS &&
	    strspn(name, "0123456789abcdef") == KEYRING_ID_CHARS;
}

static int
take_info(struct keyring_key *k, const char *field, const char *value)
{
	if (strcmp(field, "mail") == 0)
		return add_mail(k, value);
	if (strcmp(field, "name") == 0 && k->name == NULL) {
		k->name = strdup(value);
		return k->name != NULL ? 0 : client_out_of_memory(k->ring->c);
	}
	if (strcmp(field, "created") == 0) {
		if (!sm_time_parse(value, &k->created))
			k->created = 0;
	} else if (strcmp(field, "use") == 0) {
		k->sign = strstr(value, "sign") != NULL;
		k->encrypt = strstr(value, "encrypt") != NULL;
	} else if (strcmp(field, "exportable") == 0)
		k->exportable = strcmp(value, "no") != 0;
	else if (strcmp(field, "protected") == 0)
		k->is_protected = strcmp(value, "no") != 0;
	else if (strcmp(field, "renews") == 0 && is_id(value))
		memcpy(k->renews, value, sizeof(k->renews));
	return 0; /* fields of later versions are left alone */
}

static int
read_info(struct keyring_key *k, const struct private_dir *dir)
{
	struct sm_buf text = SM_BUF_INIT;
	bool there;
	char *line, *rest, *value;
	int rc = private_read(k->ring->c, dir, "info", INFO_BYTES, &text, &there);

	if (rc == 0 && sm_buf_append_byte(&text, 0) != 0)
		rc = client_out_of_memory(k->ring->c);
	k->sign = k->encrypt = k->exportable = k->is_protected = true;
	rest = (char *)text.data;
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL) {
		value = strstr(line, ": ");
		if (value == NULL)
			continue;
		*value = '\0';
		rc = take_info(k, line, value + 2);
	}
	sm_buf_free(&text);
	return rc;
}

static int
take_cert(struct keyring_key *k, struct sm_cert *cert)
{
	bool own = sm_key_fits(k->key, sm_cert_spki(cert));
	size_t i;
	int rc = 0;

	if (sm_certs_add(own ? &k->certs : &k->chain, cert) != 0)
		return client_out_of_memory(k->ring->c);
	for (i = 0; own && rc == 0 && sm_cert_mail(cert, i) != NULL; i++)
		rc = add_mail(k, sm_cert_mail(cert, i));
	for (i = 0; own && rc == 0 && sm_cert_subject_mail(cert, i) != NULL; i++)
		rc = add_mail(k, sm_cert_subject_mail(cert, i));
	if (own && rc == 0 && k->name == NULL) {
		k->name = strdup(sm_cert_subject_text(cert));
		rc = k->name != NULL ? 0 : client_out_of_memory(k->ring->c);
	}
	return rc;
}

static int
read_certs(struct keyring_key *k, const struct private_dir *dir)
{
	struct client *c = k->ring->c;
	struct sm_buf pem = SM_BUF_INIT;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_keyfile file;
	bool there;
	size_t i;
	int status, rc = private_read(c, dir, "certs.pem", CERTS_BYTES, &pem, &there);

	memset(&file, 0, sizeof(file));
	if (rc == 0 && there && pem.len > 0) {
		status = sm_keyfile_read(&file, sm_buf_bytes(&pem), false, NULL,
		    &c->limits, &err);
		if (status != 0)
			rc = client_fault_error(c, exit_from_status(status), dir->path,
			    &err, status);
	}
	for (i = 0; rc == 0 && i < file.certs.count; i++)
		rc = take_cert(k, file.certs.list[i]);
	sm_keyfile_wipe(&file);
	sm_buf_free(&pem);
	return rc;
}

static int
take_public(void *ctx, struct sm_bytes der)
{
	struct keyring_key *k = ctx;
	struct sm_key_loader loader = { fetch, k };

	if (k->key != NULL)
		return SM_E_FORMAT;
	return sm_key_lazy_new(&k->key, der, &loader, NULL);
}

/* Another process may have removed the key meanwhile: then k->key stays NULL. */
static int
read_public(struct keyring_key *k, const struct private_dir *dir)
{
	struct sm_buf pem = SM_BUF_INIT;
	bool there;
	size_t found = 0;
	int rc = private_read(k->ring->c, dir, "public.pem", KEY_BYTES, &pem, &there);

	if (rc == 0 && there && (pem_each(sm_buf_bytes(&pem), "PUBLIC KEY", take_public,
		k, &found) != 0 || k->key == NULL))
		rc = client_fault(k->ring->c, EXIT_MALFORMED, "%s/public.pem is damaged; "
		    "import the key anew from a backup", dir->path);
	if (rc == 0 && !there && faccessat(k->ring->keys.fd, k->id, F_OK,
		AT_SYMLINK_NOFOLLOW) == 0)
		rc = client_fault(k->ring->c, EXIT_MALFORMED, "%s/public.pem is missing; "
		    "import the key anew from a backup", dir->path);
	sm_buf_free(&pem);
	return rc;
}

static int
read_token(struct keyring_key *k, const struct private_dir *dir)
{
	struct sm_buf uri = SM_BUF_INIT;
	bool there;
	int rc = private_read(k->ring->c, dir, "token", URI_BYTES, &uri, &there);

	if (rc == 0 && there && sm_buf_append_byte(&uri, 0) != 0)
		rc = client_out_of_memory(k->ring->c);
	if (rc == 0 && there) {
		uri.data[strcspn((char *)uri.data, "\r\n")] = '\0';
		k->token = strdup((char *)uri.data);
		rc = k->token != NULL ? token_check_uri(k->ring->c, k->token) :
		    client_out_of_memory(k->ring->c);
	}
	sm_buf_free(&uri);
	return rc;
}

static int
read_files(struct keyring_key *k, const struct private_dir *dir)
{
	int rc = read_public(k, dir);

	if (rc != 0 || k->key == NULL)
		return rc;
	rc = read_info(k, dir);
	if (rc == 0)
		rc = read_token(k, dir);
	if (rc == 0)
		rc = read_certs(k, dir);
	if (rc == 0 && faccessat(dir->fd, "request.pem", F_OK,
		AT_SYMLINK_NOFOLLOW) == 0 &&
	    asprintf(&k->request, "%s/request.pem", dir->path) < 0) {
		k->request = NULL;
		rc = client_out_of_memory(k->ring->c);
	}
	return rc;
}

int
keyring_read_key(struct keyring *ring, const char *id)
{
	struct keyring_key *k = calloc(1, sizeof(*k)), **list;
	struct private_dir dir = PRIVATE_DIR_INIT;
	int rc;

	list = realloc(ring->list, (ring->count + 1) * sizeof(*list));
	if (list != NULL)
		ring->list = list;
	if (k == NULL || list == NULL) {
		free(k);
		return client_out_of_memory(ring->c);
	}
	k->ring = ring;
	(void)snprintf(k->id, sizeof(k->id), "%s", id);
	rc = private_open_in(ring->c, &dir, &ring->keys, id, false);
	if (rc == 0 && dir.fd >= 0)
		rc = read_files(k, &dir);
	private_close(&dir);
	if (rc == 0 && k->key != NULL)
		ring->list[ring->count++] = k;
	else
		free_key(k);
	return rc;
}

static int
older_first(const void *a, const void *b)
{
	const struct keyring_key *x = *(struct keyring_key *const *)a;
	const struct keyring_key *y = *(struct keyring_key *const *)b;

	if (x->created != y->created)
		return x->created < y->created ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int
read_keys(struct keyring *ring)
{
	int fd = openat(ring->keys.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return client_fault(ring->c, EXIT_IO, "cannot read %s: %s",
		    ring->keys.path, strerror(errno));
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (is_id(e->d_name))
			rc = keyring_read_key(ring, e->d_name);
	(void)closedir(d);
	if (ring->count > 1)
		qsort(ring->list, ring->count, sizeof(struct keyring_key *), older_first);
	return rc;
}

int
keyring_open(struct client *c, struct keyring *ring, bool change)
{
	int rc;

	memset(ring, 0, sizeof(*ring));
	ring->c = c;
	tokens_init(&ring->tokens, c, &ring->pass);
	ring->keys.fd = ring->lock = -1;
	rc = home_open(c, &ring->home, change);
	if (rc != 0 || ring->home.fd < 0)
		return rc;
	if (change)
		rc = private_lock(c, &ring->home, &ring->lock);
	if (rc == 0)
		rc = private_open_in(c, &ring->keys, &ring->home, "keys", change);
	if (rc != 0 || ring->keys.fd < 0)
		return rc;
	if (change)
		private_clean(&ring->keys);
	return read_keys(ring);
}

void
keyring_close(struct keyring *ring)
{
	size_t i;

	for (i = 0; i < ring->count; i++)
		free_key(ring->list[i]);
	free(ring->list);
	tokens_free(&ring->tokens);
	if (ring->has_pass)
		passphrases_free(&ring->pass);
	private_close(&ring->keys);
	private_close(&ring->home);
	if (ring->lock >= 0)
		(void)close(ring->lock);
	memset(ring, 0, sizeof(*ring));
	ring->home.fd = ring->keys.fd = ring->lock = -1;
}

/* ---- asking ---- */

int
keyring_fault(const struct keyring *ring)
{
	return ring->fault != 0 ? ring->fault : ring->tokens.fault;
}

struct keyring_key *
keyring_find(const struct keyring *ring, struct sm_bytes spki)
{
	size_t i;

	for (i = 0; i < ring->count; i++)
		if (sm_key_fits(ring->list[i]->key, spki))
			return ring->list[i];
	return NULL;
}

bool
keyring_key_has_mail(const struct keyring_key *k, const char *mail)
{
	size_t i;

	for (i = 0; i < k->mail_count; i++)
		if (strcasecmp(k->mails[i], mail) == 0)
			return true;
	return false;
}

bool
keyring_key_is(const struct keyring_key *k, const char *who)
{
	if (who == NULL || keyring_key_has_mail(k, who))
		return true;
	if (k->name != NULL && strcasecmp(k->name, who) == 0)
		return true;
	return strlen(who) >= 8 && strncmp(k->id, who, strlen(who)) == 0;
}

const char *
keyring_key_label(const struct keyring_key *k)
{
	if (k->mail_count > 0)
		return k->mails[0];
	return k->name != NULL ? k->name : k->id;
}

const char *
keyring_identity(const struct keyring *ring, const char *who, bool *several)
{
	const char *label = NULL;
	size_t i;

	*several = false;
	for (i = 0; i < ring->count; i++) {
		const struct keyring_key *k = ring->list[i];

		if (!keyring_key_is(k, who))
			continue;
		if (label != NULL && !keyring_key_is(k, label)) {
			*several = true;
			return NULL;
		}
		label = label != NULL ? label : keyring_key_label(k);
	}
	return label;
}

struct sm_cert *
keyring_key_cert(const struct keyring_key *k)
{
	const struct client *c = k->ring->c;
	struct sm_cert *best = NULL;
	size_t i;

	for (i = 0; i < k->certs.count; i++) {
		struct sm_cert *cert = k->certs.list[i];

		if (best == NULL || (keys_cert_is_current(c, cert) &&
			!keys_cert_is_current(c, best)) ||
		    (keys_cert_is_current(c, cert) == keys_cert_is_current(c, best) &&
			sm_cert_not_before(cert) > sm_cert_not_before(best)))
			best = cert;
	}
	return best;
}

bool
keyring_key_may_sign(const struct keyring_key *k)
{
	const struct sm_cert *cert = keyring_key_cert(k);

	return sm_key_can_sign(k->key) &&
	    (cert != NULL ? sm_cert_may_sign(cert) : k->sign);
}

bool
keyring_key_may_decrypt(const struct keyring_key *k)
{
	size_t i;

	if (!sm_key_can_decrypt(k->key))
		return false;
	for (i = 0; i < k->certs.count; i++)
		if (sm_cert_may_encrypt(k->certs.list[i]))
			return true;
	return k->certs.count == 0 && k->encrypt;
}
