/* sealmail id renew: the next generation of an identity's keys.
 *
 * The old keys stay, for the mail that was encrypted to them. Until the certificate of
 * the new one comes (`id import`), the old one signs and is encrypted to. */
#include <stdio.h>
#include <stdlib.h>

#include <sealmail/seal.h>

#include "keys.h"
#include "making.h"
#include "pem.h"

struct renewing {
	struct making m;
	struct keyring ring;        /* as it was: names are borrowed from it */
	const char **mails[MAKING_PARTS_MAX];
	struct keyring_key *signer; /* the present one */
};

typedef bool (*may_fn)(const struct keyring_key *k);

/* ---- which keys ---- */

static bool
is_renewed(const struct keyring *ring, const struct keyring_key *k)
{
	size_t i;

	for (i = 0; i < ring->count; i++)
		if (strcmp(ring->list[i]->renews, k->id) == 0 &&
		    ring->list[i]->certs.count > 0)
			return true;
	return false;
}

static bool
is_newer(const struct keyring_key *a, const struct keyring_key *b)
{
	const struct sm_cert *x = keyring_key_cert(a), *y = keyring_key_cert(b);
	const struct client *c = a->ring->c;

	if (is_renewed(a->ring, a) != is_renewed(b->ring, b))
		return is_renewed(b->ring, b);
	if (keys_cert_is_current(c, x) != keys_cert_is_current(c, y))
		return keys_cert_is_current(c, x);
	return sm_cert_not_before(x) > sm_cert_not_before(y);
}

/* The last of the keys with a certificate for that use. */
static struct keyring_key *
last_key(const struct keyring *ring, const char *who, may_fn may)
{
	struct keyring_key *best = NULL;
	size_t i;

	for (i = 0; i < ring->count; i++) {
		struct keyring_key *k = ring->list[i];

		if (keyring_key_is(k, who) && k->certs.count > 0 && may(k) &&
		    (best == NULL || is_newer(k, best)))
			best = k;
	}
	return best;
}

static struct keyring_key *
waiting_key(const struct keyring *ring, const struct keyring_key *before, bool same)
{
	size_t i;

	for (i = 0; i < ring->count; i++) {
		struct keyring_key *k = ring->list[i];

		if (k->request != NULL && (same ? k == before :
			k->certs.count == 0 && strcmp(k->renews, before->id) == 0))
			return k;
	}
	return NULL;
}

/* ---- how the new one shall be ---- */

static bool
can_be_made(const char *kind)
{
	static const char *const kinds[] = { "rsa-2048", "rsa-3072", "rsa-4096", "p-256",
		"p-384", "p-521", "ed25519", "x25519" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

static int
choose_kind(struct client *c, const struct keyring_key *k, bool sign, char *kind,
    size_t size)
{
	const char *given = options_value(&c->opt, OPT_KIND);

	if (given != NULL)
		(void)snprintf(kind, size, "%s",
		    strcmp(given, "ed25519") == 0 && !sign ? "x25519" : given);
	else
		sm_key_kind(kind, size, k->key);
	if (can_be_made(kind) || options_has(&c->opt, OPT_SAME_KEY))
		return 0;
	return client_fault(c, EXIT_USAGE, "the key is of kind %s, which is made no more; "
	    "choose another with --kind", kind);
}

/* The addresses of the certificate; older ones may belong to somebody else now. */
static int
borrow_names(struct renewing *r, size_t at, struct making_part *p)
{
	struct sm_cert *cert = keyring_key_cert(p->before);
	size_t n = 0, i;

	while (sm_cert_mail(cert, n) != NULL)
		n++;
	r->mails[at] = calloc(n + 1, sizeof(char *));
	if (r->mails[at] == NULL)
		return client_out_of_memory(r->m.c);
	for (i = 0; i < n; i++)
		r->mails[at][i] = sm_cert_mail(cert, i);
	p->mails = n > 0 ? r->mails[at] : (const char *const *)p->before->mails;
	p->mail_count = n > 0 ? n : p->before->mail_count;
	p->subject = sm_cert_subject(cert);
	p->name = p->before->name;
	return 0;
}

static int
plan_key(struct renewing *r, struct keyring_key *k, bool sign, bool encrypt)
{
	struct client *c = r->m.c;
	bool same = options_has(&c->opt, OPT_SAME_KEY);
	struct keyring_key *waits = waiting_key(&r->ring, k, same);
	char kind[MAKING_KIND_CHARS];
	struct making_part *p;
	size_t at = r->m.count;
	int rc = choose_kind(c, k, sign, kind, sizeof(kind));

	if (rc == 0 && k->token != NULL && !same)
		rc = client_fault(c, EXIT_USAGE, "key %.16s is on a token; make the new one "
		    "there with the program of its maker and import it, or ask for a new "
		    "certificate with --same-key", k->id);
	if (rc != 0)
		return rc;
	p = making_add(&r->m, kind, sign, encrypt);
	p->before = k;
	p->same_key = same;
	p->not_exportable = !k->exportable && !encrypt;
	if (waits == NULL)
		return borrow_names(r, at, p);
	p->waits = true;
	memcpy(p->id, waits->id, sizeof(p->id));
	sm_key_kind(p->kind, sizeof(p->kind), waits->key);
	return keyring_request(waits, &p->request);
}

static int
nothing_to_renew(struct client *c, const struct keyring *ring, const char *who)
{
	size_t i;

	for (i = 0; i < ring->count; i++)
		if (keyring_key_is(ring->list[i], who))
			return client_fault(c, EXIT_USAGE, "no key of %s has a certificate "
			    "yet: there is nothing to renew; `sealmail id import FILE` takes "
			    "the one that the CA sends", keyring_key_label(ring->list[i]));
	if (who != NULL)
		return client_fault(c, EXIT_NO_KEY, "the keyring has no key of \"%s\"; "
		    "`sealmail id list` shows those that are there", who);
	return client_fault(c, EXIT_USAGE, "the keyring is empty; fill it with `sealmail id "
	    "import FILE` or `sealmail id new ADDRESS`");
}

static int
plan(struct renewing *r)
{
	struct client *c = r->m.c;
	const char *who = c->opt.operand;
	struct keyring_key *encrypts;
	bool several = false;
	int rc = 0;

	(void)keyring_identity(&r->ring, who, &several);
	if (several)
		return client_fault(c, EXIT_USAGE, "%s several identities; name one by its "
		    "address", who != NULL ? "that means" : "the keyring holds");
	r->signer = last_key(&r->ring, who, keyring_key_may_sign);
	encrypts = last_key(&r->ring, who, keyring_key_may_decrypt);
	if (r->signer == NULL && encrypts == NULL)
		return nothing_to_renew(c, &r->ring, who);
	if (r->signer != NULL)
		rc = plan_key(r, r->signer, true, encrypts == r->signer);
	if (rc == 0 && encrypts != NULL && encrypts != r->signer)
		rc = plan_key(r, encrypts, false, true);
	return rc;
}

/* ---- the passphrase of the new keys ---- */

static bool
wants_passphrase(const struct renewing *r)
{
	const struct options *o = &r->m.c->opt;
	bool makes = false, was_protected = false;
	size_t i;

	for (i = 0; i < r->m.count; i++) {
		makes |= !r->m.parts[i].waits && !r->m.parts[i].same_key;
		was_protected |= r->m.parts[i].before->is_protected;
	}
	return makes && !options_has(o, OPT_NO_PASSPHRASE) && (was_protected ||
	    options_has(o, OPT_NEW_PASSPHRASE_FILE) ||
	    options_has(o, OPT_NEW_PASSPHRASE_FD));
}

static int
get_passphrase(struct renewing *r)
{
	const struct options *o = &r->m.c->opt;
	bool new = options_has(o, OPT_NEW_PASSPHRASE_FILE) ||
	    options_has(o, OPT_NEW_PASSPHRASE_FD);

	return !wants_passphrase(r) ? 0 :
	    passphrase_new(r->m.c, &r->m.pass, "the new key", !new);
}

/* ---- requests that the present certificate vouches for ---- */

static int
take_der(void *ctx, struct sm_bytes der)
{
	return sm_buf_append(ctx, der);
}

static int
vouch(struct renewing *r, struct making_part *p)
{
	struct client *c = r->m.c;
	struct sm_seal_options o = sm_seal_options_default();
	struct sm_seal_signer signer = { .key = r->signer->key,
		.cert = keyring_key_cert(r->signer) };
	struct sm_buf der = SM_BUF_INIT, wrapped = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&wrapped);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_seal *seal = NULL;
	size_t found = 0;
	int status = pem_each(sm_buf_bytes(&p->request), "CERTIFICATE REQUEST", take_der,
	    &der, &found), rc = 0;

	o.form = SM_FORM_PEM;
	o.opaque = true;
	o.now = c->now;
	o.limits = c->limits;
	o.signers = &signer;
	o.signer_count = 1;
	o.chain = &r->signer->chain;
	if (status == 0)
		status = sm_seal_new(&seal, &o, &sink, &err);
	if (status == 0)
		status = sm_seal_write(seal, sm_buf_bytes(&der));
	if (status == 0)
		status = sm_seal_finish(seal);
	if (status != 0)
		rc = keyring_fault(&r->ring) != 0 ? keyring_fault(&r->ring) :
		    client_fault_error(c, exit_from_status(status), NULL, &err, status);
	sm_seal_free(seal);
	sm_buf_free(&der);
	if (rc == 0) {
		sm_buf_free(&p->request);
		p->request = wrapped;
	} else
		sm_buf_free(&wrapped);
	return rc;
}

static int
vouch_all(struct renewing *r)
{
	size_t i;
	int rc = 0;

	if (!options_has(&r->m.c->opt, OPT_SIGNED))
		return 0;
	if (r->signer == NULL)
		return client_fault(r->m.c, EXIT_USAGE, "no key of this identity can sign "
		    "the request; leave out --signed");
	for (i = 0; rc == 0 && i < r->m.count; i++)
		if (!r->m.parts[i].waits && r->m.parts[i].request.len > 0)
			rc = vouch(r, &r->m.parts[i]);
	return rc;
}

static int
run(struct renewing *r)
{
	int rc = keyring_open(r->m.c, &r->ring, false);

	if (rc == 0)
		rc = plan(r);
	if (rc == 0)
		rc = making_open(&r->m);
	if (rc == 0)
		rc = get_passphrase(r);
	if (rc == 0)
		rc = making_keys(&r->m);
	if (rc == 0)
		rc = vouch_all(r);
	if (rc == 0)
		rc = making_store(&r->m);
	return rc == 0 ? making_tell(&r->m) : rc;
}

int
verb_id_renew(struct client *c)
{
	struct renewing r;
	size_t i;
	int rc;

	memset(&r, 0, sizeof(r));
	making_init(&r.m, c);
	rc = run(&r);
	making_free(&r.m);
	for (i = 0; i < MAKING_PARTS_MAX; i++)
		free(r.mails[i]);
	keyring_close(&r.ring);
	return rc;
}
