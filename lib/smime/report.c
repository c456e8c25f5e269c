#include <base/buf.h>
#include <base/try.h>
#include <smime/open_parts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *
sm_text(const char *fmt, ...)
{
	va_list ap;
	char *out = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&out, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : out;
}

int
sm_strings_add(char ***list, const char *s)
{
	size_t n = 0;
	char **bigger;

	while (*list != NULL && (*list)[n] != NULL)
		n++;
	bigger = realloc(*list, (n + 2) * sizeof **list);
	if (bigger == NULL)
		return SM_E_NOMEM;
	*list = bigger;
	bigger[n + 1] = NULL;
	bigger[n] = sm_text("%s", s);
	return bigger[n] == NULL ? SM_E_NOMEM : SM_OK;
}

int
sm_report_advise(struct sm_report *r, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;
	int n, rc;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return SM_E_NOMEM;
	/* Said once is enough, however many signers it is true of. */
	for (char **a = r->advice; a != NULL && *a != NULL; a++) {
		if (strcmp(*a, text) == 0) {
			free(text);
			return SM_OK;
		}
	}
	rc = sm_strings_add(&r->advice, text);
	free(text);
	return rc;
}

static void
strings_free(char **list)
{
	for (char **p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

static void
signer_wipe(struct sm_report_signer *s)
{
	strings_free(s->mail);
	free(s->subject);
	free(s->issuer);
	free(s->serial);
	free(s->sha256);
	free(s->digest);
	free(s->algorithm);
	strings_free(s->attributes);
	strings_free(s->unsigned_attributes);
	for (int i = 0; i < SM_CHECK_COUNT; i++) {
		free(s->checks[i].why);
		free(s->checks[i].fix);
	}
}

static void
layer_wipe(struct sm_report_layer *l)
{
	free(l->type);
	free(l->part);
	free(l->fault);
	free(l->cipher);
	free(l->content_type);
	for (size_t i = 0; i < l->recipient_count; i++) {
		free(l->recipients[i].kind);
		free(l->recipients[i].id);
	}
	free(l->recipients);
	for (size_t i = 0; i < l->signer_count; i++)
		signer_wipe(&l->signers[i]);
	free(l->signers);
}

void
sm_report_wipe(struct sm_report *r)
{
	for (size_t i = 0; i < r->layer_count; i++)
		layer_wipe(&r->layers[i]);
	free(r->layers);
	for (size_t i = 0; i < r->errant_count; i++) {
		free(r->errant[i].part);
		free(r->errant[i].why);
	}
	free(r->errant);
	strings_free(r->from);
	strings_free(r->advice);
	memset(r, 0, sizeof *r);
}

const char *
sm_result_name(enum sm_result r)
{
	static const char *const names[] = {
		[SM_RESULT_GOOD] = "good",
		[SM_RESULT_WEAK] = "weak",
		[SM_RESULT_INVALID] = "invalid",
		[SM_RESULT_UNTRUSTED] = "untrusted",
		[SM_RESULT_NOT_FROM_SENDER] = "not-from-sender",
		[SM_RESULT_REVOKED] = "revoked",
		[SM_RESULT_EXPIRED] = "expired",
		[SM_RESULT_UNSIGNED] = "unsigned",
		[SM_RESULT_NO_KEY] = "no-key",
		[SM_RESULT_CORRUPT] = "corrupt",
		[SM_RESULT_UNAUTHENTICATED] = "unauthenticated",
		[SM_RESULT_MALFORMED] = "malformed",
		[SM_RESULT_LIMIT] = "limit",
	};

	return (unsigned)r < sizeof names / sizeof names[0] ? names[r] :
	    "malformed";
}

const char *
sm_check_name(enum sm_check_id id)
{
	static const char *const names[] = {
		[SM_CHECK_SIGNATURE] = "signature",
		[SM_CHECK_DIGEST] = "digest",
		[SM_CHECK_CHAIN] = "chain",
		[SM_CHECK_USAGE] = "usage",
		[SM_CHECK_TIME] = "time",
		[SM_CHECK_REVOCATION] = "revocation",
		[SM_CHECK_FROM] = "from",
	};

	return (unsigned)id < SM_CHECK_COUNT ? names[id] : "signature";
}
