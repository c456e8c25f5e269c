/* The head of an envelope: all recipients, in random order, so that nobody sees
 * who was addressed first or last (smime-rules 24). */
#include <base/der.h>
#include <base/try.h>
#include <cms/envelope_impl.h>
#include <cms/recipient.h>

#include <stdlib.h>

/* A number below n without bias. Public, like the order it makes. */
static int
recipients_random(size_t *out, size_t n)
{
	uint64_t v, fair = UINT64_MAX - UINT64_MAX % n;

	do {
		SM_TRY(sm_random(&v, sizeof(v)));
	} while (v >= fair);
	*out = (size_t)(v % n);
	return SM_OK;
}

static int
recipients_shuffle(size_t *order, size_t n)
{
	size_t i, j, t;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		SM_TRY(recipients_random(&j, i));
		t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
	return SM_OK;
}

/* RFC 5652 section 6.1. */
static uint64_t
recipients_version(const struct sm_envelope_options *opt)
{
	uint64_t version = 0;
	size_t i;

	for (i = 0; i < opt->recipient_count; i++) {
		switch (opt->recipients[i].kind) {
		case SM_RCPT_PASSWORD:
		case SM_RCPT_RSA_KEM:
			return 3;
		case SM_RCPT_RSA_PKCS1:
		case SM_RCPT_RSA_OAEP:
			break;
		default:
			version = 2;
		}
	}
	return version;
}

static int
recipients_one(struct sm_buf *out, struct sm_kari_writer *kari,
    const struct sm_recipient_new *r, struct sm_bytes cek,
    uint64_t pbkdf2_iterations, struct sm_error *err)
{
	switch (r->kind) {
	case SM_RCPT_RSA_PKCS1:
	case SM_RCPT_RSA_OAEP:
		return sm_ktri_write(out, r, cek, err);
	case SM_RCPT_ECDH:
	case SM_RCPT_X25519:
	case SM_RCPT_X448:
		return sm_kari_writer_add(kari, out, r, cek, err);
	case SM_RCPT_RSA_KEM:
		return sm_kemri_write(out, r, cek, err);
	case SM_RCPT_KEK:
		return sm_kekri_write(out, r, cek, err);
	case SM_RCPT_PASSWORD:
		return sm_pwri_write(out, r, cek, pbkdf2_iterations, err);
	default:
		return sm_error_set(err, SM_E_UNSUPPORTED, "recipient-kind",
		    NULL, "Nothing can be encrypted to a recipient by %s yet.",
		    sm_recipient_kind_name(r->kind));
	}
}

static bool
recipients_needs_cert(enum sm_recipient_kind kind)
{
	return kind != SM_RCPT_KEK && kind != SM_RCPT_PASSWORD;
}

static int
recipients_all(struct sm_buf *out, const struct sm_envelope_options *opt,
    const size_t *order, struct sm_bytes cek, struct sm_error *err)
{
	struct sm_kari_writer kari = { NULL, 0 };
	const struct sm_recipient_new *r;
	size_t i;
	int rc = SM_OK;

	for (i = 0; i < opt->recipient_count && rc == 0; i++) {
		r = &opt->recipients[order[i]];
		if (r->cert == NULL && recipients_needs_cert(r->kind))
			rc = SM_E_USAGE;
		else
			rc = recipients_one(out, &kari, r, cek,
			    opt->pbkdf2_iterations, err);
	}
	if (rc == 0)
		rc = sm_kari_writer_finish(&kari, out);
	sm_kari_writer_wipe(&kari);
	return rc;
}

int
sm_envelope_recipients(struct sm_buf *out, const struct sm_envelope_options *opt,
    bool auth, struct sm_bytes cek, struct sm_error *err)
{
	struct sm_buf infos = SM_BUF_INIT;
	struct sm_derw w;
	size_t *order;
	int rc;

	order = calloc(opt->recipient_count, sizeof(*order));
	if (order == NULL)
		return SM_E_NOMEM;
	SM_TRY_OUT(recipients_shuffle(order, opt->recipient_count));
	SM_TRY_OUT(recipients_all(&infos, opt, order, cek, err));
	sm_derw_init(&w, out);
	sm_derw_uint(&w, auth ? 0 : recipients_version(opt));
	sm_derw_add(&w, SM_DER_SET, sm_buf_bytes(&infos));
	rc = sm_derw_status(&w);
out:
	sm_buf_free(&infos);
	free(order);
	return rc;
}
