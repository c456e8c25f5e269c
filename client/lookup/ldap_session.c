#include "ldap_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/time.h>

#include <lber.h>

enum { INCOMING_BYTES = 8 << 20 };

void
ldap_session_failed(struct session *s, const char *doing, int code)
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
	ldap_session_failed(s, "No protected connection (StartTLS)", rc);
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
		ldap_session_failed(s, "Signing in", rc);
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

/* Without a base in the URL: the server's first naming context. */
static int
find_base(struct session *s)
{
	static char attribute[] = "namingContexts";
	char *attributes[] = { attribute, NULL };
	struct timeval wait = { LOOKUP_SECONDS, 0 };
	LDAPMessage *answer = NULL, *entry;
	struct berval **values = NULL;
	int rc;

	if (s->url->lud_dn != NULL && s->url->lud_dn[0] != '\0') {
		s->base = strdup(s->url->lud_dn);
		return s->base != NULL ? 0 : -1;
	}
	rc = ldap_search_ext_s(s->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attributes,
	    0, NULL, NULL, &wait, 1, &answer);
	entry = rc == 0 ? ldap_first_entry(s->ld, answer) : NULL;
	if (entry != NULL)
		values = ldap_get_values_len(s->ld, entry, attribute);
	s->base = values != NULL && values[0] != NULL ? strdup(values[0]->bv_val) :
	    strdup("");
	ldap_value_free_len(values);
	ldap_msgfree(answer);
	if (rc != 0)
		ldap_session_failed(s, "Asking what it holds", rc);
	return rc == 0 && s->base != NULL ? 0 : -1;
}

int
ldap_session_open(struct session *s)
{
	if (begin(s) != 0)
		return -1;
	bound_messages(s);
	return find_base(s);
}

void
ldap_session_close(struct session *s)
{
	free(s->base);
	if (s->ld != NULL)
		(void)ldap_unbind_ext_s(s->ld, NULL, NULL);
	ldap_free_urldesc(s->url);
}
