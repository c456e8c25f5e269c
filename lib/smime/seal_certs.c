#include <base/try.h>
#include <smime/seal_impl.h>

static int
write_encoded(const struct sm_sink *sink, const char *before,
    struct sm_bytes der, const char *after)
{
	struct sm_encoder *enc = NULL;
	int rc;

	SM_TRY_OUT(sm_stage_puts(sink, before));
	SM_TRY_OUT(sm_encoder_new(&enc, SM_CTE_BASE64, false, sink));
	SM_TRY_OUT(sm_encoder_write(enc, der));
	SM_TRY_OUT(sm_encoder_finish(enc));
	SM_TRY_OUT(sm_stage_puts(sink, after));
out:
	sm_encoder_free(enc);
	return rc;
}

/* RFC 8551 section 3.8: SignedData without signers and without content. */
int
sm_seal_certs_only(const struct sm_certs *certs, enum sm_seal_form form,
    const struct sm_sink *sink, struct sm_error *err)
{
	struct sm_buf der = SM_BUF_INIT;
	int rc;

	SM_TRY_OUT(sm_signed_detached(&der, NULL, 0, SM_CMS_DATA, NULL, certs,
	    NULL, 0, err));
	if (form == SM_FORM_DER)
		rc = sm_sink_write(sink, sm_buf_bytes(&der));
	else if (form == SM_FORM_PEM)
		rc = write_encoded(sink, "-----BEGIN CMS-----\n",
		    sm_buf_bytes(&der), "-----END CMS-----\n");
	else
		rc = write_encoded(sink, "MIME-Version: 1.0\n"
		    "Content-Type: application/pkcs7-mime; smime-type=certs-only;"
		    "\n name=\"smime.p7c\"\n"
		    "Content-Transfer-Encoding: base64\n"
		    "Content-Disposition: attachment; filename=\"smime.p7c\"\n\n",
		    sm_buf_bytes(&der), "");
out:
	sm_buf_free(&der);
	if (rc != SM_OK)
		return sm_error_set(err, rc, "certs-only", NULL,
		    "The certificates cannot be written: %s.",
		    sm_status_name(rc));
	return SM_OK;
}
