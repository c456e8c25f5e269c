/* Keys that are fetched when they are needed. Exports sm_key_lazy_new of
 * sealmail/key.h. */
#include <base/try.h>
#include <crypto/key_object.h>

#include <stdlib.h>

struct key_lazy {
	struct sm_key base; /* first: struct sm_key is the face of it */
	struct sm_key_loader loader;
	struct sm_key *real;
};

/* What was fetched must be the key that was announced: a store with exchanged
 * files must not sign for somebody else. */
static int
key_lazy_fetch(struct sm_key *k, struct sm_key **out)
{
	struct key_lazy *l = (struct key_lazy *)k;

	if (l->real == NULL) {
		SM_TRY(l->loader.load(l->loader.ctx, &l->real));
		if (!sm_key_fits(l->real, sm_key_spki(k))) {
			sm_key_free(l->real);
			l->real = NULL;
			return SM_E_FORMAT;
		}
		memcpy(k->reject, l->real->reject, sizeof(k->reject));
	}
	*out = l->real;
	return SM_OK;
}

static int
key_lazy_sign(struct sm_key *k, struct sm_buf *sig,
    const struct sm_sig_alg *alg, struct sm_bytes tbs)
{
	struct sm_key *real;

	SM_TRY(key_lazy_fetch(k, &real));
	return sm_key_sign(real, sig, alg, tbs, NULL);
}

static int
key_lazy_rsa_raw(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	struct sm_key *real;

	SM_TRY(key_lazy_fetch(k, &real));
	return real->ops->rsa_raw != NULL ? real->ops->rsa_raw(real, em, c) :
	    SM_E_USAGE;
}

static int
key_lazy_rsa_padded(struct sm_key *k, struct sm_buf *message,
    const struct sm_rsa_oaep *oaep, struct sm_bytes c)
{
	struct sm_key *real;

	SM_TRY(key_lazy_fetch(k, &real));
	return real->ops->rsa_padded != NULL ?
	    real->ops->rsa_padded(real, message, oaep, c) : SM_E_UNSUPPORTED;
}

static int
key_lazy_derive(struct sm_key *k, struct sm_buf *secret,
    const struct sm_pubkey *peer)
{
	struct sm_key *real;

	SM_TRY(key_lazy_fetch(k, &real));
	return real->ops->derive != NULL ? real->ops->derive(real, secret, peer) :
	    SM_E_USAGE;
}

static int
key_lazy_pkcs8(struct sm_key *k, struct sm_buf *out, struct sm_error *err)
{
	struct sm_key *real;

	SM_TRY(key_lazy_fetch(k, &real));
	return sm_key_to_pkcs8(out, real, err);
}

static void
key_lazy_free(struct sm_key *k)
{
	sm_key_free(((struct key_lazy *)k)->real);
	free(k);
}

#define LAZY_REST .pkcs8 = key_lazy_pkcs8, .free = key_lazy_free

/* As for the keys behind them: what a type cannot do has no operation. */
static const struct sm_key_ops key_lazy_ops_rsa = {
	.sign = key_lazy_sign, .rsa_raw = key_lazy_rsa_raw,
	.rsa_padded = key_lazy_rsa_padded, LAZY_REST
};
static const struct sm_key_ops key_lazy_ops_ec = {
	.sign = key_lazy_sign, .derive = key_lazy_derive, LAZY_REST
};
static const struct sm_key_ops key_lazy_ops_sign = {
	.sign = key_lazy_sign, LAZY_REST
};
static const struct sm_key_ops key_lazy_ops_agree = {
	.derive = key_lazy_derive, LAZY_REST
};
static const struct sm_key_ops key_lazy_ops_none = { LAZY_REST };

static const struct sm_key_ops *
key_lazy_ops(enum sm_key_type type)
{
	switch (type) {
	case SM_KEY_RSA:
		return &key_lazy_ops_rsa;
	case SM_KEY_EC:
		return &key_lazy_ops_ec;
	case SM_KEY_RSA_PSS:
	case SM_KEY_ED25519:
	case SM_KEY_ED448:
		return &key_lazy_ops_sign;
	case SM_KEY_X25519:
	case SM_KEY_X448:
		return &key_lazy_ops_agree;
	default:
		return &key_lazy_ops_none;
	}
}

int
sm_key_lazy_new(struct sm_key **out, struct sm_bytes spki,
    const struct sm_key_loader *loader, struct sm_error *err)
{
	struct key_lazy *l = calloc(1, sizeof(*l));
	int rc;

	*out = NULL;
	if (l == NULL)
		return SM_E_NOMEM;
	l->loader = *loader;
	l->base.ops = &key_lazy_ops_none; /* sm_key_free() needs a table */
	rc = sm_key_object_init(&l->base, &key_lazy_ops_none, spki, err);
	if (rc != 0) {
		sm_key_free(&l->base);
		return rc;
	}
	l->base.ops = key_lazy_ops(l->base.type);
	*out = &l->base;
	return SM_OK;
}
