/* Who the message says it is from, and whether a certificate says the same.
 * smime-rules 10 (Johnny ID): exactly one From with exactly one mailbox; Sender
 * never substitutes; what is not read to its end is no address. */
#include <base/try.h>
#include <sealmail/address.h>
#include <smime/verdict_parts.h>
#include <stdlib.h>

static int
problem(struct sm_from *f, const char *text)
{
	if (f->problem == NULL)
		f->problem = sm_text("%s", text);
	return f->problem == NULL ? SM_E_NOMEM : SM_OK;
}

/* A protected From field mostly repeats the outer one. */
static int
add_target(struct sm_from *f, const char *addr)
{
	for (char **t = f->targets; t != NULL && *t != NULL; t++)
		if (sm_address_equal(sm_bytes_str(*t), sm_bytes_str(addr)))
			return SM_OK;
	return sm_strings_add(&f->targets, addr);
}

/* One From value: a single mailbox, or the reason why it is none. */
static int
take_from(struct sm_from *f, struct sm_bytes value, bool inner)
{
	struct sm_address_list list = { 0 };
	int rc = sm_address_list_parse(&list, value);

	if (rc == SM_E_FORMAT)
		rc = problem(f, inner ?
		    "The protected From field cannot be read as an address." :
		    "The From field cannot be read as an address to its end.");
	else if (rc != 0)
		return rc;
	else if (list.group)
		rc = problem(f, "The From field names a group instead of a "
		    "person.");
	else if (list.count != 1)
		rc = problem(f, list.count == 0 ?
		    "The From field names nobody." :
		    "The From field names more than one person.");
	else
		rc = add_target(f, list.list[0].addr);
	sm_address_list_wipe(&list);
	return rc;
}

static int
outer_from(struct sm_from *f, const struct sm_open *o)
{
	f->applies = true;
	if (o->header_doubt)
		return problem(f, "The header of the message is damaged: mail "
		    "programs may show you another sender than the one in it.");
	if (o->from_count == 0)
		return problem(f, "The message does not say who it is from: it "
		    "has no From field.");
	if (o->from_count > 1)
		return problem(f, "The message has more than one From field; mail "
		    "programs may show you the wrong one.");
	return take_from(f, sm_buf_bytes(&o->from), false);
}

static int
asked_from(struct sm_from *f, const char *from)
{
	size_t before = 0;

	while (f->targets != NULL && f->targets[before] != NULL)
		before++;
	f->applies = true;
	SM_TRY(take_from(f, sm_bytes_str(from), false));
	if (f->targets != NULL)
		f->asked = f->targets[before];
	return SM_OK;
}

int
sm_from_make(struct sm_from *out, struct sm_open *o)
{
	memset(out, 0, sizeof *out);
	if (o->is_message)
		SM_TRY(outer_from(out, o));
	if (o->opt.from != NULL)
		SM_TRY(asked_from(out, o->opt.from));
	for (size_t i = 0; i < o->inner_from_count; i++) {
		out->applies = true;
		SM_TRY(take_from(out, sm_buf_bytes(&o->inner_from[i]), true));
	}
	if (o->inner_doubt == NULL)
		return SM_OK;
	out->applies = true;
	return problem(out, o->inner_doubt);
}

void
sm_from_wipe(struct sm_from *f)
{
	for (char **p = f->targets; p != NULL && *p != NULL; p++)
		free(*p);
	free(f->targets);
	free(f->problem);
	memset(f, 0, sizeof *f);
}

static bool
cert_has(const struct sm_cert *cert, const char *addr,
    const char *(*get)(const struct sm_cert *, size_t))
{
	const char *mail;

	for (size_t i = 0; (mail = get(cert, i)) != NULL; i++)
		if (sm_address_equal(sm_bytes_str(mail), sm_bytes_str(addr)))
			return true;
	return false;
}

const char *
sm_from_missed(const struct sm_from *f, const struct sm_cert *cert)
{
	for (char **t = f->targets; t != NULL && *t != NULL; t++)
		if (!cert_has(cert, *t, sm_cert_mail))
			return *t;
	return NULL;
}

enum sm_ok
sm_from_match(const struct sm_from *f, const struct sm_cert *cert,
    bool *subject_only)
{
	*subject_only = false;
	if (!f->applies)
		return SM_CHECK_NULL;
	if (f->problem != NULL || f->targets == NULL)
		return SM_CHECK_FALSE;
	for (char **t = f->targets; *t != NULL; t++) {
		if (cert_has(cert, *t, sm_cert_mail))
			continue;
		if (!cert_has(cert, *t, sm_cert_subject_mail))
			return SM_CHECK_FALSE;
		*subject_only = true;
	}
	return SM_CHECK_TRUE;
}
