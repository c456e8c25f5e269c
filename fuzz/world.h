/* fuzz/world.h - the keys, trust and time in which messages are opened. */
#ifndef SM_FUZZ_WORLD_H
#define SM_FUZZ_WORLD_H

#include <sealmail/open.h>

#include "fuzz.h"
#include "identity.h"

#define FUZZ_NOW 1800000000

struct fuzz_world {
	struct sm_open_key keys[2];
	struct sm_bytes secret;
	struct sm_pki *pki;
};

static inline void
fuzz_world_add(struct fuzz_world *w, int i, struct sm_bytes key, struct sm_bytes crt)
{
	struct sm_error err = SM_ERROR_INIT;

	FUZZ_CHECK(sm_key_from_pkcs8(&w->keys[i].key, key, &err) == 0);
	FUZZ_CHECK(sm_cert_parse(&w->keys[i].cert, crt, &err) == 0);
	FUZZ_CHECK(sm_pki_add_anchor(w->pki, w->keys[i].cert) == 0);
}

static inline const struct fuzz_world *
fuzz_world(void)
{
	static struct fuzz_world w;

	if (w.pki != NULL)
		return &w;
	FUZZ_CHECK(sm_pki_new(&w.pki, NULL) == 0);
	fuzz_world_add(&w, 0, sm_bytes(fuzz_ec_key, sizeof fuzz_ec_key),
	    sm_bytes(fuzz_ec_crt, sizeof fuzz_ec_crt));
	fuzz_world_add(&w, 1, sm_bytes(fuzz_rsa_key, sizeof fuzz_rsa_key),
	    sm_bytes(fuzz_rsa_crt, sizeof fuzz_rsa_crt));
	w.secret = sm_bytes_str("fuzz");
	return &w;
}

static inline int
fuzz_read_again(void *ctx, uint64_t offset, void *buf, size_t len, size_t *out_len)
{
	struct sm_bytes all = *(struct sm_bytes *)ctx;

	all = sm_bytes_first(sm_bytes_skip(all, offset < all.len ?
	    (size_t)offset : all.len), len);
	if (all.len > 0)
		memcpy(buf, all.data, all.len);
	*out_len = all.len;
	return 0;
}

#endif
