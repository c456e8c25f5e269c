/* smime/verdict_parts.h - the pieces of a verdict. */
#ifndef SM_SMIME_VERDICT_PARTS_H
#define SM_SMIME_VERDICT_PARTS_H

#include <pki/path.h>
#include <smime/open_parts.h>

/* With which addresses a signer must be known (contract: "From"). */
struct sm_from {
	bool applies;
	char **targets;        /* NULL-terminated; every one must match */
	const char *asked;     /* the one of targets that the caller alone named */
	char *problem;         /* a sentence: the field cannot be relied on */
};
SM_MUST_CHECK int sm_from_make(struct sm_from *out, struct sm_open *o);
void sm_from_wipe(struct sm_from *f);
/* SM_CHECK_NULL when it does not apply. *subject_only: it matched an address in
 * the subject name alone. */
enum sm_ok sm_from_match(const struct sm_from *f, const struct sm_cert *cert,
    bool *subject_only);
/* The first target that is not in the certificate; NULL when all are. */
const char *sm_from_missed(const struct sm_from *f, const struct sm_cert *cert);

/* What all signers of a message share. */
struct sm_evidence {
	const struct sm_pki *pki;   /* with what the message carried */
	const struct sm_pki *given; /* without */
	struct sm_pki *more;        /* pki, when it is not what was given */
	struct sm_bytes *crls, *ocsps;
	size_t crl_count, ocsp_count;
	struct sm_from from;
};
/* Fill one signer of the report: checks, texts and its exit status alone. */
SM_MUST_CHECK int sm_verdict_signer(struct sm_report_signer *out,
    struct sm_open *o, const struct sm_layer *l, size_t index,
    const struct sm_evidence *ev);
/* Ask opt.find_evidence what the signers of a layer lack. *news: something was added
 * and they should be judged anew. */
SM_MUST_CHECK int sm_verdict_ask(bool *news, struct sm_open *o,
    const struct sm_evidence *ev, const struct sm_report_layer *l);
/* Which of two exit statuses comes first in the contract's order. */
int sm_verdict_worse(int a, int b);

#endif
