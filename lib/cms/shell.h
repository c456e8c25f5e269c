/* cms/shell.h - the outer shells of CMS, read as a stream of BER.
 *
 * One state machine for ContentInfo and every content type: it delivers the
 * small elements one by one (whole, turned to DER lengths) and the content in
 * pieces, and keeps nothing of it. Memory: one collected element at a time.
 *
 * Refuses: what does not follow the type's SEQUENCE, wrong tags, indefinite
 * primitives, lengths that do not add up, more than the limits, trailing bytes
 * (except zero bytes and white space after the outermost element, which mail
 * gateways add).
 * RFC 5652, RFC 5083, RFC 3274; X.690. */
#ifndef SM_CMS_SHELL_H
#define SM_CMS_SHELL_H

#include <base/buf.h>
#include <sealmail/limits.h>
#include <sealmail/stream.h>

enum sm_cms_type {
	SM_CMS_UNKNOWN = 0,
	SM_CMS_DATA,
	SM_CMS_SIGNED,
	SM_CMS_ENVELOPED,
	SM_CMS_AUTH_ENVELOPED,
	SM_CMS_COMPRESSED,
	SM_CMS_DIGESTED,
	SM_CMS_ENCRYPTED,
	SM_CMS_AUTHENTICATED, /* recognised, refused as unsupported */
	SM_CMS_TST_INFO,      /* as a content type only */
};
/* OID contents <-> type. Unknown OIDs give SM_CMS_UNKNOWN; bytes of UNKNOWN are
 * empty. */
enum sm_cms_type sm_cms_type_of(struct sm_bytes oid);
struct sm_bytes sm_cms_type_oid(enum sm_cms_type type);
/* "signed", "enveloped", "auth-enveloped", "compressed", ... */
const char *sm_cms_type_name(enum sm_cms_type type);

enum sm_cms_field {
	SM_F_VERSION,       /* INTEGER */
	SM_F_DIGEST_ALG,    /* AlgorithmIdentifier: each of digestAlgorithms; the
	                     * digestAlgorithm of DigestedData */
	SM_F_COMPRESS_ALG,  /* AlgorithmIdentifier */
	SM_F_CONTENT_TYPE,  /* OID of the encapsulated content */
	SM_F_CONTENT_ALG,   /* AlgorithmIdentifier of encryptedContentInfo */
	SM_F_CERT,          /* one CertificateChoices, its own tag */
	SM_F_CRL,           /* one RevocationInfoChoice, its own tag */
	SM_F_SIGNER,        /* SignerInfo */
	SM_F_RECIPIENT,     /* RecipientInfo, its own tag */
	SM_F_AUTH_ATTRS,    /* [1] of AuthEnvelopedData, whole, tag 0xa1 */
	SM_F_UNAUTH_ATTRS,  /* [2] of AuthEnvelopedData, or [1] unprotectedAttrs */
	SM_F_MAC,           /* OCTET STRING */
	SM_F_DIGEST,        /* OCTET STRING of DigestedData */
};

struct sm_cms_events {
	void *ctx;
	/* The content type of the ContentInfo; the first event. */
	int (*begin)(void *ctx, enum sm_cms_type type);
	/* One element, whole, in DER lengths; der is borrowed for the call. was_der
	 * tells that it came as DER lengths already (needed where its exact bytes are
	 * signed). */
	int (*field)(void *ctx, enum sm_cms_field field, struct sm_bytes der,
	    bool was_der);
	/* The content starts. known: its length stood in front of it. Not called when
	 * the content is absent (detached). */
	int (*content_begin)(void *ctx, bool known, uint64_t length);
	int (*content)(void *ctx, struct sm_bytes in);
	int (*content_end)(void *ctx);
	/* The outermost element is complete. */
	int (*end)(void *ctx);
};

struct sm_shell;
/* naked: UNKNOWN to read a ContentInfo; else the bytes are that type itself,
 * without ContentInfo (a CMS content inside CMS, RFC 5652 section 5.2). */
SM_MUST_CHECK int sm_shell_new(struct sm_shell **out, enum sm_cms_type naked,
    const struct sm_cms_events *ev, const struct sm_limits *limits,
    struct sm_error *err);
void sm_shell_free(struct sm_shell *s);
SM_MUST_CHECK int sm_shell_write(struct sm_shell *s, struct sm_bytes in);
/* SM_E_FORMAT "cms-truncated" when the element is not complete. */
SM_MUST_CHECK int sm_shell_finish(struct sm_shell *s);

/* ---- writing ---- */

/* Begins and ends of streamed content, in BER with indefinite lengths where
 * the content stands, DER in all else. */
struct sm_shell_writer;
SM_MUST_CHECK int sm_shell_writer_new(struct sm_shell_writer **out,
    const struct sm_sink *sink);
void sm_shell_writer_free(struct sm_shell_writer *w);
/* ContentInfo of type, up to where its content bytes start. before: the encoded
 * elements that precede the encapsulated content info in the type's SEQUENCE;
 * inside: the elements inside it (content type OID, content algorithm). implicit:
 * the content's tag is [0] IMPLICIT (encrypted) instead of [0] EXPLICIT. */
SM_MUST_CHECK int sm_shell_writer_begin(struct sm_shell_writer *w,
    enum sm_cms_type type, struct sm_bytes before, struct sm_bytes inside,
    bool implicit);
/* Content bytes; gathered to OCTET STRING pieces of 64 KiB. */
SM_MUST_CHECK int sm_shell_writer_content(struct sm_shell_writer *w,
    struct sm_bytes in);
/* after: the encoded elements that follow the content info. */
SM_MUST_CHECK int sm_shell_writer_end(struct sm_shell_writer *w,
    struct sm_bytes after);

#endif
