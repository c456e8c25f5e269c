/* client/fetching.h - revocation evidence and issuers, from the cache and the network.
 *
 * What lies in HOME/cache and holds still is used without a question. The network is
 * asked when the user wants it: --online, --require-revocation, or the keys
 * fetch-revocation and fetch-intermediates of HOME/config; never with --offline. By
 * default it is not: an OCSP request tells the authority, and whoever is on the way,
 * that this mail is being read now.
 *
 * Revocation is asked about paths that lead to a trusted root, so that an authority
 * that is trusted wrote the address. The issuer that a certificate lacks is at an
 * address that anybody may have written: that is for fetch-intermediates alone.
 *
 * Only evidence that speaks, with a signature that holds, is believed or cached. */
#ifndef SEALMAIL_CLIENT_FETCHING_H
#define SEALMAIL_CLIENT_FETCHING_H

#include <sealmail/trust.h>

#include "cache.h"
#include "helper.h"

enum fetching_level { FETCH_NOTHING, FETCH_LISTS, FETCH_ALL };
enum { FETCHING_ASKED = 16 };

struct fetching {
	struct client *c;
	enum fetching_level revocation;
	bool issuers;
	bool private_revocation, private_issuers; /* may lead into one's own network */
	bool tells;                   /* the user asked: say what could not be had */
	struct cache cache;
	struct helper helper[2];      /* [1]: may reach private addresses */
	bool running[2], broken;
	int64_t deadline;             /* by frame_deadline(); 0: nothing asked yet */
	struct {
		enum sm_url_kind what;
		uint8_t sha256[32];
	} asked[FETCHING_ASKED];      /* certificates asked about */
	size_t asked_count;
};

/* Read the settings. Returns 0 or an exit status, said already. Given back with
 * fetching_end(), also after a failure. */
int fetching_begin(struct client *c, struct fetching *f);
void fetching_end(struct fetching *f);
/* Evidence about every certificate of the path (leaf first, anchor last) goes to pki.
 * 1: something was added; 0; SM_E_NOMEM. What could not be had is no fault. */
int fetching_revocation(struct fetching *f, struct sm_pki *pki,
    const struct sm_certs *path);
/* The certificate of cert's issuer goes to pki. */
int fetching_issuer(struct fetching *f, struct sm_pki *pki, struct sm_cert *cert);

#endif
