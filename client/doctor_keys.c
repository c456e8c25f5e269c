/* One's own keys and certificates. */
#include "doctor.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sealmail/key.h>

#include "cert_view.h"
#include "fetching.h"
#include "keys.h"

enum { DAY = 86400, SOON_DAYS = 30, URGENT_DAYS = 14, PENDING_DAYS = 14 };

static bool
current(const struct doctor *d, const struct sm_cert *cert)
{
	return cert != NULL && keys_cert_is_current(d->c, cert);
}

void
doctor_keyring(struct doctor *d)
{
	if (!d->ring_ok)
		doctor_find_fault(d, "The keyring cannot be read", d->ring_fault);
}

void
doctor_no_keys(struct doctor *d)
{
	if (d->ring_ok && d->home_there && d->ring.count == 0)
		doctor_find(d, "Take a key over with `sealmail id import FILE`, or make one "
		    "with `sealmail id new ADDRESS`.", "There is no key: mail can be "
		    "verified, but neither signed nor decrypted.");
}

/* ---- in time ---- */

enum use { USE_SIGN, USE_DECRYPT };

static bool
has_use(const struct keyring_key *k, enum use use)
{
	return use == USE_SIGN ? keyring_key_may_sign(k) : keyring_key_may_decrypt(k);
}

/* Is there another key of the same person and use that holds longer? */
static bool
succeeded(const struct doctor *d, const struct keyring_key *k, enum use use, int64_t end)
{
	const char *label = keyring_key_label(k);
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *o = d->ring.list[i];
		const struct sm_cert *cert = keyring_key_cert(o);

		if (o != k && keyring_key_is(o, label) && has_use(o, use) &&
		    current(d, cert) && sm_cert_not_after(cert) > end)
			return true;
	}
	return false;
}

static bool
needed(const struct doctor *d, const struct keyring_key *k, int64_t end)
{
	return (has_use(k, USE_SIGN) && !succeeded(d, k, USE_SIGN, end)) ||
	    (has_use(k, USE_DECRYPT) && !succeeded(d, k, USE_DECRYPT, end));
}

void
doctor_expiring(struct doctor *d)
{
	char fix[200], day[11];
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];
		const struct sm_cert *cert = keyring_key_cert(k);
		int64_t end, left;

		if (!current(d, cert))
			continue;
		end = sm_cert_not_after(cert);
		left = (end - d->c->now) / DAY;
		if (left > SOON_DAYS || !needed(d, k, end))
			continue;
		cert_view_day(day, end);
		(void)snprintf(fix, sizeof(fix), "%s with `sealmail id renew %.16s`.",
		    left <= 3 ? "Renew it today" : "Renew it", k->id);
		doctor_find_as(d, left > URGENT_DAYS ? DOCTOR_ADVICE : DOCTOR_PROBLEM, fix,
		    "The certificate of %s ends in %d day%s, on %s.",
		    keyring_key_label(k), (int)left, left == 1 ? "" : "s", day);
	}
}

void
doctor_expired(struct doctor *d)
{
	char fix[200], day[11];
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];
		const struct sm_cert *cert = keyring_key_cert(k);

		if (cert == NULL || d->c->now <= sm_cert_not_after(cert) ||
		    !needed(d, k, sm_cert_not_after(cert)))
			continue;
		cert_view_day(day, sm_cert_not_after(cert));
		(void)snprintf(fix, sizeof(fix), "Renew it with `sealmail id renew %.16s`.",
		    k->id);
		doctor_find(d, fix, "The certificate of %s ended on %s, and none came after "
		    "it.", keyring_key_label(k), day);
	}
}

void
doctor_pending(struct doctor *d)
{
	char fix[400], day[11];
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];

		if (k->request == NULL || k->created + PENDING_DAYS * DAY > d->c->now)
			continue;
		cert_view_day(day, k->created);
		(void)snprintf(fix, sizeof(fix), "Ask the CA for it and `sealmail id import "
		    "FILE`; the request is %.250s.", k->request);
		doctor_find(d, fix, "The key that %s made on %s still has no certificate.",
		    keyring_key_label(k), day);
	}
}

/* ---- whole ---- */

static bool
has_file(const struct keyring_key *k, const char *name)
{
	char path[KEYRING_ID_CHARS + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", k->id, name);
	return faccessat(k->ring->keys.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void
doctor_key_missing(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->ring.count; i++)
		if (d->ring.list[i]->token == NULL && !has_file(d->ring.list[i], "key.pem"))
			doctor_find(d, "Bring it back from a backup: `sealmail id import "
			    "FILE`.", "The private half of key %.16s of %s is gone.",
			    d->ring.list[i]->id, keyring_key_label(d->ring.list[i]));
}

void
doctor_mismatch(struct doctor *d)
{
	size_t i, n;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];

		for (n = 0; n < k->chain.count; n++) {
			const struct sm_cert *cert = k->chain.list[n];

			if (sm_cert_is_ca(cert) || keyring_find(&d->ring, sm_cert_spki(cert)))
				continue;
			doctor_find(d, "Import the key that it belongs to: `sealmail id import "
			    "FILE`; or ask the CA which request it was made for.",
			    "The certificate %.200s, kept with key %.16s, fits no key here.",
			    sm_cert_subject_text(cert), k->id);
		}
	}
}

void
doctor_unprotected(struct doctor *d)
{
	char fix[300];
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];

		if (k->is_protected || k->token != NULL)
			continue;
		(void)snprintf(fix, sizeof(fix), "Where the disk is not protected in another "
		    "way: `sealmail id export %.16s -o FILE`, then import that FILE with its "
		    "passphrase.", k->id);
		doctor_find(d, fix, "Key %.16s of %s is kept without a passphrase: whoever "
		    "reads the file has the key.", k->id, keyring_key_label(k));
	}
}

void
doctor_backup(struct doctor *d)
{
	char fix[200];
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];

		if (!k->exportable || k->token != NULL || !keyring_key_may_decrypt(k) ||
		    k->certs.count == 0 || has_file(k, "exported"))
			continue;
		(void)snprintf(fix, sizeof(fix), "Keep a copy elsewhere: `sealmail id export "
		    "%.16s -o FILE`.", k->id);
		doctor_find(d, fix, "Key %.16s of %s was never exported: when this disk dies, "
		    "mail encrypted to it can never be read again.", k->id,
		    keyring_key_label(k));
	}
}

static bool
receives(const struct doctor *d, const char *label)
{
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];
		const struct sm_cert *cert = keyring_key_cert(k);

		if (keyring_key_is(k, label) && keyring_key_may_decrypt(k) &&
		    current(d, cert) && sm_cert_may_encrypt(cert))
			return true;
	}
	return false;
}

void
doctor_no_encryption(struct doctor *d)
{
	char fix[300];
	size_t i;

	for (i = 0; i < d->ring.count; i++) {
		const struct keyring_key *k = d->ring.list[i];
		const char *label = keyring_key_label(k);

		if (!current(d, keyring_key_cert(k)) || receives(d, label) ||
		    strchr(label, '@') == NULL)
			continue;
		(void)snprintf(fix, sizeof(fix), "Make a key for it and have it certified: "
		    "`sealmail id new --use encrypt %.150s`.", label);
		doctor_find(d, fix, "%s can sign, but has no valid certificate for "
		    "encryption: nobody can write to it in secret.", label);
	}
}

/* ---- trusted ---- */

typedef void (*verdict_fn)(struct doctor *d, const struct keyring_key *k,
    const struct sm_trust_answer *a);

/* Judge the certificate that each key uses. */
static void
judge_each(struct doctor *d, verdict_fn tell)
{
	struct sm_trust_answer a;
	size_t i;

	for (i = 0; i < d->ring.count && d->pki != NULL && d->store_ok; i++) {
		const struct keyring_key *k = d->ring.list[i];
		struct sm_cert *cert = keyring_key_cert(k);

		if (!current(d, cert))
			continue;
		if (sm_pki_judge(&a, d->pki, cert, &k->chain, sm_cert_may_sign(cert) ?
			SM_TRUST_SIGN : SM_TRUST_ENCRYPT, d->c->now, NULL) == 0)
			tell(d, k, &a);
		else
			d->no_memory = true;
		sm_trust_answer_wipe(&a);
	}
}

static bool
is_root(const struct sm_cert *cert)
{
	return sm_bytes_equal(sm_cert_subject(cert), sm_cert_issuer(cert));
}

static void
tell_incomplete(struct doctor *d, const struct keyring_key *k,
    const struct sm_trust_answer *a)
{
	/* Nobody knows what the chain is when no root is known. */
	if (a->result != SM_TRUST_UNTRUSTED || a->path.count != 1 ||
	    is_root(a->path.list[0]))
		return;
	doctor_find(d, "Get the certificates of the authorities from the CA, and take them "
	    "with `sealmail id import FILE`; its root, when it is yours to trust, with "
	    "`sealmail trust add FILE`.", "The certificate of %s leads only to %.200s, whose "
	    "issuer %.200s is not here: others may not be able to verify your mail.",
	    keyring_key_label(k), sm_cert_subject_text(a->path.list[0]),
	    sm_cert_issuer_text(a->path.list[0]));
}

void
doctor_chain(struct doctor *d)
{
	judge_each(d, tell_incomplete);
}

static void
tell_root(struct doctor *d, const struct keyring_key *k,
    const struct sm_trust_answer *a)
{
	char fix[600];

	if (a->result != SM_TRUST_UNTRUSTED)
		return;
	if (a->path.count != 1) {
		doctor_find(d, a->fix, "Your own certificate would be untrusted here: %s",
		    a->why);
		return;
	}
	if (!is_root(a->path.list[0]))
		return;
	(void)snprintf(fix, sizeof(fix), "If it is your organisation's: `sealmail trust add "
	    "%.400s/%s/certs.pem`.", k->ring->keys.path, k->id);
	doctor_find(d, fix, "The root of the certificate of %s, %.200s, is not trusted here: "
	    "mail of your own people will be called untrusted.", keyring_key_label(k),
	    sm_cert_subject_text(a->path.list[0]));
}

void
doctor_own_root(struct doctor *d)
{
	judge_each(d, tell_root);
}

static void
tell_revoked(struct doctor *d, const struct keyring_key *k,
    const struct sm_trust_answer *a)
{
	char fix[200];

	if (a->result != SM_TRUST_REVOKED)
		return;
	(void)snprintf(fix, sizeof(fix), "Do not sign with it. Get another with `sealmail id "
	    "renew %.16s`.", k->id);
	doctor_find(d, fix, "%s (%s)", a->revocation_why, keyring_key_label(k));
}

/* What lies in the cache tells; nothing is fetched. */
static void
add_evidence(struct doctor *d)
{
	struct fetching f;
	struct sm_trust_answer a;
	size_t i;

	if (fetching_begin(&d->quiet, &f) == 0)
		for (i = 0; i < d->ring.count; i++) {
			struct sm_cert *cert = keyring_key_cert(d->ring.list[i]);

			f.revocation = FETCH_NOTHING;
			if (!current(d, cert))
				continue;
			if (sm_pki_judge(&a, d->pki, cert, &d->ring.list[i]->chain,
				SM_TRUST_SIGN, d->c->now, NULL) != 0 ||
			    (a.path.count > 1 &&
				fetching_revocation(&f, d->pki, &a.path) < 0))
				d->no_memory = true;
			sm_trust_answer_wipe(&a);
		}
	fetching_end(&f);
	d->quiet.fault = 0;
}

void
doctor_own_revoked(struct doctor *d)
{
	if (d->pki == NULL || !d->store_ok)
		return;
	add_evidence(d);
	judge_each(d, tell_revoked);
}

static void
tell_weak(struct doctor *d, const struct keyring_key *k, const struct sm_trust_answer *a)
{
	char fix[200];

	if (a->result != SM_TRUST_WEAK)
		return;
	(void)snprintf(fix, sizeof(fix), "Make a new key with `sealmail id renew %.16s`.",
	    k->id);
	doctor_find(d, fix, "Others will call mail of %s invalid. %s", keyring_key_label(k),
	    a->why);
}

void
doctor_weak(struct doctor *d)
{
	judge_each(d, tell_weak);
}
