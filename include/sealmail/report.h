/* sealmail/report.h - what was found and what it means: the one judgement.
 *
 * Made by struct sm_open (sealmail/open.h). Shapes are plain and read-only for
 * the caller; strings are UTF-8, owned by the report. The command, the pages and
 * mail programs print it; nobody judges twice. The exit status is that of the
 * command, see sealmail(1). */
#ifndef SEALMAIL_REPORT_H
#define SEALMAIL_REPORT_H

#include <sealmail/bytes.h>
#include <sealmail/error.h>
#include <sealmail/stream.h>

enum sm_ok { SM_CHECK_FALSE = 0, SM_CHECK_TRUE = 1, SM_CHECK_NULL = -1 };

enum sm_check_id {
	SM_CHECK_SIGNATURE,
	SM_CHECK_DIGEST,
	SM_CHECK_CHAIN,
	SM_CHECK_USAGE,
	SM_CHECK_TIME,
	SM_CHECK_REVOCATION,
	SM_CHECK_FROM,
	SM_CHECK_COUNT
};

struct sm_check {
	enum sm_check_id id;
	enum sm_ok ok;
	char *why;  /* a plain sentence */
	char *fix;  /* what to do next; NULL when there is nothing to do */
};

struct sm_report_signer {
	char **mail;              /* NULL-terminated */
	char *subject, *issuer, *serial, *sha256; /* NULL: certificate not found */
	char *digest, *algorithm;
	bool has_signed_at;
	int64_t signed_at;        /* seconds since 1970, the signer's own clock */
	char **attributes;        /* by name; NULL-terminated; NULL: none */
	char **unsigned_attributes; /* nobody vouches for these */
	bool weak;                /* good only by the rules of its time */
	struct sm_check checks[SM_CHECK_COUNT];
	int exit;                 /* this signer alone: 0, 10..16 or 75 */
};

struct sm_report_recipient {
	char *kind, *id;
	bool mine;
};

struct sm_report_layer {
	char *type;               /* "signed", "enveloped", "auth-enveloped", ... */
	char *part;
	bool root;
	char *cipher;             /* encrypted layers */
	bool weak_cipher;
	bool integrity;           /* the layer itself proves that nobody changed it */
	struct sm_report_recipient *recipients;
	size_t recipient_count;   /* kept for showing; recipient_total may be more */
	size_t recipient_total;
	struct sm_report_signer *signers;
	size_t signer_count;
	char *fault;              /* why no signature of it can count; NULL */
	uint64_t content_bytes;
	char *content_type;       /* of what is inside: "data" or an OID name */
};

struct sm_errant {
	char *part;
	char *why;
};

enum sm_result {
	SM_RESULT_GOOD, SM_RESULT_WEAK, SM_RESULT_INVALID, SM_RESULT_UNTRUSTED,
	SM_RESULT_NOT_FROM_SENDER, SM_RESULT_REVOKED, SM_RESULT_EXPIRED,
	SM_RESULT_UNSIGNED, SM_RESULT_NO_KEY, SM_RESULT_CORRUPT,
	SM_RESULT_UNAUTHENTICATED, SM_RESULT_MALFORMED, SM_RESULT_LIMIT,
};

struct sm_report {
	enum sm_result result;
	int exit;
	struct sm_report_layer *layers;
	size_t layer_count;
	struct sm_errant *errant;
	size_t errant_count;
	char **from;              /* NULL-terminated; addresses of the From field */
	char **advice;            /* NULL-terminated */
	bool from_applies;        /* a From comparison was asked of this input */
	bool not_judged;          /* inspect could read it, and says no more: no result */
	struct sm_error error;    /* why, when result is malformed, limit, corrupt */
};

SM_EXPORT const char *sm_result_name(enum sm_result r);   /* "not-from-sender" */
SM_EXPORT const char *sm_check_name(enum sm_check_id id); /* "signature" */

/* The JSON object of sealmail-report(5), or the report for people: first the sentence
 * that matters, then each layer, then what to do. verbose adds every check and
 * algorithm. colour: ANSI colours. Returns 0, SM_E_NOMEM or the sink's status. */
SM_EXPORT SM_MUST_CHECK int sm_report_json(const struct sm_report *r,
    const struct sm_sink *out);
SM_EXPORT SM_MUST_CHECK int sm_report_text(const struct sm_report *r,
    bool verbose, bool colour, const struct sm_sink *out);

#endif
