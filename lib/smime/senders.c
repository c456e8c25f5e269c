/* What good signers say of themselves: which certificate to encrypt to, and what
 * they can read (RFC 8551 sections 2.5.2 and 2.5.3). */
#include <smime/open_parts.h>

#include <stdio.h>

/* The innermost one: a good report has no encryption inside it. */
static bool
deciding_layer(const struct sm_open *o, size_t *out)
{
	if (!o->finished || o->report.exit != 0)
		return false;
	for (size_t i = o->report.layer_count; i-- > 0;) {
		*out = i;
		if (o->layers[i]->sig != NULL)
			return true;
	}
	return false;
}

/* Certificate n of those that the message carried, then of those that were given. */
static struct sm_cert *
candidate(const struct sm_open *o, size_t n)
{
	if (n < o->certs.count)
		return o->certs.list[n];
	n -= o->certs.count;
	if (o->opt.pki == NULL || n >= sm_pki_cert_count(o->opt.pki))
		return NULL;
	return sm_pki_cert(o->opt.pki, n);
}

/* The one that the report names by its hash. */
static struct sm_cert *
find_reported(const struct sm_open *o, const char *sha256)
{
	struct sm_cert *cert;
	char hex[65];

	for (size_t n = 0; (cert = candidate(o, n)) != NULL; n++) {
		for (size_t i = 0; i < 32; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x",
			    sm_cert_sha256(cert)[i]);
		if (strcmp(hex, sha256) == 0)
			return cert;
	}
	return NULL;
}

static struct sm_cert *
find_named(const struct sm_open *o, const struct sm_cert_id *id)
{
	struct sm_cert *cert;

	for (size_t n = 0; (cert = candidate(o, n)) != NULL; n++)
		if (sm_cert_id_matches(id, cert) && sm_cert_may_encrypt(cert))
			return cert;
	return NULL;
}

static bool
same_person(const struct sm_cert *a, const struct sm_cert *b)
{
	const char *mail = sm_cert_mail(a, 0);

	if (sm_bytes_equal(sm_cert_subject(a), sm_cert_subject(b)))
		return true;
	for (size_t i = 0; mail != NULL && sm_cert_mail(b, i) != NULL; i++)
		if (strcmp(sm_cert_mail(b, i), mail) == 0)
			return true;
	return false;
}

static struct sm_cert *
find_companion(const struct sm_open *o, struct sm_cert *signer)
{
	struct sm_cert *c;

	if (sm_cert_may_encrypt(signer))
		return signer;
	for (size_t i = 0; i < o->certs.count; i++) {
		c = o->certs.list[i];
		if (!sm_cert_is_ca(c) && sm_cert_may_encrypt(c) &&
		    same_person(signer, c))
			return c;
	}
	return NULL;
}

static bool
describe(const struct sm_open *o, const struct sm_signer_info *si,
    const char *sha256, struct sm_open_signer *out)
{
	memset(out, 0, sizeof *out);
	out->cert = find_reported(o, sha256);
	if (out->cert == NULL)
		return false;
	out->enc_cert = si->attrs.has_enc_key ? find_named(o, &si->attrs.enc_key) :
	    find_companion(o, out->cert);
	out->capabilities = si->attrs.capabilities;
	out->has_signed_at = si->attrs.has_signing_time;
	out->signed_at = si->attrs.signing_time;
	return true;
}

bool
sm_open_signer(const struct sm_open *o, size_t i, struct sm_open_signer *out)
{
	const struct sm_report_layer *l;
	size_t at;

	if (!deciding_layer(o, &at))
		return false;
	l = &o->report.layers[at];
	for (size_t k = 0; k < l->signer_count; k++) {
		if (l->signers[k].exit != 0 || l->signers[k].sha256 == NULL)
			continue;
		if (i-- == 0)
			return describe(o, sm_signed_signer(o->layers[at]->sig, k),
			    l->signers[k].sha256, out);
	}
	return false;
}
