/* explain: what an exit status, a result, a check or a limit means. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "client.h"

struct check_info {
	const char *name;
	const char *asks;
	const char *todo;
};

/* The checks of a signer, in the order of the report. */
static const struct check_info checks[] = {
	{ "signature", "Does the signature fit the signer's key and the signed "
	    "attributes, by an algorithm that proves something today?",
	    "When it fails, the message was changed or forged: ask the sender." },
	{ "digest", "Is the content exactly what was signed?",
	    "When it fails, the content was changed after signing; a mail system that "
	    "rewrites messages is the usual cause without malice." },
	{ "chain", "Does a path of valid certificates lead from the signer to a root "
	    "that you trust?",
	    "--certs FILE for a missing intermediate, --trust FILE for a root." },
	{ "usage", "May this certificate, and each CA above it, be used for signing "
	    "mail?",
	    "The sender signed with the wrong one of several certificates." },
	{ "time", "Was the certificate valid when it was signed, and can the signing "
	    "time be true?",
	    "Check this machine's clock; --at TIME judges as of another time." },
	{ "revocation", "Has the CA withdrawn a certificate of the path?",
	    "Give evidence with --crl FILE or --ocsp FILE; --require-revocation demands "
	    "it." },
	{ "from", "Is the signer's certificate for the one address in the From field?",
	    "Believe only the address in the certificate." },
};

struct limit_info {
	const char *name;
	size_t offset;
	bool wide;          /* 64 bits */
	const char *counts;
};

#define LIMIT(field, label, text) \
	{ label, offsetof(struct sm_limits, field), \
	    sizeof(((struct sm_limits *)NULL)->field) == 8, text }

static const struct limit_info limits[] = {
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
};

static int
explain_exit(const struct exit_info *e)
{
	printf("exit %d, %s: %s\n\n%s\nWhat to do: %s\n", e->code, e->name, e->meaning,
	    e->more, e->todo);
	return 0;
}

static bool
explain_check(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(checks[i].name, code) != 0)
			continue;
		printf("check \"%s\" of a signer\n\n%s\nWhat to do: %s\n", checks[i].name,
		    checks[i].asks, checks[i].todo);
		return true;
	}
	return false;
}

static uint64_t
limit_value(const struct sm_limits *l, const struct limit_info *info)
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
explain_limit(const struct client *c, const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (strcmp(limits[i].name, code) != 0)
			continue;
		printf("limit \"%s\": at most %" PRIu64 "\n\nIt counts %s. No honest "
		    "message comes near it; hostile ones are stopped here.\n",
		    limits[i].name, limit_value(&c->limits, &limits[i]), limits[i].counts);
		return true;
	}
	return false;
}

static void
list_codes(FILE *to)
{
	const struct exit_info *e;
	size_t i;

	fputs("exit statuses and results:\n", to);
	for (e = exit_table; e->name != NULL; e++)
		fprintf(to, "  %2d  %-18s%s\n", e->code, e->name, e->meaning);
	fputs("checks:", to);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		fprintf(to, " %s", checks[i].name);
	fputs("\nlimits:", to);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		fprintf(to, "%s%s", i % 6 == 0 && i > 0 ? "\n        " : " ",
		    limits[i].name);
	fputc('\n', to);
}

int
verb_explain(struct client *c)
{
	const char *code = c->opt.operand;
	const struct exit_info *e = exit_find(code);

	if (e != NULL)
		return explain_exit(e);
	if (explain_check(code) || explain_limit(c, code))
		return 0;
	(void)client_fault(c, EXIT_USAGE, "nothing is called \"%s\"; what can be "
	    "explained:", code);
	list_codes(stderr);
	return EXIT_USAGE;
}
