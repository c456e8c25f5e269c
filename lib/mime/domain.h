/* mime/domain.h - domains of mail addresses. Within the room.
 *
 * Labels are letters, digits and hyphens, or UTF-8 (RFC 6532). A label beyond
 * ASCII is compared in its A-label form (RFC 3492); of the mappings of IDNA only
 * ASCII lower case is applied, and a label that another mapping would change is not
 * valid: it must be written in small letters, composed. */
#ifndef SM_MIME_DOMAIN_H
#define SM_MIME_DOMAIN_H

#include <stdint.h>

#include <sealmail/bytes.h>
#include <sealmail/stream.h>

/* Well-formed UTF-8 (RFC 3629), without C1 controls. */
bool sm_domain_utf8_ok(struct sm_bytes in);
bool sm_domain_valid(struct sm_bytes domain);
/* Is the character beyond ASCII what IDNA's mappings leave as it is? (idna_form.c) */
bool sm_domain_point_mapped(int32_t point);
/* Both must be valid. */
bool sm_domain_equal(struct sm_bytes a, struct sm_bytes b);
/* The form that all equal ones share: A-labels in lower case. It must be valid. */
SM_MUST_CHECK int sm_domain_canonical(const struct sm_sink *out,
    struct sm_bytes domain);

#endif
