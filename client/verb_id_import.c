/* sealmail id import: keys and certificates from files and folders.
 *
 * All files are read, and all passphrases asked for, before the keyring is locked;
 * so a certificate finds its key whatever file it is in. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <base/json.h>
#include <sealmail/export.h>

#include "input.h"
#include "json_place.h"
#include "keyring.h"
#include "keys.h"
#include "store.h"

enum { FILE_BYTES = 16 << 20 };

struct source {
	char *path;               /* for people; of a key on a token: the token's name */
	char *uri;                /* of a key on a token; else NULL */
	struct sm_keyfile file;
	struct sm_buf pass;       /* what opened it; empty: nothing was asked */
};

struct importing {
	struct client *c;
	struct passphrases pass;
	struct tokens tokens;
	struct source *list;
	size_t count;
	struct sm_certs certs;    /* of all files */
	struct sm_buf new_pass;   /* for keys that came without one */
	struct keyring ring;
	struct sm_json json;
	struct sm_buf json_text;
	size_t taken;             /* keys and certificates that found a place */
};

/* ---- reading ---- */

struct listening {
	struct sm_passphrase next;
	struct sm_buf *heard;
	int (*give)(void *give_ctx, struct sm_bytes secret);
	void *give_ctx;
};

static int
overhear(void *ctx, struct sm_bytes secret)
{
	struct listening *l = ctx;

	sm_buf_clear(l->heard);
	if (sm_buf_append(l->heard, secret) != 0)
		return SM_E_NOMEM;
	return l->give(l->give_ctx, secret);
}

static int
ask(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	struct listening *l = ctx;

	l->give = give;
	l->give_ctx = give_ctx;
	return l->next.ask(l->next.ctx, what, attempt, overhear, l);
}

static struct source *
grow(struct importing *m)
{
	struct source *list = realloc(m->list, (m->count + 1) * sizeof(*list));

	if (list == NULL)
		return NULL;
	m->list = list;
	memset(&list[m->count], 0, sizeof(*list));
	list[m->count].pass.secret = true;
	return &list[m->count++];
}

static void
drop_last(struct importing *m)
{
	struct source *s = &m->list[--m->count];

	free(s->path);
	free(s->uri);
	sm_keyfile_wipe(&s->file);
	sm_buf_free(&s->pass);
}

static int
parse(struct importing *m, struct source *s, struct sm_bytes raw, struct sm_error *err)
{
	struct listening l = { .next = passphrases_for(&m->pass, s->path),
		.heard = &s->pass };
	struct sm_passphrase pass = { ask, &l };
	int status = sm_keyfile_read(&s->file, raw, options_has(&m->c->opt, OPT_NO_MAC),
	    &pass, &m->c->limits, err);

	if (status == 0 && s->file.weak_pbe)
		client_note(m->c, "%s is protected by an old cipher that can be broken; "
		    "delete it once the key is in the keyring", s->path);
	return status;
}

static int
read_fault(struct importing *m, const char *path, const struct sm_error *err,
    int status)
{
	if (status == SM_E_SECRET && m->pass.fault != 0)
		return m->pass.fault; /* said already */
	if (status == SM_E_SECRET && m->pass.had_none)
		return client_fault(m->c, EXIT_PERMISSION, "%s is protected by a passphrase "
		    "and there is no terminal to ask at; give it with "
		    "--passphrase-file FILE or --passphrase-fd N", path);
	if (status == SM_E_SECRET)
		return client_fault(m->c, EXIT_PERMISSION, "%s: the passphrase does not "
		    "open it", path);
	return client_fault_error(m->c, exit_from_status(status), path, err, status);
}

/* In a folder, what is no key or certificate is passed over. */
static int
read_file(struct importing *m, const char *path, bool in_folder)
{
	struct sm_buf raw = SM_BUF_SECRET_INIT;
	struct sm_error err = SM_ERROR_INIT;
	struct source *s = grow(m);
	int rc, status;

	if (s == NULL || (s->path = strdup(path)) == NULL)
		return client_out_of_memory(m->c);
	rc = input_slurp(m->c, &raw, path, FILE_BYTES);
	if (rc == 0) {
		status = parse(m, s, sm_buf_bytes(&raw), &err);
		if (status != 0 && in_folder) {
			client_note(m->c, "%s: left out: %s", path, err.text[0] != '\0' ?
			    err.text : sm_status_name(status));
			drop_last(m);
		} else if (status != 0)
			rc = read_fault(m, path, &err, status);
	}
	sm_buf_free(&raw);
	return rc;
}

static int
read_folder(struct importing *m, const char *path)
{
	struct dirent **names = NULL;
	char *full = NULL;
	struct stat st;
	int i, rc = 0, n = scandir(path, &names, NULL, alphasort);

	if (n < 0)
		return client_fault(m->c, EXIT_NO_INPUT, "cannot read the folder %s: %s",
		    path, strerror(errno));
	for (i = 0; i < n; i++) {
		if (rc == 0 && asprintf(&full, "%s/%s", path, names[i]->d_name) < 0)
			rc = client_out_of_memory(m->c);
		else if (rc == 0) {
			if (stat(full, &st) == 0 && S_ISREG(st.st_mode))
				rc = read_file(m, full, true);
			free(full);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

/* ---- tokens ---- */

static int
take_token_key(void *ctx, const struct token_key *tk)
{
	struct importing *m = ctx;
	struct source *s = grow(m);
	struct sm_bytes spki = token_key_public(tk);
	size_t i;
	int rc;

	if (s == NULL || (s->path = strdup(tk->token)) == NULL ||
	    (s->uri = strdup(tk->uri)) == NULL)
		return client_out_of_memory(m->c);
	for (i = 0; i < tk->certs.count; i++)
		if (sm_certs_add(&s->file.certs, tk->certs.list[i]) != 0)
			return client_out_of_memory(m->c);
	if (spki.len == 0)
		return 0;
	s->file.keys = calloc(1, sizeof(struct sm_key *));
	if (s->file.keys == NULL)
		return client_out_of_memory(m->c);
	rc = tokens_key(&m->tokens, &s->file.keys[0], s->uri, spki);
	s->file.key_count = rc == 0;
	return rc;
}

static int
read_token(struct importing *m, const char *uri)
{
	int rc = token_check_uri(m->c, uri);

	return rc == 0 ? tokens_list(&m->tokens, uri, take_token_key, m) : rc;
}

/* ---- other programs' stores ---- */

static int
tell_fixed(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	(void)what;
	return attempt == 0 ? give(give_ctx, *(const struct sm_bytes *)ctx) : SM_E_SECRET;
}

/* What cannot be read is as it would be in a folder: named, and passed over. */
static int
take_store_file(void *ctx, const struct store_file *f)
{
	struct importing *m = ctx;
	struct sm_bytes word = f->passphrase;
	struct sm_passphrase pass = { tell_fixed, &word };
	struct sm_error err = SM_ERROR_INIT;
	struct source *s = grow(m);
	int status;

	if (s == NULL || (s->path = strdup(f->label)) == NULL ||
	    sm_buf_append(&s->pass, f->keep) != 0)
		return client_out_of_memory(m->c);
	status = sm_keyfile_read(&s->file, f->data, false, &pass, &m->c->limits, &err);
	if (status == 0)
		return 0;
	client_note(m->c, "%s: left out: %s", f->label, err.text[0] != '\0' ? err.text :
	    sm_status_name(status));
	drop_last(m);
	return status == SM_E_NOMEM ? client_out_of_memory(m->c) : 0;
}

static int
read_store(struct importing *m, const char *where)
{
	struct store store;
	int rc = store_open(m->c, &store, where, &m->pass);

	if (rc == 0)
		rc = store_read(&store, take_store_file, m);
	store_close(&store);
	return rc;
}

static int
read_all(struct importing *m)
{
	const char *store = options_value(&m->c->opt, OPT_STORE_FROM);
	struct stat st;
	size_t i, j;
	int rc = store != NULL ? read_store(m, store) : 0;

	if (store == NULL && m->c->opt.operand_count == 0)
		return client_fault(m->c, EXIT_USAGE, "id import needs a word more: sealmail "
		    "id import FILE..., or --from gpgsm");
	for (i = 0; rc == 0 && i < m->c->opt.operand_count; i++) {
		const char *path = m->c->opt.operands[i];

		if (token_is_uri(path))
			rc = read_token(m, path);
		else
			rc = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ?
			    read_folder(m, path) : read_file(m, path, false);
	}
	for (i = 0; rc == 0 && i < m->count; i++)
		for (j = 0; j < m->list[i].file.certs.count; j++)
			if (sm_certs_add(&m->certs, m->list[i].file.certs.list[j]) != 0)
				return client_out_of_memory(m->c);
	return rc;
}

/* A key that came without a passphrase gets one, unless the user says no. */
static int
want_passphrase(struct importing *m)
{
	bool given = options_has(&m->c->opt, OPT_NEW_PASSPHRASE_FILE) ||
	    options_has(&m->c->opt, OPT_NEW_PASSPHRASE_FD);
	bool bare = false;
	size_t i;

	for (i = 0; i < m->count; i++)
		bare |= m->list[i].file.key_count > 0 && m->list[i].pass.len == 0 &&
		    m->list[i].uri == NULL;
	if (!given && (!bare || options_has(&m->c->opt, OPT_NO_PASSPHRASE)))
		return 0;
	return passphrase_new(m->c, &m->new_pass, "the imported keys", false);
}

/* ---- which certificates belong to a key ---- */

static bool
is_issued_by(const struct sm_cert *cert, const struct sm_cert *ca)
{
	return sm_cert_is_ca(ca) && sm_bytes_equal(sm_cert_issuer(cert),
	    sm_cert_subject(ca));
}

/* The CAs above what is in *to already, as far as the files have them. */
static int
add_chain(const struct importing *m, struct sm_certs *to)
{
	size_t i, j;

	for (i = 0; i < to->count; i++)
		for (j = 0; j < m->certs.count; j++)
			if (is_issued_by(to->list[i], m->certs.list[j]) &&
			    sm_certs_add(to, m->certs.list[j]) != 0)
				return SM_E_NOMEM;
	return 0;
}

static int
certs_for(const struct importing *m, const struct sm_key *key,
    const struct keyring_key *known, struct sm_certs *to)
{
	size_t i;

	for (i = 0; known != NULL && i < known->certs.count; i++)
		if (sm_certs_add(to, known->certs.list[i]) != 0)
			return SM_E_NOMEM;
	for (i = 0; known != NULL && i < known->chain.count; i++)
		if (sm_certs_add(to, known->chain.list[i]) != 0)
			return SM_E_NOMEM;
	for (i = 0; i < m->certs.count; i++)
		if (sm_key_fits(key, sm_cert_spki(m->certs.list[i])) &&
		    sm_certs_add(to, m->certs.list[i]) != 0)
			return SM_E_NOMEM;
	return add_chain(m, to);
}

static struct sm_cert *
own_cert(const struct sm_key *key, const struct sm_certs *certs)
{
	struct sm_cert *best = NULL;
	size_t i;

	for (i = 0; i < certs->count; i++)
		if (sm_key_fits(key, sm_cert_spki(certs->list[i])) && (best == NULL ||
			sm_cert_not_before(certs->list[i]) > sm_cert_not_before(best)))
			best = certs->list[i];
	return best;
}

/* ---- telling ---- */

static void
tell(struct importing *m, const char *id, const struct sm_key *key,
    const struct sm_cert *cert, const char *state)
{
	char kind[32];
	const char *who = cert == NULL ? NULL : sm_cert_mail(cert, 0);

	sm_key_kind(kind, sizeof(kind), key);
	if (cert != NULL && who == NULL)
		who = sm_cert_subject_text(cert);
	client_note(m->c, "%s: key %.16s (%s), %s", state, id, kind,
	    who != NULL ? who : "no certificate yet");
	sm_json_object_begin(&m->json);
	sm_json_key(&m->json, "id");
	sm_json_string(&m->json, id);
	sm_json_key(&m->json, "state");
	sm_json_string(&m->json, state);
	sm_json_object_end(&m->json);
	m->taken++;
}

/* ---- storing ---- */

static int
store_new(struct importing *m, const struct source *s, struct sm_key *key,
    const struct sm_certs *certs)
{
	const struct sm_cert *cert = own_cert(key, certs);
	const char *slash = strrchr(s->path, '/');
	char id[KEYRING_ID_CHARS + 1];
	struct keyring_new n = { .key = key, .certs = certs,
		.sign = cert == NULL ? sm_key_can_sign(key) : sm_cert_may_sign(cert),
		.encrypt = cert == NULL ? sm_key_can_decrypt(key) :
		    sm_cert_may_encrypt(cert),
		.created = cert == NULL ? m->c->now : sm_cert_not_before(cert) };
	int rc;

	n.token = s->uri;
	n.not_exportable = s->uri != NULL;
	n.passphrase = sm_buf_bytes(m->new_pass.len > 0 ? &m->new_pass : &s->pass);
	if (cert == NULL)
		n.name = slash != NULL ? slash + 1 : s->path;
	rc = keyring_add(&m->ring, &n, id);
	if (rc == 0)
		tell(m, id, key, cert, "imported");
	return rc;
}

static int
store_key(struct importing *m, const struct source *s, struct sm_key *key)
{
	struct keyring_key *known = keyring_find(&m->ring, sm_key_spki(key));
	struct sm_certs certs = { NULL, 0, 0 };
	int rc;

	if (certs_for(m, key, known, &certs) != 0)
		rc = client_out_of_memory(m->c);
	else if (known == NULL)
		rc = store_new(m, s, key, &certs);
	else {
		rc = keyring_attach(known, &certs);
		if (rc == 0)
			tell(m, known->id, key, own_cert(key, &certs), "already here");
	}
	sm_certs_wipe(&certs);
	return rc;
}

static bool
has_key(const struct importing *m, const struct keyring_key *k)
{
	size_t i, j;

	for (i = 0; i < m->count; i++)
		for (j = 0; j < m->list[i].file.key_count; j++)
			if (sm_key_fits(m->list[i].file.keys[j], sm_key_spki(k->key)))
				return true;
	return false;
}

static bool
brings_keys(const struct importing *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->list[i].file.key_count > 0)
			return true;
	return false;
}

/* Certificates for keys that have been here before. */
static int
store_certs(struct importing *m)
{
	size_t i, before;
	int rc = 0;

	for (i = 0; rc == 0 && i < m->ring.count; i++) {
		struct keyring_key *k = m->ring.list[i];
		struct sm_certs certs = { NULL, 0, 0 };

		before = k->certs.count + k->chain.count;
		/* A file of one's keys is no occasion to change others. */
		if (has_key(m, k) || (brings_keys(m) &&
			own_cert(k->key, &m->certs) == NULL))
			continue;
		if (certs_for(m, k->key, k, &certs) != 0)
			rc = client_out_of_memory(m->c);
		if (rc == 0 && certs.count > before) {
			rc = keyring_attach(k, &certs);
			if (rc == 0)
				tell(m, k->id, k->key, own_cert(k->key, &certs),
				    k->certs.count == 0 ? "certificate attached" :
				    "certificates added");
		} else if (rc == 0 && own_cert(k->key, &m->certs) != NULL)
			tell(m, k->id, k->key, own_cert(k->key, &certs), "already here");
		sm_certs_wipe(&certs);
	}
	return rc;
}

static int
store_all(struct importing *m)
{
	size_t i, j;
	int rc = keyring_open(m->c, &m->ring, true);

	if (rc == 0)
		rc = store_certs(m);
	for (i = 0; rc == 0 && i < m->count; i++)
		for (j = 0; rc == 0 && j < m->list[i].file.key_count; j++)
			rc = store_key(m, &m->list[i], m->list[i].file.keys[j]);
	if (rc == 0 && m->taken == 0)
		rc = client_fault(m->c, EXIT_MALFORMED, m->certs.count > 0 ?
		    "no private key of the keyring fits the certificates; import the "
		    "key, or a PKCS#12 file that holds both" :
		    "there is no key and no certificate to import");
	return rc;
}

static int
write_json(struct importing *m)
{
	struct sm_sink sink = json_place_sink(m->c);

	sm_json_array_end(&m->json);
	sm_json_object_end(&m->json);
	if (sm_json_status(&m->json) != 0)
		return client_out_of_memory(m->c);
	if (sm_sink_write(&sink, sm_buf_bytes(&m->json_text)) != 0)
		return client_fault(m->c, EXIT_IO, "cannot write the JSON object");
	return json_place_done(m->c);
}

static int
run(struct importing *m)
{
	int rc = json_place_open(m->c, false);

	sm_json_init(&m->json, &m->json_text, true);
	sm_json_object_begin(&m->json);
	sm_json_key(&m->json, "version");
	sm_json_int(&m->json, 1);
	sm_json_key(&m->json, "keys");
	sm_json_array_begin(&m->json);
	if (rc == 0)
		rc = passphrases_init(m->c, &m->pass, true);
	if (rc == 0)
		rc = read_all(m);
	if (rc == 0)
		rc = want_passphrase(m);
	if (rc == 0)
		rc = store_all(m);
	return rc == 0 && m->c->json.wanted ? write_json(m) : rc;
}

int
verb_id_import(struct client *c)
{
	struct importing m;
	int rc;

	memset(&m, 0, sizeof(m));
	m.c = c;
	m.new_pass.secret = true;
	m.pass.last.secret = true;
	tokens_init(&m.tokens, c, &m.pass);
	m.ring.home.fd = m.ring.keys.fd = m.ring.lock = -1;
	rc = run(&m);
	keyring_close(&m.ring);
	while (m.count > 0)
		drop_last(&m);
	free(m.list);
	tokens_free(&m.tokens);
	passphrases_free(&m.pass);
	sm_certs_wipe(&m.certs);
	sm_buf_free(&m.new_pass);
	sm_buf_free(&m.json_text);
	return rc;
}
