/* mint.h - certificates, lists and responses made for one test, by libcrypto.
 *
 * A test says what is unusual; everything else is as it should be. Whatever
 * fails here fails the test. */
#ifndef SM_TESTS_PKI_MINT_H
#define SM_TESTS_PKI_MINT_H

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <base/buf.h>
#include <sealmail/cert.h>

/* 2026-06-15 12:00:00 UTC: the time of the tests. */
#define NOW INT64_C(1781524800)
#define DAY INT64_C(86400)

struct mint_ext {
	int nid;
	const char *value; /* in the words of openssl.cnf */
};

/* Zero means: signed by itself, P-256, SHA-256, a year around NOW, serial 1. */
struct mint_spec {
	const char *cn;
	const struct mint *issuer;
	const char *subject_mail; /* emailAddress beside the CN */
	const char *issuer_cn;   /* another name than the issuer's */
	int64_t from, to;
	long serial;
	int rsa_bits;
	const char *digest;
	EVP_PKEY *key;           /* instead of a fresh one */
	struct mint_ext ext[10]; /* ended by nid 0 */
	bool no_ids;             /* neither SKI nor AKI */
};

struct mint {
	X509 *x;
	EVP_PKEY *key;
	struct sm_cert *cert;
};

struct mint mint(const struct mint_spec *spec);
void mint_free(struct mint *m);
/* A certification authority, and a mail certificate below it. */
struct mint mint_ca(const char *cn, const struct mint *issuer);
struct mint mint_mail(const char *mail, const struct mint *issuer, long serial);

struct mint_revoked {
	long serial;
	int64_t at;
	int reason; /* -1: none said */
};
/* A CRL in DER, appended to out. revoked is ended by serial 0; ext may be NULL;
 * to 0 means thirty days after from. */
void mint_crl(struct sm_buf *out, const struct mint *issuer, int64_t from,
    int64_t to, const struct mint_revoked *revoked, const struct mint_ext *ext);
/* An OCSPResponse about cert, which issuer issued, signed by signer. status is
 * V_OCSP_CERTSTATUS_*. */
void mint_ocsp(struct sm_buf *out, const struct mint *cert,
    const struct mint *issuer, const struct mint *signer, int status,
    int64_t from, int64_t to);

#endif
