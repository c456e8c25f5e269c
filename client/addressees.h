/* client/addressees.h - everybody who gets a letter, and what is known of each. */
#ifndef SEALMAIL_CLIENT_ADDRESSEES_H
#define SEALMAIL_CLIENT_ADDRESSEES_H

#include "contacts.h"
#include "letter.h"
#include "policy.h"

enum { ADDRESSEES_MAX = 10000 };

/* The least secret place where an address stands. */
enum addressee_place { PLACE_TO, PLACE_CC, PLACE_BCC };

struct addressee {
	char *address;
	enum addressee_place place; /* PLACE_BCC: in no field that others see */
	const struct alias *via;    /* the alias that led here; NULL */
	bool inside, outside, personal, is_new; /* outside: of an organisation */
	const char *looks_like;     /* a known domain; NULL */
	struct policy_how how;
	struct contacts_choice choice;
	bool has_choice;
	size_t group;               /* which message of the letter */
};
struct addressees {
	struct addressee *list;
	size_t count;
	size_t *slots;              /* to find an address: open hashing */
	size_t slot_count;
};

/* Who gets the letter: with read_recipients those of its fields and of the words, else
 * those of the words. Aliases are expanded, everybody is there once. A word is an
 * address or an alias. None at all is EXIT_USAGE. */
int addressees_read(struct client *c, struct addressees *a, const struct letter *l,
    const struct aliases *aliases, bool read_recipients);
void addressees_free(struct addressees *a);
struct addressee *addressees_find(const struct addressees *a, const char *address);

/* Domains that mail goes to as a rule. */
struct known_domains {
	char **list;
	size_t count, cap;
};
/* The own ones, those of policy and aliases, and those written to before. */
int known_domains_read(struct client *c, struct known_domains *k,
    const struct policy *p, const struct aliases *aliases, const char *sender);
/* The domains of the letter are known from now on. */
int known_domains_keep(struct client *c, const struct known_domains *k,
    const struct addressees *a);
void known_domains_free(struct known_domains *k);

/* Fill in everything but the certificates. */
int addressees_judge(struct client *c, struct addressees *a, const struct policy *p,
    const struct known_domains *k, struct contacts *book, const char *sender);

#endif
