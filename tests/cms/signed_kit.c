#include "signed_kit.h"

#include <openssl/pem.h>

static int
on_begin(void *ctx, enum sm_cms_type type)
{
	(void)ctx;
	return type == SM_CMS_SIGNED ? SM_OK : SM_E_FORMAT;
}

static int
on_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	return sm_signed_field(((struct kit_read *)ctx)->s, field, der, was_der);
}

static int
on_content_begin(void *ctx, bool known, uint64_t length)
{
	(void)known;
	(void)length;
	((struct kit_read *)ctx)->has_content = true;
	return SM_OK;
}

static int
on_content(void *ctx, struct sm_bytes in)
{
	return sm_buf_append(&((struct kit_read *)ctx)->content, in);
}

static int
on_end(void *ctx)
{
	(void)ctx;
	return SM_OK;
}

void
kit_read(struct kit_read *k, struct sm_bytes msg, size_t chunk)
{
	struct sm_cms_events ev = { k, on_begin, on_field, on_content_begin,
		on_content, on_end, on_end };
	struct sm_shell *shell;

	memset(k, 0, sizeof(*k));
	k->limits = sm_limits_default();
	assert_int_equal(sm_signed_new(&k->s, &k->limits, &k->err), 0);
	assert_int_equal(sm_shell_new(&shell, SM_CMS_UNKNOWN, &ev, &k->limits,
	    &k->err), 0);
	if (chunk == 0)
		chunk = msg.len;
	while (k->rc == SM_OK && msg.len > 0) {
		k->rc = sm_shell_write(shell, sm_bytes_first(msg, chunk));
		msg = sm_bytes_skip(msg, chunk);
	}
	if (k->rc == SM_OK)
		k->rc = sm_shell_finish(shell);
	sm_shell_free(shell);
}

void
kit_read_pem(struct kit_read *k, const struct sm_buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	char *name, *header;
	unsigned char *der;
	long len;

	assert_int_equal(PEM_read_bio(bio, &name, &header, &der, &len), 1);
	kit_read(k, sm_bytes(der, (size_t)len), 0);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
}

void
kit_read_wipe(struct kit_read *k)
{
	sm_signed_free(k->s);
	sm_buf_free(&k->content);
}

static struct sm_cert *
find_cert(const struct kit_read *k, const struct sm_cert_id *id,
    struct sm_cert *const *more, size_t more_count)
{
	struct sm_cert *c;
	size_t i;

	for (i = 0; i < sm_signed_cert_count(k->s); i++) {
		if (sm_cert_parse(&c, sm_signed_cert(k->s, i), NULL) != 0)
			continue;
		if (sm_cert_id_matches(id, c))
			return c;
		sm_cert_free(c);
	}
	for (i = 0; i < more_count; i++)
		if (sm_cert_id_matches(id, more[i]))
			return sm_cert_ref(more[i]);
	return more_count > 0 ? sm_cert_ref(more[0]) : NULL;
}

bool
kit_judge(struct sm_signer_verdict *v, const struct kit_read *k, size_t i,
    const struct sm_bytes *content, struct sm_cert *const *more,
    size_t more_count)
{
	const struct sm_signer_info *si = sm_signed_signer(k->s, i);
	struct sm_digest_value d;
	struct sm_signer_input in = {
		.econtent_type = sm_signed_content_type(k->s),
		.content = content != NULL ? *content :
		    sm_buf_bytes(&k->content),
	};
	struct sm_cert *c = find_cert(k, &si->sid, more, more_count);

	if (c == NULL)
		return false;
	if (si->digest != SM_ALG_NONE &&
	    sm_digest(&d, si->digest, in.content) == SM_OK)
		in.content_digest = &d;
	in.cert = c;
	assert_int_equal(sm_signer_judge(v, si, &in), 0);
	sm_cert_free(c);
	return true;
}
