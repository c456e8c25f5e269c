/* sealmail/error.h - what a call answers when it could not find out.
 *
 * Every call that can fail returns 0 or one negative enum sm_status, and must
 * be checked. The details are written once, where the fault was found, into the
 * struct sm_error that the caller handed to the object: the first fault stays,
 * later ones are its consequences and are not recorded.
 *
 * A bad signature is not an error: it is a verdict, in struct sm_report
 * (sealmail/report.h). */
#ifndef SEALMAIL_ERROR_H
#define SEALMAIL_ERROR_H

#include <sealmail/bytes.h>

enum sm_status {
	SM_OK = 0,
	SM_E_NOMEM = -1,       /* out of memory */
	SM_E_USAGE = -2,       /* the caller broke the contract of the call */
	SM_E_FORMAT = -3,      /* malformed, or not of the kind asked for */
	SM_E_LIMIT = -4,       /* a named limit was reached */
	SM_E_UNSUPPORTED = -5, /* well formed, but an algorithm or form we lack */
	SM_E_NOKEY = -6,       /* no key for this message */
	SM_E_AUTH = -7,        /* content failed authentication */
	SM_E_IO = -8,          /* source, sink or spool failed */
	SM_E_CHANGED = -9,     /* the input changed between two readings */
	SM_E_CRYPTO = -10,     /* libcrypto refused what should have worked */
	SM_E_SECRET = -11,     /* wrong or missing passphrase */
	SM_E_POLICY = -12,     /* policy refuses */
};

struct sm_error {
	int status;         /* enum sm_status, 0 when nothing was recorded */
	const char *reason; /* stable identifier, e.g. "gcm-tag-length"; static */
	const char *rfc;    /* "RFC 5652 section 5.3" or NULL; static */
	bool has_offset;
	uint64_t offset;    /* in bytes of the object named by part */
	char part[48];      /* "1", "1.2"; empty when it is the whole input */
	char text[400];     /* a sentence: what, and what to do next */
};

#define SM_ERROR_INIT { 0, NULL, NULL, false, 0, { 0 }, { 0 } }

/* Record a fault unless one is recorded already; returns status in any case.
 * err may be NULL. reason and rfc must be static strings; rfc may be NULL. */
SM_EXPORT int sm_error_set(struct sm_error *err, int status, const char *reason,
    const char *rfc, const char *fmt, ...) SM_PRINTF(5, 6);

/* As sm_error_set, with the byte offset at which it was found. */
SM_EXPORT int sm_error_set_at(struct sm_error *err, int status,
    const char *reason, const char *rfc, uint64_t offset, const char *fmt, ...)
    SM_PRINTF(6, 7);

/* Forget what was recorded, so that the object can be used for another try. */
SM_EXPORT void sm_error_clear(struct sm_error *err);

/* A short English name of a status: "out of memory". Never NULL. */
SM_EXPORT const char *sm_status_name(int status);

#endif
