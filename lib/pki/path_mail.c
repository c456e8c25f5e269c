#include <stdio.h>

#include <pki/path_parts.h>

static bool
eku_allows_mail(const struct sm_cert *c)
{
	return !c->ext.has_eku || (c->ext.eku & (SM_EKU_EMAIL | SM_EKU_ANY)) != 0;
}

void
sm_path_usage(struct sm_path_verdict *v, const struct sm_cert *leaf,
    enum sm_purpose purpose)
{
	const char *why;

	v->usage_ok = false;
	if (purpose == SM_PURPOSE_ANY) {
		v->usage_ok = true;
		why = "No use was asked for.";
	} else if (!eku_allows_mail(leaf)) {
		why = "The certificate was issued for other uses than mail: its "
		    "extended key usage does not have emailProtection.";
	} else if (purpose == SM_PURPOSE_SIGN && !sm_cert_may_sign(leaf)) {
		why = "The certificate's key is not for signatures: its key usage "
		    "has neither digitalSignature nor nonRepudiation.";
	} else if (purpose == SM_PURPOSE_ENCRYPT && !sm_cert_may_encrypt(leaf)) {
		why = "The certificate's key is not for encryption: its key usage "
		    "has neither keyEncipherment nor keyAgreement.";
	} else {
		v->usage_ok = true;
		why = purpose == SM_PURPOSE_SIGN ?
		    "The certificate may sign mail." :
		    "The certificate may be used to encrypt mail.";
	}
	snprintf(v->usage_why, sizeof(v->usage_why), "%s", why);
}

size_t
sm_path_eku_broken(const struct sm_chain *chain)
{
	for (size_t i = 1; i + 1 < chain->count; i++)
		if (!eku_allows_mail(chain->cert[i]))
			return i;
	return 0;
}
