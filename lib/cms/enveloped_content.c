/* The content of a pass: into the cipher, out of it, and the tag at the end. */
#include <base/try.h>
#include <cms/enveloped_impl.h>

static bool
content_is_ccm(const struct sm_enveloped *e)
{
	enum sm_alg_id id = e->params.alg->id;

	return id == SM_AES128_CCM || id == SM_AES192_CCM ||
	    id == SM_AES256_CCM;
}

static bool
content_is_data(const struct sm_enveloped *e)
{
	return sm_cms_type_of(sm_buf_bytes(&e->content_type)) == SM_CMS_DATA;
}

/* Can the first pass check the tag? Not when attributes that it covers are still
 * to come (they must, for other types than data), nor with CCM of unknown
 * length: then it only counts. */
static bool
content_can_check(const struct sm_enveloped *e)
{
	if (e->passes > 1 || !sm_enveloped_aead(e))
		return true;
	return content_is_data(e) && (!content_is_ccm(e) || e->has_length);
}

/* May decrypted bytes leave in this pass? Of an AEAD only when the tag stood. */
static const struct sm_sink *
content_sink(const struct sm_enveloped *e)
{
	if (sm_enveloped_aead(e) && e->state != SM_ENV_OPEN)
		return NULL;
	return e->out;
}

static int
content_start(struct sm_enveloped *e)
{
	sm_cipher_free(e->cipher);
	e->cipher = NULL;
	if (!content_can_check(e))
		return SM_OK;
	return sm_cipher_new(&e->cipher, SM_DECRYPT, &e->params,
	    sm_buf_bytes(&e->key), sm_buf_bytes(&e->auth_attrs), e->has_length,
	    e->length, e->err);
}

static int
content_first(struct sm_enveloped *e, bool known, uint64_t length)
{
	if (!e->has_alg || e->content_type.len == 0)
		return sm_error_set(e->err, SM_E_FORMAT, "content-algorithm",
		    "RFC 5652 section 6.1",
		    "The message does not say how its content is encrypted.");
	e->has_length = known;
	e->length = known ? length : 0;
	return sm_enveloped_key(e);
}

/* In later passes the length is that of the first. */
static int
content_changed(struct sm_enveloped *e)
{
	return sm_error_set(e->err, SM_E_CHANGED, "input-changed", NULL,
	    "The message changed while it was read; nothing of it can be "
	    "trusted. Open it again from a place where nobody writes.");
}

int
sm_enveloped_content_begin(struct sm_enveloped *e, bool known, uint64_t length)
{
	if (e->rc != 0)
		return e->rc;
	if (e->passes == 0 || e->ended || e->has_content)
		return sm_enveloped_fail(e, SM_E_USAGE);
	e->has_content = true;
	e->seen = 0;
	if (e->passes == 1)
		SM_TRY(sm_enveloped_fail(e, content_first(e, known, length)));
	return sm_enveloped_fail(e, content_start(e));
}

static int
content_piece(struct sm_enveloped *e, struct sm_bytes in)
{
	int rc;

	if (in.len > UINT64_MAX - e->seen)
		return SM_E_LIMIT;
	e->seen += in.len;
	if (e->passes > 1 && e->seen > e->length)
		return content_changed(e);
	if (e->cipher == NULL)
		return SM_OK;
	rc = sm_cipher_update(e->cipher, in, content_sink(e));
	return rc == SM_E_AUTH ? sm_enveloped_not_authentic(e) : rc;
}

int
sm_enveloped_content(struct sm_enveloped *e, struct sm_bytes in)
{
	if (e->rc != 0)
		return e->rc;
	if (!e->has_content || e->ended)
		return sm_enveloped_fail(e, SM_E_USAGE);
	return sm_enveloped_fail(e, content_piece(e, in));
}

/* The last block of CBC: its padding is one of the faults that look alike. */
static int
content_last_block(struct sm_enveloped *e)
{
	int rc;

	if (e->cipher == NULL || sm_enveloped_aead(e))
		return SM_OK;
	rc = sm_cipher_finish(e->cipher, NULL, 0, content_sink(e));
	if (rc == SM_E_AUTH || rc == SM_E_FORMAT || rc == SM_E_CRYPTO)
		return sm_enveloped_not_authentic(e);
	return rc;
}

int
sm_enveloped_content_end(struct sm_enveloped *e)
{
	if (e->rc != 0)
		return e->rc;
	if (!e->has_content || e->ended)
		return sm_enveloped_fail(e, SM_E_USAGE);
	if (e->passes > 1 && e->seen != e->length)
		return sm_enveloped_fail(e, content_changed(e));
	e->has_length = true;
	e->length = e->seen;
	return sm_enveloped_fail(e, content_last_block(e));
}

/* ---- the end of a pass ---- */

static int
content_check_whole(struct sm_enveloped *e)
{
	if (!e->has_content)
		return sm_error_set(e->err, SM_E_FORMAT, "content-absent",
		    "RFC 5652 section 6.1",
		    "The encrypted content is not in the message; ask the "
		    "sender to send it again.");
	if (!sm_enveloped_aead(e))
		return SM_OK;
	if (e->mac.len == 0)
		return sm_error_set(e->err, SM_E_FORMAT, "mac-length",
		    "RFC 5083 section 2.1",
		    "The message has no authentication tag; it is not opened.");
	if (e->auth_attrs.len == 0 && !content_is_data(e))
		return sm_error_set(e->err, SM_E_FORMAT, "auth-attrs-absent",
		    "RFC 5083 section 2.1",
		    "The content is not plain data and its type is not "
		    "authenticated; the message is not opened.");
	return SM_OK;
}

/* The recipient whose candidate won is told when that can harm no more. */
static void
content_opened(struct sm_enveloped *e)
{
	if (e->guessed && e->ok_mask != 0)
		sm_recipients_mine(&e->recipients, e->chosen);
	e->guessed = false;
	e->state = SM_ENV_OPEN;
}

static int
content_tag(struct sm_enveloped *e)
{
	int rc;

	rc = sm_cipher_finish(e->cipher, e->mac.data, e->mac.len,
	    content_sink(e));
	if (rc == 0)
		return SM_OK;
	if (rc != SM_E_AUTH && rc != SM_E_FORMAT && rc != SM_E_CRYPTO)
		return rc;
	/* It was good before, with the same key and tag. */
	if (e->state == SM_ENV_OPEN)
		return content_changed(e);
	return sm_enveloped_not_authentic(e);
}

static int
content_finish(struct sm_enveloped *e)
{
	SM_TRY(content_check_whole(e));
	if (sm_enveloped_aead(e)) {
		if (e->cipher == NULL ||
		    (e->passes == 1 && e->auth_attrs.len != 0)) {
			e->state = SM_ENV_AGAIN;
			return SM_OK;
		}
		SM_TRY(content_tag(e));
	}
	content_opened(e);
	return SM_OK;
}

int
sm_enveloped_end(struct sm_enveloped *e)
{
	if (e->rc != 0)
		return e->rc;
	if (e->passes == 0 || e->ended)
		return sm_enveloped_fail(e, SM_E_USAGE);
	e->ended = true;
	SM_TRY(sm_enveloped_fail(e, content_finish(e)));
	sm_cipher_free(e->cipher);
	e->cipher = NULL;
	return SM_OK;
}
