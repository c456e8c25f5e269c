#include "mail_words.h"

#include <base/try.h>

#include "plain_text.h"

static bool
is_signed(const struct sm_report_layer *l)
{
	return l->type != NULL && strcmp(l->type, "signed") == 0;
}

static const struct sm_report_layer *
encrypted_layer(const struct sm_report *r)
{
	for (size_t i = 0; i < r->layer_count; i++)
		if (r->layers[i].cipher != NULL)
			return &r->layers[i];
	return NULL;
}

bool
mail_is_encrypted(const struct sm_report *r)
{
	return encrypted_layer(r) != NULL;
}

bool
mail_is_protected(const struct sm_report *r)
{
	for (size_t i = 0; i < r->layer_count; i++)
		if (r->layers[i].cipher != NULL || is_signed(&r->layers[i]))
			return true;
	return false;
}

/* Of the innermost signature, which speaks for the content: a good signer, else the
 * first. */
const struct sm_report_signer *
mail_signer(const struct sm_report *r)
{
	const struct sm_report_layer *l = NULL;
	size_t i;

	for (i = 0; i < r->layer_count; i++)
		if (is_signed(&r->layers[i]))
			l = &r->layers[i];
	for (i = 0; l != NULL && i < l->signer_count; i++)
		if (l->signers[i].exit == 0)
			return &l->signers[i];
	return l != NULL && l->signer_count > 0 ? &l->signers[0] : NULL;
}

/* ---- names ---- */

static int
put_plain(struct sm_buf *out, struct sm_bytes text)
{
	return plain_text(out, text, PLAIN_LINE);
}

/* The CN of an RFC 2253 name, without its escapes. len 0: none. */
static int
common_name(struct sm_buf *out, const char *subject)
{
	const char *at = subject;

	while (strncmp(at, "CN=", 3) != 0) {
		for (; *at != '\0' && *at != ',' && *at != '+'; at++)
			if (*at == '\\' && at[1] != '\0')
				at++;
		if (*at == '\0')
			return 0;
		at++;
	}
	for (at += 3; *at != '\0' && *at != ',' && *at != '+'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		SM_TRY(sm_buf_append_byte(out, (uint8_t)*at));
	}
	return 0;
}

static int
put_signer(struct sm_buf *out, const struct sm_report_signer *s)
{
	struct sm_buf name = SM_BUF_INIT;
	const char *mail = s != NULL && s->mail != NULL ? s->mail[0] : NULL;
	int rc = s != NULL && s->subject != NULL ? common_name(&name, s->subject) : 0;

	if (rc == 0 && mail == NULL && name.len == 0)
		rc = sm_buf_append_str(out, "somebody unknown");
	if (rc == 0 && name.len > 0 && (mail == NULL ||
	    !sm_bytes_equal(sm_buf_bytes(&name), sm_bytes_str(mail))))
		rc = put_plain(out, sm_buf_bytes(&name));
	else
		sm_buf_clear(&name);
	if (rc == 0 && mail != NULL)
		rc = sm_buf_append_str(out, name.len > 0 ? " <" : "");
	if (rc == 0 && mail != NULL)
		rc = put_plain(out, sm_bytes_str(mail));
	if (rc == 0 && mail != NULL && name.len > 0)
		rc = sm_buf_append_byte(out, '>');
	sm_buf_free(&name);
	return rc;
}

/* ---- sentences ---- */

static int
put_encryption(struct sm_buf *out, const struct sm_report *r)
{
	const struct sm_report_layer *l = encrypted_layer(r);

	if (l == NULL)
		return sm_buf_append_str(out, "NOT encrypted.");
	if (l->recipient_total == 1)
		SM_TRY(sm_buf_append_str(out, "Encrypted for 1 person"));
	else
		SM_TRY(sm_buf_printf(out, "Encrypted for %zu people", l->recipient_total));
	if (r->result == SM_RESULT_NO_KEY)
		return sm_buf_append_str(out, ", and with no key that is here.");
	if (r->result == SM_RESULT_CORRUPT)
		return sm_buf_append_str(out, ", and CHANGED or damaged on its way.");
	if (r->result == SM_RESULT_UNAUTHENTICATED)
		return sm_buf_append_str(out, ", but NOTHING PROVES that nobody changed it.");
	return sm_buf_append_str(out, ".");
}

/* What stands before and after the signer's name. */
static const char *const signatures[][2] = {
	[SM_RESULT_GOOD] = { "Signed by ", "." },
	[SM_RESULT_WEAK] = { "Signed, by the rules of its time only, by ", "." },
	[SM_RESULT_INVALID] = { "The SIGNATURE of ", " DOES NOT HOLD." },
	[SM_RESULT_UNTRUSTED] = { "Signed by somebody who claims to be ",
	    ", whom NOBODY YOU TRUST confirms." },
	[SM_RESULT_NOT_FROM_SENDER] = { "Signed by ", ", who is NOT THE SENDER." },
	[SM_RESULT_REVOKED] = { "Signed by ", " with a WITHDRAWN certificate." },
	[SM_RESULT_EXPIRED] = { "Signed by ", " OUTSIDE THE TIME of the certificate." },
	[SM_RESULT_UNAUTHENTICATED] = { "NOT signed", "." },
	[SM_RESULT_UNSIGNED] = { "NOT signed", "." },
};

static int
put_signature(struct sm_buf *out, const struct sm_report *r)
{
	const struct sm_report_signer *s = mail_signer(r);
	const char *const *words;

	/* Not judged: nothing was proven or disproven. */
	if ((size_t)r->result >= sizeof(signatures) / sizeof(signatures[0]) ||
	    signatures[r->result][0] == NULL)
		return 0;
	words = signatures[r->result];
	if (s == NULL && r->result == SM_RESULT_INVALID)
		return sm_buf_append_str(out, " The SIGNATURE DOES NOT HOLD.");
	SM_TRY(sm_buf_append_byte(out, ' '));
	SM_TRY(sm_buf_append_str(out, words[0]));
	if (r->result != SM_RESULT_UNSIGNED && r->result != SM_RESULT_UNAUTHENTICATED)
		SM_TRY(put_signer(out, s));
	return sm_buf_append_str(out, words[1]);
}

int
mail_words(struct sm_buf *out, const struct sm_report *r)
{
	if (r->result == SM_RESULT_MALFORMED || r->result == SM_RESULT_LIMIT) {
		SM_TRY(sm_buf_append_str(out, "This letter cannot be read: "));
		SM_TRY(put_plain(out, sm_bytes_str(r->error.text)));
		return sm_buf_append_byte(out, '.');
	}
	SM_TRY(put_encryption(out, r));
	return put_signature(out, r);
}
