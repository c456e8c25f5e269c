/* From what the opener has to the key of the content. */
#include <base/try.h>
#include <cms/enveloped_impl.h>

/* How long the content key is: never taken from the input. */
static size_t
key_len(const struct sm_enveloped *e)
{
	if (e->params.alg->id == SM_RC2_CBC)
		return (e->params.rc2_bits + 7) / 8;
	return e->params.alg->key_bytes;
}

/* EncryptedData: one of the secrets is the key, the first of that length. */
static int
key_given(struct sm_enveloped *e, struct sm_buf *cek)
{
	const struct sm_open_secrets *s = &e->secrets;
	size_t i;

	for (i = 0; i < s->secret_count; i++)
		if (s->secrets[i].len == key_len(e))
			return sm_buf_append(cek, s->secrets[i]);
	return sm_error_set(e->err, SM_E_NOKEY, "no-content-key",
	    "RFC 5652 section 8",
	    "The content is encrypted with a key of %zu bytes that sender and "
	    "reader share; give that key.", key_len(e));
}

static int
key_search(struct sm_enveloped *e, struct sm_buf *cek)
{
	struct sm_recipient_search s;
	int rc;

	if (e->recipients.count == 0)
		return sm_error_set(e->err, SM_E_FORMAT, "recipients-empty",
		    "RFC 5652 section 6.1",
		    "The message names no recipient at all; ask the sender to "
		    "send it again.");
	sm_recipient_search_init(&s, &e->recipients, &e->secrets, key_len(e));
	rc = sm_recipient_search_run(&s);
	if (rc == 0)
		rc = sm_buf_append(cek, sm_buf_bytes(&s.cek));
	if (rc == 0 && !s.found) {
		e->guessed = true;
		e->ok_mask = s.ok_mask;
		e->chosen = s.chosen;
	}
	sm_recipient_search_wipe(&s);
	return rc;
}

int
sm_enveloped_key(struct sm_enveloped *e)
{
	struct sm_buf cek = SM_BUF_SECRET_INIT;
	int rc;

	sm_buf_clear(&e->key);
	if (e->type == SM_CMS_ENCRYPTED)
		rc = key_given(e, &cek);
	else
		rc = key_search(e, &cek);
	if (rc == 0 && e->cek_hkdf)
		rc = sm_cek_hkdf(&e->key, sm_buf_bytes(&cek),
		    sm_buf_bytes(&e->content_alg));
	else if (rc == 0)
		rc = sm_buf_append(&e->key, sm_buf_bytes(&cek));
	sm_buf_free(&cek);
	return rc;
}
