/* cms/shell_grammar.h - what stands where in each content type, as tables. */
#ifndef SM_CMS_SHELL_GRAMMAR_H
#define SM_CMS_SHELL_GRAMMAR_H

#include <cms/shell.h>

enum sm_shell_kind {
	SM_K_CONTENT_INFO,
	SM_K_EXPLICIT,     /* [0] of ContentInfo: one element, by content type */
	SM_K_SIGNED,
	SM_K_ENVELOPED,
	SM_K_AUTH_ENVELOPED,
	SM_K_COMPRESSED,
	SM_K_DIGESTED,
	SM_K_ENCRYPTED,
	SM_K_ENCAP,        /* EncapsulatedContentInfo */
	SM_K_ENCAP_OPEN,   /* its [0] EXPLICIT */
	SM_K_ENC_INFO,     /* EncryptedContentInfo */
	SM_K_ORIGINATOR,
	SM_K_DIGESTS,
	SM_K_CERTS,
	SM_K_CRLS,
	SM_K_SIGNERS,
	SM_K_RECIPIENTS,
	SM_K_OCTETS,       /* constructed OCTET STRING with content */
	SM_K_COUNT
};

enum sm_shell_act {
	SM_ACT_END = 0,    /* end of the table */
	SM_ACT_TYPE,       /* collect the ContentInfo's contentType */
	SM_ACT_COLLECT,    /* arg: enum sm_cms_field */
	SM_ACT_ENTER,      /* arg: enum sm_shell_kind */
	SM_ACT_BODY,       /* enter what the content type says */
	SM_ACT_CONTENT,    /* content octets */
};

struct sm_shell_item {
	uint8_t tag;       /* constructed bit as in DER; 0: any */
	uint8_t act;
	uint8_t arg;
	bool optional;
};

/* The items of a kind, in order, ended by SM_ACT_END; *repeat: the first item
 * any number of times. name: for error messages. */
const struct sm_shell_item *sm_shell_grammar(enum sm_shell_kind kind,
    bool *repeat, const char **name);
/* What a content type's own element is; SM_K_COUNT when we do not read it. */
enum sm_shell_kind sm_shell_body_kind(enum sm_cms_type type);

#endif
