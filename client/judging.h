/* client/judging.h - by which roots and evidence signers are judged.
 *
 * With --trust: by the roots named, and nothing under HOME is read for it. Else by
 * those of HOME/trust, which are read when the first signature is judged: mail that
 * nobody signed needs none. --certs, --crl and --ocsp add to both, and what
 * fetching.h has or may ask for. */
#ifndef SEALMAIL_CLIENT_JUDGING_H
#define SEALMAIL_CLIENT_JUDGING_H

#include <sealmail/open.h>

#include "client.h"

struct fetching;

struct judging {
	struct client *c;
	struct sm_pki *pki;
	struct fetching *fetching; /* once something was asked */
	int fault;      /* exit status of roots or evidence that could not be had */
};
#define JUDGING_INIT { NULL, NULL, NULL, 0 }

/* Read the files that are named. j is given back with judging_end(), also after a
 * failure. */
int judging_begin(struct client *c, struct judging *j);
/* Let an opening judge by it; j stays where it is while the opening lives. */
void judging_options(struct judging *j, struct sm_open_options *o);
void judging_end(struct judging *j);

#endif
