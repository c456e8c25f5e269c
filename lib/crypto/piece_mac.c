#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/evp.h>

#include <stdlib.h>

enum {
	PIECE_KEY = 16,
	PIECE_IV = 12,
	PIECE_CALL = 1 << 30, /* libcrypto counts in int */
};

struct sm_piece_mac {
	EVP_CIPHER_CTX *ctx;
};

static int
piece_mac_start(struct sm_piece_mac *m)
{
	uint8_t key[PIECE_KEY];
	EVP_CIPHER *gcm = NULL;
	int rc;

	m->ctx = EVP_CIPHER_CTX_new();
	if (m->ctx == NULL)
		return SM_E_NOMEM;
	SM_TRY(sm_evp_cipher(&gcm, SM_AES128_GCM));
	rc = sm_random_secret(key, sizeof(key));
	if (rc == 0 && EVP_EncryptInit_ex2(m->ctx, gcm, key, NULL, NULL) != 1)
		rc = sm_evp_failure();
	sm_wipe(key, sizeof(key));
	EVP_CIPHER_free(gcm);
	return rc;
}

int
sm_piece_mac_new(struct sm_piece_mac **out)
{
	struct sm_piece_mac *m = calloc(1, sizeof(*m));
	int rc;

	*out = NULL;
	if (m == NULL)
		return SM_E_NOMEM;
	rc = piece_mac_start(m);
	if (rc != 0) {
		sm_piece_mac_free(m);
		return rc;
	}
	*out = m;
	return SM_OK;
}

void
sm_piece_mac_free(struct sm_piece_mac *m)
{
	if (m == NULL)
		return;
	EVP_CIPHER_CTX_free(m->ctx);
	free(m);
}

int
sm_piece_mac_tag(struct sm_piece_mac *m, uint64_t number, struct sm_bytes piece,
    uint8_t tag[16])
{
	uint8_t iv[PIECE_IV] = { 0 }, none[16];
	struct sm_bytes part;
	int got = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		iv[PIECE_IV - 1 - i] = (uint8_t)(number >> (8 * i));
	if (EVP_EncryptInit_ex2(m->ctx, NULL, NULL, iv, NULL) != 1)
		return sm_evp_failure();
	while (piece.len > 0) {
		part = sm_bytes_first(piece, PIECE_CALL);
		if (EVP_EncryptUpdate(m->ctx, NULL, &got, part.data,
			(int)part.len) != 1)
			return sm_evp_failure();
		piece = sm_bytes_skip(piece, PIECE_CALL);
	}
	if (EVP_EncryptFinal_ex(m->ctx, none, &got) != 1 ||
	    EVP_CIPHER_CTX_ctrl(m->ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) != 1)
		return sm_evp_failure();
	return SM_OK;
}
