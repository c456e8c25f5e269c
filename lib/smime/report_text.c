/* The report for people: who signed, is that who the message says it is from,
 * when, could anybody have read or changed it, and what to do. */
#include <base/buf.h>
#include <base/der.h>
#include <base/try.h>
#include <sealmail/report.h>
#include <stdio.h>

struct page {
	struct sm_buf buf;
	const struct sm_report *r;
	bool verbose, colour;
	int rc;
};

#define PUT(p, ...)                                                          \
	do {                                                                 \
		if ((p)->rc == 0)                                            \
			(p)->rc = sm_buf_printf(&(p)->buf, __VA_ARGS__);     \
	} while (0)

static bool
is_type(const struct sm_report_layer *l, const char *type)
{
	return strcmp(l->type, type) == 0;
}

/* The signed layer that the report's result is about: the innermost. */
static const struct sm_report_layer *
signed_layer(const struct sm_report *r)
{
	for (size_t i = r->layer_count; i > 0; i--)
		if (is_type(&r->layers[i - 1], "signed"))
			return &r->layers[i - 1];
	return NULL;
}

static const struct sm_report_signer *
main_signer(const struct sm_report *r)
{
	const struct sm_report_layer *l = signed_layer(r);

	if (l == NULL || l->signer_count == 0)
		return NULL;
	for (size_t i = 0; i < l->signer_count; i++)
		if (l->signers[i].exit == 0)
			return &l->signers[i];
	return &l->signers[0];
}

/* The CN of an RFC 2253 name, for a sentence; the whole name without one. */
static const char *
common_name(const char *subject, char *room, size_t size)
{
	const char *at = strncmp(subject, "CN=", 3) == 0 ? subject :
	    strstr(subject, ",CN=");
	size_t n = 0;

	if (at == NULL)
		return subject;
	at += *at == ',' ? 4 : 3;
	while (at[n] != '\0' && at[n] != ',' && n + 1 < size) {
		room[n] = at[n];
		n++;
	}
	room[n] = '\0';
	return room;
}

static const char *
signer_name(const struct sm_report_signer *s, char *room, size_t size)
{
	if (s == NULL)
		return "nobody";
	if (s->mail != NULL && s->mail[0] != NULL)
		return s->mail[0];
	return s->subject != NULL && *s->subject != '\0' ?
	    common_name(s->subject, room, size) : "somebody unknown";
}

/* ---- the sentence that matters ---- */

struct headline {
	const char *word;
	const char *colour;
	const char *sentence;  /* %s: the signer */
};

static struct headline
headline(const struct sm_report *r)
{
	static const struct headline lines[] = {
		[SM_RESULT_GOOD] = { "GOOD", "32",
		    "%s signed this, and nobody has changed it since." },
		[SM_RESULT_WEAK] = { "WEAK", "33", "%s signed this by the rules of "
		    "its time; today the signature could be forged." },
		[SM_RESULT_INVALID] = { "INVALID", "31", "The signature does not "
		    "hold: somebody may have changed this, or it was never signed "
		    "by %s." },
		[SM_RESULT_UNTRUSTED] = { "NOT TRUSTED", "33", "%s signed this, but "
		    "nobody you trust confirms who that is." },
		[SM_RESULT_NOT_FROM_SENDER] = { "WRONG SENDER", "31", "The sender "
		    "that the message claims did not sign it; %s did." },
		[SM_RESULT_REVOKED] = { "REVOKED", "31", "The certificate that "
		    "signed this for %s was withdrawn." },
		[SM_RESULT_EXPIRED] = { "EXPIRED", "33", "The signature by %s does "
		    "not fit the time of its certificate." },
		[SM_RESULT_UNSIGNED] = { "NOT SIGNED", "33",
		    "Nothing proves who wrote this." },
		[SM_RESULT_NO_KEY] = { "NO KEY", "31",
		    "This is encrypted to somebody else, or to a key or password "
		    "that was not given." },
		[SM_RESULT_CORRUPT] = { "CORRUPT", "31", "The content was changed or "
		    "damaged on its way. Nothing of it is shown." },
		[SM_RESULT_UNAUTHENTICATED] = { "NOT AUTHENTICATED", "31",
		    "This could be decrypted, but nothing proves that nobody "
		    "changed it." },
		[SM_RESULT_MALFORMED] = { "MALFORMED", "31",
		    "This cannot be read." },
		[SM_RESULT_LIMIT] = { "LIMIT", "31",
		    "This is larger or deeper than Sealmail is set to handle." },
	};

	return lines[r->result];
}

static bool
is_encrypted(const struct sm_report *r)
{
	for (size_t i = 0; i < r->layer_count; i++)
		if (r->layers[i].cipher != NULL)
			return true;
	return false;
}

/* Nothing is wrong with the message: it was read with the wrong verb, or without
 * the content that belongs to it. */
static bool
of_another_kind(const struct sm_report *r)
{
	static const char *const reasons[] = { "is-encrypted", "not-encrypted",
		"content-missing", "not-a-signature" };

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (r->error.reason != NULL &&
		    strcmp(r->error.reason, reasons[i]) == 0)
			return true;
	return false;
}

static void
put_headline(struct page *p)
{
	struct headline h = headline(p->r);
	char room[96];
	const char *who = signer_name(main_signer(p->r), room, sizeof room);
	const char *at = strstr(h.sentence, "%s");

	if (p->r->result == SM_RESULT_GOOD && main_signer(p->r) == NULL) {
		/* decrypt and inspect judge no signature */
		h.sentence = is_encrypted(p->r) ? "The encryption is in order. "
		    "Signatures were not looked at." : "Structure shown below.";
		at = NULL;
	}
	if (p->r->result == SM_RESULT_INVALID && main_signer(p->r) == NULL) {
		h.sentence = "This was announced as signed, and its signature is "
		    "damaged or lost.";
		at = NULL;
	}
	if (p->r->result == SM_RESULT_MALFORMED && of_another_kind(p->r)) {
		h.word = "WRONG KIND";
		h.sentence = "This is not of the kind that was asked for.";
	}
	if (p->colour)
		PUT(p, "\033[1;%sm%s\033[0m  ", h.colour, h.word);
	else
		PUT(p, "%s  ", h.word);
	if (at == NULL)
		PUT(p, "%s\n", h.sentence);
	else
		PUT(p, "%.*s%s%s\n", (int)(at - h.sentence), h.sentence, who,
		    at + 2);
}

/* ---- the facts ---- */

static void
put_line(struct page *p, const char *label, const char *text)
{
	PUT(p, "  %-11s %s\n", label, text);
}

static const struct sm_check *
failing(const struct sm_report_signer *s)
{
	static const enum sm_check_id order[] = { SM_CHECK_DIGEST,
		SM_CHECK_SIGNATURE, SM_CHECK_CHAIN, SM_CHECK_USAGE,
		SM_CHECK_REVOCATION, SM_CHECK_TIME, SM_CHECK_FROM };

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (s->checks[order[i]].ok == SM_CHECK_FALSE)
			return &s->checks[order[i]];
	return NULL;
}

static void
put_who(struct page *p, const struct sm_report_signer *s)
{
	PUT(p, "  %-11s", "Signed by:");
	for (char **m = s->mail; m != NULL && *m != NULL; m++)
		PUT(p, "%s %s", m == s->mail ? "" : ",", *m);
	PUT(p, "%s%s\n", s->mail == NULL ? " " : "  ",
	    s->subject != NULL ? s->subject : "unknown certificate");
	if (s->issuer != NULL)
		put_line(p, "Issued by:", s->issuer);
}

static void
put_signer(struct page *p, const struct sm_report_signer *s)
{
	const struct sm_check *bad = failing(s);
	char when[32];

	put_who(p, s);
	if (s->has_signed_at) {
		sm_time_text(when, s->signed_at);
		PUT(p, "  %-11s %s (by the signer's own clock)\n", "Signed at:",
		    when);
	}
	if (bad != NULL)
		put_line(p, "Why:", bad->why);
	else if (s->checks[SM_CHECK_SIGNATURE].ok == SM_CHECK_NULL &&
	    s->checks[SM_CHECK_SIGNATURE].why != NULL)
		put_line(p, "Why:", s->checks[SM_CHECK_SIGNATURE].why);
	if (s->checks[SM_CHECK_FROM].ok == SM_CHECK_TRUE)
		put_line(p, "From:", s->checks[SM_CHECK_FROM].why);
	if (s->checks[SM_CHECK_TIME].ok == SM_CHECK_TRUE &&
	    s->checks[SM_CHECK_TIME].why != NULL && s->has_signed_at &&
	    strstr(s->checks[SM_CHECK_TIME].why, "expired") != NULL)
		put_line(p, "Time:", s->checks[SM_CHECK_TIME].why);
	if (s->checks[SM_CHECK_REVOCATION].ok == SM_CHECK_NULL &&
	    s->checks[SM_CHECK_REVOCATION].why != NULL)
		put_line(p, "Revocation:", s->checks[SM_CHECK_REVOCATION].why);
}

static void
put_attributes(struct page *p, const char *label, char *const *list)
{
	if (list == NULL)
		return;
	PUT(p, "    %s", label);
	for (; *list != NULL; list++)
		PUT(p, " %s", *list);
	PUT(p, "\n");
}

static void
put_checks(struct page *p, const struct sm_report_signer *s)
{
	PUT(p, "    algorithm %s, digest %s\n", s->algorithm, s->digest);
	put_attributes(p, "attributes", s->attributes);
	put_attributes(p, "unsigned", s->unsigned_attributes);
	if (s->serial != NULL)
		PUT(p, "    serial %s\n    sha256 %s\n", s->serial, s->sha256);
	for (int i = 0; i < SM_CHECK_COUNT; i++) {
		const struct sm_check *c = &s->checks[i];

		if (c->why == NULL)
			continue;
		PUT(p, "    %-10s %-4s %s\n", sm_check_name(c->id),
		    c->ok == SM_CHECK_TRUE ? "ok" :
		    c->ok == SM_CHECK_FALSE ? "NO" : "-", c->why);
	}
}

static void
put_encrypted(struct page *p, const struct sm_report_layer *l)
{
	PUT(p, "  %-11s for %zu recipient%s with %s%s\n", "Encrypted:",
	    l->recipient_total, l->recipient_total == 1 ? "" : "s",
	    l->cipher != NULL ? l->cipher : "an unknown cipher",
	    l->integrity ? ", which shows every change" :
	    ", which does not show changes");
	for (size_t i = 0; i < l->recipient_count; i++)
		if (p->verbose || (l->recipients[i].mine && i < 10))
			PUT(p, "    %-12s %s%s\n", l->recipients[i].kind,
			    l->recipients[i].id,
			    l->recipients[i].mine ? "  (you)" : "");
}

static void
put_layer(struct page *p, const struct sm_report_layer *l)
{
	if (l->cipher != NULL || l->recipient_total > 0)
		put_encrypted(p, l);
	else if (!is_type(l, "signed"))
		PUT(p, "  %-11s %s, %llu bytes inside\n", "Layer:", l->type,
		    (unsigned long long)l->content_bytes);
	else if (l->signer_count == 0 && l->fault != NULL)
		put_line(p, "Why:", l->fault);
	else if (l->signer_count == 0 && p->r->result != SM_RESULT_MALFORMED)
		put_line(p, "Signed by:", "nobody: it only carries certificates");
	for (size_t i = 0; i < l->signer_count; i++) {
		put_signer(p, &l->signers[i]);
		if (p->verbose)
			put_checks(p, &l->signers[i]);
	}
}

static void
put_errant(struct page *p)
{
	for (size_t i = 0; i < p->r->errant_count; i++)
		PUT(p, "  Part %s: %s\n", p->r->errant[i].part,
		    p->r->errant[i].why);
}

static void
put_advice(struct page *p)
{
	bool first = true;

	for (char **a = p->r->advice; a != NULL && *a != NULL; a++) {
		PUT(p, "  %-11s %s\n", first ? "What to do:" : "", *a);
		first = false;
	}
}

/* What the message says may try to draw on the terminal: control characters and
 * escape sequences become '?' (smime-rules 11: the body imitates a badge). */
static void
make_harmless(struct sm_buf *b, bool colour)
{
	for (size_t i = 0; i < b->len; i++) {
		uint8_t c = b->data[i];
		/* our own colours are the only ESC, and all in the first line */
		bool ours = colour && c == 0x1b && i < 24;

		if ((c < 0x20 && c != '\n' && !ours) || c == 0x7f)
			b->data[i] = '?';
		/* C1 controls in UTF-8 */
		if (c == 0xc2 && i + 1 < b->len && b->data[i + 1] < 0xa0 &&
		    b->data[i + 1] >= 0x80)
			b->data[i] = b->data[i + 1] = '?';
	}
}

int
sm_report_text(const struct sm_report *r, bool verbose, bool colour,
    const struct sm_sink *out)
{
	struct page p = { SM_BUF_INIT, r, verbose, colour, 0 };
	int rc;

	put_headline(&p);
	for (size_t i = 0; i < r->layer_count; i++)
		put_layer(&p, &r->layers[i]);
	put_errant(&p);
	put_advice(&p);
	if (p.rc == 0) {
		make_harmless(&p.buf, colour);
		p.rc = sm_sink_write(out, sm_buf_bytes(&p.buf));
	}
	rc = p.rc;
	sm_buf_free(&p.buf);
	return rc;
}
