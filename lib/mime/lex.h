/* mime/lex.h - the words of RFC 5322 and RFC 2045 that field values share.
 *
 * A struct sm_bytes is the cursor, consumed from its front. Within the room. */
#ifndef SM_MIME_LEX_H
#define SM_MIME_LEX_H

#include <base/buf.h>

/* Equal without regard to ASCII case; no locale is asked. */
bool sm_lex_same_word(struct sm_bytes a, struct sm_bytes b);
uint8_t sm_lex_lower(uint8_t c);

bool sm_lex_is_blank(uint8_t c); /* space, tab, CR, LF: folding included */
bool sm_lex_is_atext(uint8_t c); /* RFC 5322 section 3.2.3, and bytes from 0x80 */

/* Skip blanks and (nested) comments. False when a comment does not end. */
SM_MUST_CHECK bool sm_lex_cfws(struct sm_bytes *in);

/* Consume c if it comes next. */
bool sm_lex_take(struct sm_bytes *in, uint8_t c);

/* The longest run of bytes for which is() holds, possibly empty. */
struct sm_bytes sm_lex_run(struct sm_bytes *in, bool (*is)(uint8_t c));

/* A quoted string, its quotes, escapes and folding removed, appended to out.
 * *ok false when it does not end. SM_E_NOMEM. */
SM_MUST_CHECK int sm_lex_quoted(struct sm_bytes *in, struct sm_buf *out,
    bool *ok);

/* A number of lo to hi decimal digits (hi <= 9), no more digits behind it. */
SM_MUST_CHECK bool sm_lex_number(struct sm_bytes *in, unsigned lo, unsigned hi,
    int *value);

#endif
