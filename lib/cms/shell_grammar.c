/* The SEQUENCEs of RFC 5652, RFC 5083 and RFC 3274, read like their ASN.1. */
#include <cms/shell_grammar.h>

#define OCTETS 0x04
#define INT 0x02
#define OID 0x06
#define SEQ 0x30
#define SET 0x31
#define CTX0 0xa0
#define CTX1 0xa1
#define CTX2 0xa2

#define COLLECT(tag, field) { tag, SM_ACT_COLLECT, field, false }
#define COLLECT_OPT(tag, field) { tag, SM_ACT_COLLECT, field, true }
#define ENTER(tag, kind) { tag, SM_ACT_ENTER, kind, false }
#define ENTER_OPT(tag, kind) { tag, SM_ACT_ENTER, kind, true }
#define CONTENT(tag, opt) { tag, SM_ACT_CONTENT, 0, opt }
#define END { 0, SM_ACT_END, 0, true }

static const struct sm_shell_item content_info[] = {
	{ OID, SM_ACT_TYPE, 0, false },
	ENTER(CTX0, SM_K_EXPLICIT),
	END
};
static const struct sm_shell_item explicit_body[] = {
	{ 0, SM_ACT_BODY, 0, false },
	END
};
static const struct sm_shell_item signed_data[] = {
	COLLECT(INT, SM_F_VERSION),
	ENTER(SET, SM_K_DIGESTS),
	ENTER(SEQ, SM_K_ENCAP),
	ENTER_OPT(CTX0, SM_K_CERTS),
	ENTER_OPT(CTX1, SM_K_CRLS),
	ENTER(SET, SM_K_SIGNERS),
	END
};
static const struct sm_shell_item enveloped_data[] = {
	COLLECT(INT, SM_F_VERSION),
	ENTER_OPT(CTX0, SM_K_ORIGINATOR),
	ENTER(SET, SM_K_RECIPIENTS),
	ENTER(SEQ, SM_K_ENC_INFO),
	COLLECT_OPT(CTX1, SM_F_UNAUTH_ATTRS),
	END
};
static const struct sm_shell_item auth_enveloped_data[] = {
	COLLECT(INT, SM_F_VERSION),
	ENTER_OPT(CTX0, SM_K_ORIGINATOR),
	ENTER(SET, SM_K_RECIPIENTS),
	ENTER(SEQ, SM_K_ENC_INFO),
	COLLECT_OPT(CTX1, SM_F_AUTH_ATTRS),
	COLLECT(OCTETS, SM_F_MAC),
	COLLECT_OPT(CTX2, SM_F_UNAUTH_ATTRS),
	END
};
static const struct sm_shell_item compressed_data[] = {
	COLLECT(INT, SM_F_VERSION),
	COLLECT(SEQ, SM_F_COMPRESS_ALG),
	ENTER(SEQ, SM_K_ENCAP),
	END
};
static const struct sm_shell_item digested_data[] = {
	COLLECT(INT, SM_F_VERSION),
	COLLECT(SEQ, SM_F_DIGEST_ALG),
	ENTER(SEQ, SM_K_ENCAP),
	COLLECT(OCTETS, SM_F_DIGEST),
	END
};
static const struct sm_shell_item encrypted_data[] = {
	COLLECT(INT, SM_F_VERSION),
	ENTER(SEQ, SM_K_ENC_INFO),
	COLLECT_OPT(CTX1, SM_F_UNAUTH_ATTRS),
	END
};
static const struct sm_shell_item encap[] = {
	COLLECT(OID, SM_F_CONTENT_TYPE),
	ENTER_OPT(CTX0, SM_K_ENCAP_OPEN),
	END
};
static const struct sm_shell_item encap_open[] = {
	CONTENT(OCTETS, false),
	END
};
static const struct sm_shell_item enc_info[] = {
	COLLECT(OID, SM_F_CONTENT_TYPE),
	COLLECT(SEQ, SM_F_CONTENT_ALG),
	CONTENT(0x80, true),
	END
};
static const struct sm_shell_item originator[] = {
	ENTER_OPT(CTX0, SM_K_CERTS),
	ENTER_OPT(CTX1, SM_K_CRLS),
	END
};
static const struct sm_shell_item digests[] = {
	COLLECT(SEQ, SM_F_DIGEST_ALG), END
};
static const struct sm_shell_item certs[] = { COLLECT(0, SM_F_CERT), END };
static const struct sm_shell_item crls[] = { COLLECT(0, SM_F_CRL), END };
static const struct sm_shell_item signers[] = {
	COLLECT(SEQ, SM_F_SIGNER), END
};
static const struct sm_shell_item recipients[] = {
	COLLECT(0, SM_F_RECIPIENT), END
};
static const struct sm_shell_item octets[] = { CONTENT(OCTETS, false), END };

static const struct {
	const struct sm_shell_item *items;
	bool repeat;
	const char *name;
} grammar[SM_K_COUNT] = {
	[SM_K_CONTENT_INFO] = { content_info, false, "ContentInfo" },
	[SM_K_EXPLICIT] = { explicit_body, false, "ContentInfo.content" },
	[SM_K_SIGNED] = { signed_data, false, "SignedData" },
	[SM_K_ENVELOPED] = { enveloped_data, false, "EnvelopedData" },
	[SM_K_AUTH_ENVELOPED] = { auth_enveloped_data, false,
	    "AuthEnvelopedData" },
	[SM_K_COMPRESSED] = { compressed_data, false, "CompressedData" },
	[SM_K_DIGESTED] = { digested_data, false, "DigestedData" },
	[SM_K_ENCRYPTED] = { encrypted_data, false, "EncryptedData" },
	[SM_K_ENCAP] = { encap, false, "EncapsulatedContentInfo" },
	[SM_K_ENCAP_OPEN] = { encap_open, false, "eContent" },
	[SM_K_ENC_INFO] = { enc_info, false, "EncryptedContentInfo" },
	[SM_K_ORIGINATOR] = { originator, false, "OriginatorInfo" },
	[SM_K_DIGESTS] = { digests, true, "DigestAlgorithmIdentifiers" },
	[SM_K_CERTS] = { certs, true, "CertificateSet" },
	[SM_K_CRLS] = { crls, true, "RevocationInfoChoices" },
	[SM_K_SIGNERS] = { signers, true, "SignerInfos" },
	[SM_K_RECIPIENTS] = { recipients, true, "RecipientInfos" },
	[SM_K_OCTETS] = { octets, true, "content OCTET STRING" },
};

const struct sm_shell_item *
sm_shell_grammar(enum sm_shell_kind kind, bool *repeat, const char **name)
{
	if (repeat != NULL)
		*repeat = grammar[kind].repeat;
	if (name != NULL)
		*name = grammar[kind].name;
	return grammar[kind].items;
}

enum sm_shell_kind
sm_shell_body_kind(enum sm_cms_type type)
{
	switch (type) {
	case SM_CMS_SIGNED:
		return SM_K_SIGNED;
	case SM_CMS_ENVELOPED:
		return SM_K_ENVELOPED;
	case SM_CMS_AUTH_ENVELOPED:
		return SM_K_AUTH_ENVELOPED;
	case SM_CMS_COMPRESSED:
		return SM_K_COMPRESSED;
	case SM_CMS_DIGESTED:
		return SM_K_DIGESTED;
	case SM_CMS_ENCRYPTED:
		return SM_K_ENCRYPTED;
	case SM_CMS_DATA:
		return SM_K_OCTETS;
	default:
		return SM_K_COUNT;
	}
}
