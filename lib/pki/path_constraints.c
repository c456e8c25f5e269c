#include <openssl/x509v3.h>
#include <strings.h>

#include <pki/path_parts.h>

/* Name constraints on mail addresses, RFC 5280 section 4.2.1.10 and RFC 9598
 * section 6. libcrypto applies them to an SmtpUTF8Mailbox as RFC 8398 had it,
 * with domains in Unicode: an excluded xn-- domain would pass, a permitted one
 * fail. So addresses are compared here, and where libcrypto objects to a
 * certificate with such a name it is asked again without that name. */

bool
sm_path_has_utf8_mail(const struct sm_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (chain->cert[i]->ext.has_utf8_mail)
			return true;
	return false;
}

static bool
equal_nocase(struct sm_bytes a, struct sm_bytes b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(
	    (const char *)a.data, (const char *)b.data, a.len) == 0);
}

/* Does the mailbox lie within the constraint: a mailbox, a host, or with a
 * leading dot all hosts below a domain? */
static bool
within(const char *mailbox, struct sm_bytes base)
{
	const char *at = strrchr(mailbox, '@');
	const uint8_t *base_at = base.len != 0 ?
	    memrchr(base.data, '@', base.len) : NULL;
	struct sm_bytes host;

	if (at == NULL)
		return false;
	host = sm_bytes_str(at + 1);
	if (base_at != NULL) {
		size_t n = (size_t)(base_at - base.data);

		return n == (size_t)(at - mailbox) &&
		    memcmp(mailbox, base.data, n) == 0 &&
		    equal_nocase(host, sm_bytes_skip(base, n + 1));
	}
	if (base.len != 0 && base.data[0] == '.')
		return host.len > base.len && equal_nocase(
		    sm_bytes_skip(host, host.len - base.len), base);
	return equal_nocase(host, base);
}

/* Is one of the subtrees for mail; does the mailbox lie in one? */
static void
look(const STACK_OF(GENERAL_SUBTREE) *trees, const char *mailbox, bool *any,
    bool *inside)
{
	*any = *inside = false;
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		const GENERAL_NAME *g = sk_GENERAL_SUBTREE_value(trees, i)->base;
		const ASN1_IA5STRING *s;

		if (g->type != GEN_EMAIL)
			continue;
		s = g->d.rfc822Name;
		*any = true;
		if (within(mailbox, sm_bytes(ASN1_STRING_get0_data(s),
		    (size_t)ASN1_STRING_length(s))))
			*inside = true;
	}
}

static bool
mailboxes_allowed(const struct sm_cert *c, const NAME_CONSTRAINTS *nc)
{
	const char *mailbox;
	bool any, inside;

	for (size_t i = 0; (mailbox = sm_cert_mail(c, i)) != NULL; i++) {
		look(nc->excludedSubtrees, mailbox, &any, &inside);
		if (inside)
			return false;
		look(nc->permittedSubtrees, mailbox, &any, &inside);
		if (any && !inside)
			return false;
	}
	return true;
}

static bool
is_utf8_mailbox(const GENERAL_NAME *g)
{
	return g->type == GEN_OTHERNAME &&
	    OBJ_obj2nid(g->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox;
}

/* The certificate without its SmtpUTF8Mailbox names; NULL without memory. */
static X509 *
without_utf8_mail(X509 *x)
{
	X509 *copy = X509_dup(x);
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL,
	    NULL);
	bool ok = copy != NULL && names != NULL;

	for (int i = sk_GENERAL_NAME_num(names); ok && i-- > 0;)
		if (is_utf8_mailbox(sk_GENERAL_NAME_value(names, i)))
			GENERAL_NAME_free(sk_GENERAL_NAME_delete(names, i));
	if (ok && sk_GENERAL_NAME_num(names) == 0) {
		X509_EXTENSION_free(X509_delete_ext(copy,
		    X509_get_ext_by_NID(copy, NID_subject_alt_name, -1)));
	} else if (ok) {
		ok = X509_add1_ext_i2d(copy, NID_subject_alt_name, names, 0,
		    X509V3_ADD_REPLACE) == 1;
	}
	/* the names are read from what this caches */
	ok = ok && X509_check_purpose(copy, -1, 0) == 1;
	GENERAL_NAMES_free(names);
	if (ok)
		return copy;
	X509_free(copy);
	return NULL;
}

static bool
other_names_allowed(struct sm_cert *c, NAME_CONSTRAINTS *nc)
{
	X509 *x = sm_cert_x509(c), *copy;
	bool ok;

	if (!c->ext.has_utf8_mail)
		return NAME_CONSTRAINTS_check(x, nc) == X509_V_OK;
	copy = without_utf8_mail(x);
	ok = copy != NULL && NAME_CONSTRAINTS_check(copy, nc) == X509_V_OK;
	X509_free(copy);
	return ok;
}

/* All names below the authority that speaks; self-issued certificates count
 * only at the end of the path. */
static bool
allowed_by(const struct sm_chain *chain, size_t authority,
    NAME_CONSTRAINTS *nc, bool all_kinds)
{
	for (size_t i = 0; i < authority; i++) {
		struct sm_cert *c = chain->cert[i];

		if (i > 0 && sm_name_match(c->subject, c->issuer))
			continue;
		if (!mailboxes_allowed(c, nc) ||
		    (all_kinds && !other_names_allowed(c, nc)))
			return false;
	}
	return true;
}

bool
sm_path_names_allowed(const struct sm_chain *chain, bool all_kinds)
{
	for (size_t i = 1; i < chain->count; i++) {
		NAME_CONSTRAINTS *nc;
		bool ok;

		if (!chain->cert[i]->ext.has_name_constraints)
			continue;
		nc = X509_get_ext_d2i(sm_cert_x509(chain->cert[i]),
		    NID_name_constraints, NULL, NULL);
		ok = nc != NULL && allowed_by(chain, i, nc, all_kinds);
		NAME_CONSTRAINTS_free(nc);
		if (!ok)
			return false;
	}
	return true;
}
