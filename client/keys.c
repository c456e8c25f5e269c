#include "keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "input.h"
#include "secrets.h"

enum { KEY_FILE_BYTES = 1 << 20, CERT_FILE_BYTES = 16 << 20 };

/* ---- reading ---- */

static int
key_file_fault(struct client *c, const struct passphrases *p, const char *path,
    const struct sm_error *err, int status)
{
	if (status == SM_E_SECRET && p->fault != 0)
		return p->fault; /* said already */
	if (status == SM_E_SECRET && p->had_none)
		return client_fault(c, EXIT_PERMISSION, "%s is protected by a passphrase "
		    "and there is no terminal to ask at; give it with "
		    "--passphrase-file FILE or --passphrase-fd N", path);
	if (status == SM_E_SECRET && p->given.count > 0)
		return client_fault(c, EXIT_PERMISSION, "%s: no passphrase that was given "
		    "opens it", path);
	if (status == SM_E_SECRET)
		return client_fault(c, EXIT_PERMISSION, "%s: it could not be opened "
		    "without its passphrase", path);
	return client_fault_error(c, exit_from_status(status), path, err, status);
}

static int
read_key_file(struct client *c, struct passphrases *p, struct key_source *s)
{
	struct sm_buf raw = SM_BUF_SECRET_INIT;
	struct sm_passphrase pass = passphrases_for(p, s->path);
	struct sm_error err = SM_ERROR_INIT;
	int rc = input_slurp(c, &raw, s->path, KEY_FILE_BYTES);
	int status;

	if (rc == 0) {
		secret_warn_if_open(c, s->path);
		status = sm_keyfile_read(&s->file, sm_buf_bytes(&raw),
		    options_has(&c->opt, OPT_NO_MAC), &pass, &c->limits, &err);
		if (status != 0)
			rc = key_file_fault(c, p, s->path, &err, status);
		else if (s->file.key_count == 0)
			rc = client_fault(c, EXIT_MALFORMED, "%s holds no private key; "
			    "certificates go with --cert", s->path);
		else if (s->file.weak_pbe)
			client_note(c, "%s is protected by an old cipher that can be broken; "
			    "save it anew with a current program", s->path);
	}
	sm_buf_free(&raw);
	return rc;
}

static int
add_certs(struct client *c, struct sm_certs *to, const struct sm_certs *from)
{
	size_t i;

	for (i = 0; i < from->count; i++)
		if (sm_certs_add(to, from->list[i]) != 0)
			return client_out_of_memory(c);
	return 0;
}

int
keys_read_certs(struct client *c, struct sm_certs *out, const char *path)
{
	struct sm_buf raw = SM_BUF_INIT;
	struct sm_keyfile file;
	struct sm_error err = SM_ERROR_INIT;
	int status, rc = input_slurp(c, &raw, path, CERT_FILE_BYTES);

	memset(&file, 0, sizeof(file));
	if (rc == 0) {
		status = sm_keyfile_read(&file, sm_buf_bytes(&raw), false, NULL,
		    &c->limits, &err);
		if (status != 0)
			rc = client_fault_error(c, exit_from_status(status), path, &err,
			    status);
		else if (file.certs.count == 0)
			rc = client_fault(c, EXIT_MALFORMED, "%s holds no certificate", path);
		else
			rc = add_certs(c, out, &file.certs);
	}
	sm_keyfile_wipe(&file);
	sm_buf_free(&raw);
	return rc;
}

/* ---- keys on tokens ---- */

struct token_reading {
	struct client *c;
	struct keys *k;
	struct key_source *s;
	char serial[TOKEN_NAME_MAX];
};

static int
take_token_key(void *ctx, const struct token_key *tk)
{
	struct token_reading *r = ctx;
	struct sm_keyfile *f = &r->s->file;
	struct sm_key **list;
	struct sm_bytes spki = token_key_public(tk);
	int rc = add_certs(r->c, &f->certs, &tk->certs);

	if (rc != 0 || spki.len == 0)
		return rc;
	if (f->key_count > 0 && strcmp(r->serial, tk->serial) != 0)
		return client_fault(r->c, EXIT_USAGE, "several tokens fit %s; add serial=%s or "
		    "serial=%s to the URI", r->s->path, r->serial, tk->serial);
	memcpy(r->serial, tk->serial, sizeof(r->serial));
	list = realloc(f->keys, (f->key_count + 1) * sizeof(struct sm_key *));
	if (list == NULL)
		return client_out_of_memory(r->c);
	f->keys = list;
	rc = tokens_key(&r->k->tokens, &list[f->key_count], tk->uri, spki);
	f->key_count += rc == 0;
	return rc;
}

static int
read_token(struct client *c, struct keys *k, struct key_source *s)
{
	struct token_reading r = { .c = c, .k = k, .s = s };
	int rc = token_check_uri(c, s->path);

	if (rc == 0)
		rc = tokens_list(&k->tokens, s->path, take_token_key, &r);
	if (rc == 0 && s->file.key_count == 0)
		rc = client_fault(c, EXIT_NO_KEY, "the token shows no key that fits %s; "
		    "`sealmail id import pkcs11:` lists what is there", s->path);
	return rc;
}

static int
read_key_files(struct client *c, struct keys *k)
{
	size_t at = 0;
	const char *path;
	int rc = passphrases_init(c, &k->pass, false);

	k->has_pass = true;
	tokens_init(&k->tokens, c, &k->pass);
	while (rc == 0 && (path = options_next(&c->opt, OPT_KEY, &at)) != NULL) {
		struct key_source *s = &k->sources[k->source_count++];

		s->path = path;
		rc = token_is_uri(path) ? read_token(c, k, s) :
		    read_key_file(c, &k->pass, s);
		if (rc == 0)
			rc = add_certs(c, &k->certs, &s->file.certs);
	}
	return rc;
}

/* Files that are named are all that is read; who judges by roots of their own
 * (--trust) brings their own keys too, unless they name the keyring (--home). So
 * are passwords: who gives one means a message that it opens. */
static bool
wants_ring(const struct options *o, bool signing)
{
	bool secret = options_has(o, OPT_SECRET_FILE) || options_has(o, OPT_SECRET_FD) ||
	    options_has(o, OPT_KEK_FILE) || options_has(o, OPT_KEK_FD);

	if (options_has(o, OPT_ID))
		return true;
	return !options_has(o, OPT_KEY) && !options_has(o, OPT_CERT) &&
	    (signing || (!secret && (options_has(o, OPT_HOME) ||
		!options_has(o, OPT_TRUST))));
}

int
keys_fault(const struct keys *k)
{
	return k->ring_is_open ? keyring_fault(&k->ring) : k->tokens.fault;
}

static int
open_ring(struct client *c, struct keys *k)
{
	k->ring_is_open = true;
	return keyring_open(c, &k->ring, false);
}

int
keys_read(struct client *c, struct keys *k, bool signing)
{
	size_t at = 0;
	const char *path;
	int rc = 0;

	memset(k, 0, sizeof(*k));
	if (options_has(&c->opt, OPT_ID) && (options_has(&c->opt, OPT_KEY) ||
		options_has(&c->opt, OPT_CERT)))
		return client_fault(c, EXIT_USAGE, "-i names a key of the keyring, --key "
		    "and --cert name files; give one or the other");
	if (wants_ring(&c->opt, signing)) {
		k->uses_ring = true;
		return signing ? open_ring(c, k) : 0;
	}
	k->sources = calloc(options_count(&c->opt, OPT_KEY) + 1, sizeof(*k->sources));
	if (k->sources == NULL)
		return client_out_of_memory(c);
	while (rc == 0 && (path = options_next(&c->opt, OPT_CERT, &at)) != NULL)
		rc = keys_read_certs(c, &k->certs, path);
	return rc == 0 ? read_key_files(c, k) : rc;
}

void
keys_free(struct keys *k)
{
	size_t i;

	free(k->openers);
	free(k->signers);
	free(k->sender);
	sm_certs_wipe(&k->certs);
	sm_certs_wipe(&k->carried);
	for (i = 0; i < k->source_count; i++)
		sm_keyfile_wipe(&k->sources[i].file);
	free(k->sources);
	if (k->has_pass) {
		tokens_free(&k->tokens);
		passphrases_free(&k->pass);
	}
	if (k->ring_is_open)
		keyring_close(&k->ring);
	memset(k, 0, sizeof(*k));
}

/* ---- which certificate fits which key ---- */

static bool
fits(const struct sm_cert *cert, const struct sm_key *key)
{
	return sm_bytes_equal(sm_cert_spki(cert), sm_key_spki(key));
}

bool
keys_cert_is_current(const struct client *c, const struct sm_cert *cert)
{
	return sm_cert_not_before(cert) <= c->now && c->now <= sm_cert_not_after(cert);
}

static bool
add_opener(struct keys *k, struct sm_key *key, struct sm_cert *cert)
{
	struct sm_open_key *list = realloc(k->openers,
	    (k->opener_count + 1) * sizeof(*list));

	if (list == NULL)
		return false;
	k->openers = list;
	list[k->opener_count].key = key;
	list[k->opener_count].cert = cert;
	k->opener_count++;
	return true;
}

static bool
add_openers_of(struct keys *k, struct sm_key *key)
{
	size_t i, before = k->opener_count;

	for (i = 0; i < k->certs.count; i++)
		if (fits(k->certs.list[i], key) && !add_opener(k, key, k->certs.list[i]))
			return false;
	return k->opener_count > before || add_opener(k, key, NULL);
}

/* Every generation, each with its certificates: the engine finds the one that the
 * message names, and only that one is fetched. A key without a certificate could be
 * found by trying alone, which would ask for its passphrase in vain. */
static int
open_by_ring(struct client *c, struct keys *k)
{
	const char *who = options_value(&c->opt, OPT_ID);
	size_t i, j, known = 0;

	for (i = k->ring.count; i-- > 0;) {
		struct keyring_key *key = k->ring.list[i];

		if (!keyring_key_is(key, who))
			continue;
		known++;
		for (j = 0; sm_key_can_decrypt(key->key) && j < key->certs.count; j++)
			if (!add_opener(k, key->key, key->certs.list[j]))
				return client_out_of_memory(c);
	}
	if (who != NULL && known == 0)
		return client_fault(c, EXIT_NO_KEY, "the keyring has no key of \"%s\"; "
		    "`sealmail id list` shows those that are there", who);
	return 0;
}

int
keys_for_opening(struct client *c, struct keys *k)
{
	size_t i, j;

	if (k->uses_ring) {
		int rc = open_ring(c, k);

		return k->ring.fault = rc == 0 ? open_by_ring(c, k) : rc;
	}
	for (i = 0; i < k->source_count; i++)
		for (j = 0; j < k->sources[i].file.key_count; j++)
			if (!add_openers_of(k, k->sources[i].file.keys[j]))
				return client_out_of_memory(c);
	return 0;
}

/* ---- signing ---- */

/* Of two certificates that will do, the current one, then the newer one. */
static bool
is_better(const struct client *c, const struct sm_cert *a, const struct sm_cert *b)
{
	if (b == NULL || keys_cert_is_current(c, a) != keys_cert_is_current(c, b))
		return b == NULL || keys_cert_is_current(c, a);
	if (sm_cert_not_before(a) != sm_cert_not_before(b))
		return sm_cert_not_before(a) > sm_cert_not_before(b);
	return sm_cert_not_after(a) > sm_cert_not_after(b);
}

struct choice {
	struct sm_key *key;
	struct sm_cert *cert;
	bool has_cert; /* some certificate fits some key */
};

static void
choose_cert(const struct client *c, const struct keys *k, struct sm_key *key,
    struct choice *best)
{
	size_t i;

	for (i = 0; i < k->certs.count; i++) {
		struct sm_cert *cert = k->certs.list[i];

		if (!fits(cert, key))
			continue;
		best->has_cert = true;
		if (sm_cert_may_sign(cert) && is_better(c, cert, best->cert)) {
			best->key = key;
			best->cert = cert;
		}
	}
}

/* The certificate that the signer wants mail encrypted to, when it is another:
 * the same address, a key of the same files, may encrypt. */
static bool
same_mail(const struct sm_cert *a, const struct sm_cert *b)
{
	const char *x = sm_cert_mail(a, 0), *y = sm_cert_mail(b, 0);

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static struct sm_cert *
encryption_cert(const struct client *c, const struct keys *k, const struct sm_cert *own)
{
	struct sm_cert *best = NULL;
	size_t i;

	if (sm_cert_may_encrypt(own))
		return NULL;
	for (i = 0; i < k->certs.count; i++) {
		struct sm_cert *cert = k->certs.list[i];

		if (sm_cert_may_encrypt(cert) && !sm_cert_is_ca(cert) &&
		    keys_cert_is_current(c, cert) && same_mail(cert, own) &&
		    is_better(c, cert, best))
			best = cert;
	}
	return best;
}

static int
add_signer(struct client *c, struct keys *k, const struct key_source *s)
{
	struct choice best = { NULL, NULL, false };
	struct sm_seal_signer *to = &k->signers[k->signer_count++];
	size_t i;

	for (i = 0; i < s->file.key_count; i++)
		choose_cert(c, k, s->file.keys[i], &best);
	if (best.cert == NULL && best.has_cert)
		return client_fault(c, EXIT_USAGE, "%s: its certificate does not allow "
		    "signing; give the signing key", s->path);
	if (best.cert == NULL)
		return client_fault(c, EXIT_USAGE, "%s: no certificate fits this key; name "
		    "it with --cert FILE", s->path);
	to->key = best.key;
	to->cert = best.cert;
	to->pss = options_has(&c->opt, OPT_PSS);
	to->enc_cert = encryption_cert(c, k, best.cert);
	return 0;
}

static bool
is_root(const struct sm_cert *cert)
{
	return sm_bytes_equal(sm_cert_issuer(cert), sm_cert_subject(cert));
}

/* Readers need the CAs between signer and root; the root they have or must not
 * take from us. */
static int
collect_carried(struct client *c, struct keys *k)
{
	size_t i, at = 0;
	const char *path;
	int rc = 0;

	for (i = 0; i < k->certs.count; i++)
		if (sm_cert_is_ca(k->certs.list[i]) && !is_root(k->certs.list[i]) &&
		    sm_certs_add(&k->carried, k->certs.list[i]) != 0)
			return client_out_of_memory(c);
	while (rc == 0 && (path = options_next(&c->opt, OPT_CHAIN, &at)) != NULL)
		rc = keys_read_certs(c, &k->carried, path);
	return rc;
}

/* The labels of all identities that `who` means, for people: "a, b". */
static void
name_identities(char *out, size_t size, const struct keyring *ring, const char *who)
{
	size_t i, n, len = 0;

	out[0] = '\0';
	for (i = 0; i < ring->count; i++) {
		const char *label = keyring_key_label(ring->list[i]);

		for (n = 0; n < i; n++)
			if (strcasecmp(keyring_key_label(ring->list[n]), label) == 0)
				break;
		if (n < i || !keyring_key_is(ring->list[i], who) || len >= size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    len > 0 ? ", " : "", label);
	}
	client_make_printable(out);
}

static int
several_identities(struct client *c, const struct keys *k, const char *who)
{
	char names[300];

	name_identities(names, sizeof(names), &k->ring, who);
	if (who != NULL)
		return client_fault(c, EXIT_USAGE, "%s is the address of several "
		    "identities: %s; say which one signs with -i ID", who, names);
	if (k->sender != NULL && k->sender[0] != '\0')
		return client_fault(c, EXIT_USAGE, "the letter is from %s, and none of the "
		    "identities has that address: %s; say which one signs with -i "
		    "ADDRESS", k->sender, names);
	return client_fault(c, EXIT_USAGE, "the keyring holds several identities: %s; say "
	    "which one signs with -i ADDRESS", names);
}

static int
no_identity(struct client *c, const struct keys *k, const char *who, bool several)
{
	if (several)
		return several_identities(c, k, who);
	if (who != NULL)
		return client_fault(c, EXIT_NO_KEY, "the keyring has no key of \"%s\"; "
		    "`sealmail id list` shows those that are there", who);
	return client_fault(c, EXIT_USAGE, "no key to sign with; name it with --key FILE, "
	    "or fill the keyring with `sealmail id import FILE`");
}

/* -i, else the sender if it is one of us, else whoever is there. */
static int
find_signer(struct client *c, struct keys *k, struct sm_bytes begin, const char **who)
{
	size_t i;

	*who = options_value(&c->opt, OPT_ID);
	if (*who != NULL)
		return 0;
	if (sm_seal_sender(&k->sender, begin, &c->limits) != 0)
		return client_out_of_memory(c);
	client_make_printable(k->sender);
	for (i = 0; i < k->ring.count; i++)
		if (keyring_key_has_mail(k->ring.list[i], k->sender))
			*who = k->sender;
	return 0;
}

static void
choose_of_ring(const struct client *c, const struct keyring_key *k, struct choice *best)
{
	size_t i;

	for (i = 0; sm_key_can_sign(k->key) && i < k->certs.count; i++) {
		struct sm_cert *cert = k->certs.list[i];

		if (sm_cert_may_sign(cert) && is_better(c, cert, best->cert)) {
			best->key = k->key;
			best->cert = cert;
		}
	}
}

static int
sign_by_ring(struct client *c, struct keys *k, struct sm_bytes begin)
{
	const char *who, *label = NULL;
	bool several = false;
	struct choice best = { NULL, NULL, false };
	struct sm_seal_signer *to = &k->signers[0];
	size_t i;
	int rc = find_signer(c, k, begin, &who);

	if (rc == 0)
		label = keyring_identity(&k->ring, who, &several);
	if (rc == 0 && label == NULL)
		return no_identity(c, k, who, several);
	for (i = 0; rc == 0 && i < k->ring.count; i++) {
		const struct keyring_key *key = k->ring.list[i];

		if (!keyring_key_is(key, who))
			continue;
		choose_of_ring(c, key, &best);
		rc = add_certs(c, &k->certs, &key->certs);
		if (rc == 0)
			rc = add_certs(c, &k->certs, &key->chain);
	}
	if (rc == 0 && best.cert == NULL)
		return client_fault(c, EXIT_USAGE, "no key of %s has a certificate to sign "
		    "with; `sealmail id import FILE` takes the one that the CA sent", label);
	if (rc == 0 && !keys_cert_is_current(c, best.cert))
		client_note(c, "the newest certificate of %s is not valid %s; readers will "
		    "not accept the signature", label,
		    options_has(&c->opt, OPT_AT) ? "at that time" : "now");
	to->key = best.key;
	to->cert = best.cert;
	to->pss = options_has(&c->opt, OPT_PSS);
	to->enc_cert = rc == 0 ? encryption_cert(c, k, best.cert) : NULL;
	k->signer_count = 1;
	return rc == 0 ? collect_carried(c, k) : rc;
}

int
keys_for_signing(struct client *c, struct keys *k, struct sm_bytes begin)
{
	size_t i;
	int rc = 0;

	k->signers = calloc(k->source_count + 1, sizeof(*k->signers));
	if (k->signers == NULL)
		return client_out_of_memory(c);
	if (k->uses_ring)
		return sign_by_ring(c, k, begin);
	for (i = 0; rc == 0 && i < k->source_count; i++)
		rc = add_signer(c, k, &k->sources[i]);
	return rc == 0 ? collect_carried(c, k) : rc;
}
