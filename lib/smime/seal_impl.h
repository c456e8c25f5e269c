/* smime/seal_impl.h - the parts of struct sm_seal; for the files seal*.c only.
 *
 *   entity (seal_entity.c)   header block cut, canonical lines, inner header
 *     -> sign (seal_sign.c)  digest tap; multipart/signed, opaque or detached
 *     -> compress, encrypt (seal_cms.c)
 *     -> part, pem, eol (seal_part.c)
 *     -> the caller's sink
 *
 * Each arrow is a stage: bytes in pieces of any size go in at one end and come
 * out into a sink. Between CMS layers of a mail stands a part: MIME header and
 * base64. All of it works on canonical lines; eol, at the very end, makes them
 * the input's own. */
#ifndef SM_SMIME_SEAL_IMPL_H
#define SM_SMIME_SEAL_IMPL_H

#include <base/buf.h>
#include <cms/capabilities.h>
#include <cms/compressed.h>
#include <cms/enveloped.h>
#include <cms/signed.h>
#include <mime/codec.h>
#include <mime/header.h>
#include <sealmail/seal.h>

struct sm_seal;

/* ---- stages (seal_stage.c) ---- */

struct sm_stage;
struct sm_stage_ops {
	int (*begin)(struct sm_stage *st);
	int (*write)(struct sm_stage *st, struct sm_bytes in);
	int (*finish)(struct sm_stage *st);
	void (*free)(struct sm_stage *st);
};
/* First member of every stage. */
struct sm_stage {
	const struct sm_stage_ops *ops;
	struct sm_seal *seal;
	struct sm_sink out;
};
enum { SM_STAGES_MAX = 10 };
/* Built from the outside: the stage pushed last takes the content first. */
struct sm_stage_chain {
	struct sm_stage *stage[SM_STAGES_MAX];
	size_t count;
	struct sm_sink end; /* what the outermost stage writes to */
};
/* Take a stage over and connect it; st NULL is SM_E_NOMEM. It is freed on
 * failure. */
SM_MUST_CHECK int sm_stage_push(struct sm_stage_chain *c, struct sm_seal *s,
    struct sm_stage *st);
/* Where content goes in. */
struct sm_sink sm_stage_input(const struct sm_stage_chain *c);
/* Where the outermost stage takes bytes in: that is eol in a mail. */
struct sm_sink sm_stage_outermost(const struct sm_stage_chain *c);
SM_MUST_CHECK int sm_stage_begin(struct sm_stage_chain *c);
SM_MUST_CHECK int sm_stage_finish(struct sm_stage_chain *c);
void sm_stage_free(struct sm_stage_chain *c);
/* Write a C string. */
SM_MUST_CHECK int sm_stage_puts(const struct sm_sink *out, const char *s);

/* ---- what transports do to a clear-signed letter (seal_watch.c) ---- */

/* Zero-initialise. Any cut of the input gives the same answer. */
struct sm_watch {
	bool eight_bit, from_line, trailing_blank, long_line, bare_cr;
	uint64_t line_len; /* so far, line end not counted */
	uint8_t last[2];   /* the two bytes before the next one */
	uint8_t from_seen; /* how much of "From " the line began with */
};
void sm_watch_write(struct sm_watch *w, struct sm_bytes in);

/* ---- policy (seal_policy.c) ---- */

struct sm_seal_plan {
	enum sm_alg_id cipher; /* SM_ALG_NONE: not encrypted */
	bool authenticated;
	bool cek_hkdf;
	struct sm_recipient_new *recipients; /* each certificate once */
	size_t recipient_count;
	const char **key_management; /* as given by the caller */
	size_t key_management_count;
	uint8_t (*kek_ids)[8];
	char *why;
};
/* Choose cipher and key management for all recipients. */
SM_MUST_CHECK int sm_seal_policy(struct sm_seal *s);
void sm_seal_policy_wipe(struct sm_seal_plan *p);

/* ---- signing (seal_sign.c) ---- */

struct sm_seal_signing {
	struct sm_signer_new *signers;
	size_t count;
	struct sm_buf capabilities;
	struct sm_buf micalg; /* "sha-256,sha-512" */
	struct sm_buf text;   /* "ecdsa sha-256" */
};
SM_MUST_CHECK int sm_seal_sign_plan(struct sm_seal *s);
void sm_seal_sign_wipe(struct sm_seal_signing *p);
/* NULL without memory. */
struct sm_stage *sm_seal_sign_clear(void);
struct sm_stage *sm_seal_sign_opaque(void);
struct sm_stage *sm_seal_sign_detached(void);

/* ---- CMS stages (seal_cms.c) ---- */

struct sm_stage *sm_seal_cms_encrypt(void);
struct sm_stage *sm_seal_cms_compress(void);

/* ---- transport (seal_part.c) ---- */

/* MIME header for CMS of type ("enveloped-data"), named name, and base64. */
struct sm_stage *sm_seal_part_new(const char *smime_type, const char *name,
    bool outermost);
struct sm_stage *sm_seal_part_pem(void);
/* Lines as the input's: decided by seal->lf before it begins. */
struct sm_stage *sm_seal_part_eol(void);

/* ---- the entity (seal_entity.c) ---- */

enum sm_entity_state {
	SM_ENTITY_HEADER, /* collecting the header block */
	SM_ENTITY_PROBE,  /* no header: looking what kind of body it is */
	SM_ENTITY_BODY,
	SM_ENTITY_EXACT,  /* DER or PEM of one layer: every byte as it is */
};
struct sm_seal_entity {
	enum sm_entity_state state;
	bool begun;
	struct sm_header *header;
	struct sm_buf probe;
	bool as_is;               /* body is binary: lines are not canonicalised */
	struct sm_canon canon;
	struct sm_encoder *encoder; /* where the body needs a transfer coding */
	struct sm_sink body;
	struct sm_buf held;       /* small writes, gathered */
};
SM_MUST_CHECK int sm_seal_entity_init(struct sm_seal *s, bool exact);
SM_MUST_CHECK int sm_seal_entity_write(struct sm_seal *s, struct sm_bytes in);
SM_MUST_CHECK int sm_seal_entity_finish(struct sm_seal *s);
void sm_seal_entity_wipe(struct sm_seal_entity *e);

/* ---- seal_from.c ---- */

/* Advise when readers will find that the signer is not the sender. */
SM_MUST_CHECK int sm_seal_from_check(struct sm_seal *s);

/* ---- the whole (seal.c) ---- */

struct sm_seal {
	struct sm_seal_options opt;
	struct sm_error *err;
	struct sm_seal_plan plan;
	struct sm_seal_signing signing;
	struct sm_stage_chain chain;
	struct sm_seal_entity entity;
	bool lf;       /* the output's lines end with LF */
	bool finished;
	int failed;    /* the status of the first failure */
	char **advice; /* NULL-terminated */
	size_t advice_count;
	struct sm_seal_choice choice;
};
/* Add a sentence; the same one only once. */
SM_MUST_CHECK int sm_seal_advise(struct sm_seal *s, const char *fmt, ...)
    SM_PRINTF(2, 3);
/* SM_E_NOMEM with its sentence. */
int sm_seal_no_memory(struct sm_seal *s);

#endif
