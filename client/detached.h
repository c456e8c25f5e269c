/* client/detached.h - signatures that stand beside what they are about, for programs
 * that carry the two themselves: git, and mail programs with hooks. */
#ifndef SEALMAIL_CLIENT_DETACHED_H
#define SEALMAIL_CLIENT_DETACHED_H

#include <sealmail/open.h>

#include "input.h"
#include "judging.h"
#include "keys.h"

/* ---- signing ---- */

struct detached {
	struct keys keys;
	struct sm_seal *seal;
	struct sm_buf der;     /* the signature */
};
#define DETACHED_INIT { .der = SM_BUF_INIT }

/* Sign the bytes of in, as the options of the run say (-i, --key). d is given back
 * with detached_free(), also after a failure. */
int detached_sign(struct client *c, struct detached *d, struct input *in);
void detached_free(struct detached *d);

/* ---- judging ---- */

struct judged {
	struct judging judging;
	struct sm_open *open;
};
#define JUDGED_INIT { JUDGING_INIT, NULL }

/* Judge the signature in the file path about the content; from: the address that the
 * signer must be, or NULL. sm_open_report(j->open) has the verdict. j is given back
 * with judged_free(), also after a failure. */
int detached_judge(struct client *c, struct judged *j, const char *path,
    struct input *content, const char *from);
void judged_free(struct judged *j);

#endif
