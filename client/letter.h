/* client/letter.h - a message that is to be sent: what its header says, and the header
 * that goes out.
 *
 * The header is read strictly: what others could read differently (a damaged line,
 * two From fields, addresses that are not understood to their end) is refused, because
 * it decides who gets the letter. Bcc and the fields that only this program reads
 * (X-Sealmail-...) never go out; a From, Date or Message-ID that is missing is added.
 * The body is not looked at. */
#ifndef SEALMAIL_CLIENT_LETTER_H
#define SEALMAIL_CLIENT_LETTER_H

#include "aliases.h"
#include "input.h"

enum letter_field { LETTER_TO, LETTER_CC, LETTER_BCC, LETTER_FIELD_COUNT };

/* Addresses, and names of aliases. */
struct letter_names {
	char **list;
	size_t count;
};

struct letter_field_text {
	size_t index;    /* of the field in the header */
	char *value;     /* lines end with LF */
};

/* Protection that another program gave it already. */
enum letter_form {
	LETTER_PLAIN,
	LETTER_SIGNED,     /* multipart/signed, or pkcs7-mime that is signed */
	LETTER_ENCRYPTED
};

struct letter {
	struct client *c;
	struct sm_header *header;   /* as it came */
	char *from;                 /* the one address of From, else of -f */
	struct letter_names fields[LETTER_FIELD_COUNT]; /* who stands there */
	bool group;                 /* a group with members stands in one of them */
	char *message_id;           /* with its brackets */
	enum letter_form form;
	bool resent;                /* To, Cc, Bcc are those of the first Resent- block */
	/* Sensitivity: Private or Company-Confidential (RFC 4021), an ESS label, or text
	 * of an encrypted message: the words for people; NULL when it is none of them. */
	const char *confidential;
	/* X-Sealmail-From-Encrypted: the text came out of an encrypted message, which
	 * these had: they may have it again. */
	bool from_encrypted;
	struct letter_names knowing;
	struct letter_field_text *replaced; /* fields written anew: aliases */
	size_t replaced_count;
	bool recode;                /* the body goes out as quoted-printable */
	bool has_type;
	struct sm_buf added;        /* fields that were missing */
	struct sm_buf head;         /* the header that goes out, its blank line included */
	size_t skip;                /* bytes of the input that head stands for */
};

/* Read the header of the message that in begins with, and make the outgoing one.
 * aliases: names in To, Cc and Bcc that are no addresses but stand there are written
 * out. */
int letter_read(struct client *c, struct letter *l, struct input *in,
    const struct aliases *aliases);
/* For a signature in the clear: when the body is one text, it goes out as
 * quoted-printable (RFC 8551 section 3.1.3), so that no mail system on the way has a
 * reason to change its lines: 8-bit letters, long lines, blanks at their ends, a lone
 * dot. l->recode says so; head is made anew. */
int letter_recode(struct letter *l);
void letter_free(struct letter *l);

#endif
