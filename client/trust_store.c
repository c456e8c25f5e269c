#include "trust_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/der.h>
#include <sealmail/export.h>

#include "home.h"
#include "keyring.h"
#include "keys.h"

enum { ROOT_BYTES = 1 << 20, ROOTS_MAX = 10000, DOMAINS_MAX = 1000 };

static const char system_name[] = "system";
static const char suffix[] = ".pem";

/* ---- one root ---- */

void
trust_root_free(struct trust_root *root)
{
	size_t i;

	if (root == NULL)
		return;
	sm_cert_free(root->cert);
	free(root->name);
	free(root->reason);
	for (i = 0; i < root->domain_count; i++)
		free(root->domains[i]);
	free(root->domains);
	free(root);
}

static int
keep(struct client *c, char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
	return *to != NULL ? 0 : client_out_of_memory(c);
}

int
trust_root_add_domain(struct client *c, struct trust_root *root, const char *domain)
{
	char **list;
	size_t i;

	for (i = 0; i < root->domain_count; i++)
		if (strcasecmp(root->domains[i], domain) == 0)
			return 0;
	list = reallocarray(root->domains, root->domain_count + 1, sizeof(*list));
	if (list == NULL)
		return client_out_of_memory(c);
	root->domains = list;
	list[root->domain_count] = strdup(domain);
	if (list[root->domain_count] == NULL)
		return client_out_of_memory(c);
	root->domain_count++;
	return 0;
}

/* ---- reading ---- */

struct reader {
	struct trust_store *store;
	struct trust_root *root;
	const char *file;     /* name in the folder */
};

static int
damaged(const struct reader *r, const char *what)
{
	return client_fault(r->store->c, EXIT_MALFORMED, "%s/%s is damaged (%s); remove "
	    "it with `rm %s/%s` and add the root anew", r->store->dir.path, r->file,
	    what, r->store->dir.path, r->file);
}

static int
take_field(struct reader *r, const char *field, const char *value)
{
	struct client *c = r->store->c;

	if (strcmp(field, "name") == 0)
		return keep(c, &r->root->name, value);
	if (strcmp(field, "reason") == 0)
		return keep(c, &r->root->reason, value);
	if (strcmp(field, "bundle") == 0)
		return keep(c, &r->store->bundle, value);
	if (strcmp(field, "added") == 0 && !sm_time_parse(value, &r->root->added))
		return damaged(r, "the line \"added\"");
	if (strcmp(field, "for") != 0)
		return 0; /* fields of later versions are left alone */
	/* A limit that is not understood must not become no limit. */
	if (!sm_mail_permit_valid(value) || r->root->domain_count == DOMAINS_MAX)
		return damaged(r, "a line \"for\" names no domain");
	return trust_root_add_domain(c, r->root, value);
}

static int
read_fields(struct reader *r, char *text)
{
	char *line, *value;
	int rc = 0;

	while (rc == 0 && (line = strsep(&text, "\n")) != NULL) {
		if (strncmp(line, "-----", 5) == 0)
			break;
		value = strstr(line, ": ");
		if (value == NULL && *line != '\0')
			return damaged(r, "a line without a field");
		if (value == NULL)
			continue;
		*value = '\0';
		rc = take_field(r, line, value + 2);
	}
	return rc;
}

/* The certificate, and that it is the one of the file's name. */
static int
read_cert(struct reader *r, struct sm_bytes text)
{
	struct client *c = r->store->c;
	struct sm_keyfile file;
	int rc = 0, status = sm_keyfile_read(&file, text, false, NULL, &c->limits, NULL);
	char id[TRUST_ID_CHARS + 1];

	if (status == SM_E_NOMEM)
		return client_out_of_memory(c);
	if (status != 0 || file.certs.count != 1)
		rc = damaged(r, "its certificate");
	else
		r->root->cert = sm_cert_ref(file.certs.list[0]);
	if (rc == 0) {
		trust_cert_id(id, r->root->cert);
		if (strcmp(id, r->root->id) != 0)
			rc = damaged(r, "it holds another certificate than its name says");
	}
	sm_keyfile_wipe(&file);
	return rc;
}

static int
read_root(struct reader *r, bool *there)
{
	struct client *c = r->store->c;
	struct sm_buf text = SM_BUF_INIT;
	size_t len;
	int rc = private_read(c, &r->store->dir, r->file, ROOT_BYTES, &text, there);

	len = text.len;
	if (rc == 0 && *there && memchr(text.data, 0, len) != NULL)
		rc = damaged(r, "a NUL");
	if (rc == 0 && *there && r->root->id[0] != '\0')
		rc = read_cert(r, sm_buf_bytes(&text));
	if (rc == 0 && sm_buf_append_byte(&text, 0) != 0)
		rc = client_out_of_memory(c);
	if (rc == 0 && *there)
		rc = read_fields(r, (char *)text.data);
	sm_buf_free(&text);
	return rc;
}

static bool
is_root(const char *name)
{
	return strlen(name) == TRUST_ID_CHARS + sizeof(suffix) - 1 &&
	    strspn(name, "0123456789abcdef") == TRUST_ID_CHARS &&
	    strcmp(name + TRUST_ID_CHARS, suffix) == 0;
}

static int
add_root(struct trust_store *store, const char *file)
{
	struct trust_root *root = calloc(1, sizeof(*root)), **list;
	struct reader r = { store, root, file };
	bool there = false;
	int rc;

	list = reallocarray(store->list, store->count + 1, sizeof(*list));
	if (list != NULL)
		store->list = list;
	if (root == NULL || list == NULL) {
		free(root);
		return client_out_of_memory(store->c);
	}
	memcpy(root->id, file, TRUST_ID_CHARS);
	rc = read_root(&r, &there);
	if (rc == 0 && there)
		list[store->count++] = root;
	else
		trust_root_free(root);
	return rc;
}

static int
read_system(struct trust_store *store)
{
	struct trust_root *root = calloc(1, sizeof(*root));
	struct reader r = { store, root, system_name };
	bool there = false;
	int rc;

	if (root == NULL)
		return client_out_of_memory(store->c);
	rc = read_root(&r, &there);
	/* Without domains the web's roots would speak for everybody. */
	if (rc == 0 && there && (store->bundle == NULL || root->domain_count == 0))
		rc = damaged(&r, "a bundle and its domains are wanted");
	if (rc == 0 && there)
		store->system = root;
	else
		trust_root_free(root);
	return rc;
}

const char *
trust_root_label(const struct trust_root *root)
{
	if (root->name != NULL)
		return root->name;
	return root->cert != NULL ? sm_cert_subject_text(root->cert) : system_name;
}

static int
by_label(const void *a, const void *b)
{
	const struct trust_root *x = *(struct trust_root *const *)a;
	const struct trust_root *y = *(struct trust_root *const *)b;
	int order = strcasecmp(trust_root_label(x), trust_root_label(y));

	return order != 0 ? order : strcmp(x->id, y->id);
}

static int
read_all(struct trust_store *store)
{
	int fd = openat(store->dir.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return client_fault(store->c, EXIT_IO, "cannot read %s: %s",
		    store->dir.path, strerror(errno));
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (is_root(e->d_name) && store->count < ROOTS_MAX)
			rc = add_root(store, e->d_name);
	(void)closedir(d);
	if (store->count > 1)
		qsort(store->list, store->count, sizeof(struct trust_root *), by_label);
	return rc == 0 ? read_system(store) : rc;
}

int
trust_store_open(struct client *c, struct trust_store *store, bool change)
{
	int rc;

	memset(store, 0, sizeof(*store));
	store->c = c;
	store->home.fd = store->dir.fd = store->lock = -1;
	rc = home_open(c, &store->home, change);
	if (rc != 0 || store->home.fd < 0)
		return rc;
	if (change)
		rc = private_lock(c, &store->home, &store->lock);
	if (rc == 0)
		rc = private_open_in(c, &store->dir, &store->home, "trust", change);
	if (rc != 0 || store->dir.fd < 0)
		return rc;
	if (change)
		private_clean(&store->dir);
	return read_all(store);
}

void
trust_store_close(struct trust_store *store)
{
	size_t i;

	for (i = 0; i < store->count; i++)
		trust_root_free(store->list[i]);
	free(store->list);
	trust_root_free(store->system);
	free(store->bundle);
	private_close(&store->dir);
	private_close(&store->home);
	if (store->lock >= 0)
		(void)close(store->lock);
	memset(store, 0, sizeof(*store));
	store->home.fd = store->dir.fd = store->lock = -1;
}

/* ---- asking ---- */

void
trust_cert_id(char id[TRUST_ID_CHARS + 1], const struct sm_cert *cert)
{
	size_t i;

	for (i = 0; i < TRUST_ID_CHARS / 2; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", sm_cert_sha256(cert)[i]);
}

static int
add_anchor(const struct trust_store *store, struct sm_pki *pki, struct sm_cert *cert,
    const struct trust_root *limits)
{
	return sm_pki_add_anchor_for(pki, cert, (const char *const *)limits->domains,
	    limits->domain_count) == 0 ? 0 : client_out_of_memory(store->c);
}

static bool
has_root(const struct trust_store *store, const struct sm_cert *cert)
{
	size_t i;

	for (i = 0; i < store->count; i++)
		if (sm_bytes_equal(sm_cert_der(store->list[i]->cert), sm_cert_der(cert)))
			return true;
	return false;
}

/* What the user said of a root by hand stands above what is said of all. */
static int
add_system(const struct trust_store *store, struct sm_pki *pki)
{
	struct sm_certs certs = { NULL, 0, 0 };
	size_t i;
	int rc = keys_read_certs(store->c, &certs, store->bundle);

	for (i = 0; rc == 0 && i < certs.count; i++)
		if (!has_root(store, certs.list[i]))
			rc = add_anchor(store, pki, certs.list[i], store->system);
	sm_certs_wipe(&certs);
	return rc;
}

int
trust_store_anchors(const struct trust_store *store, struct sm_pki *pki)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < store->count; i++)
		rc = add_anchor(store, pki, store->list[i]->cert, store->list[i]);
	return rc == 0 && store->system != NULL ? add_system(store, pki) : rc;
}

/* The CAs that came with one's own certificates stand above the colleagues' too. */
static int
add_own_cas(struct client *c, struct sm_pki *pki)
{
	struct keyring ring;
	size_t i, j;
	int rc = keyring_open(c, &ring, false);

	for (i = 0; i < ring.count; i++)
		for (j = 0; rc == 0 && j < ring.list[i]->chain.count; j++)
			if (sm_pki_add_cert(pki, ring.list[i]->chain.list[j]) != 0)
				rc = client_out_of_memory(c);
	keyring_close(&ring);
	return rc;
}

int
trust_store_load(struct client *c, struct sm_pki *pki)
{
	struct trust_store store;
	int rc = trust_store_open(c, &store, false);

	if (rc == 0)
		rc = trust_store_anchors(&store, pki);
	trust_store_close(&store);
	return rc == 0 ? add_own_cas(c, pki) : rc;
}

static bool
is_meant(const struct trust_root *root, const char *who)
{
	size_t len = strlen(who);

	if (root->name != NULL && strcasecmp(root->name, who) == 0)
		return true;
	return len >= 8 && len <= TRUST_ID_CHARS && strncasecmp(root->id, who, len) == 0;
}

struct trust_root *
trust_store_find(const struct trust_store *store, const char *who, bool *several)
{
	struct trust_root *found = NULL;
	size_t i;

	*several = false;
	for (i = 0; i < store->count; i++) {
		if (!is_meant(store->list[i], who))
			continue;
		*several = found != NULL;
		if (*several)
			return NULL;
		found = store->list[i];
	}
	if (found == NULL && strcmp(who, system_name) == 0)
		return store->system;
	return found;
}

int
trust_store_judge(struct client *c, struct sm_trust_answer *out,
    const struct sm_pki *pki, struct sm_cert *cert, const struct sm_certs *carried,
    enum sm_trust_use use, const char *address)
{
	struct sm_error err = SM_ERROR_INIT;
	int status = sm_pki_judge(out, pki, cert, carried, use, c->now, &err);
	const char *mail;
	size_t i;

	if (status != 0)
		return client_fault_error(c, exit_from_status(status), address, &err,
		    status);
	for (i = 0; address != NULL && (mail = sm_cert_mail(cert, i)) != NULL; i++)
		if (sm_mail_permitted(address, &mail, 1))
			return 0;
	if (address == NULL || (out->result != SM_TRUST_GOOD &&
		out->result != SM_TRUST_WEAK))
		return 0;
	out->result = SM_TRUST_WRONG_USE;
	(void)snprintf(out->why, sizeof(out->why), "The certificate is not for %.120s.",
	    address);
	(void)snprintf(out->fix, sizeof(out->fix), "Ask for one that names this address.");
	return 0;
}

/* ---- changing ---- */

static int
root_text(const struct trust_store *store, struct sm_buf *out,
    const struct trust_root *root)
{
	struct sm_sink sink = sm_buf_sink(out);
	char when[32];
	size_t i;
	int rc = 0;

	sm_time_text(when, root->added);
	if (root->name != NULL)
		rc = sm_buf_printf(out, "name: %s\n", root->name);
	if (rc == 0)
		rc = sm_buf_printf(out, "added: %s\n", when);
	for (i = 0; rc == 0 && i < root->domain_count; i++)
		rc = sm_buf_printf(out, "for: %s\n", root->domains[i]);
	if (rc == 0 && root->reason != NULL)
		rc = sm_buf_printf(out, "reason: %s\n", root->reason);
	if (rc == 0 && root->cert == NULL)
		rc = sm_buf_printf(out, "bundle: %s\n", store->bundle);
	if (rc == 0 && root->cert != NULL)
		rc = sm_export_pem("CERTIFICATE", sm_cert_der(root->cert), &sink);
	return rc == 0 ? 0 : client_out_of_memory(store->c);
}

static void
file_name(char out[TRUST_ID_CHARS + sizeof(suffix)], const struct trust_root *root)
{
	if (root->cert == NULL)
		(void)snprintf(out, TRUST_ID_CHARS, "%s", system_name);
	else
		(void)snprintf(out, TRUST_ID_CHARS + sizeof(suffix), "%s%s", root->id,
		    suffix);
}

int
trust_store_put(struct trust_store *store, const struct trust_root *root)
{
	char file[TRUST_ID_CHARS + sizeof(suffix)];
	struct sm_buf text = SM_BUF_INIT;
	int rc = root_text(store, &text, root);

	file_name(file, root);
	if (rc == 0)
		rc = private_write(store->c, &store->dir, file, sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc;
}

int
trust_store_remove(struct trust_store *store, const struct trust_root *root)
{
	char file[TRUST_ID_CHARS + sizeof(suffix)];

	file_name(file, root);
	if (unlinkat(store->dir.fd, file, 0) != 0)
		return client_fault(store->c, EXIT_IO, "cannot remove %s/%s: %s",
		    store->dir.path, file, strerror(errno));
	if (fsync(store->dir.fd) != 0 && errno != EINVAL)
		return client_fault(store->c, EXIT_IO, "cannot write %s: %s",
		    store->dir.path, strerror(errno));
	return 0;
}
