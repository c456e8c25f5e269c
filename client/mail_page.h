/* client/mail_page.h - a letter as a page for people and as members of --json.
 *
 * What begins in the first column is said by Sealmail; every line of the letter
 * itself is indented, so that no letter can say something in our name. */
#ifndef SEALMAIL_CLIENT_MAIL_PAGE_H
#define SEALMAIL_CLIENT_MAIL_PAGE_H

#include <base/json.h>

#include "mail_letter.h"

enum mail_page_state { MAIL_PAGE_FIELDS, MAIL_PAGE_TEXT, MAIL_PAGE_PARTS };

struct mail_page {
	struct mail_letter *letter;
	unsigned columns;          /* of the terminal; 0: lines are as long as they are */
	struct sm_buf text;        /* for people */
	struct sm_buf json_text;   /* an object: protection, released, fields, ... */
	/* While it is made: */
	struct sm_json json;
	enum mail_page_state state;
	struct sm_buf open_fields; /* names of fields that nothing protects */
	struct sm_buf raw;         /* the text of the part so far */
	bool listed;               /* a part was */
	/* The part that is told of. */
	struct sm_buf part_name, part_type;
	unsigned part_number;
	long long part_size;
	bool part_shown;
};

/* Ask the helper, which has read the letter. p: zero. Returns 0 or an exit status. */
int mail_page_make(struct mail_page *p, struct mail_letter *letter);
void mail_page_free(struct mail_page *p);

#endif
