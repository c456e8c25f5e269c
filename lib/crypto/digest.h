/* crypto/digest.h - message digests, several over one stream. */
#ifndef SM_CRYPTO_DIGEST_H
#define SM_CRYPTO_DIGEST_H

#include <crypto/alg.h>

#define SM_DIGEST_MAX 64

struct sm_digest_value {
	enum sm_alg_id alg;
	uint8_t data[SM_DIGEST_MAX];
	size_t len;
};

/* One shot. 0, SM_E_UNSUPPORTED, SM_E_NOMEM. */
SM_MUST_CHECK int sm_digest(struct sm_digest_value *out, enum sm_alg_id alg,
    struct sm_bytes in);

/* A set of digests over the same bytes; at most 8 algorithms. */
struct sm_digest_set;
SM_MUST_CHECK int sm_digest_set_new(struct sm_digest_set **out);
void sm_digest_set_free(struct sm_digest_set *s);
/* Adding one twice is fine. SM_E_UNSUPPORTED when libcrypto lacks it, SM_E_LIMIT
 * past 8, SM_E_USAGE after the first update. */
SM_MUST_CHECK int sm_digest_set_add(struct sm_digest_set *s, enum sm_alg_id alg);
SM_MUST_CHECK int sm_digest_set_update(struct sm_digest_set *s, struct sm_bytes in);
/* End; then values can be asked for. */
SM_MUST_CHECK int sm_digest_set_finish(struct sm_digest_set *s);
/* NULL when that digest was not in the set. */
const struct sm_digest_value *sm_digest_set_get(const struct sm_digest_set *s,
    enum sm_alg_id alg);

#endif
