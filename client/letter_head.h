/* client/letter_head.h - the header that goes out. Within letter.h. */
#ifndef SEALMAIL_CLIENT_LETTER_HEAD_H
#define SEALMAIL_CLIENT_LETTER_HEAD_H

#include "letter.h"

/* The field that `sealmail mail` puts on a draft with text of an encrypted message; its
 * value: the addresses that had it. */
#define LETTER_MARK "X-Sealmail-From-Encrypted"

int letter_name_add(struct letter *l, struct letter_names *to, const char *name);
/* The i-th field holds names of aliases: who stands there, the names too, goes to out.
 * *understood is false when something is neither address nor alias. */
int letter_head_names(struct letter *l, size_t i, struct letter_names *out,
    const struct aliases *aliases, bool *understood);
/* Make l->head of everything that was read. */
int letter_head_make(struct letter *l);

#endif
