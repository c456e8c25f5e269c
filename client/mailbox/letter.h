/* client/mailbox/letter.h - a letter whose protection the command has judged: its
 * fields and parts, read by GMime.
 *
 * The entity is what came out of the innermost layer, or the message itself when
 * there is none. Which fields may speak (RFC 9788 section 4): those of the entity
 * when it says so by "hp" (or the older "protected-headers"), or is a message of its
 * own (RFC 8551 section 3.1); else those of the outer header, which nothing
 * protects. Parts inside that are signed or encrypted themselves are attachments. */
#ifndef SEALMAIL_MAILBOX_LETTER_H
#define SEALMAIL_MAILBOX_LETTER_H

#include <gmime/gmime.h>

#include <base/buf.h>

enum { LETTER_DEPTH_MAX = 50, LETTER_PARTS_MAX = 1000, LETTER_TEXT_MAX = 8 << 20 };

struct letter_part {
	GMimeObject *object; /* borrowed */
	bool shown;          /* its text is what people read */
	bool html;
	bool unchosen;       /* another of its alternatives is shown */
};

struct letter {
	GMimeObject *entity;  /* owned; NULL: not read yet */
	GMimeObject *outer;   /* only its header counts; owned; may be NULL */
	GMimeObject *body;    /* borrowed */
	GMimeHeaderList *inner; /* the protected header, or NULL */
	bool hides;           /* hp="cipher": some of it was not to be seen outside */
	struct letter_part *parts;
	size_t part_count;
	bool more_parts;      /* than LETTER_PARTS_MAX */
};

/* protected: the entity is not the message itself. html: of alternatives, the HTML. */
SM_MUST_CHECK int letter_read(struct letter *l, struct sm_bytes outer,
    struct sm_bytes entity, bool is_protected, bool html);
void letter_wipe(struct letter *l);

/* The n-th field of that name as text, or NULL: the protected one where there is a
 * protected header. Addresses with their names decoded. g_free() it. */
char *letter_field(const struct letter *l, const char *name, int n);
/* As it was written outside; NULL when there is none. */
char *letter_outer_field(const struct letter *l, const char *name, int n);
/* Addresses of a field; NULL: none. g_object_unref() it. */
InternetAddressList *letter_addresses(const struct letter *l, const char *name);

/* The contents of a part, its transfer encoding removed. Never NULL; unref it. */
GByteArray *letter_content(const struct letter_part *p);
/* For a part that is shown: its text in UTF-8 (not yet safe for a terminal). */
struct html_found;
SM_MUST_CHECK int letter_text(struct sm_buf *out, struct html_found *found,
    const struct letter *l, const struct letter_part *p);
/* "text/plain"; g_free() it. */
char *letter_part_type(const struct letter_part *p);
/* The name that the sender gave, or NULL. Borrowed. */
const char *letter_part_name(const struct letter_part *p);

#endif
