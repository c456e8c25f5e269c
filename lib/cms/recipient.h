/* cms/recipient.h - RecipientInfos: collecting, showing, opening; for this room.
 *
 * Each kind has a file that knows its structure, reads and writes it (ktri.c,
 * kari.c, kekri.c, pwri.c, kemri.c). Here is what they share:
 *
 *   struct sm_recipients        all of a layer, raw, and a view of the first 1000
 *   struct sm_recipient_search  one search for the content key among them
 *
 * What the search answers about a key that is ours never tells why it failed: it
 * goes on with a content key that cannot fit, and the content fails later, in
 * one way for all causes (smime-rules 6, 7).  RFC 5652 section 6.2. */
#ifndef SM_CMS_RECIPIENT_H
#define SM_CMS_RECIPIENT_H

#include <base/der.h>
#include <cms/enveloped.h>

#define SM_RECIPIENT_VIEWS 1000

struct sm_recipients {
	struct sm_buf raw; /* RecipientInfos in DER, one behind the other */
	size_t count;      /* recipients: each RecipientEncryptedKey counts */
	size_t kinds[SM_RCPT_OTHER + 1];
	struct sm_recipient_view *views;
	size_t view_count, view_room;
	const struct sm_limits *limits;
	struct sm_error *err;
};

void sm_recipients_init(struct sm_recipients *r, const struct sm_limits *limits,
    struct sm_error *err);
void sm_recipients_wipe(struct sm_recipients *r);
/* One RecipientInfo. SM_E_FORMAT "recipient-malformed", SM_E_LIMIT. */
SM_MUST_CHECK int sm_recipients_add(struct sm_recipients *r,
    struct sm_bytes der);
/* For the kinds: tell of one recipient. name NULL: that of kind. id NULL: none. */
SM_MUST_CHECK int sm_recipients_note(struct sm_recipients *r,
    enum sm_recipient_kind kind, const char *name, const char *id);
/* The same, known by issuer and serial or key identifier. */
SM_MUST_CHECK int sm_recipients_note_cert(struct sm_recipients *r,
    enum sm_recipient_kind kind, const char *name, const struct sm_cert_id *id);
void sm_recipients_mine(struct sm_recipients *r, size_t i);
/* "3 recipients (2 rsa-pkcs1, 1 ecdh)" */
void sm_recipients_text(char *out, size_t size, const struct sm_recipients *r);

struct sm_recipient_search;

/* One kind of RecipientInfo, by its tag. */
struct sm_recipient_ops {
	unsigned tag;
	/* Check the whole structure and note what is in it. SM_E_FORMAT when
	 * malformed (the caller records the fault). */
	int (*view)(struct sm_recipients *r, struct sm_bytes der);
	/* Try what fits. first: the number of its first recipient. Negative only for
	 * what ends the search (memory, limits, a token that fails). */
	int (*open)(struct sm_recipient_search *s, struct sm_bytes der,
	    size_t first);
};
extern const struct sm_recipient_ops sm_ktri_ops, sm_kari_ops, sm_kekri_ops,
    sm_pwri_ops, sm_kemri_ops;
/* NULL when there is no such kind. */
const struct sm_recipient_ops *sm_recipient_ops_of(struct sm_bytes der);
/* RecipientEncryptedKeys of a KeyAgreeRecipientInfo that was viewed. */
size_t sm_kari_count(struct sm_bytes der);

/* What the search knows of an opener. */
struct sm_opener_info {
	enum sm_key_type type; /* 0: no key */
	size_t rsa_len;        /* of the modulus, in bytes */
	bool has_key_id;       /* the certificate names no key identifier: */
	uint8_t key_id[20];    /* SHA-1 of its key bits */
};

struct sm_recipient_search {
	struct sm_recipients *list;
	const struct sm_open_secrets *secrets;
	const struct sm_limits *limits;
	struct sm_error *err;
	size_t cek_len;
	struct sm_opener_info *openers;
	bool pkcs1;          /* the walk for PKCS#1 v1.5; the other kinds come first */
	bool tried;          /* a recipient of ours failed, or may have failed */
	bool found;          /* cek stood an integrity check */
	uint32_t tries;      /* private-key operations */
	uint64_t iterations; /* of PBKDF2 */
	struct sm_buf cek;   /* secret */
	uint8_t ok_mask;     /* PKCS#1 v1.5: 0xff when cek was unpadded; secret */
	size_t chosen;       /* ... and which recipient it came from; secret */
	struct sm_error pending; /* why one that fits could not be tried */
};

void sm_recipient_search_init(struct sm_recipient_search *s,
    struct sm_recipients *list, const struct sm_open_secrets *secrets,
    size_t cek_len);
void sm_recipient_search_wipe(struct sm_recipient_search *s);
/* 0: cek holds cek_len bytes, right or not. SM_E_NOKEY "no-recipient" and
 * SM_E_UNSUPPORTED when none of ours could be tried, SM_E_LIMIT. */
SM_MUST_CHECK int sm_recipient_search_run(struct sm_recipient_search *s);

/* ---- for the kinds ---- */

enum sm_addressed { SM_ADDRESSED_NO, SM_ADDRESSED_MAYBE, SM_ADDRESSED_YES };
/* Is recipient i, known by id, the one of this opener? MAYBE: the opener has no
 * certificate. YES marks it as mine. */
enum sm_addressed sm_recipient_search_addressed(struct sm_recipient_search *s,
    size_t opener, size_t i, const struct sm_cert_id *id);
/* Before each private-key operation. */
SM_MUST_CHECK int sm_recipient_search_spend(struct sm_recipient_search *s);
/* A recipient that fits cannot be tried; the first reason is kept. */
void sm_recipient_search_skip(struct sm_recipient_search *s, int status,
    const char *reason, const char *rfc, const char *text, const char *name);
/* What an operation answered: 0 for what hostile bytes can cause. */
SM_MUST_CHECK int sm_recipient_search_fault(struct sm_recipient_search *s,
    int rc);
/* Unwrap and, when that succeeds, end the search. */
SM_MUST_CHECK int sm_recipient_search_unwrap(struct sm_recipient_search *s,
    size_t i, enum sm_alg_id wrap, struct sm_bytes kek, struct sm_bytes wrapped);
/* A content key that stood an integrity check: taken when its length fits. */
SM_MUST_CHECK int sm_recipient_search_take(struct sm_recipient_search *s,
    size_t i, struct sm_bytes cek);
/* A candidate of PKCS#1 v1.5: taken by mask, without a branch. */
SM_MUST_CHECK int sm_recipient_search_offer(struct sm_recipient_search *s,
    size_t i, struct sm_bytes cek, uint8_t ok_mask);

/* ---- writing ---- */

/* Append SEQUENCE { Name, INTEGER } of a certificate. */
void sm_recipient_put_rid(struct sm_derw *w, const struct sm_cert *cert);
/* The AES wrap for a key-encryption key of that many bytes; NULL: none. */
const struct sm_alg *sm_recipient_wrap(size_t key_bytes);

SM_MUST_CHECK int sm_ktri_write(struct sm_buf *out,
    const struct sm_recipient_new *r, struct sm_bytes cek, struct sm_error *err);
SM_MUST_CHECK int sm_kekri_write(struct sm_buf *out,
    const struct sm_recipient_new *r, struct sm_bytes cek, struct sm_error *err);
SM_MUST_CHECK int sm_pwri_write(struct sm_buf *out,
    const struct sm_recipient_new *r, struct sm_bytes cek, uint64_t iterations,
    struct sm_error *err);
SM_MUST_CHECK int sm_kemri_write(struct sm_buf *out,
    const struct sm_recipient_new *r, struct sm_bytes cek, struct sm_error *err);

/* All recipients on one curve share an ephemeral key; their keys are gathered
 * into as few KeyAgreeRecipientInfos as fit the limit of one collected element
 * (asn1_object_bytes). */
struct sm_kari_group {
	struct sm_pubkey *like;
	struct sm_key *ephemeral;
	const struct sm_alg *scheme, *wrap;
	struct sm_buf info;  /* ECC-CMS-SharedInfo */
	struct sm_buf keys;  /* RecipientEncryptedKeys so far */
	struct sm_buf z, kek, wrapped; /* scratch */
};
struct sm_kari_writer {
	struct sm_kari_group *groups;
	size_t count;
};
void sm_kari_writer_wipe(struct sm_kari_writer *k);
SM_MUST_CHECK int sm_kari_writer_add(struct sm_kari_writer *k,
    struct sm_buf *out, const struct sm_recipient_new *r, struct sm_bytes cek,
    struct sm_error *err);
SM_MUST_CHECK int sm_kari_writer_finish(struct sm_kari_writer *k,
    struct sm_buf *out);

#endif
