#include <base/der.h>
#include <base/try.h>
#include <cms/kari.h>

#include <stdlib.h>

/* Of RecipientEncryptedKeys in one KeyAgreeRecipientInfo: a reader collects it
 * whole (limit asn1_object_bytes). */
#define KARI_KEYS_MAX ((size_t)48 << 10)

/* What we write for a key: RFC 5753 section 8, RFC 8418 section 2. */
static const struct sm_alg *
kari_scheme(const struct sm_pubkey *pub)
{
	unsigned bits = sm_pubkey_bits(pub);

	switch (sm_pubkey_type(pub)) {
	case SM_KEY_X25519:
		return sm_alg_get(SM_ECDH_HKDF_SHA256);
	case SM_KEY_X448:
		return sm_alg_get(SM_ECDH_HKDF_SHA512);
	case SM_KEY_EC:
		return sm_alg_get(bits <= 256 ? SM_ECDH_SHA256KDF :
		    bits <= 384 ? SM_ECDH_SHA384KDF : SM_ECDH_SHA512KDF);
	default:
		return NULL;
	}
}

static bool
kari_is_kind(const struct sm_pubkey *pub, enum sm_recipient_kind kind)
{
	switch (sm_pubkey_type(pub)) {
	case SM_KEY_X25519:
		return kind == SM_RCPT_X25519;
	case SM_KEY_X448:
		return kind == SM_RCPT_X448;
	case SM_KEY_EC:
		return kind == SM_RCPT_ECDH;
	default:
		return false;
	}
}

static void
kari_group_wipe(struct sm_kari_group *g)
{
	sm_pubkey_free(g->like);
	sm_key_free(g->ephemeral);
	sm_buf_free(&g->info);
	sm_buf_free(&g->keys);
	sm_buf_free(&g->z);
	sm_buf_free(&g->kek);
	sm_buf_free(&g->wrapped);
}

void
sm_kari_writer_wipe(struct sm_kari_writer *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		kari_group_wipe(&k->groups[i]);
	free(k->groups);
	k->groups = NULL;
	k->count = 0;
}

/* No ukm: the ephemeral key is new in every message. */
static int
kari_group_info(struct sm_kari_group *g)
{
	struct sm_buf wrap = SM_BUF_INIT;
	struct sm_derw w;
	int rc;

	sm_derw_init(&w, &wrap);
	sm_derw_algorithm(&w, g->wrap->oid, sm_bytes(NULL, 0));
	rc = sm_derw_status(&w);
	if (rc == 0)
		rc = sm_kari_info(&g->info, sm_buf_bytes(&wrap), NULL,
		    g->wrap->key_bytes);
	sm_buf_free(&wrap);
	return rc;
}

/* A new group for the curve of *pub, which it takes over. */
static int
kari_group_new(struct sm_kari_group **out, struct sm_kari_writer *k,
    struct sm_pubkey **pub, size_t cek_len)
{
	struct sm_kari_group *g;

	g = realloc(k->groups, (k->count + 1) * sizeof(*g));
	if (g == NULL)
		return SM_E_NOMEM;
	k->groups = g;
	g = &k->groups[k->count++];
	memset(g, 0, sizeof(*g));
	g->z.secret = true;
	g->kek.secret = true;
	g->like = *pub;
	*pub = NULL;
	g->scheme = kari_scheme(g->like);
	g->wrap = sm_recipient_wrap(cek_len);
	if (g->scheme == NULL || g->wrap == NULL)
		return SM_E_USAGE;
	SM_TRY(sm_key_ephemeral(&g->ephemeral, g->like));
	*out = g;
	return kari_group_info(g);
}

static struct sm_kari_group *
kari_group_of(struct sm_kari_writer *k, const struct sm_pubkey *pub)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (sm_pubkey_same_group(k->groups[i].like, pub))
			return &k->groups[i];
	return NULL;
}

static void
kari_put_scheme(struct sm_derw *w, const struct sm_kari_group *g)
{
	size_t alg = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_oid(w, g->scheme->oid);
	sm_derw_algorithm(w, g->wrap->oid, sm_bytes(NULL, 0));
	sm_derw_end(w, alg);
}

/* originatorKey is a SubjectPublicKeyInfo under another tag. */
static int
kari_put_originator(struct sm_derw *w, const struct sm_kari_group *g)
{
	struct sm_bytes spki = sm_key_spki(g->ephemeral);
	struct sm_bytes contents;
	size_t field;

	if (!sm_der_get(&spki, SM_DER_SEQUENCE, &contents))
		return SM_E_CRYPTO;
	field = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	sm_derw_add(w, SM_DER_CTX_CONS(1), contents);
	sm_derw_end(w, field);
	return SM_OK;
}

/* Write what the group has gathered. */
static int
kari_flush(struct sm_kari_group *g, struct sm_buf *out)
{
	struct sm_derw w;
	size_t info;

	if (g->keys.len == 0)
		return SM_OK;
	sm_derw_init(&w, out);
	info = sm_derw_begin(&w, SM_DER_CTX_CONS(1));
	sm_derw_uint(&w, 3);
	SM_TRY(kari_put_originator(&w, g));
	kari_put_scheme(&w, g);
	sm_derw_add(&w, SM_DER_SEQUENCE, sm_buf_bytes(&g->keys));
	sm_derw_end(&w, info);
	sm_buf_clear(&g->keys);
	return sm_derw_status(&w);
}

/* RecipientEncryptedKey for one certificate. */
static int
kari_gather(struct sm_kari_group *g, const struct sm_pubkey *pub,
    const struct sm_cert *cert, struct sm_bytes cek)
{
	struct sm_derw w;
	size_t seq;

	sm_buf_clear(&g->z);
	sm_buf_clear(&g->kek);
	sm_buf_clear(&g->wrapped);
	SM_TRY(sm_key_agree(g->ephemeral, &g->z, pub));
	SM_TRY(sm_kari_kek(&g->kek, g->scheme, g->wrap->key_bytes,
	    sm_buf_bytes(&g->z), NULL, sm_buf_bytes(&g->info)));
	SM_TRY(sm_wrap(&g->wrapped, g->wrap->id, sm_buf_bytes(&g->kek), cek));
	sm_derw_init(&w, &g->keys);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_recipient_put_rid(&w, cert);
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&g->wrapped));
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

static int
kari_add(struct sm_kari_writer *k, struct sm_buf *out, struct sm_pubkey **pub,
    const struct sm_cert *cert, struct sm_bytes cek)
{
	struct sm_kari_group *g = kari_group_of(k, *pub);
	const struct sm_pubkey *peer = *pub;

	if (g == NULL)
		SM_TRY(kari_group_new(&g, k, pub, cek.len));
	SM_TRY(kari_gather(g, peer, cert, cek));
	return g->keys.len < KARI_KEYS_MAX ? SM_OK : kari_flush(g, out);
}

int
sm_kari_writer_add(struct sm_kari_writer *k, struct sm_buf *out,
    const struct sm_recipient_new *r, struct sm_bytes cek, struct sm_error *err)
{
	struct sm_pubkey *pub = NULL;
	int rc;

	SM_TRY(sm_pubkey_new(&pub, sm_cert_spki(r->cert), err));
	if (kari_is_kind(pub, r->kind))
		rc = kari_add(k, out, &pub, r->cert, cek);
	else
		rc = sm_error_set(err, SM_E_USAGE, "recipient-key-type", NULL,
		    "The certificate of %s holds no key for %s; choose another "
		    "certificate.", sm_cert_subject_text(r->cert),
		    sm_recipient_kind_name(r->kind));
	sm_pubkey_free(pub);
	return rc;
}

int
sm_kari_writer_finish(struct sm_kari_writer *k, struct sm_buf *out)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		SM_TRY(kari_flush(&k->groups[i], out));
	return SM_OK;
}
