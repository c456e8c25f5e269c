/* Which certificate of an address to encrypt to, and why; or why none. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <base/der.h>

#include "contacts_book.h"

enum { VOUCHED_SECONDS = 14 * 86400 };

/* A certificate that could be used as far as it says itself. */
struct candidate {
	struct contact_cert *cc;
	struct sm_cert *cert;
	int64_t first;
};

struct choosing {
	struct contacts *book;
	struct client *c;
	struct contact *k;
	struct contacts_choice *out;
	struct candidate list[CONTACT_CERTS];
	size_t count;
	/* What comes nearest to a usable one, when none is. */
	enum contacts_status nearest;
	struct sm_cert *nearest_cert;
};

const char *
contacts_status_name(enum contacts_status s)
{
	static const char *const names[] = {
		[CONTACTS_USABLE] = "usable",
		[CONTACTS_UNKNOWN] = "unknown",
		[CONTACTS_SIGNS_ONLY] = "signs-only",
		[CONTACTS_EXPIRED] = "expired",
		[CONTACTS_NOT_YET] = "not-yet-valid",
		[CONTACTS_UNTRUSTED] = "untrusted",
		[CONTACTS_REVOKED] = "revoked",
		[CONTACTS_UNUSABLE] = "unusable",
	};

	return names[s];
}

/* *to may be NULL: the text then has nowhere to go. */
static int SM_PRINTF(3, 4)
say(struct client *c, char **to, const char *fmt, ...)
{
	va_list ap;
	int n;

	free(*to);
	va_start(ap, fmt);
	n = vasprintf(to, fmt, ap);
	va_end(ap);
	if (n < 0) {
		*to = NULL;
		return client_out_of_memory(c);
	}
	client_make_printable(*to);
	return 0;
}

static void
day(char out[32], int64_t at)
{
	sm_time_text(out, at);
	out[10] = '\0';
}

/* ---- what each says of itself ---- */

static enum contacts_status
use_and_dates(const struct client *c, const struct sm_cert *cert)
{
	if (!sm_cert_may_encrypt(cert))
		return CONTACTS_SIGNS_ONLY;
	if (c->now > sm_cert_not_after(cert))
		return CONTACTS_EXPIRED;
	return c->now < sm_cert_not_before(cert) ? CONTACTS_NOT_YET : CONTACTS_USABLE;
}

enum contacts_status
contacts_own_word(const struct client *c, struct contact_cert *cc)
{
	enum contacts_status s = use_and_dates(c, cc->cert);
	bool encrypts = true;

	if (s == CONTACTS_USABLE)
		(void)contact_cert_kind(cc, &encrypts);
	return encrypts ? s : CONTACTS_UNUSABLE;
}

/* How much is missing, the least first. */
static int
distance(enum contacts_status s)
{
	static const enum contacts_status order[] = { CONTACTS_USABLE,
		CONTACTS_UNTRUSTED, CONTACTS_NOT_YET, CONTACTS_REVOKED, CONTACTS_EXPIRED,
		CONTACTS_UNUSABLE, CONTACTS_SIGNS_ONLY, CONTACTS_UNKNOWN };
	int i;

	for (i = 0; order[i] != s && order[i] != CONTACTS_UNKNOWN; i++)
		continue;
	return i;
}

static void
note_nearest(struct choosing *ch, enum contacts_status s, struct sm_cert *cert)
{
	int d = distance(s), before = distance(ch->nearest);

	if (d > before || (d == before && ch->nearest_cert != NULL &&
		sm_cert_not_after(cert) <= sm_cert_not_after(ch->nearest_cert)))
		return;
	ch->nearest = s;
	ch->nearest_cert = cert;
}

/* Confirmed ones first, the last word first; then those that came first: what was
 * used stays in use (a signed letter must not exchange a key in silence). What came
 * at the same time: the newest. */
static int
better_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->cc->confirmed != y->cc->confirmed)
		return x->cc->confirmed > y->cc->confirmed ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (sm_cert_not_before(x->cert) != sm_cert_not_before(y->cert))
		return sm_cert_not_before(x->cert) > sm_cert_not_before(y->cert) ? -1 : 1;
	return memcmp(sm_cert_sha256(x->cert), sm_cert_sha256(y->cert), 32);
}

static void
collect(struct choosing *ch)
{
	enum contacts_status s;
	struct sm_cert *cert;
	size_t i;

	for (i = 0; i < ch->k->count && ch->count < CONTACT_CERTS; i++) {
		cert = contact_cert_get(&ch->k->certs[i]);
		if (cert == NULL)
			continue;
		s = use_and_dates(ch->c, cert);
		if (s != CONTACTS_USABLE) {
			note_nearest(ch, s, cert);
			continue;
		}
		ch->list[ch->count++] = (struct candidate){ &ch->k->certs[i], cert,
			contact_cert_first(&ch->k->certs[i]) };
	}
	if (ch->count > 1)
		qsort(ch->list, ch->count, sizeof(ch->list[0]), better_first);
}

/* ---- what others say of it ---- */

/* RFC 8162, certificate usage 3: the domain itself says whose it is. Its word is taken
 * for some days. */
static bool
is_vouched(const struct choosing *ch, const struct candidate *cand)
{
	return cand->cc->vouched != 0 && cand->cc->vouched <= ch->c->now &&
	    ch->c->now - cand->cc->vouched < VOUCHED_SECONDS;
}

/* Why it is used; the sentence of the path, or whose word it is. */
static int
tell_usable(struct choosing *ch, const struct candidate *cand,
    const struct sm_trust_answer *a)
{
	char when[32];

	if (a->result == SM_TRUST_GOOD)
		return say(ch->c, &ch->out->why, "%s", a->why);
	day(when, cand->cc->confirmed != 0 ? cand->cc->confirmed : cand->cc->vouched);
	return say(ch->c, &ch->out->why, cand->cc->confirmed != 0 ?
	    "You confirmed it on %s." : "The domain of the address vouches for it by "
	    "signed DNS names (seen on %s).", when);
}

/* Why it is not, when it comes nearest of all. */
static int
tell_unusable(struct choosing *ch, const struct candidate *cand,
    const struct sm_trust_answer *a)
{
	bool revoked = a->result == SM_TRUST_REVOKED;
	int rc;

	note_nearest(ch, revoked ? CONTACTS_REVOKED : CONTACTS_UNTRUSTED, cand->cert);
	if (ch->nearest_cert != cand->cert)
		return 0;
	rc = say(ch->c, &ch->out->why, "%s", revoked ? a->revocation_why : a->why);
	/* With a path, its root is trusted for others: the fix names the domain. */
	if (rc == 0 && a->result == SM_TRUST_UNTRUSTED && a->path.count < 2)
		return say(ch->c, &ch->out->fix, "If you trust its CA: `sealmail trust add "
		    "FILE` (`sealmail who add FILE` for one between it and a root); if you "
		    "know that it is theirs: `sealmail who confirm %s`", ch->k->address);
	if (rc == 0 && !revoked && a->fix[0] != '\0')
		return say(ch->c, &ch->out->fix, "%s", a->fix);
	return rc;
}

/* *usable; when it is, or comes nearest, the sentences say why. */
static int
judge(struct choosing *ch, const struct candidate *cand, bool *usable)
{
	struct sm_trust_answer a;
	bool encrypts;
	int rc;

	*usable = false;
	/* Only now: looking into a key is the larger part of the work. */
	(void)contact_cert_kind(cand->cc, &encrypts);
	if (!encrypts) {
		note_nearest(ch, CONTACTS_UNUSABLE, cand->cert);
		return 0;
	}
	rc = contacts_judge(ch->book, cand->cert, ch->k->address, &a);
	*usable = rc == 0 && (a.result == SM_TRUST_GOOD ||
	    ((cand->cc->confirmed != 0 || is_vouched(ch, cand)) &&
		a.result != SM_TRUST_REVOKED));
	if (rc == 0)
		rc = *usable ? tell_usable(ch, cand, &a) : tell_unusable(ch, cand, &a);
	sm_trust_answer_wipe(&a);
	return rc;
}

static bool
same_key(const struct candidate *a, const struct candidate *b)
{
	return sm_bytes_equal(sm_cert_spki(a->cert), sm_cert_spki(b->cert));
}

static bool
is_newer(const struct candidate *a, const struct candidate *than)
{
	return sm_cert_not_before(a->cert) > sm_cert_not_before(than->cert);
}

/* A renewed certificate of the same key is no change of key. */
static int
take_renewal(struct choosing *ch, const struct candidate **chosen)
{
	bool usable;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < ch->count; i++) {
		if (!same_key(&ch->list[i], *chosen) || !is_newer(&ch->list[i], *chosen))
			continue;
		rc = judge(ch, &ch->list[i], &usable);
		if (rc == 0 && usable)
			*chosen = &ch->list[i];
	}
	return rc;
}

/* The newest with another key that came after the one in use, and could be used. */
static int
tell_of_another(struct choosing *ch, const struct candidate *chosen)
{
	const struct candidate *other = NULL;
	char *why = ch->out->why, when[32];
	const uint8_t *h;
	bool usable = false;
	size_t i;
	int rc;

	for (i = 0; i < ch->count; i++)
		if (!same_key(&ch->list[i], chosen) && is_newer(&ch->list[i], chosen) &&
		    ch->list[i].first > chosen->first &&
		    ch->list[i].cc->confirmed <= chosen->cc->confirmed &&
		    (other == NULL || is_newer(&ch->list[i], other)))
			other = &ch->list[i];
	if (other == NULL || (ch->list[0].cc->confirmed != 0 &&
		ch->list[0].cc->confirmed >= other->first))
		return 0;
	ch->out->why = NULL;
	rc = judge(ch, other, &usable);
	free(ch->out->why);
	ch->out->why = why;
	if (rc != 0 || !usable)
		return rc;
	h = sm_cert_sha256(other->cert);
	day(when, other->first);
	return say(ch->c, &ch->out->advice, "%s has another key since %s, and the old "
	    "certificate is still valid and in use; if the new one is right: `sealmail "
	    "who confirm %s %02x%02x%02x%02x`", ch->k->address, when, ch->k->address,
	    h[0], h[1], h[2], h[3]);
}

/* ---- the answer ---- */

int
contacts_sources_text(struct client *c, const struct contact_cert *cc, char **out)
{
	struct sm_buf text = SM_BUF_INIT;
	const struct contact_source *s;
	char when[32];
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < cc->source_count; i++) {
		s = &cc->sources[i];
		day(when, s->last);
		rc = sm_buf_printf(&text, "%s%s%s%s %s", i > 0 ? ", " : "",
		    strcmp(s->kind, "mail") == 0 ? "signed mail" :
		    strcmp(s->kind, "hand") == 0 ? "by hand" : s->kind,
		    s->where[0] != '\0' ? " " : "", s->where, when);
	}
	if (rc == 0)
		rc = sm_buf_append_byte(&text, 0);
	rc = rc == 0 ? say(c, out, "%s", (const char *)text.data) :
	    client_out_of_memory(c);
	sm_buf_free(&text);
	return rc;
}

static int
take(struct choosing *ch, const struct candidate *chosen)
{
	struct contacts_choice *out = ch->out;
	int rc;

	out->status = CONTACTS_USABLE;
	out->cert = sm_cert_ref(chosen->cert);
	free(out->fix);
	out->fix = NULL;
	rc = contacts_sources_text(ch->c, chosen->cc, &out->from);
	return rc == 0 ? tell_of_another(ch, chosen) : rc;
}

static int
explain_none(struct choosing *ch)
{
	struct contacts_choice *out = ch->out;
	const char *who = ch->k->address;
	char when[32] = "";

	out->status = ch->nearest;
	if (ch->nearest == CONTACTS_EXPIRED)
		day(when, sm_cert_not_after(ch->nearest_cert));
	if (ch->nearest == CONTACTS_NOT_YET)
		day(when, sm_cert_not_before(ch->nearest_cert));
	switch (ch->nearest) {
	case CONTACTS_UNKNOWN:
		return say(ch->c, &out->why, "No certificate of %s is known.", who);
	case CONTACTS_SIGNS_ONLY:
		return say(ch->c, &out->why, "The certificates of %s are for signatures, "
		    "not for encryption.", who);
	case CONTACTS_UNUSABLE:
		return say(ch->c, &out->why, "The keys of %s are of a kind that nothing can "
		    "be encrypted to here.", who);
	case CONTACTS_EXPIRED:
		return say(ch->c, &out->why, "The certificate of %s expired on %s, and no "
		    "newer one is known.", who, when);
	case CONTACTS_NOT_YET:
		return say(ch->c, &out->why, "The certificate of %s begins on %s.", who,
		    when);
	default:
		return 0; /* said when it was judged */
	}
}

static int
explain_fix(struct choosing *ch)
{
	const char *who = ch->k->address;

	if (ch->out->fix != NULL)
		return 0;
	if (ch->nearest == CONTACTS_NOT_YET)
		return say(ch->c, &ch->out->fix, "Check the clock of this machine.");
	return say(ch->c, &ch->out->fix, "Ask %s for a signed letter and open it, or take "
	    "a certificate from a file: `sealmail who add FILE`", who);
}

static int
choose_among(struct choosing *ch)
{
	const struct candidate *chosen = NULL;
	bool usable;
	size_t i;
	int rc = 0;

	collect(ch);
	for (i = 0; rc == 0 && chosen == NULL && i < ch->count; i++) {
		rc = judge(ch, &ch->list[i], &usable);
		if (rc == 0 && usable)
			chosen = &ch->list[i];
	}
	if (rc == 0 && chosen != NULL)
		rc = take_renewal(ch, &chosen);
	if (rc == 0 && chosen != NULL)
		return take(ch, chosen);
	if (rc == 0)
		rc = explain_none(ch);
	return rc == 0 ? explain_fix(ch) : rc;
}

int
contacts_choose_in(struct contacts *book, struct contact *k, struct contacts_choice *out)
{
	struct choosing ch = { .book = book, .c = book->c, .k = k, .out = out,
		.nearest = CONTACTS_UNKNOWN };
	int rc;

	memset(out, 0, sizeof(*out));
	out->seen = k->seen;
	out->address = strdup(k->address);
	if (out->address == NULL || sm_buf_append(&out->capabilities,
		sm_buf_bytes(&k->capabilities)) != 0)
		return client_out_of_memory(book->c);
	rc = contacts_written(book, k->address, &out->written);
	return rc == 0 ? choose_among(&ch) : rc;
}

static int
no_address(struct client *c, const char *address, struct contacts_choice *out)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->status = CONTACTS_UNKNOWN;
	rc = say(c, &out->address, "%s", address);
	if (rc == 0)
		rc = say(c, &out->why, "%s is not a mail address.", address);
	return rc == 0 ? say(c, &out->fix, "Write it as name@domain.") : rc;
}

static int
choose_exactly(struct contacts *book, const char *address, struct contacts_choice *out)
{
	struct contact k;
	int rc = contacts_book_read(book, address, &k);

	if (rc == 0)
		rc = contacts_choose_in(book, &k, out);
	contact_wipe(&k);
	return rc;
}

static char *
in_small_letters(const char *address)
{
	char *out = strdup(address), *p;

	for (p = out; p != NULL && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return out;
}

/* Servers that tell Bob@ from bob@ are hardly left, people who write the one for the
 * other are many: of whom nothing is known, the address in small letters is meant. It
 * is better than a letter that everybody can read. */
static int
choose_here(struct contacts *book, const char *address, struct contacts_choice *out)
{
	struct contacts_choice other;
	char *small;
	int rc = choose_exactly(book, address, out);

	if (rc != 0 || out->status != CONTACTS_UNKNOWN)
		return rc;
	small = in_small_letters(address);
	if (small == NULL)
		return client_out_of_memory(book->c);
	memset(&other, 0, sizeof(other));
	other.status = CONTACTS_UNKNOWN;
	if (strcmp(small, address) != 0)
		rc = choose_exactly(book, small, &other);
	if (rc == 0 && other.status == CONTACTS_USABLE) {
		struct contacts_choice exact = *out;

		*out = other;
		other = exact;
	}
	contacts_choice_free(&other);
	free(small);
	return rc;
}

int
contacts_choose(struct contacts *book, const char *address,
    enum contacts_reach reach, struct contacts_choice *out)
{
	char *canonical, *looked = NULL;
	int rc = contacts_address(book->c, address, &canonical);

	memset(out, 0, sizeof(*out));
	if (rc != 0)
		return rc;
	if (canonical == NULL)
		return no_address(book->c, address, out);
	rc = choose_here(book, canonical, out);
	if (rc == 0 && (reach == CONTACTS_REFRESH ||
		(reach == CONTACTS_FETCH && out->status != CONTACTS_USABLE)))
		rc = contacts_lookup(book, canonical, &looked);
	if (rc == 0 && looked != NULL) {
		contacts_choice_free(out);
		rc = choose_here(book, canonical, out);
	}
	out->looked = looked;
	free(canonical);
	return rc;
}

void
contacts_choice_free(struct contacts_choice *ch)
{
	free(ch->address);
	free(ch->from);
	free(ch->why);
	free(ch->fix);
	free(ch->advice);
	free(ch->looked);
	sm_cert_free(ch->cert);
	sm_buf_free(&ch->capabilities);
	memset(ch, 0, sizeof(*ch));
}
