/* cms/signed.h - SignedData: what one held, what a signer proves, writing one.
 *
 * Reading collects the fields of the shell (cms/shell.h); content is digested
 * by the caller, who owns the stream. Judging a signer answers about bytes and
 * mathematics only (digest, signature, attributes): whether its certificate may
 * be believed is pki's and smime's business.
 * RFC 5652 section 5, RFC 8551, RFC 5035, RFC 6211, RFC 8933. */
#ifndef SM_CMS_SIGNED_H
#define SM_CMS_SIGNED_H

#include <cms/shell.h>
#include <crypto/digest.h>
#include <crypto/key.h>
#include <sealmail/cert.h>

/* Which certificate: issuer and serial, or subject key identifier. */
struct sm_cert_id {
	bool is_ski;
	struct sm_bytes issuer; /* DER Name */
	struct sm_bytes serial; /* INTEGER contents */
	struct sm_bytes ski;
};
/* Read one: SEQUENCE { Name, INTEGER } or [0] IMPLICIT OCTET STRING. */
SM_MUST_CHECK bool sm_cert_id_get(struct sm_bytes *in, struct sm_cert_id *out);
bool sm_cert_id_matches(const struct sm_cert_id *id, const struct sm_cert *c);
/* "serial 1234abcd of CN=..." for people. */
void sm_cert_id_text(char *out, size_t size, const struct sm_cert_id *id);

/* Signed attributes that mean something to us; borrowed from the object.
 *
 * They are judged over the bytes as received, with the tag of a SET OF (RFC 5652
 * section 5.4); elements in another order than DER's are tolerated, as signers in
 * the wild sign what they send. Lengths must be DER: attributes that came in BER
 * are refused, so that what was signed and what is read are the same bytes.
 * Any attribute that is there twice, known to us or not, is a duplicate.
 * Capabilities and key preference that cannot be read count as absent: they are
 * about the next letter, not about this signature. */
struct sm_signed_attrs {
	bool present;
	bool duplicate;              /* one that must be single is there twice */
	const char *bad;             /* reason when one is malformed, else NULL */
	struct sm_bytes set;         /* the bytes that are signed: SET OF, tag 0x31 */
	bool was_der;
	struct sm_bytes content_type;    /* OID contents; len 0: absent */
	struct sm_bytes message_digest;
	bool has_signing_time;
	int64_t signing_time;
	bool has_cert_hash;          /* signingCertificateV2, else V1: first ESSCertID */
	enum sm_alg_id cert_hash_alg;
	struct sm_bytes cert_hash;
	bool has_protection;         /* cmsAlgorithmProtection */
	struct sm_bytes protection_digest;    /* AlgorithmIdentifier, whole */
	struct sm_bytes protection_signature; /* [1] contents: AlgorithmIdentifier's */
	struct sm_bytes capabilities;    /* SMIMECapabilities, whole; len 0: absent */
	bool has_enc_key;            /* encrypKeyPref */
	struct sm_cert_id enc_key;
	struct sm_bytes receipt_request, security_label; /* whole; len 0: absent */
};

struct sm_signer_info {
	uint64_t version;
	struct sm_cert_id sid;
	enum sm_alg_id digest;           /* SM_ALG_NONE: unknown to us */
	char digest_name[48];            /* name or dotted OID */
	struct sm_bytes digest_der;      /* AlgorithmIdentifier, whole */
	bool sig_known;                  /* sig below is usable */
	bool sig_malformed;              /* known, with parameters that are refused */
	struct sm_sig_alg sig;
	char sig_name[48];
	char sig_why[160];               /* when !sig_known: a plain sentence */
	struct sm_bytes sig_der;         /* AlgorithmIdentifier, whole */
	struct sm_signed_attrs attrs;
	struct sm_bytes unsigned_attrs;  /* [1], whole; len 0: absent */
	bool has_countersignature, has_timestamp;
	struct sm_bytes signature;
};

struct sm_signed;
SM_MUST_CHECK int sm_signed_new(struct sm_signed **out,
    const struct sm_limits *limits, struct sm_error *err);
void sm_signed_free(struct sm_signed *s);
/* Fields of the shell; the ones that are not SignedData's are SM_E_USAGE.
 * A SignerInfo that is no SignerInfo is SM_E_FORMAT; certificates are kept as bytes
 * (limits: signers, certificates, crls, attributes, cms_collected_bytes). */
SM_MUST_CHECK int sm_signed_field(struct sm_signed *s, enum sm_cms_field field,
    struct sm_bytes der, bool was_der);

struct sm_bytes sm_signed_content_type(const struct sm_signed *s);
size_t sm_signed_digest_count(const struct sm_signed *s);   /* digestAlgorithms */
enum sm_alg_id sm_signed_digest(const struct sm_signed *s, size_t i);
size_t sm_signed_signer_count(const struct sm_signed *s);
const struct sm_signer_info *sm_signed_signer(const struct sm_signed *s, size_t i);
size_t sm_signed_cert_count(const struct sm_signed *s);  /* X.509 ones only */
struct sm_bytes sm_signed_cert(const struct sm_signed *s, size_t i);
size_t sm_signed_crl_count(const struct sm_signed *s);   /* CRLs */
struct sm_bytes sm_signed_crl(const struct sm_signed *s, size_t i);
size_t sm_signed_ocsp_count(const struct sm_signed *s);  /* RFC 5940 */
struct sm_bytes sm_signed_ocsp(const struct sm_signed *s, size_t i);

/* The attributes of a signer, signed or unsigned, for a walk by name: "signing-time",
 * or the dotted OID of one without a name here. False after the last that can be
 * read. Nobody vouches for the unsigned ones. */
struct sm_bytes sm_signer_attributes(const struct sm_signer_info *si, bool of_signed);
bool sm_signer_attribute_next(struct sm_bytes *in, char *name, size_t size);

enum sm_tri { SM_NO = 0, SM_YES = 1, SM_UNKNOWN = -1 };
struct sm_signer_verdict {
	enum sm_tri digest;          /* content fits messageDigest (or no attributes) */
	enum sm_tri signature;       /* mathematics, attributes and algorithms */
	bool weak;                   /* SHA-1, MD5, DSA, short RSA: good only by the
	                              * rules of its time */
	const char *reason;          /* stable id of the first thing wrong, or NULL */
	char digest_why[200];        /* plain sentences */
	char signature_why[200];
};
/* Judge one signer with a certificate that fits its sid. content_digest is the
 * digest of the content under signer's digest algorithm (NULL: not computed,
 * digest is then SM_UNKNOWN). econtent_type: of the SignedData.
 * Rules (each its reason id): signed attributes present unless content type is
 * id-data and !require_attrs; contentType present, single, equal; messageDigest
 * present, single, equal; no duplicate single-valued attribute; signingTime well
 * formed; signingCertificate(V2) hash fits the certificate; cmsAlgorithm-
 * Protection equals the SignerInfo's algorithms; digest in attributes = digest
 * of SignerInfo (RFC 8933); attributes in DER; without attributes, content that
 * could itself be read as SignedAttributes is refused (starts_like_attrs).
 * 0 always with a verdict, negative for our own faults. */
struct sm_signer_input {
	const struct sm_cert *cert;
	const struct sm_digest_value *content_digest;
	struct sm_bytes econtent_type;
	bool require_attrs;          /* mail: always */
	bool starts_like_attrs;
	struct sm_bytes content;     /* for Ed25519/Ed448 without attributes: the whole
	                              * content when the caller has it; else len 0 */
};
SM_MUST_CHECK int sm_signer_judge(struct sm_signer_verdict *out,
    const struct sm_signer_info *si, const struct sm_signer_input *in);

/* ---- writing ---- */

struct sm_signer_new {
	struct sm_key *key;
	struct sm_cert *cert;
	bool use_ski;
	bool pss;
	enum sm_alg_id digest;           /* SM_ALG_NONE: by key */
	int64_t signing_time;
	struct sm_bytes capabilities;    /* SMIMECapabilities to say, whole; or len 0 */
	struct sm_cert *enc_cert;  /* encryption key preference; NULL: none */
};
/* The digest algorithms that these signers need, for the caller's set. */
SM_MUST_CHECK int sm_signed_plan(struct sm_digest_set *set,
    const struct sm_signer_new *signers, size_t count, struct sm_error *err);
/* The elements of SignedData around the content, encoded: before = version and
 * digestAlgorithms, after = certificates, CRLs and signerInfos (sm_shell_writer_*
 * puts them in their places). Digests: of the content, finished. No signers at
 * all: certs-only. */
SM_MUST_CHECK int sm_signed_before(struct sm_buf *out,
    const struct sm_signer_new *signers, size_t count,
    enum sm_cms_type content_type, struct sm_error *err);
SM_MUST_CHECK int sm_signed_after(struct sm_buf *out,
    const struct sm_signer_new *signers, size_t count,
    enum sm_cms_type content_type, const struct sm_digest_set *digests,
    const struct sm_certs *certs, const struct sm_bytes *crls, size_t crl_count,
    struct sm_error *err);
/* A whole detached (or certs-only) SignedData as ContentInfo in DER. */
SM_MUST_CHECK int sm_signed_detached(struct sm_buf *out,
    const struct sm_signer_new *signers, size_t count,
    enum sm_cms_type content_type, const struct sm_digest_set *digests,
    const struct sm_certs *certs, const struct sm_bytes *crls, size_t crl_count,
    struct sm_error *err);

/* Our own SMIMECapabilities, strongest first, and reading others': see
 * cms/capabilities.h. */

#endif
