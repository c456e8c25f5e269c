/* client/mailbox/html_tag.h - one tag of HTML: its name, and what of its attributes
 * says where it leads and whether it is seen. */
#ifndef SEALMAIL_MAILBOX_HTML_TAG_H
#define SEALMAIL_MAILBOX_HTML_TAG_H

#include <base/buf.h>

enum { HTML_NAME_CHARS = 15 };

struct html_tag {
	char name[HTML_NAME_CHARS + 1]; /* lower case; a longer name is cut */
	bool end;                       /* </name> */
	bool empty;                     /* <name/> */
	bool hidden;                    /* by attribute or style */
	struct sm_bytes href, source, alt; /* as written; len 0: none */
	bool styled_url;                /* its style fetches something */
};

/* The tag that `in` begins with (its first byte is '<'). Returns its length; 0 when
 * it is none and '<' is just a character. Comments and declarations are tags without
 * a name. One that does not end takes the rest, as in browsers. */
size_t html_tag_read(struct html_tag *tag, struct sm_bytes in);

/* ASCII case aside. */
bool html_same_word(struct sm_bytes a, const char *word);

#endif
