/* Opening in tests: people, letters, and a source that can play tricks. */
#ifndef SM_TESTS_SMIME_OPEN_KIT_H
#define SM_TESTS_SMIME_OPEN_KIT_H

#include "../support/identity.h"

#include <base/buf.h>
#include <sealmail/open.h>
#include <sealmail/seal.h>

/* An authority that is trusted, and Alice and Bob below it. */
struct people {
	struct mint ca;
	struct identity alice, bob, bob_rsa;
	struct sm_pki *pki;
	struct sm_open_key keys[2];
};
void people_new(struct people *p);
void people_wipe(struct people *p);

/* How a letter is made. */
struct letter {
	bool is_signed, opaque, compress, to_bob, to_bob_rsa;
	const char *cipher;      /* NULL: by the recipients */
	enum sm_seal_form form;
};
/* Append the sealed form of in; it must succeed. */
void letter_make(struct sm_buf *out, const struct people *p,
    const struct letter *l, struct sm_bytes in);
/* The same, the input in pieces of 1 to 100,000 bytes, as rng says. */
void letter_make_cut(struct sm_buf *out, const struct people *p,
    const struct letter *l, struct sm_bytes in, uint64_t *rng);
/* The size of such a piece; half of them are small. */
size_t letter_cut(uint64_t *rng);
/* A signature over in, in DER, without it. */
void letter_detached(struct sm_buf *out, const struct people *p,
    struct sm_bytes in);

/* One opening. Everything is set to what it usually is; a test changes opt before
 * open_run(), which feeds it, finishes it and frees it. */
struct opening {
	struct sm_open_options opt;
	struct sm_bytes in;      /* what is pushed */
	struct sm_buf again;     /* what is read again: a copy, which may change */
	size_t read_max;         /* bytes for one read_at; 0: as many as asked */
	uint64_t fail_at;        /* read_at ends there with SM_E_IO; 0: never */
	uint64_t *rng;           /* pieces of random sizes; NULL: of 100,000 bytes */
	struct sm_buf out;
	unsigned restarts;
	/* what came of it */
	int rc;
	bool released;
	int exit;
	unsigned passes;
};
void opening_new(struct opening *o, const struct people *p,
    struct sm_bytes in, bool provisional);
void opening_run(struct opening *o);
void opening_wipe(struct opening *o);

#endif
