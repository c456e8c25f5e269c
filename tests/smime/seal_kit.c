#include "seal_kit.h"

#include <openssl/pem.h>

#include <openssl/cms.h>

static int
to_buf(void *ctx, struct sm_bytes in)
{
	return sm_buf_append(ctx, in);
}

void
kit_seal(struct kit_sealed *k, const struct sm_seal_options *opt,
    struct sm_bytes in, size_t chunk)
{
	struct sm_sink sink = { to_buf, &k->out };

	memset(k, 0, sizeof(*k));
	k->rc = sm_seal_new(&k->s, opt, &sink, &k->err);
	k->made = k->rc == SM_OK;
	if (chunk == 0)
		chunk = in.len;
	while (k->rc == SM_OK && in.len > 0) {
		k->rc = sm_seal_write(k->s, sm_bytes_first(in, chunk));
		in = sm_bytes_skip(in, chunk);
	}
	if (k->rc == SM_OK)
		k->rc = sm_seal_finish(k->s);
	if (k->rc != SM_OK)
		assert_int_equal(k->err.status, k->rc);
}

void
kit_seal_ok(struct kit_sealed *k, const struct sm_seal_options *opt,
    struct sm_bytes in)
{
	kit_seal(k, opt, in, 0);
	if (k->rc != SM_OK)
		print_message("%s: %s\n", k->err.reason, k->err.text);
	assert_int_equal(k->rc, 0);
}

void
kit_sealed_wipe(struct kit_sealed *k)
{
	sm_seal_free(k->s);
	sm_buf_free(&k->out);
}

bool
kit_contains(struct sm_bytes in, const char *words)
{
	return in.len > 0 && memmem(in.data, in.len, words, strlen(words)) != NULL;
}

bool
kit_advised(const struct kit_sealed *k, const char *words)
{
	const char *const *a = sm_seal_choice(k->s)->advice;

	for (; *a != NULL; a++)
		if (strstr(*a, words) != NULL)
			return true;
	return false;
}

static CMS_ContentInfo *
parse(struct sm_bytes msg, enum kit_form form, BIO **detached)
{
	BIO *in = BIO_new_mem_buf(msg.data, (int)msg.len);
	CMS_ContentInfo *cms;

	assert_non_null(in);
	*detached = NULL;
	if (form == KIT_MAIL)
		cms = SMIME_read_CMS(in, detached);
	else if (form == KIT_DER)
		cms = d2i_CMS_bio(in, NULL);
	else
		cms = PEM_read_bio_CMS(in, NULL, NULL, NULL);
	BIO_free(in);
	return cms;
}

static void
take(struct sm_buf *out, BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	assert_int_equal(sm_buf_append(out, sm_bytes(data, (size_t)len)), 0);
}

bool
kit_openssl_verify(struct sm_buf *out, struct sm_bytes msg,
    enum kit_form form, const struct sm_bytes *detached)
{
	BIO *content, *to = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = parse(msg, form, &content);
	bool ok;

	assert_non_null(to);
	if (detached != NULL)
		content = BIO_new_mem_buf(detached->data, (int)detached->len);
	ok = cms != NULL && CMS_verify(cms, NULL, NULL, content, to,
	    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
	if (ok)
		take(out, to);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(to);
	return ok;
}

static bool
decrypt(struct sm_buf *out, struct sm_bytes msg, enum kit_form form,
    const struct identity *id, struct sm_bytes password)
{
	BIO *none, *to = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = parse(msg, form, &none);
	bool ok;

	assert_non_null(to);
	ok = cms != NULL;
	if (ok && password.len > 0)
		ok = CMS_decrypt_set1_password(cms,
		    (unsigned char *)(uintptr_t)password.data,
		    (ossl_ssize_t)password.len) == 1;
	ok = ok && CMS_decrypt(cms, id != NULL ? id->m.key : NULL,
	    id != NULL ? id->m.x : NULL, NULL, to, CMS_BINARY) == 1;
	if (ok)
		take(out, to);
	CMS_ContentInfo_free(cms);
	BIO_free(none);
	BIO_free(to);
	return ok;
}

bool
kit_openssl_decrypt(struct sm_buf *out, struct sm_bytes msg,
    enum kit_form form, const struct identity *id)
{
	return decrypt(out, msg, form, id, sm_bytes(NULL, 0));
}

bool
kit_openssl_password(struct sm_buf *out, struct sm_bytes msg,
    enum kit_form form, struct sm_bytes password)
{
	return decrypt(out, msg, form, NULL, password);
}
