/* client/attachment.h - what a letter brings along: the name it is saved under, and
 * whether it is a program, or something that calls itself another thing.
 *
 * Names, types and bytes are the sender's, who wants them to be opened. */
#ifndef SEALMAIL_CLIENT_ATTACHMENT_H
#define SEALMAIL_CLIENT_ATTACHMENT_H

#include <base/buf.h>

enum { ATTACHMENT_NAME_BYTES = 150 };

/* A file name from the one given (may be empty): without folders, characters that
 * cannot be seen or turn the direction of writing, a dot or dash at its begin; the
 * extension stays at its end. Terminated by a NUL that does not count. */
SM_MUST_CHECK int attachment_name(struct sm_buf *out, const char *given,
    const char *type, unsigned number);

/* Why it should not be trusted to be what it says, as a sentence; NULL: nothing was
 * noticed. given: the name as it came; head: its first bytes, 512 are enough. */
const char *attachment_warning(const char *given, const char *type,
    struct sm_bytes head);

#endif
