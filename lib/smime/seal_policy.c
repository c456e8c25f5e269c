/* Who can read what, and so what is written: contract.md "encrypt --alg". */
#include <base/try.h>
#include <crypto/cipher.h>
#include <smime/seal_impl.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* One recipient and what is known of it. */
struct person {
	const struct sm_seal_recipient *r;
	struct sm_capabilities caps;
	enum sm_key_type key;
	char name[160];
};

struct choosing {
	struct sm_seal *s;
	struct person *people;
	size_t count;
};

/* What we may write, best first. The last is what every reader of S/MIME must
 * have (RFC 8551 section 2.7: AES-128-CBC, MUST-). */
static const enum sm_alg_id ciphers[] = {
	SM_AES256_GCM, SM_CHACHA20_POLY1305, SM_AES128_GCM, SM_AES256_CBC,
	SM_AES128_CBC,
};
enum { CIPHERS = sizeof(ciphers) / sizeof(ciphers[0]) };

static bool
is_aead(enum sm_alg_id id)
{
	return sm_alg_get(id)->tag_bytes > 0;
}

static bool
lists_cipher(const struct sm_capabilities *c)
{
	return c->aes128_gcm || c->aes256_gcm || c->aes192_gcm ||
	    c->aes128_cbc || c->aes192_cbc || c->aes256_cbc || c->chacha20 ||
	    c->des3;
}

/* Does the person say to read it? */
static bool
lists(const struct sm_capabilities *c, enum sm_alg_id id)
{
	switch (id) {
	case SM_AES256_GCM: return c->aes256_gcm;
	case SM_CHACHA20_POLY1305: return c->chacha20;
	case SM_AES128_GCM: return c->aes128_gcm;
	case SM_AES256_CBC: return c->aes256_cbc;
	case SM_AES128_CBC: return true;
	default: return false;
	}
}

/* A password or shared key of which nothing else is said is read by a program
 * that was chosen for it: Outlook and Thunderbird read neither. Of a person of
 * whom nothing is known we think that these two are the reader. */
static bool
can_read(const struct person *p, enum sm_alg_id id)
{
	if (p->caps.known)
		return lists(&p->caps, id);
	if (p->r->cert == NULL)
		return true;
	return id == SM_AES256_CBC || id == SM_AES128_CBC;
}

/* ---- the recipients ---- */

static void
name_person(struct person *p)
{
	const char *name;

	if (p->r->cert == NULL) {
		(void)snprintf(p->name, sizeof(p->name), "%s",
		    p->r->secret_is_kek ? "the shared key" : "the password");
		return;
	}
	name = sm_cert_mail(p->r->cert, 0);
	if (name == NULL)
		name = sm_cert_subject_text(p->r->cert);
	(void)snprintf(p->name, sizeof(p->name), "%.150s", name);
}

static void
add_capabilities(struct sm_capabilities *to, struct sm_bytes der)
{
	struct sm_capabilities c;

	if (der.len == 0 || !sm_capabilities_read(&c, der) || !lists_cipher(&c))
		return;
	to->known = true;
	to->aes128_gcm |= c.aes128_gcm;
	to->aes256_gcm |= c.aes256_gcm;
	to->aes256_cbc |= c.aes256_cbc;
	to->chacha20 |= c.chacha20;
	to->rsa_oaep |= c.rsa_oaep;
	to->rsa_oaep_sha2 |= c.rsa_oaep_sha2;
	to->cek_hkdf |= c.cek_hkdf;
}

static int
unusable(struct choosing *ch, const struct person *p, const char *why)
{
	return sm_error_set(ch->s->err, SM_E_POLICY, "recipient-unusable",
	    "RFC 8550 section 4.4.2",
	    "Nothing can be encrypted to %s: %s Ask for another certificate.",
	    p->name, why);
}

static int
weak_key(struct choosing *ch, const struct person *p)
{
	if (ch->s->opt.alg == SM_SEAL_STRONG)
		return unusable(ch, p, "the key is too weak for --alg strong.");
	return sm_seal_advise(ch->s, "The key of %s is too weak to protect a "
	    "letter for long. Ask for a new certificate.", p->name);
}

static int
check_dates(struct choosing *ch, const struct person *p)
{
	int64_t now = ch->s->opt.now;

	if (now >= sm_cert_not_before(p->r->cert) &&
	    now <= sm_cert_not_after(p->r->cert))
		return SM_OK;
	return sm_seal_advise(ch->s, "The certificate of %s is not valid now. "
	    "Ask for the current one.", p->name);
}

static int
check_cert(struct choosing *ch, struct person *p)
{
	struct sm_pubkey *pub = NULL;
	struct sm_error why = SM_ERROR_INIT;
	bool weak;
	int rc;

	if (!sm_cert_may_encrypt(p->r->cert))
		return unusable(ch, p, "the certificate's key usage does not "
		    "allow it (it is for signing).");
	rc = sm_pubkey_new(&pub, sm_cert_spki(p->r->cert), &why);
	if (rc == SM_E_NOMEM)
		return sm_seal_no_memory(ch->s);
	if (rc != SM_OK)
		return unusable(ch, p, why.text[0] != '\0' ? why.text :
		    "the certificate's key cannot be used here.");
	p->key = sm_pubkey_type(pub);
	weak = sm_pubkey_weak(pub);
	sm_pubkey_free(pub);
	switch (p->key) {
	case SM_KEY_RSA:
	case SM_KEY_EC:
	case SM_KEY_X25519:
	case SM_KEY_X448:
		break;
	default:
		return unusable(ch, p, "the certificate's key is of a kind that "
		    "cannot be encrypted to.");
	}
	if (weak)
		SM_TRY(weak_key(ch, p));
	return check_dates(ch, p);
}

static int
check_secret(struct choosing *ch, const struct person *p)
{
	size_t len = p->r->secret.len;

	if (len == 0)
		return sm_error_set(ch->s->err, SM_E_USAGE, "recipient-empty",
		    NULL, "A recipient needs a certificate, a password or a "
		    "shared key.");
	if (p->r->secret_is_kek && len != 16 && len != 24 && len != 32)
		return sm_error_set(ch->s->err, SM_E_USAGE, "kek-length",
		    "RFC 3565 section 2.3", "A shared key has 16, 24 or 32 bytes; "
		    "this one has %zu.", len);
	return SM_OK;
}

static int
meet_people(struct choosing *ch)
{
	const struct sm_seal_options *opt = &ch->s->opt;
	size_t i;

	for (i = 0; i < ch->count; i++) {
		struct person *p = &ch->people[i];

		p->r = &opt->recipients[i];
		name_person(p);
		if (p->r->cert != NULL) {
			SM_TRY(check_cert(ch, p));
			add_capabilities(&p->caps,
			    sm_cert_smime_capabilities(p->r->cert));
		} else {
			SM_TRY(check_secret(ch, p));
		}
		add_capabilities(&p->caps, p->r->capabilities);
	}
	return SM_OK;
}

/* ---- the cipher ---- */

static int SM_PRINTF(3, 4)
choose(struct choosing *ch, enum sm_alg_id id, const char *fmt, ...)
{
	struct sm_seal_plan *plan = &ch->s->plan;
	va_list ap;

	plan->cipher = id;
	plan->authenticated = is_aead(id);
	va_start(ap, fmt);
	if (vasprintf(&plan->why, fmt, ap) < 0)
		plan->why = NULL;
	va_end(ap);
	return plan->why == NULL ? sm_seal_no_memory(ch->s) : SM_OK;
}

static int
choose_named(struct choosing *ch, const char *name)
{
	const struct sm_alg *alg = sm_alg_by_name(SM_ALG_CIPHER, name);

	if (alg == NULL)
		return sm_error_set(ch->s->err, SM_E_USAGE, "cipher-name", NULL,
		    "There is no cipher \"%.40s\"; try aes-256-gcm, aes-128-gcm, "
		    "chacha20-poly1305, aes-256-ccm, aes-256-cbc or aes-128-cbc.",
		    name);
	if (alg->use < SM_USE_ACCEPT)
		return sm_error_set(ch->s->err, SM_E_POLICY, "cipher-not-sent",
		    NULL, "The cipher %s is broken: it is read, where one asks "
		    "for it, but never written.", alg->name);
	return choose(ch, alg->id, "%s, because it was asked for by name.",
	    alg->name);
}

/* The first person who cannot read id; NULL when all can. */
static const struct person *
who_cannot(const struct choosing *ch, enum sm_alg_id id)
{
	size_t i;

	for (i = 0; i < ch->count; i++)
		if (!can_read(&ch->people[i], id))
			return &ch->people[i];
	return NULL;
}

static int
choose_auto(struct choosing *ch)
{
	const struct person *p = who_cannot(ch, ciphers[0]);
	const char *name;
	size_t i;

	if (p == NULL)
		return choose(ch, ciphers[0], "%s, because all recipients "
		    "can read it.",
		    sm_alg_get(ciphers[0])->name);
	for (i = 1; i + 1 < CIPHERS; i++)
		if (who_cannot(ch, ciphers[i]) == NULL)
			break;
	name = sm_alg_get(ciphers[i])->name;
	if (!p->caps.known)
		return choose(ch, ciphers[i], "%s, because nothing is known of "
		    "what %s can read.", name, p->name);
	return choose(ch, ciphers[i], "%s, because %s does not say to read %s.",
	    name, p->name, sm_alg_get(ciphers[0])->name);
}

/* As who_cannot, but those of whom nothing is known are taken at the word of
 * whoever asked for strong. */
static const struct person *
who_excludes(const struct choosing *ch, enum sm_alg_id id)
{
	size_t i;

	for (i = 0; i < ch->count; i++)
		if (ch->people[i].caps.known && !can_read(&ch->people[i], id))
			return &ch->people[i];
	return NULL;
}

static int
choose_strong(struct choosing *ch)
{
	const struct person *p;
	size_t i;

	for (i = 0; i < CIPHERS && is_aead(ciphers[i]); i++) {
		if (who_excludes(ch, ciphers[i]) == NULL)
			return choose(ch, ciphers[i], "%s, because authenticated "
			    "encryption was asked for.",
			    sm_alg_get(ciphers[i])->name);
	}
	p = who_excludes(ch, ciphers[0]);
	return sm_error_set(ch->s->err, SM_E_POLICY, "strong-not-readable", NULL,
	    "There is no authenticated cipher that all recipients can read: %s "
	    "does not say to read %s. Write to them apart, or use --alg auto and "
	    "sign (-s).", p->name, sm_alg_get(ciphers[0])->name);
}

static int
choose_cipher(struct choosing *ch)
{
	const struct sm_seal_options *opt = &ch->s->opt;

	if (opt->alg == SM_SEAL_PQ)
		return sm_error_set(ch->s->err, SM_E_UNSUPPORTED,
		    "pq-not-supported", NULL, "This version cannot write to "
		    "post-quantum recipients. Use --alg strong.");
	if (opt->cipher != NULL)
		return choose_named(ch, opt->cipher);
	switch (opt->alg) {
	case SM_SEAL_AUTO:
		return choose_auto(ch);
	case SM_SEAL_STRONG:
		return choose_strong(ch);
	case SM_SEAL_COMPAT:
		return choose(ch, SM_AES256_CBC, "%s, because compatibility "
		    "with every mail program was asked for.",
		    sm_alg_get(SM_AES256_CBC)->name);
	default:
		return sm_error_set(ch->s->err, SM_E_USAGE, "alg", NULL,
		    "There is no such policy.");
	}
}

/* RFC 9709 protects against a letter being replayed under a weaker cipher
 * (smime-rules 3), but who does not know it reads nothing. */
static void
choose_cek_hkdf(struct choosing *ch)
{
	bool all = ch->count > 0 && ch->s->opt.alg != SM_SEAL_COMPAT;
	size_t i;

	for (i = 0; i < ch->count; i++)
		all &= ch->people[i].caps.cek_hkdf;
	ch->s->plan.cek_hkdf = all || ch->s->opt.cek_hkdf;
}

/* ---- key management ---- */

/* PKCS#1 v1.5 is written only for a person not known to read OAEP; strong takes
 * OAEP for those of whom nothing is known. */
static bool
use_oaep(const struct choosing *ch, const struct person *p)
{
	if (ch->s->opt.alg == SM_SEAL_COMPAT)
		return false;
	if (p->caps.known)
		return p->caps.rsa_oaep;
	return ch->s->opt.alg == SM_SEAL_STRONG;
}

static void
manage_rsa(const struct choosing *ch, const struct person *p,
    struct sm_recipient_new *n)
{
	if (!use_oaep(ch, p)) {
		n->kind = SM_RCPT_RSA_PKCS1;
		return;
	}
	n->kind = SM_RCPT_RSA_OAEP;
	n->oaep_digest = p->caps.known && !p->caps.rsa_oaep_sha2 ?
	    SM_SHA1 : SM_SHA256;
}

/* A KEK needs a name. One that follows from it lets both sides do without
 * agreeing on another, and tells nothing of it. */
static int
manage_kek(struct choosing *ch, const struct person *p,
    struct sm_recipient_new *n, uint8_t id[8])
{
	struct sm_buf mac = SM_BUF_INIT;
	int rc = sm_hmac(&mac, SM_SHA256, p->r->secret,
	    sm_bytes_str("sealmail key identifier"));

	if (rc != SM_OK)
		return sm_error_set(ch->s->err, rc, "kek-id", NULL,
		    "The shared key cannot be given a name.");
	memcpy(id, mac.data, 8);
	sm_buf_free(&mac);
	n->kind = SM_RCPT_KEK;
	n->secret = p->r->secret;
	n->kek_id = sm_bytes(id, 8);
	return SM_OK;
}

static int
manage(struct choosing *ch, const struct person *p, struct sm_recipient_new *n,
    uint8_t kek_id[8])
{
	n->cert = p->r->cert;
	if (p->r->cert == NULL && p->r->secret_is_kek)
		return manage_kek(ch, p, n, kek_id);
	if (p->r->cert == NULL) {
		n->kind = SM_RCPT_PASSWORD;
		n->secret = p->r->secret;
		return SM_OK;
	}
	switch (p->key) {
	case SM_KEY_RSA:
		manage_rsa(ch, p, n);
		break;
	case SM_KEY_X25519:
		n->kind = SM_RCPT_X25519;
		break;
	case SM_KEY_X448:
		n->kind = SM_RCPT_X448;
		break;
	default:
		n->kind = SM_RCPT_ECDH;
		break;
	}
	return SM_OK;
}

/* A certificate given twice is written once: the second would only be longer. */
static bool
given_before(const struct choosing *ch, size_t i)
{
	const struct sm_cert *c = ch->people[i].r->cert;
	size_t j;

	for (j = 0; c != NULL && j < i; j++) {
		const struct sm_cert *d = ch->people[j].r->cert;
		if (d != NULL && memcmp(sm_cert_sha256(c), sm_cert_sha256(d),
		    32) == 0)
			return true;
	}
	return false;
}

static int
choose_key_management(struct choosing *ch)
{
	struct sm_seal_plan *plan = &ch->s->plan;
	struct sm_recipient_new n;
	size_t i;

	plan->recipients = calloc(ch->count, sizeof(plan->recipients[0]));
	plan->key_management = calloc(ch->count,
	    sizeof(plan->key_management[0]));
	plan->kek_ids = calloc(ch->count, sizeof(plan->kek_ids[0]));
	if (plan->recipients == NULL || plan->key_management == NULL ||
	    plan->kek_ids == NULL)
		return sm_seal_no_memory(ch->s);
	plan->key_management_count = ch->count;
	for (i = 0; i < ch->count; i++) {
		n = (struct sm_recipient_new) { 0 };
		SM_TRY(manage(ch, &ch->people[i], &n, plan->kek_ids[i]));
		plan->key_management[i] = sm_recipient_kind_name(n.kind);
		if (!given_before(ch, i))
			plan->recipients[plan->recipient_count++] = n;
	}
	return SM_OK;
}

static int
advise(struct choosing *ch)
{
	if (ch->s->plan.authenticated || ch->s->opt.signer_count > 0)
		return SM_OK;
	return sm_seal_advise(ch->s, "Whoever reads this cannot tell a letter that "
	    "was changed on its way: %s does not show it, and nothing is signed. "
	    "Sign it too (-s), or use --alg strong.",
	    sm_alg_get(ch->s->plan.cipher)->name);
}

int
sm_seal_policy(struct sm_seal *s)
{
	struct choosing ch = { s, NULL, s->opt.recipient_count };
	int rc;

	if (ch.count == 0)
		return SM_OK;
	if (ch.count > s->opt.limits.recipients)
		return sm_error_set(s->err, SM_E_LIMIT, "recipients", NULL,
		    "There are more than %u recipients.",
		    (unsigned)s->opt.limits.recipients);
	ch.people = calloc(ch.count, sizeof(ch.people[0]));
	if (ch.people == NULL)
		return sm_seal_no_memory(s);
	SM_TRY_OUT(meet_people(&ch));
	SM_TRY_OUT(choose_cipher(&ch));
	choose_cek_hkdf(&ch);
	SM_TRY_OUT(choose_key_management(&ch));
	SM_TRY_OUT(advise(&ch));
out:
	free(ch.people);
	return rc;
}

void
sm_seal_policy_wipe(struct sm_seal_plan *p)
{
	free(p->recipients);
	free(p->key_management);
	free(p->kek_ids);
	free(p->why);
}
