/* client/lookup/ldap_session.h - one connection to an LDAP directory.
 *
 * TLS is required unless the server is this machine. What fails has been said with
 * lookup_failed() already. */
#ifndef SEALMAIL_CLIENT_LOOKUP_LDAP_SESSION_H
#define SEALMAIL_CLIENT_LOOKUP_LDAP_SESSION_H

#include "lookup.h"

#include <ldap.h>

struct session {
	struct lookup *l;
	LDAP *ld;
	LDAPURLDesc *url;
	char uri[400];
	bool tls;          /* ldaps */
	char *base;        /* DN to search under */
};

/* Connect, sign in and find the base to search under. 0, or -1. Close it in any case. */
SM_MUST_CHECK int ldap_session_open(struct session *s);
void ldap_session_close(struct session *s);
/* Say why it failed, in the words of code and of the server. */
void ldap_session_failed(struct session *s, const char *doing, int code);

#endif
