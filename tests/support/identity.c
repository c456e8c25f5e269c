#include "identity.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_PKEY *
make_key(const char *type)
{
	if (strncmp(type, "RSA-", 4) == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
		    (size_t)strtoul(type + 4, NULL, 10));
	if (strcmp(type, "RSA") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	if (strncmp(type, "P-", 2) == 0 || strncmp(type, "brainpool", 9) == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
	return EVP_PKEY_Q_keygen(NULL, NULL, type);
}

static struct sm_key *
own_key(EVP_PKEY *pkey)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	unsigned char *der = NULL;
	struct sm_key *key;
	int len;

	assert_non_null(info);
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	assert_true(len > 0);
	assert_int_equal(sm_key_from_pkcs8(&key, sm_bytes(der, (size_t)len),
	    NULL), 0);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

void
identity_new(struct identity *id, const struct identity_spec *spec)
{
	EVP_PKEY *pkey = make_key(spec->type != NULL ? spec->type : "P-256");
	struct mint ca = { 0 };
	char san[200], caps[2000];
	struct mint_spec m = {
		.cn = spec->mail, .key = pkey, .from = spec->from,
		.to = spec->to, .no_ids = spec->no_ski,
		.serial = spec->serial != 0 ? spec->serial : 17,
		.ext = {
			{ NID_key_usage, spec->usage != NULL ? spec->usage :
			    "critical,digitalSignature,keyEncipherment,"
			    "keyAgreement" },
			{ NID_ext_key_usage, "emailProtection" },
			{ NID_subject_alt_name, san },
		},
	};

	assert_non_null(pkey);
	if (spec->ca == NULL)
		ca = mint_ca("A passing CA", NULL);
	m.issuer = spec->ca != NULL ? spec->ca : &ca;
	snprintf(san, sizeof(san), "email:%s", spec->mail);
	if (spec->capabilities != NULL) {
		snprintf(caps, sizeof(caps), "DER:%s", spec->capabilities);
		m.ext[3].nid = NID_SMIMECapabilities;
		m.ext[3].value = caps;
	}
	id->m = mint(&m);
	id->cert = id->m.cert;
	id->key = own_key(pkey);
	EVP_PKEY_free(pkey);
	if (spec->ca == NULL)
		mint_free(&ca);
}

void
identity_simple(struct identity *id, const char *mail, const char *type)
{
	identity_new(id, &(struct identity_spec){ .mail = mail, .type = type });
}

void
identity_wipe(struct identity *id)
{
	if (id->m.x == NULL)
		sm_cert_free(id->cert);
	else
		mint_free(&id->m);
	sm_key_free(id->key);
	memset(id, 0, sizeof(*id));
}

bool
corpus_file(struct sm_buf *out, const char *name)
{
	const char *shared = getenv("SEALMAIL_SHARED");
	const char *root = getenv("SEALMAIL_ROOT");
	char path[1200], piece[4096];
	FILE *f;
	size_t n;

	if (shared != NULL)
		snprintf(path, sizeof(path), "%s/corpora/%s", shared, name);
	else
		snprintf(path, sizeof(path), "%s/../shared/corpora/%s",
		    root != NULL ? root : TEST_ROOT, name);
	f = fopen(path, "rb");
	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		assert_int_equal(sm_buf_append(out, sm_bytes(piece, n)), 0);
	fclose(f);
	return true;
}

void
corpus_need(struct sm_buf *out, const char *name)
{
	if (corpus_file(out, name))
		return;
	print_message("skip: %s is not here\n", name);
	skip();
}

void
identity_file(struct identity *id, const char *key_name, const char *cert_name)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_keyfile kf = { 0 };
	struct sm_buf b = SM_BUF_INIT;

	memset(id, 0, sizeof(*id));
	corpus_need(&b, cert_name);
	assert_int_equal(sm_keyfile_read(&kf, sm_buf_bytes(&b), false, NULL,
	    &limits, NULL), 0);
	assert_true(kf.certs.count > 0);
	id->cert = sm_cert_ref(kf.certs.list[0]);
	sm_keyfile_wipe(&kf);
	sm_buf_clear(&b);
	if (key_name != NULL) {
		corpus_need(&b, key_name);
		assert_int_equal(sm_keyfile_read(&kf, sm_buf_bytes(&b), false,
		    NULL, &limits, NULL), 0);
		assert_true(kf.key_count > 0);
		id->key = kf.keys[0];
		kf.keys[0] = NULL;
		sm_keyfile_wipe(&kf);
	}
	sm_buf_free(&b);
}
