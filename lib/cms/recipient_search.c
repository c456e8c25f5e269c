#include <base/der.h>
#include <base/try.h>
#include <cms/recipient.h>

#include <stdlib.h>

void
sm_recipient_search_init(struct sm_recipient_search *s,
    struct sm_recipients *list, const struct sm_open_secrets *secrets,
    size_t cek_len)
{
	memset(s, 0, sizeof(*s));
	s->list = list;
	s->secrets = secrets;
	s->limits = list->limits;
	s->err = list->err;
	s->cek_len = cek_len;
	s->cek.secret = true;
}

void
sm_recipient_search_wipe(struct sm_recipient_search *s)
{
	sm_buf_free(&s->cek);
	free(s->openers);
	sm_wipe(s, sizeof(*s));
}

/* The key identifier that a certificate without the extension goes by: SHA-1 of
 * the bits of its public key (RFC 5280 section 4.2.1.2, method 1). */
static void
opener_key_id(struct sm_opener_info *info, const struct sm_cert *cert)
{
	struct sm_bytes spki = sm_cert_spki(cert);
	struct sm_bytes oid, params, bits;
	struct sm_digest_value d;

	if (sm_cert_ski(cert).len != 0 ||
	    !sm_der_get(&spki, SM_DER_SEQUENCE, &spki) ||
	    !sm_der_get_algorithm(&spki, &oid, &params) ||
	    !sm_der_get_bits(&spki, &bits))
		return;
	if (sm_digest(&d, SM_SHA1, bits) != 0 || d.len != sizeof(info->key_id))
		return;
	memcpy(info->key_id, d.data, d.len);
	info->has_key_id = true;
}

static void
opener_look(struct sm_opener_info *info, const struct sm_opener *opener)
{
	if (opener->key == NULL)
		return;
	info->type = sm_key_type(opener->key);
	if (opener->cert != NULL)
		opener_key_id(info, opener->cert);
	if (info->type == SM_KEY_RSA)
		info->rsa_len = ((size_t)sm_pubkey_bits(
		    sm_key_public(opener->key)) + 7) / 8;
}

static bool
opener_is(const struct sm_opener_info *info, const struct sm_cert_id *id)
{
	return info->has_key_id && id->is_ski &&
	    sm_bytes_equal(id->ski, sm_bytes(info->key_id, sizeof(info->key_id)));
}

enum sm_addressed
sm_recipient_search_addressed(struct sm_recipient_search *s, size_t opener,
    size_t i, const struct sm_cert_id *id)
{
	const struct sm_cert *cert = s->secrets->openers[opener].cert;

	if (s->openers[opener].type == 0)
		return SM_ADDRESSED_NO;
	if (cert == NULL)
		return SM_ADDRESSED_MAYBE;
	if (!sm_cert_id_matches(id, cert) && !opener_is(&s->openers[opener], id))
		return SM_ADDRESSED_NO;
	sm_recipients_mine(s->list, i);
	return SM_ADDRESSED_YES;
}

int
sm_recipient_search_spend(struct sm_recipient_search *s)
{
	if (s->tries >= s->limits->recipient_tries)
		return sm_error_set(s->err, SM_E_LIMIT, "recipient-tries", NULL,
		    "More than %u private-key operations would be needed to find "
		    "the recipient; give the key together with its certificate, "
		    "or raise the limit \"recipient_tries\".",
		    s->limits->recipient_tries);
	s->tries++;
	return SM_OK;
}

void
sm_recipient_search_skip(struct sm_recipient_search *s, int status,
    const char *reason, const char *rfc, const char *text, const char *name)
{
	sm_error_set(&s->pending, status, reason, rfc,
	    "The content key is %s%s%s; ask the sender to encrypt in another "
	    "way.", text, name[0] != '\0' ? " " : "", name);
}

int
sm_recipient_search_fault(struct sm_recipient_search *s, int rc)
{
	switch (rc) {
	case SM_E_UNSUPPORTED:
		sm_recipient_search_skip(s, rc, "key-management-unsupported",
		    NULL, "encrypted by an algorithm that is missing here", "");
		return SM_OK;
	case SM_E_AUTH:
	case SM_E_FORMAT:
	case SM_E_CRYPTO:
		return SM_OK;
	default:
		return rc;
	}
}

int
sm_recipient_search_take(struct sm_recipient_search *s, size_t i,
    struct sm_bytes cek)
{
	if (cek.len != s->cek_len)
		return SM_OK;
	sm_buf_clear(&s->cek);
	SM_TRY(sm_buf_append(&s->cek, cek));
	s->found = true;
	sm_recipients_mine(s->list, i);
	return SM_OK;
}

int
sm_recipient_search_unwrap(struct sm_recipient_search *s, size_t i,
    enum sm_alg_id wrap, struct sm_bytes kek, struct sm_bytes wrapped)
{
	struct sm_buf cek = SM_BUF_SECRET_INIT;
	int rc;

	/* No wrap adds more than two blocks of 8 bytes to the content key. */
	if (wrapped.len > s->cek_len + 16)
		return SM_OK;
	rc = sm_unwrap(&cek, wrap, kek, wrapped);
	if (rc == 0)
		rc = sm_recipient_search_take(s, i, sm_buf_bytes(&cek));
	else
		rc = sm_recipient_search_fault(s, rc);
	sm_buf_free(&cek);
	return rc;
}

/* Keeps the compiler from learning that a mask is 0 or all ones. */
static size_t
opaque(size_t mask)
{
	__asm__("" : "+r"(mask));
	return mask;
}

int
sm_recipient_search_offer(struct sm_recipient_search *s, size_t i,
    struct sm_bytes cek, uint8_t ok_mask)
{
	size_t mask, n;
	uint8_t m;

	if (cek.len != s->cek_len)
		return SM_E_CRYPTO;
	s->tried = true;
	if (s->cek.len == 0) {
		s->ok_mask = ok_mask;
		s->chosen = i;
		return sm_buf_append(&s->cek, cek);
	}
	/* The first good one wins; with none, the first stays. */
	mask = opaque((size_t)0 - (size_t)(ok_mask & ~s->ok_mask & 1));
	m = (uint8_t)mask;
	for (n = 0; n < s->cek_len; n++)
		s->cek.data[n] = (uint8_t)((cek.data[n] & m) |
		    (s->cek.data[n] & (uint8_t)~m));
	s->chosen = (i & mask) | (s->chosen & ~mask);
	s->ok_mask |= ok_mask;
	return SM_OK;
}

static int
search_walk(struct sm_recipient_search *s)
{
	struct sm_bytes raw = sm_buf_bytes(&s->list->raw);
	struct sm_bytes contents, whole;
	size_t i = 0;
	unsigned tag;

	while (raw.len > 0 && !s->found) {
		if (!sm_der_get_any(&raw, &tag, &contents, &whole))
			return SM_E_FORMAT;
		SM_TRY(sm_recipient_ops_of(whole)->open(s, whole, i));
		i += tag == sm_kari_ops.tag ? sm_kari_count(whole) : 1;
	}
	return SM_OK;
}

static int
search_look(struct sm_recipient_search *s)
{
	size_t i, n = s->secrets->opener_count;

	s->openers = calloc(n + 1, sizeof(*s->openers));
	if (s->openers == NULL)
		return SM_E_NOMEM;
	for (i = 0; i < n; i++)
		opener_look(&s->openers[i], &s->secrets->openers[i]);
	return SM_OK;
}

static int
search_none(struct sm_recipient_search *s)
{
	char text[160];

	if (s->pending.status != 0)
		return sm_error_set(s->err, s->pending.status,
		    s->pending.reason, s->pending.rfc, "%s", s->pending.text);
	sm_recipients_text(text, sizeof(text), s->list);
	return sm_error_set(s->err, SM_E_NOKEY, "no-recipient", NULL,
	    "The message is for %s, and no key or secret given here opens it; "
	    "find the %s that it was encrypted to, perhaps an older one.",
	    text, strstr(text, "password") != NULL ? "key or password" : "key");
}

int
sm_recipient_search_run(struct sm_recipient_search *s)
{
	SM_TRY(search_look(s));
	SM_TRY(search_walk(s));
	if (s->found)
		return SM_OK;
	/* PKCS#1 v1.5 comes last and all of its candidates are tried, so that
	 * nothing branches on which of them was well padded. */
	s->pkcs1 = true;
	SM_TRY(search_walk(s));
	if (!s->tried)
		return search_none(s);
	if (s->cek.len != 0)
		return SM_OK;
	SM_TRY(sm_buf_resize(&s->cek, s->cek_len));
	return sm_random_secret(s->cek.data, s->cek_len);
}
