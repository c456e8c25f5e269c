/* client/policy.h - HOME/policy: how mail may go to whom.
 *
 *     own-domains       example.org *.example.org
 *     personal-domains  -example.net mail.example
 *     default           encrypt=prefer sign=yes
 *     partner.example   encrypt=require
 *     bob@old.example   encrypt=never
 *     *.rival.example   forbid
 *     new               ask
 *
 * A line says who, then how. Who: an address, a domain, "*." and a domain (all below
 * it), or one of the words default, inside, outside, personal, new, look-alike. How:
 * encrypt=require|prefer|never, sign=yes|no, allow|ask|forbid, confidential=allow|
 * forbid. What a more special line says counts: address, domain, domains above from
 * the longest on, look-alike, new, personal, outside or inside, default.
 *
 * Without a file: encrypt=prefer, sign=yes, allow; look-alike: ask; confidential mail
 * does not go outside or to personal addresses. Inside are the own domains; without
 * own-domains the sender's domain, unless it is one of the personal ones. */
#ifndef SEALMAIL_CLIENT_POLICY_H
#define SEALMAIL_CLIENT_POLICY_H

#include "client.h"

enum policy_encrypt { ENCRYPT_UNSET, ENCRYPT_NEVER, ENCRYPT_PREFER, ENCRYPT_REQUIRE };
enum policy_sign { SIGN_UNSET, SIGN_NO, SIGN_YES };
enum policy_access { ACCESS_UNSET, ACCESS_ALLOW, ACCESS_ASK, ACCESS_FORBID };
enum policy_secret { SECRET_UNSET, SECRET_ALLOW, SECRET_FORBID };

struct policy_how {
	enum policy_encrypt encrypt;
	enum policy_sign sign;
	enum policy_access access;
	enum policy_secret confidential;
};

enum policy_class { CLASS_DEFAULT, CLASS_INSIDE, CLASS_OUTSIDE, CLASS_PERSONAL,
	CLASS_NEW, CLASS_LOOKALIKE, CLASS_COUNT };

struct policy_rule {
	char *who;               /* address, domain, or ".domain" for all below it */
	struct policy_how how;
};
struct policy_domains {
	char **list;             /* ".domain": all below it */
	size_t count;
};
struct policy {
	struct policy_how classes[CLASS_COUNT];
	struct policy_rule *rules;
	size_t rule_count;
	struct policy_domains own, personal, not_personal;
};

int policy_read(struct client *c, struct policy *p);
void policy_free(struct policy *p);

/* The part behind the @, never NULL. */
const char *policy_domain(const char *address);
bool policy_is_personal(const struct policy *p, const char *domain);
/* Does the address belong to the organisation of the sender? */
bool policy_is_inside(const struct policy *p, const char *sender, const char *address);

struct policy_facts {
	const char *address;
	bool inside, personal, is_new, lookalike;
};
/* Nothing is left unset. */
void policy_apply(const struct policy *p, const struct policy_facts *f,
    struct policy_how *out);

const char *policy_encrypt_word(enum policy_encrypt e);
const char *policy_access_word(enum policy_access a);

/* Domains where anybody can have a mailbox; in order, ends with NULL. */
extern const char *const personal_domains[];

#endif
