/* Keys whose operations are done elsewhere. Exports sm_key_remote_new of
 * sealmail/key.h. */
#include <base/der.h>
#include <base/try.h>
#include <crypto/key_object.h>
#include <crypto/pubkey_impl.h>

#include <stdlib.h>

struct key_remote {
	struct sm_key base; /* first: struct sm_key is the face of it */
	struct sm_key_remote remote;
};

static const struct sm_key_remote *
key_remote(struct sm_key *k)
{
	return &((struct key_remote *)k)->remote;
}

/* ---- signing ---- */

/* DigestInfo ::= SEQUENCE { digestAlgorithm, digest OCTET STRING }, RFC 8017
 * appendix A.2.4: parameters NULL. */
static int
remote_digest_info(struct sm_buf *out, const struct sm_digest_value *digest)
{
	struct sm_derw w;
	size_t seq, alg;

	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	alg = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_alg_get(digest->alg)->oid);
	sm_derw_null(&w);
	sm_derw_end(&w, alg);
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(digest->data, digest->len));
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

/* A positive INTEGER of big-endian bytes. */
static int
remote_write_number(struct sm_derw *w, struct sm_bytes n)
{
	struct sm_buf value = SM_BUF_INIT;
	int rc;

	while (n.len > 1 && n.data[0] == 0) {
		n.data++;
		n.len--;
	}
	rc = n.data[0] >= 0x80 ? sm_buf_append_byte(&value, 0) : SM_OK;
	if (rc == 0)
		rc = sm_buf_append(&value, n);
	if (rc == 0)
		sm_derw_add(w, SM_DER_INTEGER, sm_buf_bytes(&value));
	sm_buf_free(&value);
	return rc;
}

/* Ecdsa-Sig-Value, RFC 5480 appendix A. */
static int
remote_ecdsa_der(struct sm_buf *out, struct sm_bytes rs)
{
	struct sm_derw w;
	size_t half = rs.len / 2, seq;

	if (half == 0 || rs.len % 2 != 0)
		return SM_E_CRYPTO;
	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	SM_TRY(remote_write_number(&w, sm_bytes(rs.data, half)));
	SM_TRY(remote_write_number(&w, sm_bytes(rs.data + half, half)));
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

static int
remote_sign_ecdsa(struct sm_key *k, struct sm_buf *sig,
    const struct sm_digest_value *digest)
{
	struct sm_remote_op op = { .name = "ecdsa" };
	struct sm_bytes in = sm_bytes_first(sm_bytes(digest->data, digest->len),
	    (k->pub->bits + 7) / 8);
	struct sm_buf rs = SM_BUF_INIT;
	struct sm_sink out = sm_buf_sink(&rs);
	int rc = key_remote(k)->sign(key_remote(k)->ctx, &op, in, &out);

	if (rc == 0)
		rc = remote_ecdsa_der(sig, sm_buf_bytes(&rs));
	sm_buf_free(&rs);
	return rc;
}

static int
remote_sign_rsa(struct sm_key *k, struct sm_buf *sig, const struct sm_sig_alg *alg,
    const struct sm_digest_value *digest)
{
	struct sm_remote_op op = { .name = "rsa-pkcs1" };
	struct sm_buf info = SM_BUF_INIT;
	struct sm_sink out = sm_buf_sink(sig);
	struct sm_bytes in = sm_bytes(digest->data, digest->len);
	int rc = SM_OK;

	if (sm_sig_alg_family(alg->alg->id) == SM_SIG_RSA_PSS) {
		op.name = "rsa-pss";
		op.digest = op.mgf_digest = sm_alg_get(alg->digest)->name;
		op.salt_len = alg->salt_len;
	} else {
		rc = remote_digest_info(&info, digest);
		in = sm_buf_bytes(&info);
	}
	if (rc == 0)
		rc = key_remote(k)->sign(key_remote(k)->ctx, &op, in, &out);
	sm_buf_free(&info);
	return rc;
}

static int
remote_sign_any(struct sm_key *k, struct sm_buf *sig, const struct sm_sig_alg *alg,
    struct sm_bytes tbs)
{
	struct sm_remote_op pure = { .name = "eddsa" };
	struct sm_sink out = sm_buf_sink(sig);
	struct sm_digest_value digest;

	switch (sm_sig_alg_family(alg->alg->id)) {
	case SM_SIG_PURE:
		return key_remote(k)->sign(key_remote(k)->ctx, &pure, tbs, &out);
	case SM_SIG_ECDSA:
		SM_TRY(sm_digest(&digest, alg->digest, tbs));
		return remote_sign_ecdsa(k, sig, &digest);
	case SM_SIG_RSA_PKCS1:
	case SM_SIG_RSA_PSS:
		SM_TRY(sm_digest(&digest, alg->digest, tbs));
		return remote_sign_rsa(k, sig, alg, &digest);
	default:
		return SM_E_UNSUPPORTED;
	}
}

/* What does not verify would be believed by nobody, and a signature that was made
 * with a fault can give an RSA key away (Boneh, DeMillo, Lipton 1997). */
static int
remote_sign(struct sm_key *k, struct sm_buf *sig, const struct sm_sig_alg *alg,
    struct sm_bytes tbs)
{
	struct sm_buf made = SM_BUF_INIT;
	bool good = false;
	int rc = remote_sign_any(k, &made, alg, tbs);

	if (rc == 0)
		rc = sm_pubkey_verify(&good, k->pub, alg, tbs, sm_buf_bytes(&made));
	if (rc == 0)
		rc = good ? sm_buf_append(sig, sm_buf_bytes(&made)) : SM_E_CRYPTO;
	sm_buf_free(&made);
	return rc;
}

/* ---- decrypting ---- */

static int
remote_rsa_raw(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	struct sm_remote_op op = { .name = "rsa-raw" };
	struct sm_sink out = sm_buf_sink(em);

	return key_remote(k)->decrypt(key_remote(k)->ctx, &op, c, &out);
}

static int
remote_rsa_padded(struct sm_key *k, struct sm_buf *message,
    const struct sm_rsa_oaep *oaep, struct sm_bytes c)
{
	struct sm_remote_op op = { .name = "rsa-pkcs1" };
	struct sm_sink out = sm_buf_sink(message);

	if (oaep != NULL) {
		op.name = "rsa-oaep";
		op.digest = sm_alg_get(oaep->digest)->name;
		op.mgf_digest = sm_alg_get(oaep->mgf_digest)->name;
		op.label = oaep->label;
	}
	return key_remote(k)->decrypt(key_remote(k)->ctx, &op, c, &out);
}

static int
remote_derive(struct sm_key *k, struct sm_buf *secret, const struct sm_pubkey *peer)
{
	struct sm_sink out = sm_buf_sink(secret);

	return key_remote(k)->derive(key_remote(k)->ctx, peer->key_bits, &out);
}

/* ---- the object ---- */

static void
remote_free(struct sm_key *k)
{
	const struct sm_key_remote *r = key_remote(k);

	if (r->free != NULL)
		r->free(r->ctx);
	free(k);
}

static const struct sm_key_ops remote_ops_none = { .free = remote_free };

/* What the place or the type of key lacks has no operation. */
static const struct sm_key_ops *
remote_ops(const struct sm_key_remote *r, enum sm_key_type type)
{
	static const struct sm_key_ops rsa = { .sign = remote_sign,
		.rsa_raw = remote_rsa_raw, .rsa_padded = remote_rsa_padded,
		.free = remote_free };
	static const struct sm_key_ops ec = { .sign = remote_sign,
		.derive = remote_derive, .free = remote_free };
	static const struct sm_key_ops sign = { .sign = remote_sign,
		.free = remote_free };
	static const struct sm_key_ops agree = { .derive = remote_derive,
		.free = remote_free };
	bool signs = r->sign != NULL;

	switch (type) {
	case SM_KEY_RSA:
		return signs && r->decrypt != NULL ? &rsa : signs ? &sign : &remote_ops_none;
	case SM_KEY_EC:
		return signs && r->derive != NULL ? &ec : signs ? &sign : &remote_ops_none;
	case SM_KEY_RSA_PSS:
	case SM_KEY_ED25519:
	case SM_KEY_ED448:
		return signs ? &sign : &remote_ops_none;
	case SM_KEY_X25519:
	case SM_KEY_X448:
		return r->derive != NULL ? &agree : &remote_ops_none;
	default:
		return &remote_ops_none;
	}
}

int
sm_key_remote_new(struct sm_key **out, struct sm_bytes spki,
    const struct sm_key_remote *remote, struct sm_error *err)
{
	struct key_remote *r = calloc(1, sizeof(*r));
	int rc;

	*out = NULL;
	if (r == NULL)
		return SM_E_NOMEM;
	r->base.ops = &remote_ops_none; /* sm_key_free() needs a table */
	rc = sm_key_object_init(&r->base, &remote_ops_none, spki, err);
	if (rc != 0) {
		sm_key_free(&r->base);
		return rc;
	}
	r->remote = *remote;
	r->base.ops = remote_ops(remote, r->base.type);
	*out = &r->base;
	return SM_OK;
}
