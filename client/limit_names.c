#include "limit_names.h"

#include <errno.h>
#include <stdlib.h>

#define LIMIT(field, label, text) \
	{ label, offsetof(struct sm_limits, field), \
	    sizeof(((struct sm_limits *)NULL)->field) == 8, text }

const struct limit_info limit_table[] = {
	LIMIT(layers, "layers", "nested layers of encryption and signature"),
	LIMIT(asn1_depth, "asn1-depth", "nested ASN.1 elements"),
	LIMIT(asn1_object_bytes, "asn1-object-bytes",
	    "bytes of one ASN.1 element that is collected, a certificate for instance"),
	LIMIT(crl_bytes, "crl-bytes", "bytes of one carried CRL or OCSP response"),
	LIMIT(cms_collected_bytes, "cms-collected-bytes",
	    "bytes of all collected elements of a layer"),
	LIMIT(recipients, "recipients", "recipients of a layer"),
	LIMIT(recipient_tries, "recipient-tries",
	    "private-key operations for one layer"),
	LIMIT(signers, "signers", "signers of a layer"),
	LIMIT(certificates, "certificates", "certificates that a layer carries"),
	LIMIT(crls, "crls", "CRLs and OCSP responses that a layer carries"),
	LIMIT(attributes, "attributes", "attributes of a signer"),
	LIMIT(path_length, "path-length", "certificates in a path"),
	LIMIT(header_bytes, "header-bytes", "bytes of a header"),
	LIMIT(header_fields, "header-fields", "fields of a header"),
	LIMIT(mime_depth, "mime-depth", "nested multiparts"),
	LIMIT(mime_parts, "mime-parts", "parts of a message"),
	LIMIT(boundary_bytes, "boundary-bytes",
	    "characters of a multipart boundary (RFC 2046)"),
	LIMIT(pbkdf2_iterations, "pbkdf2-iterations",
	    "iterations of a password recipient or key file"),
	LIMIT(scrypt_mib, "scrypt-mib", "MiB of memory for a key file's scrypt"),
	LIMIT(rsa_bits, "rsa-bits", "bits of an RSA key"),
	LIMIT(decompress_ratio, "decompress-ratio",
	    "bytes that one compressed byte may become, past the first MiB"),
	LIMIT(decompress_bytes, "decompress-bytes", "bytes of decompressed content"),
	LIMIT(spool_bytes, "spool-bytes", "bytes kept for a second reading"),
	{ NULL, 0, false, NULL }
};

static const struct limit_info *
find(const char *name, size_t len)
{
	for (const struct limit_info *i = limit_table; i->name != NULL; i++)
		if (strlen(i->name) == len && memcmp(i->name, name, len) == 0)
			return i;
	return NULL;
}

const struct limit_info *
limit_find(const char *name)
{
	return find(name, strlen(name));
}

uint64_t
limit_get(const struct sm_limits *l, const struct limit_info *info)
{
	uint64_t wide;
	uint32_t narrow;

	if (info->wide) {
		memcpy(&wide, (const char *)l + info->offset, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, (const char *)l + info->offset, sizeof(narrow));
	return narrow;
}

static bool
put(struct sm_limits *l, const struct limit_info *info, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	if (info->wide)
		memcpy((char *)l + info->offset, &value, sizeof(value));
	else
		memcpy((char *)l + info->offset, &narrow, sizeof(narrow));
	return info->wide || narrow == value;
}

bool
limit_set(struct sm_limits *l, const char *setting)
{
	const char *eq = strchr(setting, '=');
	const struct limit_info *info;
	unsigned long long value;
	char *end;

	if (eq == NULL || eq[1] < '0' || eq[1] > '9')
		return false;
	info = find(setting, (size_t)(eq - setting));
	errno = 0;
	value = strtoull(eq + 1, &end, 10);
	return info != NULL && *end == '\0' && errno == 0 && value > 0 &&
	    put(l, info, value);
}
