/* client/sending.h - one letter from standard input to everybody who shall get it.
 *
 *   send_plan.c   who gets it, may they, under what protection
 *   send_tell.c   the plan in words and as JSON
 *   send_seal.c   the messages, sealed into the queue while the letter is read
 *   verb_send.c   the steps, and the queue's own verbs */
#ifndef SEALMAIL_CLIENT_SENDING_H
#define SEALMAIL_CLIENT_SENDING_H

#include "addressees.h"
#include "delivery.h"
#include "evidence.h"
#include "keys.h"

struct sending {
	struct client *c;
	struct config config;
	struct policy policy;
	struct aliases aliases;
	struct input in;
	struct letter letter;
	struct addressees people;
	struct known_domains known;
	struct contacts *book;
	struct keys keys;
	struct crl_list crls;
	enum delivery_kind delivery;
	char *target;            /* of the delivery */
	char *sent;              /* folder for copies; NULL: none */
	const char *sender;      /* of the envelope */
	/* what was decided */
	bool sign, encrypt;
	bool as_it_is;           /* another program protected it already */
	struct sm_cert *own;     /* the sender's certificate to encrypt to; NULL: none */
	const char *why;         /* a sentence: why it is encrypted, or not */
	char why_text[400];
	size_t groups;           /* messages; addressee.group says which */
	size_t hidden;           /* recipients that the header does not name */
};

/* Everything that can be known before a decision. */
int sending_read(struct sending *s);
void sending_free(struct sending *s);
/* Who shall not get it, or not without being asked for: 31, with the names. */
int sending_check(struct sending *s);
/* Under what protection it goes, and with which keys. Returns an exit status when it
 * cannot go as the policy wants it. */
int sending_decide(struct sending *s);

/* Words on standard error: who stands out. */
void sending_warn(const struct sending *s);
/* --dry-run: the plan on standard output, or as JSON. code: why it would not go; 0: it
 * would. */
int sending_show(struct sending *s, int code);
/* What became of it, in words and as JSON. exit_code goes into the object. */
int sending_report(struct sending *s, const struct queued *l, int exit_code);

/* Read the letter to its end and seal it into l. */
int sending_seal(struct sending *s, struct queued *l);

/* What an address gets: "signed and encrypted", "signed", ... */
const char *sending_protection(const struct sending *s);

#endif
