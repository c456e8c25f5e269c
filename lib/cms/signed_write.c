#include <base/der.h>
#include <base/try.h>
#include <cms/signer.h>

int
sm_signed_plan(struct sm_digest_set *set, const struct sm_signer_new *signers,
    size_t count, struct sm_error *err)
{
	struct sm_signer_plan plan;
	size_t i;
	int rc;

	for (i = 0; i < count; i++) {
		SM_TRY(sm_signer_plan(&plan, &signers[i], err));
		rc = sm_digest_set_add(set, plan.digest);
		if (rc != SM_OK)
			return sm_error_set(err, rc, "digest-not-available",
			    NULL, "The digest %s cannot be computed here.",
			    sm_alg_get(plan.digest)->name);
	}
	return SM_OK;
}

/* RFC 5652 section 5.1: 3 where the content is not id-data or a SignerInfo names
 * a key identifier, else 1; we carry nothing that asks for 4 or 5. */
static unsigned
version(const struct sm_signer_new *signers, size_t count,
    enum sm_cms_type content_type)
{
	size_t i;

	if (content_type != SM_CMS_DATA)
		return 3;
	for (i = 0; i < count; i++)
		if (signers[i].use_ski)
			return 3;
	return 1;
}

/* Each digest algorithm once. */
static int
write_digests(struct sm_derw *w, const struct sm_signer_new *signers,
    size_t count, struct sm_error *err)
{
	bool seen[SM_ALG_COUNT] = { false };
	struct sm_signer_plan plan;
	size_t i, set = sm_derw_begin(w, SM_DER_SET);

	for (i = 0; i < count; i++) {
		SM_TRY(sm_signer_plan(&plan, &signers[i], err));
		if (seen[plan.digest])
			continue;
		seen[plan.digest] = true;
		SM_TRY(sm_alg_write_digest(w->buf, plan.digest));
	}
	sm_derw_end_set_of(w, set);
	return sm_derw_status(w);
}

int
sm_signed_before(struct sm_buf *out, const struct sm_signer_new *signers,
    size_t count, enum sm_cms_type content_type, struct sm_error *err)
{
	struct sm_derw w;

	sm_derw_init(&w, out);
	sm_derw_uint(&w, version(signers, count, content_type));
	SM_TRY(sm_derw_status(&w));
	return write_digests(&w, signers, count, err);
}

/* The signers' own, those that answers shall be encrypted to (RFC 8551 section 2.5.3:
 * the preference names a certificate that the receiver has or is given), the others. */
static int
collect_certs(struct sm_certs *all, const struct sm_signer_new *signers, size_t count,
    const struct sm_certs *certs)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < count; i++)
		rc = sm_certs_add(all, signers[i].cert);
	for (i = 0; rc == 0 && i < count; i++)
		if (signers[i].enc_cert != NULL)
			rc = sm_certs_add(all, signers[i].enc_cert);
	for (i = 0; rc == 0 && certs != NULL && i < certs->count; i++)
		rc = sm_certs_add(all, certs->list[i]);
	return rc;
}

/* [0] IMPLICIT SET OF, each once. */
static int
write_certs(struct sm_derw *w, const struct sm_signer_new *signers,
    size_t count, const struct sm_certs *certs)
{
	struct sm_certs all = { NULL, 0, 0 };
	size_t i, set;
	int rc = collect_certs(&all, signers, count, certs);

	if (rc == 0 && all.count > 0) {
		set = sm_derw_begin(w, SM_DER_CTX_CONS(0));
		for (i = 0; i < all.count; i++)
			sm_derw_raw(w, sm_cert_der(all.list[i]));
		sm_derw_end_set_of(w, set);
	}
	sm_certs_wipe(&all);
	return rc;
}

static void
write_crls(struct sm_derw *w, const struct sm_bytes *crls, size_t crl_count)
{
	size_t i, set;

	if (crl_count == 0)
		return;
	set = sm_derw_begin(w, SM_DER_CTX_CONS(1));
	for (i = 0; i < crl_count; i++)
		sm_derw_raw(w, crls[i]);
	sm_derw_end_set_of(w, set);
}

int
sm_signed_after(struct sm_buf *out, const struct sm_signer_new *signers,
    size_t count, enum sm_cms_type content_type,
    const struct sm_digest_set *digests, const struct sm_certs *certs,
    const struct sm_bytes *crls, size_t crl_count, struct sm_error *err)
{
	struct sm_signer_plan plan;
	struct sm_derw w;
	size_t i, set;

	sm_derw_init(&w, out);
	SM_TRY(write_certs(&w, signers, count, certs));
	write_crls(&w, crls, crl_count);
	set = sm_derw_begin(&w, SM_DER_SET);
	SM_TRY(sm_derw_status(&w));
	for (i = 0; i < count; i++) {
		SM_TRY(sm_signer_plan(&plan, &signers[i], err));
		SM_TRY(sm_signer_write(out, &signers[i], content_type,
		    sm_digest_set_get(digests, plan.digest), err));
	}
	sm_derw_end_set_of(&w, set);
	return sm_derw_status(&w);
}

int
sm_signed_detached(struct sm_buf *out, const struct sm_signer_new *signers,
    size_t count, enum sm_cms_type content_type,
    const struct sm_digest_set *digests, const struct sm_certs *certs,
    const struct sm_bytes *crls, size_t crl_count, struct sm_error *err)
{
	struct sm_derw w;
	size_t info, explicit, data, content;

	sm_derw_init(&w, out);
	info = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_cms_type_oid(SM_CMS_SIGNED));
	explicit = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
	data = sm_derw_begin(&w, SM_DER_SEQUENCE);
	SM_TRY(sm_derw_status(&w));
	SM_TRY(sm_signed_before(out, signers, count, content_type, err));
	content = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_cms_type_oid(content_type));
	sm_derw_end(&w, content);
	SM_TRY(sm_derw_status(&w));
	SM_TRY(sm_signed_after(out, signers, count, content_type, digests,
	    certs, crls, crl_count, err));
	sm_derw_end(&w, data);
	sm_derw_end(&w, explicit);
	sm_derw_end(&w, info);
	return sm_derw_status(&w);
}
