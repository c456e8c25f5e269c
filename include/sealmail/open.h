/* sealmail/open.h - open, verify, decrypt and inspect a message of any size.
 *
 * Input: a message (RFC 5322), a MIME entity, or CMS in DER/BER or PEM; which one
 * is found by looking. It is pushed once with sm_open_write(); what must be read
 * again (authenticated ciphers: tag first, content after) is read through
 * `again`, by the same offsets: the file itself, or a spool that the caller keeps
 * of the bytes it pushed. Each piece that is read again is compared with a keyed
 * digest of the first reading (SM_E_CHANGED).
 *
 * Output: the innermost entity (open), the signed content (verify), what was
 * inside one encryption layer (decrypt). Nothing unauthenticated is released:
 *   - with a sink that cannot be taken back (provisional = false) bytes come in a
 *     last pass, after the verdict, and only when the verdict releases them;
 *   - with a sink that can (provisional = true: a file that has no name yet),
 *     bytes may come while verifying; the caller keeps them only when
 *     sm_open_released() says so, and drops them when restart is called.
 *
 * Memory: bounded by struct sm_limits. Threads: one at a time per object. */
#ifndef SEALMAIL_OPEN_H
#define SEALMAIL_OPEN_H

#include <sealmail/cert.h>
#include <sealmail/key.h>
#include <sealmail/limits.h>
#include <sealmail/report.h>
#include <sealmail/stream.h>
#include <sealmail/trust.h>

enum sm_open_mode {
	SM_OPEN_ALL,      /* every layer from the root inwards */
	SM_OPEN_VERIFY,   /* signed (and compressed) layers; encrypted: SM_E_FORMAT */
	SM_OPEN_DECRYPT,  /* one encryption layer, no signature judged */
	SM_OPEN_INSPECT,  /* structure only, no key */
};

struct sm_open_key {
	struct sm_key *key;      /* borrowed */
	struct sm_cert *cert;    /* borrowed; NULL: unknown */
};

/* What the verdict on a signature lacks, and the caller could fetch. */
enum sm_open_lack {
	SM_LACK_ISSUER,     /* the certificate above path.list[0] */
	SM_LACK_REVOCATION, /* what path, leaf first, is worth now */
};
struct sm_open_need {
	enum sm_open_lack what;
	struct sm_certs path;
};

struct sm_open_options {
	enum sm_open_mode mode;
	struct sm_limits limits;
	const struct sm_pki *pki;           /* anchors and evidence; may be NULL */
	const struct sm_open_key *keys;     /* borrowed while the object lives */
	size_t key_count;
	/* Instead of keys: asked once, when the first encrypted layer begins; what it
	 * sets is borrowed while the object lives. Negative ends the opening. */
	int (*find_keys)(void *ctx, const struct sm_open_key **keys, size_t *count);
	void *find_keys_ctx;
	/* Asked once, before the first signature is judged: may add anchors and evidence
	 * to pki until it returns. Not asked for what nobody signed. Negative ends the
	 * opening. */
	int (*find_trust)(void *ctx);
	/* Asked, after find_trust, for signatures that hold and speak for the content,
	 * when every encryption around them has proved its content. May add to pki: 1
	 * when it did, and the signers are judged anew; 0; negative ends the opening. */
	int (*find_evidence)(void *ctx, const struct sm_open_need *need);
	void *trust_ctx;
	const struct sm_bytes *secrets;     /* passwords and shared keys */
	size_t secret_count;
	int64_t now;                        /* judge as of; seconds since 1970: set it */
	const char *from;                   /* --from, or NULL */
	bool archive;                       /* --archive */
	bool require_revocation;
	bool force;                         /* release content after 10..14 and 16 */
	bool unauthenticated;               /* release content after 22 */
	struct sm_source again;             /* read_at NULL: nothing can be re-read */
	/* Content that a detached CMS signature in DER or PEM is about. */
	struct sm_source detached;          /* read_at NULL: none */
	struct sm_sink out;                 /* write NULL: no content wanted */
	bool provisional;
	void (*restart)(void *ctx);         /* drop what came so far; may be NULL */
	void *restart_ctx;
	/* Progress: bytes of all passes so far; may be NULL. Non-zero cancels. */
	int (*progress)(void *ctx, unsigned pass, uint64_t bytes);
	void *progress_ctx;
};
SM_EXPORT struct sm_open_options sm_open_options_default(void);

struct sm_open;
SM_EXPORT SM_MUST_CHECK int sm_open_new(struct sm_open **out,
    const struct sm_open_options *opt);
SM_EXPORT void sm_open_free(struct sm_open *o);

/* The next bytes of the message, in pieces of any size. Returns 0 also when the
 * message has already turned out to be bad: the report says it at the end.
 * Negative only for SM_E_NOMEM, SM_E_IO, SM_E_USAGE. */
SM_EXPORT SM_MUST_CHECK int sm_open_write(struct sm_open *o,
    struct sm_bytes in);
/* May the bytes pushed so far be needed again? While true, a caller that reads
 * a pipe keeps them. Never turns from false to true. */
SM_EXPORT bool sm_open_wants_again(const struct sm_open *o);
/* The input has ended: the remaining passes, the verdict, the release. Returns 0
 * when a verdict was reached, whatever it is; SM_E_CHANGED, SM_E_IO, SM_E_NOMEM. */
SM_EXPORT SM_MUST_CHECK int sm_open_finish(struct sm_open *o);
/* After finish: were all bytes of the content handed to out, and may be kept? */
SM_EXPORT bool sm_open_released(const struct sm_open *o);
/* After finish; borrowed from o. Never NULL then. */
SM_EXPORT const struct sm_report *sm_open_report(const struct sm_open *o);
/* Add a sentence of the caller's to the report's advice. 0, SM_E_NOMEM. */
SM_EXPORT SM_MUST_CHECK int sm_open_advise(struct sm_open *o, const char *sentence);
/* The details of a negative return. */
SM_EXPORT const struct sm_error *sm_open_error(const struct sm_open *o);
/* Certificates that the message carried, for callers that collect them. */
SM_EXPORT const struct sm_certs *sm_open_certs(const struct sm_open *o);

/* What a signer says of himself, for the next letter to him. Borrowed from the
 * object; the certificates are as judged (cert) or merely named by him (enc_cert:
 * judge it before it is used). */
struct sm_open_signer {
	struct sm_cert *cert;
	/* RFC 8551 section 2.5.3: the certificate that the encryption key preference
	 * names; without one, cert when it may encrypt, else one that the message
	 * carries for the same subject or address. NULL: none is at hand. */
	struct sm_cert *enc_cert;
	struct sm_bytes capabilities; /* SMIMECapabilities, DER; len 0: not said */
	bool has_signed_at;
	int64_t signed_at;
};
/* After finish: signer i, from 0, of those whose own checks are all good, in the
 * signature that speaks for the content. False past the last, and for every i
 * when the message as a whole is not good (report exit 0). */
SM_EXPORT bool sm_open_signer(const struct sm_open *o, size_t i,
    struct sm_open_signer *out);

#endif
