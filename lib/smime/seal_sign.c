#include <base/der.h>
#include <base/try.h>
#include <crypto/cipher.h>
#include <smime/seal_impl.h>

#include <stdlib.h>

/* ---- who signs, and how ---- */

static enum sm_alg_id
digest_option(const char *name)
{
	enum sm_alg_id id = sm_alg_from_micalg(sm_bytes_str(name));
	const struct sm_alg *alg;

	if (id != SM_ALG_NONE)
		return id;
	alg = sm_alg_by_name(SM_ALG_DIGEST, name);
	return alg == NULL ? SM_ALG_NONE : alg->id;
}

static int
read_digest_option(struct sm_seal *s, enum sm_alg_id *out)
{
	*out = SM_ALG_NONE;
	if (s->opt.digest == NULL)
		return SM_OK;
	*out = digest_option(s->opt.digest);
	if (*out == SM_ALG_NONE)
		return sm_error_set(s->err, SM_E_USAGE, "digest-name", NULL,
		    "There is no digest \"%.40s\"; try sha-256, sha-384 or "
		    "sha-512.", s->opt.digest);
	if (sm_alg_get(*out)->use < SM_USE_SEND)
		return sm_error_set(s->err, SM_E_POLICY, "digest-not-sent", NULL,
		    "The digest %s is read but not written here: choose "
		    "sha-256, sha-384 or sha-512.", sm_alg_get(*out)->name);
	return SM_OK;
}

static const char *
cert_name(const struct sm_cert *c)
{
	const char *mail = sm_cert_mail(c, 0);

	return mail != NULL ? mail : sm_cert_subject_text(c);
}

static int
check_signer(struct sm_seal *s, const struct sm_seal_signer *g)
{
	struct sm_pubkey *pub = NULL;
	bool weak;

	if (g->key == NULL || g->cert == NULL)
		return sm_error_set(s->err, SM_E_USAGE, "signer-incomplete",
		    NULL, "To sign, a key and its certificate are needed.");
	if (!sm_cert_may_sign(g->cert))
		return sm_error_set(s->err, SM_E_POLICY, "signer-unusable",
		    "RFC 8550 section 4.4.2",
		    "The certificate of %.150s is not for signing: its key usage "
		    "says so. Sign with another one.", cert_name(g->cert));
	SM_TRY(sm_pubkey_new(&pub, sm_cert_spki(g->cert), s->err));
	weak = sm_pubkey_weak(pub);
	sm_pubkey_free(pub);
	if (weak)
		return sm_error_set(s->err, SM_E_POLICY, "signer-weak", NULL,
		    "The key of %.150s is too weak: readers would refuse the "
		    "signature. Get a new one (RSA of 2048 bits and more, or "
		    "P-256).", cert_name(g->cert));
	if (s->opt.now < sm_cert_not_before(g->cert) ||
	    s->opt.now > sm_cert_not_after(g->cert))
		return sm_seal_advise(s,
		    "The certificate of %.150s is not valid now: readers will "
		    "refuse the signature.", cert_name(g->cert));
	return SM_OK;
}

/* "rsa-sha256" is said as "rsa-pkcs1", with the digest beside it. */
static const char *
signature_word(const struct sm_sig_alg *a)
{
	const char *name = a->alg->name;

	if (strncmp(name, "rsa-pss", 7) == 0)
		return "rsa-pss";
	if (strncmp(name, "rsa", 3) == 0)
		return "rsa-pkcs1";
	if (strncmp(name, "ecdsa", 5) == 0)
		return "ecdsa";
	return name;
}

static int
describe(struct sm_seal *s, const struct sm_signer_new *n, bool seen[])
{
	struct sm_seal_signing *p = &s->signing;
	enum sm_alg_id digest = n->digest;
	struct sm_sig_alg alg;
	const char *micalg;

	SM_TRY(sm_sig_alg_for_key(&alg, &digest, n->key, n->pss, s->err));
	micalg = sm_alg_micalg(digest);
	if (!seen[digest])
		SM_TRY(sm_buf_printf(&p->micalg, "%s%s",
		    p->micalg.len > 0 ? "," : "", micalg));
	seen[digest] = true;
	return sm_buf_printf(&p->text, "%s%s %s", p->text.len > 0 ? ", " : "",
	    signature_word(&alg), micalg);
}

static int
plan_signer(struct sm_seal *s, size_t i, enum sm_alg_id digest)
{
	const struct sm_seal_signer *g = &s->opt.signers[i];
	struct sm_signer_new *n = &s->signing.signers[i];

	SM_TRY(check_signer(s, g));
	n->key = g->key;
	n->cert = g->cert;
	n->pss = g->pss;
	n->digest = digest;
	n->signing_time = s->opt.now;
	n->capabilities = sm_buf_bytes(&s->signing.capabilities);
	n->enc_cert = g->enc_cert;
	return SM_OK;
}

/* Everything that can go wrong with a signer shows here, except the token. */
static int
plan_check(struct sm_seal *s)
{
	struct sm_digest_set *set = NULL;
	int rc = sm_digest_set_new(&set);

	if (rc == SM_OK)
		rc = sm_signed_plan(set, s->signing.signers, s->signing.count,
		    s->err);
	sm_digest_set_free(set);
	return rc;
}

int
sm_seal_sign_plan(struct sm_seal *s)
{
	struct sm_seal_signing *p = &s->signing;
	bool seen[SM_ALG_COUNT] = { false };
	enum sm_alg_id digest;
	size_t i;

	if (s->opt.signer_count == 0)
		return SM_OK;
	SM_TRY(read_digest_option(s, &digest));
	SM_TRY(sm_capabilities_write(&p->capabilities));
	p->signers = calloc(s->opt.signer_count, sizeof(p->signers[0]));
	if (p->signers == NULL)
		return sm_seal_no_memory(s);
	p->count = s->opt.signer_count;
	for (i = 0; i < p->count; i++)
		SM_TRY(plan_signer(s, i, digest));
	SM_TRY(plan_check(s));
	for (i = 0; i < p->count; i++)
		SM_TRY(describe(s, &p->signers[i], seen));
	SM_TRY(sm_buf_append_byte(&p->micalg, 0));
	return sm_buf_append_byte(&p->text, 0);
}

void
sm_seal_sign_wipe(struct sm_seal_signing *p)
{
	free(p->signers);
	sm_buf_free(&p->capabilities);
	sm_buf_free(&p->micalg);
	sm_buf_free(&p->text);
}

/* ---- the stages: all of them digest what passes ---- */

struct sign {
	struct sm_stage stage;
	struct sm_digest_set *digests;
	struct sm_shell_writer *writer; /* opaque */
	struct sm_watch watch;          /* clear */
	char boundary[SM_BOUNDARY_SIZE];
};

static int
tap_begin(struct sign *g)
{
	struct sm_seal *s = g->stage.seal;

	SM_TRY(sm_digest_set_new(&g->digests));
	return sm_signed_plan(g->digests, s->signing.signers, s->signing.count,
	    s->err);
}

static void
sign_free(struct sm_stage *st)
{
	struct sign *g = (struct sign *)st;

	sm_digest_set_free(g->digests);
	sm_shell_writer_free(g->writer);
	free(g);
}

static struct sm_stage *
sign_new(const struct sm_stage_ops *ops)
{
	struct sign *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->stage.ops = ops;
	return &g->stage;
}

/* The signature, in DER, for content that stands elsewhere. */
static int
make_detached(struct sign *g, struct sm_buf *out)
{
	struct sm_seal *s = g->stage.seal;

	SM_TRY(sm_digest_set_finish(g->digests));
	return sm_signed_detached(out, s->signing.signers, s->signing.count,
	    SM_CMS_DATA, g->digests, s->opt.chain, s->opt.crls,
	    s->opt.crl_count, s->err);
}

/* ---- multipart/signed, RFC 8551 section 3.5.3 ---- */

static int
clear_head(struct sign *g, struct sm_buf *b)
{
	struct sm_buf v = SM_BUF_INIT;
	int rc;

	SM_TRY_OUT(sm_buf_printf(&v, "multipart/signed; "
	    "protocol=\"application/pkcs7-signature\"; micalg=\"%s\"; "
	    "boundary=\"%s\"", (const char *)g->stage.seal->signing.micalg.data,
	    g->boundary));
	SM_TRY_OUT(sm_buf_append_byte(&v, 0));
	SM_TRY_OUT(sm_mime_field_write(b, "Content-Type", (const char *)v.data));
	rc = sm_buf_printf(b, "\r\nThis is an S/MIME signed message\r\n\r\n"
	    "--%s\r\n", g->boundary);
out:
	sm_buf_free(&v);
	return rc;
}

static int
clear_begin(struct sm_stage *st)
{
	struct sign *g = (struct sign *)st;
	struct sm_buf b = SM_BUF_INIT;
	uint8_t random[16];
	int rc;

	SM_TRY(tap_begin(g));
	SM_TRY(sm_random(random, sizeof(random)));
	sm_mime_boundary(g->boundary, random);
	rc = clear_head(g, &b);
	if (rc == SM_OK)
		rc = sm_sink_write(&st->out, sm_buf_bytes(&b));
	sm_buf_free(&b);
	return rc;
}

static int
clear_write(struct sm_stage *st, struct sm_bytes in)
{
	struct sign *g = (struct sign *)st;

	SM_TRY(sm_digest_set_update(g->digests, in));
	sm_watch_write(&g->watch, in);
	return sm_sink_write(&st->out, in);
}

/* What transports may change in a letter whose text stands open; inside an
 * encrypted layer no transport sees it. */
static int
clear_advise(struct sign *g)
{
	struct sm_seal *s = g->stage.seal;
	const struct sm_watch *w = &g->watch;

	if (s->plan.cipher != SM_ALG_NONE || s->opt.compress)
		return SM_OK;
	if (w->eight_bit)
		SM_TRY(sm_seal_advise(s, "The text holds 8-bit characters: a mail "
		    "server may recode them, and the signature would not fit "
		    "any more. Send it with --opaque, or encode the text."));
	if (w->from_line)
		SM_TRY(sm_seal_advise(s, "A line begins with \"From \": mailbox "
		    "files put a '>' before it, and the signature would not fit "
		    "any more. Send it with --opaque."));
	if (w->trailing_blank)
		SM_TRY(sm_seal_advise(s, "A line ends with blanks: a mail server "
		    "may remove them, and the signature would not fit any more. "
		    "Send it with --opaque."));
	if (w->long_line)
		SM_TRY(sm_seal_advise(s, "A line is longer than 998 characters: "
		    "a mail server may cut it, and the signature would not fit "
		    "any more. Send it with --opaque."));
	if (w->bare_cr)
		SM_TRY(sm_seal_advise(s, "The text holds carriage returns that end "
		    "no line: a mail server may change them, and the signature "
		    "would not fit any more. Send it with --opaque."));
	return SM_OK;
}

/* The line end before the delimiter belongs to the delimiter (RFC 2046 section
 * 5.1.1) and is not signed. */
static int
clear_signature(struct sign *g, struct sm_bytes der)
{
	const struct sm_sink *out = &g->stage.out;
	struct sm_encoder *enc = NULL;
	struct sm_buf b = SM_BUF_INIT;
	int rc;

	SM_TRY_OUT(sm_buf_printf(&b, "\r\n--%s\r\n"
	    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n",
	    g->boundary));
	SM_TRY_OUT(sm_sink_write(out, sm_buf_bytes(&b)));
	SM_TRY_OUT(sm_encoder_new(&enc, SM_CTE_BASE64, true, out));
	SM_TRY_OUT(sm_encoder_write(enc, der));
	SM_TRY_OUT(sm_encoder_finish(enc));
	sm_buf_clear(&b);
	SM_TRY_OUT(sm_buf_printf(&b, "\r\n--%s--\r\n", g->boundary));
	rc = sm_sink_write(out, sm_buf_bytes(&b));
out:
	sm_encoder_free(enc);
	sm_buf_free(&b);
	return rc;
}

static int
clear_finish(struct sm_stage *st)
{
	struct sign *g = (struct sign *)st;
	struct sm_buf der = SM_BUF_INIT;
	int rc = make_detached(g, &der);

	if (rc == SM_OK)
		rc = clear_signature(g, sm_buf_bytes(&der));
	if (rc == SM_OK)
		rc = clear_advise(g);
	sm_buf_free(&der);
	return rc;
}

struct sm_stage *
sm_seal_sign_clear(void)
{
	static const struct sm_stage_ops ops = {
		clear_begin, clear_write, clear_finish, sign_free,
	};

	return sign_new(&ops);
}

/* ---- a detached signature alone ---- */

static int
detached_begin(struct sm_stage *st)
{
	return tap_begin((struct sign *)st);
}

static int
detached_write(struct sm_stage *st, struct sm_bytes in)
{
	return sm_digest_set_update(((struct sign *)st)->digests, in);
}

static int
detached_finish(struct sm_stage *st)
{
	struct sm_buf der = SM_BUF_INIT;
	int rc = make_detached((struct sign *)st, &der);

	if (rc == SM_OK)
		rc = sm_sink_write(&st->out, sm_buf_bytes(&der));
	sm_buf_free(&der);
	return rc;
}

struct sm_stage *
sm_seal_sign_detached(void)
{
	static const struct sm_stage_ops ops = {
		detached_begin, detached_write, detached_finish, sign_free,
	};

	return sign_new(&ops);
}

/* ---- SignedData around its content ---- */

static int
opaque_head(struct sign *g, struct sm_buf *before, struct sm_buf *inside)
{
	struct sm_seal *s = g->stage.seal;
	struct sm_derw w;

	SM_TRY(sm_signed_before(before, s->signing.signers, s->signing.count,
	    SM_CMS_DATA, s->err));
	sm_derw_init(&w, inside);
	sm_derw_oid(&w, sm_cms_type_oid(SM_CMS_DATA));
	SM_TRY(sm_derw_status(&w));
	SM_TRY(sm_shell_writer_new(&g->writer, &g->stage.out));
	return sm_shell_writer_begin(g->writer, SM_CMS_SIGNED,
	    sm_buf_bytes(before), sm_buf_bytes(inside), false);
}

static int
opaque_begin(struct sm_stage *st)
{
	struct sign *g = (struct sign *)st;
	struct sm_buf before = SM_BUF_INIT, inside = SM_BUF_INIT;
	int rc;

	SM_TRY(tap_begin(g));
	rc = opaque_head(g, &before, &inside);
	sm_buf_free(&before);
	sm_buf_free(&inside);
	return rc;
}

static int
opaque_write(struct sm_stage *st, struct sm_bytes in)
{
	struct sign *g = (struct sign *)st;

	SM_TRY(sm_digest_set_update(g->digests, in));
	return sm_shell_writer_content(g->writer, in);
}

static int
opaque_finish(struct sm_stage *st)
{
	struct sign *g = (struct sign *)st;
	struct sm_seal *s = st->seal;
	struct sm_buf after = SM_BUF_INIT;
	int rc;

	SM_TRY_OUT(sm_digest_set_finish(g->digests));
	SM_TRY_OUT(sm_signed_after(&after, s->signing.signers, s->signing.count,
	    SM_CMS_DATA, g->digests, s->opt.chain, s->opt.crls,
	    s->opt.crl_count, s->err));
	SM_TRY_OUT(sm_shell_writer_end(g->writer, sm_buf_bytes(&after)));
out:
	sm_buf_free(&after);
	return rc;
}

struct sm_stage *
sm_seal_sign_opaque(void)
{
	static const struct sm_stage_ops ops = {
		opaque_begin, opaque_write, opaque_finish, sign_free,
	};

	return sign_new(&ops);
}
