/* sealmail/limits.h - every bound that hostile input can meet, by name.
 *
 * Memory and time of the engine follow from these numbers, never from the size
 * of a message. When one is reached the call fails with SM_E_LIMIT, the reason
 * is the field's name with '-' for '_', and the text names the value. */
#ifndef SEALMAIL_LIMITS_H
#define SEALMAIL_LIMITS_H

#include <sealmail/bytes.h>

struct sm_limits {
	uint32_t layers;             /* nested CMS layers from the root */
	uint32_t asn1_depth;         /* nested ASN.1 elements */
	uint32_t asn1_object_bytes;  /* one collected element (a certificate) */
	uint32_t crl_bytes;          /* one carried CRL or OCSP response */
	uint32_t cms_collected_bytes;/* all collected elements of one layer */
	uint32_t recipients;         /* RecipientInfos of a layer */
	uint32_t recipient_tries;    /* private-key operations of a layer */
	uint32_t signers;            /* SignerInfos of a layer */
	uint32_t certificates;       /* certificates carried by a layer */
	uint32_t crls;               /* CRLs and OCSP responses of a layer */
	uint32_t attributes;         /* attributes of one SignerInfo */
	uint32_t path_length;        /* certificates in a path */
	uint32_t header_bytes;       /* header block of an entity */
	uint32_t header_fields;      /* fields of a header block */
	uint32_t mime_depth;         /* nested multiparts */
	uint32_t mime_parts;         /* leaf parts of a message */
	uint32_t boundary_bytes;     /* multipart boundary (RFC 2046: 70) */
	uint32_t pbkdf2_iterations;  /* of a password recipient or key file */
	uint32_t scrypt_mib;         /* memory of a key file's scrypt */
	uint32_t rsa_bits;           /* largest RSA modulus */
	uint32_t decompress_ratio;   /* output to input, past the first MiB */
	uint64_t decompress_bytes;   /* output of a CompressedData */
	uint64_t spool_bytes;        /* ciphertext kept for the second reading */
};

/* The limits that the command uses unless told otherwise. */
SM_EXPORT struct sm_limits sm_limits_default(void);

#endif
