/* client/cert_view.h - a certificate as people are shown it. */
#ifndef SEALMAIL_CLIENT_CERT_VIEW_H
#define SEALMAIL_CLIENT_CERT_VIEW_H

#include <sealmail/cert.h>

/* SHA-256 in pairs with colons, as openssl x509 -fingerprint prints it. */
enum { CERT_FINGERPRINT_CHARS = 95 };
void cert_view_fingerprint(char out[CERT_FINGERPRINT_CHARS + 1],
    const struct sm_cert *cert);
/* "2026-11-22" */
void cert_view_day(char out[11], int64_t seconds);

#endif
