/* Will readers find that the signer is the sender?  They compare the From field
 * with the certificate (RFC 8550 section 3) and refuse what does not fit; better
 * said here than by each of them. */
#include <base/try.h>
#include <sealmail/address.h>
#include <smime/seal_impl.h>

static bool
cert_names(const struct sm_cert *cert, const char *addr)
{
	const char *mail;

	for (size_t i = 0; (mail = sm_cert_mail(cert, i)) != NULL; i++)
		if (sm_address_equal(sm_bytes_str(mail), sm_bytes_str(addr)))
			return true;
	return false;
}

static bool
somebody_is(const struct sm_seal *s, const char *addr)
{
	for (size_t i = 0; i < s->opt.signer_count; i++)
		if (cert_names(s->opt.signers[i].cert, addr))
			return true;
	return false;
}

static int
advise(struct sm_seal *s, const struct sm_address_list *from)
{
	if (from->group || from->count != 1)
		return sm_seal_advise(s, "The From field does not name exactly one "
		    "sender: readers will not accept the signature as the "
		    "sender's.");
	if (somebody_is(s, from->list[0].addr))
		return SM_OK;
	return sm_seal_advise(s, "The letter is from %s, but no certificate that "
	    "signs it names that address: readers will be told that somebody else "
	    "signed it.", from->list[0].addr);
}

int
sm_seal_from_check(struct sm_seal *s)
{
	const struct sm_header *h = s->entity.header;
	struct sm_address_list from = { 0 };
	long at = sm_header_find(h, "From", 0);
	int rc;

	/* A bare entity gets its header from somebody else. */
	if (s->opt.signer_count == 0 || !sm_header_is_message(h))
		return SM_OK;
	if (at >= 0 && sm_header_find(h, "From", 1) < 0) {
		rc = sm_address_list_parse(&from, sm_header_value(h, (size_t)at));
		if (rc != 0 && rc != SM_E_FORMAT)
			return sm_seal_no_memory(s);
	}
	rc = advise(s, &from);
	sm_address_list_wipe(&from);
	return rc;
}
