#include <base/try.h>
#include <crypto/digest.h>
#include <crypto/evp.h>

#include <stdlib.h>

enum {
	DIGEST_SET_MAX = 8,
	/* Several digests read the same bytes while they are in the cache. */
	DIGEST_CHUNK = 32 * 1024,
};

struct sm_digest_set {
	size_t count;
	bool started;
	bool finished;
	EVP_MD_CTX *ctx[DIGEST_SET_MAX];
	struct sm_digest_value value[DIGEST_SET_MAX];
};

static int
digest_begin(EVP_MD_CTX **out, enum sm_alg_id alg)
{
	EVP_MD *md = NULL;
	EVP_MD_CTX *ctx;
	int rc = SM_OK;

	SM_TRY(sm_evp_digest(&md, alg));
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		rc = SM_E_NOMEM;
	else if (EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		rc = sm_evp_failure();
	EVP_MD_free(md); /* the context holds its own reference */
	if (rc != 0) {
		EVP_MD_CTX_free(ctx);
		return rc;
	}
	*out = ctx;
	return SM_OK;
}

/* SHAKE has the output length that RFC 8702 section 3.1 fixes. */
static int
digest_end(struct sm_digest_value *out, EVP_MD_CTX *ctx, enum sm_alg_id alg)
{
	size_t len = sm_alg_get(alg)->out_bytes;
	int ok;

	if (alg == SM_SHAKE128 || alg == SM_SHAKE256)
		ok = EVP_DigestFinalXOF(ctx, out->data, len);
	else
		ok = EVP_DigestFinal_ex(ctx, out->data, NULL);
	if (ok != 1)
		return sm_evp_failure();
	out->alg = alg;
	out->len = len;
	return SM_OK;
}

int
sm_digest(struct sm_digest_value *out, enum sm_alg_id alg, struct sm_bytes in)
{
	EVP_MD_CTX *ctx = NULL;
	int rc;

	memset(out, 0, sizeof(*out));
	SM_TRY(digest_begin(&ctx, alg));
	if (in.len > 0 && EVP_DigestUpdate(ctx, in.data, in.len) != 1)
		rc = sm_evp_failure();
	else
		rc = digest_end(out, ctx, alg);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
sm_digest_set_new(struct sm_digest_set **out)
{
	*out = calloc(1, sizeof(**out));
	return *out == NULL ? SM_E_NOMEM : SM_OK;
}

void
sm_digest_set_free(struct sm_digest_set *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->count; i++)
		EVP_MD_CTX_free(s->ctx[i]);
	free(s);
}

static const struct sm_digest_value *
digest_set_find(const struct sm_digest_set *s, enum sm_alg_id alg)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->value[i].alg == alg)
			return &s->value[i];
	return NULL;
}

int
sm_digest_set_add(struct sm_digest_set *s, enum sm_alg_id alg)
{
	if (s->started || s->finished)
		return SM_E_USAGE;
	if (digest_set_find(s, alg) != NULL)
		return SM_OK;
	if (s->count == DIGEST_SET_MAX)
		return SM_E_LIMIT;
	SM_TRY(digest_begin(&s->ctx[s->count], alg));
	s->value[s->count].alg = alg;
	s->count++;
	return SM_OK;
}

static int
digest_set_chunk(struct sm_digest_set *s, struct sm_bytes in)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (EVP_DigestUpdate(s->ctx[i], in.data, in.len) != 1)
			return sm_evp_failure();
	return SM_OK;
}

int
sm_digest_set_update(struct sm_digest_set *s, struct sm_bytes in)
{
	size_t chunk = s->count > 1 ? DIGEST_CHUNK : in.len;

	if (s->finished)
		return SM_E_USAGE;
	s->started = true;
	while (in.len > 0) {
		SM_TRY(digest_set_chunk(s, sm_bytes_first(in, chunk)));
		in = sm_bytes_skip(in, chunk);
	}
	return SM_OK;
}

int
sm_digest_set_finish(struct sm_digest_set *s)
{
	size_t i;

	if (s->finished)
		return SM_E_USAGE;
	s->finished = true;
	for (i = 0; i < s->count; i++)
		SM_TRY(digest_end(&s->value[i], s->ctx[i], s->value[i].alg));
	return SM_OK;
}

const struct sm_digest_value *
sm_digest_set_get(const struct sm_digest_set *s, enum sm_alg_id alg)
{
	const struct sm_digest_value *v = digest_set_find(s, alg);

	return v != NULL && s->finished && v->len > 0 ? v : NULL;
}
