/* client/pem.h - PEM blocks of revocation evidence (RFC 7468). */
#ifndef SEALMAIL_CLIENT_PEM_H
#define SEALMAIL_CLIENT_PEM_H

#include <base/buf.h>

enum { PEM_MALFORMED = -1, PEM_NO_MEMORY = -2 };

/* Call each with the bytes of every block of that label in text; *found counts
 * them. Returns 0, what each returned when not 0, or one of the above. */
int pem_each(struct sm_bytes text, const char *label,
    int (*each)(void *ctx, struct sm_bytes der), void *ctx, size_t *found);

#endif
