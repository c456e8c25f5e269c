/* client/lookup/lookup.h - sealmail-lookup: certificates and people from directories.
 *
 * The command says in frames (client/frame.h) what is set ("set", body "NAME VALUE";
 * "password"), and asks: "find", body "URL\nADDRESS", "search", body "URL\nNAME", or
 * "group", body "URL\nADDRESS" (LDAP alone). For each question come any number of
 * answers and an "end":
 *
 *   found     one certificate, or certs-only CMS, as the directory gave it: not looked
 *             into here
 *   vouched   the same, and DNSSEC says that the domain vouches for it
 *   person    "ADDRESS\nNAME"
 *   group     the name of a group that has the address
 *   member    ADDRESS of one of its members, of nested groups too
 *   nowhere   a member has no address
 *   limit     a sentence: the group is too large, or nested too deep
 *   failed    a sentence: why this directory could not answer
 *
 * All that comes from the network is bounded: LOOKUP_ANSWERS answers of LOOKUP_BYTES each,
 * LOOKUP_SECONDS a directory; of a group GROUP_MEMBERS members, GROUP_DEPTH groups in one
 * another, GROUP_SECONDS. */
#ifndef SEALMAIL_CLIENT_LOOKUP_LOOKUP_H
#define SEALMAIL_CLIENT_LOOKUP_LOOKUP_H

#include <base/buf.h>

enum { LOOKUP_ANSWERS = 64, LOOKUP_BYTES = 256 << 10, LOOKUP_SECONDS = 10,
	LOOKUP_CONNECT_SECONDS = 5, GROUP_MEMBERS = 1000, GROUP_DEPTH = 5,
	GROUP_SECONDS = 20 };

struct lookup_settings {
	char *ca;          /* file of certificates that servers' must lead to; or NULL */
	char *user;        /* bind DN; NULL or "": anonymous */
	char *dns_server;  /* ADDRESS@PORT; NULL: those of the system */
	char *dns_anchor;  /* file; NULL: the usual ones */
	struct sm_buf password;
};

struct lookup {
	const struct lookup_settings *set;
	const char *url;
	const char *what;  /* an address, or part of a name */
	bool by_name;      /* "search" */
	bool group;        /* "group" */
	unsigned answers;
};

/* Each asks one directory; failures are answers. */
void lookup_ldap(struct lookup *l);
void lookup_ldap_group(struct lookup *l);
void lookup_http(struct lookup *l);
void lookup_dns(struct lookup *l);

void lookup_found(struct lookup *l, const char *word, struct sm_bytes cert);
void lookup_person(struct lookup *l, const char *address, const char *name);
/* One line: an answer about a group. */
void lookup_said(struct lookup *l, const char *word, const char *text);
void lookup_failed(struct lookup *l, const char *fmt, ...) SM_PRINTF(2, 3);
/* Is it this machine? Only there may a connection be without TLS. */
bool lookup_is_loopback(const char *host);

/* ---- pieces that tests look at ---- */

/* An assertion value of a filter, RFC 4515 section 3: what could end it is escaped. 0 or
 * SM_E_NOMEM. */
SM_MUST_CHECK int lookup_filter_value(struct sm_buf *out, const char *value);

#endif
