/* smime/open_parts.h - the insides of struct sm_open, shared by the files that
 * make it up:
 *
 *   open.c        the passes
 *   layer.c       what is known of each layer, kept from pass to pass
 *   entity.c      a MIME entity: header, what it is, where its body goes
 *   cms_node.c    one CMS structure in a pass
 *   clear_node.c  multipart/signed in a pass
 *   verdict.c     from layers to a report
 *
 * During a pass, bytes run down a chain of entities and nodes that is built as
 * they come; layers are all that stays. A layer has at most one layer inside, so
 * they form a list, index 0 at the root. */
#ifndef SM_SMIME_OPEN_PARTS_H
#define SM_SMIME_OPEN_PARTS_H

#include <base/buf.h>
#include <cms/compressed.h>
#include <cms/enveloped.h>
#include <cms/signed.h>
#include <mime/codec.h>
#include <mime/header.h>
#include <mime/multipart.h>
#include <sealmail/open.h>
#include <smime/pieces.h>

#define SM_LAYERS_MAX 64

struct sm_layer {
	enum sm_cms_type type;
	char part[2 * SM_LAYERS_MAX + 2];  /* "1", "1.1" */
	bool clear;              /* multipart/signed */
	bool collected;          /* its CMS structure was read to the end once */
	bool content_seen;       /* content was there (not detached) */
	bool digested;           /* digests below are of the whole content */
	uint64_t content_bytes;
	enum sm_cms_type content_type;
	struct sm_buf content_oid;
	/* signed */
	struct sm_signed *sig;
	struct sm_digest_set *digests;
	enum sm_alg_id micalg;
	bool all_digests;        /* digest with every signer's algorithm now */
	uint8_t head[12];        /* first content bytes, for the look-alike check */
	size_t head_len;
	const char *bad;         /* a sentence: why no signature of it can count */
	/* encrypted */
	struct sm_enveloped *env;
	/* digested */
	enum sm_alg_id digest_alg;
};

struct sm_entity;

/* What leaf parts hold that is a layer but not at the root. */
struct sm_open_errant {
	char *part;
	char *why;
};

struct sm_open {
	struct sm_open_options opt;
	struct sm_error err;
	struct sm_open_secrets secrets;
	struct sm_opener *openers;
	bool keys_asked;         /* find_keys was called */

	struct sm_layer *layers[SM_LAYERS_MAX];
	unsigned layer_count;

	/* this pass */
	unsigned pass;
	struct sm_entity *root;
	bool emit;               /* leaf bytes go to opt.out */
	bool emitted;            /* some of the leaf's bytes went out in this pass */
	bool leaf_emitted;       /* all of them */
	bool leaf_reached;       /* the innermost entity was read to its end */
	uint64_t bytes;          /* progress */
	int rc;                  /* first failure of the pass */

	/* the whole message */
	struct sm_pieces *pieces;
	bool again_off;          /* re-reading will not be asked for */
	bool first_done;
	unsigned leaf_depth;     /* layers are not looked for at this depth */
	bool header_kept;        /* root header has been taken */
	bool is_message;
	size_t from_count;       /* From fields of the root header; 2: or more */
	struct sm_buf from;      /* value of the first */
	bool has_date;
	int64_t date;
	struct sm_buf *inner_from; /* From values of entities further in */
	size_t inner_from_count;
	bool header_doubt;       /* other programs may read another root header */
	const char *inner_doubt; /* a sentence: why inner senders are not sure */
	struct sm_open_errant *errant;
	size_t errant_count;
	uint64_t leaf_bytes;
	bool content_unsigned_hint;
	bool released;
	bool finished;
	struct sm_certs certs;
	unsigned cert_tries;     /* certificates tried for signers */
	struct sm_report report;
};

/* ---- open.c ---- */

/* The keys are needed now: those of find_keys are fetched, once. */
SM_MUST_CHECK int sm_open_need_keys(struct sm_open *o);

/* ---- layer.c ---- */

/* The layer at depth: found again, or made in the first pass that gets there.
 * SM_E_LIMIT past limits.layers, SM_E_CHANGED when it is of another type. */
SM_MUST_CHECK int sm_layer_enter(struct sm_layer **out, struct sm_open *o,
    unsigned depth, enum sm_cms_type type);
void sm_layer_free(struct sm_layer *l);
bool sm_layer_encrypted(const struct sm_layer *l);
/* Is content of a layer of this type at this depth followed further? Fails when
 * the mode does not allow the layer at all. */
SM_MUST_CHECK int sm_layer_allowed(struct sm_open *o, unsigned depth,
    enum sm_cms_type type);
/* A digest set for the content, with the algorithms known so far. */
SM_MUST_CHECK int sm_layer_digests_begin(struct sm_open *o,
    struct sm_layer *l);
SM_MUST_CHECK int sm_layer_content(struct sm_layer *l, struct sm_bytes in);
SM_MUST_CHECK int sm_layer_digests_end(struct sm_layer *l);
/* A signer's digest is missing: another pass could make it. */
bool sm_layer_wants_digests(const struct sm_layer *l);

/* ---- entity.c ---- */

/* The entity inside layer depth - 1 (or the root when depth is 0). type: what
 * the CMS around says its content is; not DATA: bare CMS. */
SM_MUST_CHECK int sm_entity_new(struct sm_entity **out, struct sm_open *o,
    unsigned depth, enum sm_cms_type type);
void sm_entity_free(struct sm_entity *e);
SM_MUST_CHECK int sm_entity_write(struct sm_entity *e, struct sm_bytes in);
SM_MUST_CHECK int sm_entity_finish(struct sm_entity *e);
/* A sink that writes to e. */
struct sm_sink sm_entity_sink(struct sm_entity *e);

/* ---- cms_node.c ---- */

struct sm_cms_node;
/* detached: the structure is the signature part of multipart/signed, whose layer
 * is given; else NULL. */
SM_MUST_CHECK int sm_cms_node_new(struct sm_cms_node **out, struct sm_open *o,
    unsigned depth, enum sm_cms_type naked, struct sm_layer *detached);
void sm_cms_node_free(struct sm_cms_node *n);
SM_MUST_CHECK int sm_cms_node_write(struct sm_cms_node *n, struct sm_bytes in);
SM_MUST_CHECK int sm_cms_node_finish(struct sm_cms_node *n);
struct sm_sink sm_cms_node_sink(struct sm_cms_node *n);

/* ---- clear_node.c ---- */

struct sm_clear_node;
SM_MUST_CHECK int sm_clear_node_new(struct sm_clear_node **out,
    struct sm_open *o, unsigned depth, const struct sm_mime_value *type);
void sm_clear_node_free(struct sm_clear_node *n);
SM_MUST_CHECK int sm_clear_node_write(struct sm_clear_node *n,
    struct sm_bytes in);
SM_MUST_CHECK int sm_clear_node_finish(struct sm_clear_node *n);

/* ---- verdict.c ---- */

/* Make the report from what the passes found. SM_E_NOMEM only. */
SM_MUST_CHECK int sm_verdict_make(struct sm_open *o);
/* May the content go out under this report and these options? */
bool sm_verdict_releases(const struct sm_open *o);

/* ---- report.c ---- */

void sm_report_wipe(struct sm_report *r);
SM_MUST_CHECK int sm_report_advise(struct sm_report *r, const char *fmt, ...)
    SM_PRINTF(2, 3);
/* A NULL-terminated list of strings, grown by one. */
SM_MUST_CHECK int sm_strings_add(char ***list, const char *s);
/* malloc'd printf; NULL without memory. */
char *sm_text(const char *fmt, ...) SM_PRINTF(1, 2);

#endif
