/* mime/scan.h - finding line ends in bulk. Within the room. */
#ifndef SM_MIME_SCAN_H
#define SM_MIME_SCAN_H

#include <sealmail/bytes.h>

/* The first LF that "-" follows, or that is the last byte; in.len when there is
 * none. */
size_t sm_scan_dash_line(struct sm_bytes in);
/* The first LF that no CR stands before; cr: one stood before in. in.len when
 * there is none. */
size_t sm_scan_bare_lf(struct sm_bytes in, bool cr);

#endif
