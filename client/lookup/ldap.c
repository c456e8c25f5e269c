/* Directories by LDAP (RFC 4511, RFC 4523): userCertificate and userSMIMECertificate of
 * whoever has the address. TLS is required unless the server is this machine. */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/time.h>

#include <lber.h>
#include <ldap.h>

enum { ENTRIES = 50, INCOMING_BYTES = 8 << 20 };

struct session {
	struct lookup *l;
	LDAP *ld;
	LDAPURLDesc *url;
	char uri[400];
	bool tls;          /* ldaps */
};

int
lookup_filter_value(struct sm_buf *out, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;
	int rc = 0;

	for (; rc == 0 && *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7f || strchr("*()\\", *p) != NULL)
			rc = sm_buf_printf(out, "\\%02x", *p);
		else
			rc = sm_buf_append_byte(out, *p);
	return rc;
}

static void
failed(struct session *s, const char *doing, int code)
{
	char *more = NULL;

	(void)ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	if (code == LDAP_TIMEOUT || code == LDAP_TIMELIMIT_EXCEEDED)
		lookup_failed(s->l, "No answer within %d seconds.", LOOKUP_SECONDS);
	else if (code == LDAP_SERVER_DOWN && more == NULL)
		lookup_failed(s->l, "No connection: nothing answers there.");
	else
		lookup_failed(s->l, "%s: %s%s%.200s", doing, ldap_err2string(code),
		    more != NULL && *more != '\0' ? ": " : "", more != NULL ? more : "");
	ldap_memfree(more);
}

/* ---- connecting ---- */

static int
set_options(struct session *s)
{
	const struct timeval wait = { LOOKUP_CONNECT_SECONDS, 0 }, all = { LOOKUP_SECONDS, 0 };
	const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND,
	    least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, server = 0;
	const char *ca = s->l->set->ca;
	int rc = ldap_set_option(s->ld, LDAP_OPT_PROTOCOL_VERSION, &version);

	if (rc == 0)
		rc = ldap_set_option(s->ld, LDAP_OPT_NETWORK_TIMEOUT, &wait);
	if (rc == 0)
		rc = ldap_set_option(s->ld, LDAP_OPT_TIMEOUT, &all);
	/* Whoever is asked sends us nowhere else. */
	if (rc == 0)
		rc = ldap_set_option(s->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	if (rc == 0)
		rc = ldap_set_option(s->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	if (rc == 0)
		rc = ldap_set_option(s->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least);
	if (rc == 0)
		rc = ldap_set_option(s->ld, LDAP_OPT_X_TLS_CACERTFILE, ca != NULL ? ca :
		    "/etc/ssl/certs/ca-certificates.crt");
	return rc == 0 ? ldap_set_option(s->ld, LDAP_OPT_X_TLS_NEWCTX, &server) : rc;
}

/* The largest message that is taken from the server. */
static void
bound_messages(struct session *s)
{
	ber_len_t most = INCOMING_BYTES;
	Sockbuf *sb = NULL;

	if (ldap_get_option(s->ld, LDAP_OPT_SOCKBUF, &sb) == 0 && sb != NULL)
		(void)ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most);
}

static int
start_tls(struct session *s)
{
	int rc;

	if (s->tls)
		return 0;
	rc = ldap_start_tls_s(s->ld, NULL, NULL);
	if (rc == 0 || (lookup_is_loopback(s->url->lud_host) &&
		(rc == LDAP_PROTOCOL_ERROR || rc == LDAP_UNAVAILABLE ||
		    rc == LDAP_UNWILLING_TO_PERFORM)))
		return 0;
	failed(s, "No protected connection (StartTLS)", rc);
	return -1;
}

static int
bind_as(struct session *s)
{
	const struct lookup_settings *set = s->l->set;
	struct berval secret = { set->password.len, (char *)set->password.data };
	int rc;

	if (set->user == NULL || set->user[0] == '\0')
		return 0; /* anonymous, as LDAPv3 begins */
	rc = ldap_sasl_bind_s(s->ld, set->user, LDAP_SASL_SIMPLE, &secret, NULL, NULL,
	    NULL);
	if (rc != 0)
		failed(s, "Signing in", rc);
	return rc == 0 ? 0 : -1;
}

static int
begin(struct session *s)
{
	int rc = ldap_url_parse(s->l->url, &s->url);

	if (rc != 0 || s->url->lud_host == NULL || s->url->lud_host[0] == '\0') {
		lookup_failed(s->l, "It is not written as ldap://HOST/BASE.");
		return -1;
	}
	s->tls = strcasecmp(s->url->lud_scheme, "ldaps") == 0;
	(void)snprintf(s->uri, sizeof(s->uri), strchr(s->url->lud_host, ':') != NULL ?
	    "%s://[%s]:%d" : "%s://%s:%d", s->tls ? "ldaps" : "ldap", s->url->lud_host,
	    s->url->lud_port);
	rc = ldap_initialize(&s->ld, s->uri);
	if (rc == 0)
		rc = set_options(s);
	if (rc != 0) {
		lookup_failed(s->l, "The connection could not be prepared: %s",
		    ldap_err2string(rc));
		return -1;
	}
	if (start_tls(s) != 0)
		return -1;
	return bind_as(s);
}

/* ---- asking ---- */

static int
make_filter(struct sm_buf *out, const struct lookup *l)
{
	static const char *const by_address[] = { "(|(mail=", ")(proxyAddresses=smtp:",
		"))" };
	static const char *const by_name[] = { "(&(mail=*)(|(cn=*", "*)(displayName=*",
		"*)(sn=*", "*)(mail=*", "*)))" };
	const char *const *parts = l->by_name ? by_name : by_address;
	size_t i, n = l->by_name ? 5 : 3;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		rc = sm_buf_append_str(out, parts[i]);
		if (rc == 0 && i + 1 < n)
			rc = lookup_filter_value(out, l->what);
	}
	return rc == 0 ? sm_buf_append_byte(out, 0) : rc;
}

static void
each_value(struct session *s, LDAPMessage *entry, const char *attribute)
{
	struct berval **values = ldap_get_values_len(s->ld, entry, attribute);
	size_t i;

	for (i = 0; values != NULL && values[i] != NULL; i++)
		lookup_found(s->l, "found", sm_bytes(values[i]->bv_val, values[i]->bv_len));
	ldap_value_free_len(values);
}

static void
first_value(struct session *s, LDAPMessage *entry, const char *attribute, char *out,
    size_t size)
{
	struct berval **values = ldap_get_values_len(s->ld, entry, attribute);

	*out = '\0';
	if (values != NULL && values[0] != NULL)
		(void)snprintf(out, size, "%.*s", (int)(values[0]->bv_len < size ?
		    values[0]->bv_len : size - 1), values[0]->bv_val);
	ldap_value_free_len(values);
}

/* RFC 4523 wants ";binary" for the first; servers differ. */
static char certificate_attributes[][32] = { "userCertificate;binary", "userCertificate",
	"userSMIMECertificate;binary", "userSMIMECertificate" };

static void
take_entry(struct session *s, LDAPMessage *entry)
{
	char mail[300], name[300];
	size_t i;

	if (!s->l->by_name) {
		for (i = 0; i < 4; i++)
			each_value(s, entry, certificate_attributes[i]);
		return;
	}
	first_value(s, entry, "mail", mail, sizeof(mail));
	first_value(s, entry, "displayName", name, sizeof(name));
	if (name[0] == '\0')
		first_value(s, entry, "cn", name, sizeof(name));
	if (mail[0] != '\0')
		lookup_person(s->l, mail, name);
}

/* Without a base in the URL: the server's first naming context. */
static int
find_base(struct session *s, char **base)
{
	static char attribute[] = "namingContexts";
	char *attributes[] = { attribute, NULL };
	struct timeval wait = { LOOKUP_SECONDS, 0 };
	LDAPMessage *answer = NULL, *entry;
	struct berval **values = NULL;
	int rc;

	if (s->url->lud_dn != NULL && s->url->lud_dn[0] != '\0') {
		*base = strdup(s->url->lud_dn);
		return *base != NULL ? 0 : -1;
	}
	rc = ldap_search_ext_s(s->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attributes,
	    0, NULL, NULL, &wait, 1, &answer);
	entry = rc == 0 ? ldap_first_entry(s->ld, answer) : NULL;
	if (entry != NULL)
		values = ldap_get_values_len(s->ld, entry, attribute);
	*base = values != NULL && values[0] != NULL ? strdup(values[0]->bv_val) :
	    strdup("");
	ldap_value_free_len(values);
	ldap_msgfree(answer);
	if (rc != 0)
		failed(s, "Asking what it holds", rc);
	return rc == 0 && *base != NULL ? 0 : -1;
}

static void
search(struct session *s, const char *base)
{
	static char names[][32] = { "mail", "cn", "displayName" };
	char *find[] = { certificate_attributes[0], certificate_attributes[1],
		certificate_attributes[2], certificate_attributes[3], NULL };
	char *list[] = { names[0], names[1], names[2], NULL };
	struct timeval wait = { LOOKUP_SECONDS, 0 };
	struct sm_buf filter = SM_BUF_INIT;
	LDAPMessage *answer = NULL, *entry;
	int rc;

	if (make_filter(&filter, s->l) != 0) {
		lookup_failed(s->l, "Out of memory.");
		return;
	}
	rc = ldap_search_ext_s(s->ld, base, LDAP_SCOPE_SUBTREE, (char *)filter.data,
	    s->l->by_name ? list : find, 0, NULL, NULL, &wait, ENTRIES, &answer);
	/* What came before the limit is worth having. */
	if (rc != 0 && rc != LDAP_SIZELIMIT_EXCEEDED && rc != LDAP_NO_SUCH_OBJECT)
		failed(s, "Asking", rc);
	else
		for (entry = ldap_first_entry(s->ld, answer); entry != NULL;
		    entry = ldap_next_entry(s->ld, entry))
			take_entry(s, entry);
	ldap_msgfree(answer);
	sm_buf_free(&filter);
}

void
lookup_ldap(struct lookup *l)
{
	struct session s = { .l = l };
	char *base = NULL;

	if (begin(&s) == 0) {
		bound_messages(&s);
		if (find_base(&s, &base) == 0)
			search(&s, base);
	}
	free(base);
	if (s.ld != NULL)
		(void)ldap_unbind_ext_s(s.ld, NULL, NULL);
	ldap_free_urldesc(s.url);
}
