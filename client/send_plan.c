#include "sending.h"

#include <stdio.h>
#include <stdlib.h>

#include <sealmail/address.h>

#include "groups.h"

enum { NAMES_SHOWN = 5, HIDDEN_MAX = 200 };

/* ---- lists of names for a sentence ---- */

struct names {
	char text[300];
	size_t count;
};

static void
add_name(struct names *n, const char *name)
{
	size_t at = strlen(n->text);

	if (n->count < NAMES_SHOWN)
		(void)snprintf(n->text + at, sizeof(n->text) - at, "%s%.60s",
		    n->count > 0 ? ", " : "", name);
	else if (n->count == NAMES_SHOWN)
		(void)snprintf(n->text + at, sizeof(n->text) - at, ", ...");
	n->count++;
}

/* ---- reading everything ---- */

static bool
reads_recipients(const struct sending *s)
{
	return options_has(&s->c->opt, OPT_READ_RECIPIENTS);
}

static int
read_files(struct sending *s)
{
	int rc = config_read(s->c, &s->config);

	if (rc == 0)
		rc = policy_read(s->c, &s->policy);
	if (rc == 0)
		rc = aliases_read(s->c, &s->aliases);
	if (rc == 0)
		rc = delivery_choose(s->c, &s->config, &s->delivery, &s->target);
	return rc == 0 ? delivery_sent(s->c, &s->config, &s->sent) : rc;
}

/* Who is a group is known only when everybody is: they are gathered once more then. */
static int
read_people(struct sending *s)
{
	bool fields = reads_recipients(s), found = false;
	int rc = contacts_open(s->c, &s->book);

	if (rc == 0)
		rc = addressees_read(s->c, &s->people, &s->letter, &s->aliases, fields);
	if (rc == 0)
		rc = groups_expand(s->c, &s->config, s->book, &s->people, &s->aliases,
		    &found);
	if (rc != 0 || !found)
		return rc;
	addressees_free(&s->people);
	return addressees_read(s->c, &s->people, &s->letter, &s->aliases, fields);
}

static int
read_letter(struct sending *s)
{
	const char *given = options_value(&s->c->opt, OPT_ENVELOPE_FROM);
	int rc = input_open(s->c, &s->in, NULL);

	if (rc == 0)
		rc = letter_read(s->c, &s->letter, &s->in, &s->aliases);
	if (rc == 0)
		rc = read_people(s);
	s->sender = given != NULL ? given : s->letter.from;
	/* "<>": nobody is to be told when it comes back (RFC 5321 section 4.5.5). */
	if (given != NULL && strcmp(given, "<>") == 0)
		s->sender = "";
	else if (rc == 0 && !sm_address_valid(sm_bytes_str(s->sender)))
		rc = client_fault(s->c, EXIT_USAGE, "-f \"%.100s\" is no address", s->sender);
	return rc;
}

static int
judge(struct sending *s)
{
	int rc = known_domains_read(s->c, &s->known, &s->policy, &s->aliases,
	    s->letter.from);

	return rc == 0 ? addressees_judge(s->c, &s->people, &s->policy, &s->known, s->book,
	    s->letter.from) : rc;
}

/* ---- may they get it? ---- */

/* They wrote or had the text already. */
static bool
knows_it(const struct sending *s, const struct addressee *who)
{
	size_t i;

	for (i = 0; i < s->letter.knowing.count; i++)
		if (strcasecmp(s->letter.knowing.list[i], who->address) == 0)
			return true;
	return false;
}

static const char *
confidential(const struct sending *s)
{
	return options_has(&s->c->opt, OPT_CONFIDENTIAL) ? "--confidential says so" :
	    s->letter.confidential;
}

static int
check_confidential(struct sending *s)
{
	struct names n = { "", 0 };
	size_t i;

	for (i = 0; confidential(s) != NULL && i < s->people.count; i++) {
		const struct addressee *who = &s->people.list[i];

		if (who->how.confidential != SECRET_ALLOW && !(s->letter.from_encrypted &&
			knows_it(s, who)))
			add_name(&n, who->address);
	}
	if (n.count == 0)
		return 0;
	return client_fault(s->c, EXIT_POLICY, "the letter is confidential (%s) and does "
	    "not go to %s: outside of the organisation, or a personal mailbox; leave them "
	    "out, or write \"confidential=allow\" for them into the file policy",
	    confidential(s), n.text);
}

static int
check_access(struct sending *s)
{
	struct names no = { "", 0 }, ask = { "", 0 };
	size_t i;

	for (i = 0; i < s->people.count; i++) {
		const struct addressee *who = &s->people.list[i];

		if (who->how.access == ACCESS_FORBID)
			add_name(&no, who->address);
		if (who->how.access == ACCESS_ASK)
			add_name(&ask, who->address);
	}
	if (no.count > 0)
		return client_fault(s->c, EXIT_POLICY, "the policy forbids mail to %s; "
		    "nothing was sent", no.text);
	if (ask.count > 0 && !options_has(&s->c->opt, OPT_YES))
		return client_fault(s->c, EXIT_POLICY, "is it really meant for %s? Then say "
		    "so with --yes; nothing was sent", ask.text);
	return 0;
}

int
sending_check(struct sending *s)
{
	int rc = check_confidential(s);

	return rc == 0 ? check_access(s) : rc;
}

/* ---- protection ---- */

/* The directories are asked only for those whom the book has no certificate of, and
 * only as long as the answer matters. */
static int
find_certificates(struct sending *s, bool required)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < s->people.count; i++) {
		struct addressee *who = &s->people.list[i];

		if (who->choice.status == CONTACTS_USABLE)
			continue;
		contacts_choice_free(&who->choice);
		who->has_choice = false;
		rc = contacts_choose(s->book, who->address, CONTACTS_FETCH, &who->choice);
		who->has_choice = rc == 0;
		if (rc == 0 && who->choice.status != CONTACTS_USABLE && !required)
			break;
	}
	return rc;
}

static void
find_missing(const struct sending *s, struct names *out, const struct addressee **first)
{
	size_t i;

	*first = NULL;
	for (i = 0; i < s->people.count; i++) {
		const struct addressee *who = &s->people.list[i];

		if (who->choice.status == CONTACTS_USABLE)
			continue;
		add_name(out, who->address);
		if (*first == NULL)
			*first = who;
	}
}

/* The names first, then for each the reason and the way to a certificate. */
static int
missing_fault(struct sending *s, const struct names *missing)
{
	size_t i, shown = 0;
	int rc = client_fault(s->c, EXIT_RECIPIENT, "no certificate that can be used for "
	    "%s; nothing was sent", missing->text);

	for (i = 0; i < s->people.count && shown < NAMES_SHOWN; i++) {
		const struct contacts_choice *ch = &s->people.list[i].choice;

		if (ch->status == CONTACTS_USABLE)
			continue;
		shown++;
		client_note(s->c, "%s: %s", s->people.list[i].address, ch->why);
		if (ch->fix != NULL)
			client_note(s->c, "  %s", ch->fix);
	}
	return rc;
}

struct wishes {
	const struct addressee *require, *never; /* the first of each */
	bool sign;
};

static struct wishes
wishes_of(const struct sending *s)
{
	struct wishes w = { NULL, NULL, false };
	size_t i;

	for (i = 0; i < s->people.count; i++) {
		const struct addressee *who = &s->people.list[i];

		if (who->how.encrypt == ENCRYPT_REQUIRE && w.require == NULL)
			w.require = who;
		if (who->how.encrypt == ENCRYPT_NEVER && w.never == NULL)
			w.never = who;
		w.sign = w.sign || who->how.sign == SIGN_YES;
	}
	return w;
}

/* Why it must be encrypted; NULL when it need not. */
static const char *
demand(struct sending *s, const struct wishes *w)
{
	if (options_has(&s->c->opt, OPT_REQUIRE_ENCRYPTION))
		return "--encrypt demands it";
	if (confidential(s) != NULL)
		return "the letter is confidential";
	if (w->require == NULL)
		return NULL;
	(void)snprintf(s->why_text, sizeof(s->why_text), "the policy demands it for %.100s",
	    w->require->address);
	return s->why_text;
}

static int
decide_encryption(struct sending *s, const struct wishes *w)
{
	const char *must = demand(s, w);
	struct names missing = { "", 0 };
	const struct addressee *first;
	int rc;

	if (w->never != NULL && must != NULL)
		return client_fault(s->c, EXIT_POLICY, "the letter must be encrypted (%s), but "
		    "the policy says never for %s; nothing was sent", must,
		    w->never->address);
	if (w->never != NULL) {
		(void)snprintf(s->why_text, sizeof(s->why_text), "the policy says never for "
		    "%.100s", w->never->address);
		s->why = s->why_text;
		return 0;
	}
	rc = find_certificates(s, must != NULL);
	if (rc != 0)
		return rc;
	find_missing(s, &missing, &first);
	if (missing.count > 0 && must != NULL)
		return missing_fault(s, &missing);
	s->encrypt = missing.count == 0;
	if (s->encrypt)
		s->why = must != NULL ? must : "everybody has a certificate";
	else {
		(void)snprintf(s->why_text, sizeof(s->why_text), "no certificate of %.200s",
		    missing.text);
		s->why = s->why_text;
	}
	return 0;
}

/* A mail program that signs and encrypts by itself: what it made is not wrapped again,
 * but must be as much as the policy demands. */
static int
decide_protected(struct sending *s, const struct wishes *w)
{
	const char *must = demand(s, w);

	if (s->letter.form == LETTER_ENCRYPTED) {
		s->as_it_is = true;
		s->why = "another program has encrypted it";
		return 0;
	}
	s->sign = false;
	if (must == NULL && s->letter.resent) {
		s->as_it_is = true;
		s->why = "another program has signed it";
		return 0;
	}
	return decide_encryption(s, w);
}

static int
decide(struct sending *s)
{
	struct wishes w = wishes_of(s);

	s->sign = w.sign;
	if (s->letter.form != LETTER_PLAIN)
		return decide_protected(s, &w);
	/* Its From is somebody else's: a signature of ours could not fit it. */
	if (s->letter.resent && (w.sign || demand(s, &w) != NULL))
		return client_fault(s->c, EXIT_POLICY, "a letter of somebody else is not sent "
		    "on under his name, because nobody could sign it; forward it as an "
		    "attachment, or write \"sign=no\" into the file policy");
	return decide_encryption(s, &w);
}

/* ---- keys ---- */

static bool
needs_keys(const struct sending *s)
{
	return s->sign || s->encrypt || (s->sent != NULL && !s->as_it_is);
}

/* For the sender's own copy: the certificate that goes with the signature, when it is
 * the sender's. */
static void
find_own(struct sending *s)
{
	const struct sm_seal_signer *me = &s->keys.signers[0];

	s->own = me->enc_cert != NULL ? me->enc_cert :
	    sm_cert_may_encrypt(me->cert) ? me->cert : NULL;
	if (s->own == NULL && s->encrypt)
		client_note(s->c, "there is no certificate of %s to encrypt to: you will not "
		    "be able to read the letter yourself", s->letter.from);
}

/* Without a signature the identity is needed only for the sender's own copy. */
static bool
has_identity(const struct sending *s)
{
	size_t i;

	if (!s->keys.uses_ring || options_has(&s->c->opt, OPT_ID))
		return true;
	for (i = 0; i < s->keys.ring.count; i++)
		if (keyring_key_is(s->keys.ring.list[i], s->letter.from))
			return true;
	return false;
}

static int
no_identity(struct sending *s)
{
	if (s->sign)
		return client_fault(s->c, EXIT_NO_KEY, "there is no key to sign with for %s: "
		    "`sealmail id import FILE` takes one over, --id names another identity, "
		    "\"default sign=no\" in the file policy sends without", s->letter.from);
	return 0;
}

static int
read_keys(struct sending *s)
{
	int rc = keys_read(s->c, &s->keys, true);

	if (rc == 0 && !has_identity(s))
		return no_identity(s);
	if (rc == 0)
		rc = keys_for_signing(s->c, &s->keys, sm_buf_bytes(&s->letter.head));
	if (rc == 0 && s->keys.signer_count > 0)
		find_own(s);
	return rc == 0 ? evidence_read_crls(s->c, &s->crls) : rc;
}

/* Mail that claims another sender than its signature is what readers are warned of. */
static void
warn_of_signer(const struct sending *s)
{
	const struct sm_cert *cert;
	size_t i;

	if (!s->sign || s->keys.signer_count == 0)
		return;
	cert = s->keys.signers[0].cert;
	for (i = 0; sm_cert_mail(cert, i) != NULL; i++)
		if (sm_address_equal(sm_bytes_str(sm_cert_mail(cert, i)),
			sm_bytes_str(s->letter.from)))
			return;
	client_note(s->c, "the certificate that signs is not of %s, the From address: readers "
	    "will be warned", s->letter.from);
}

/* ---- messages ---- */

/* One message for all whom the header names; one for each other, so that nobody finds
 * a blind copy among the recipients of an encrypted message, or in what servers note.
 * Very many of them share one when nothing inside could name them. */
static void
group(struct sending *s)
{
	size_t i, visible = 0, hidden;

	for (i = 0; i < s->people.count; i++)
		visible += s->people.list[i].place != PLACE_BCC;
	hidden = s->people.count - visible;
	s->groups = visible > 0;
	for (i = 0; i < s->people.count; i++)
		if (s->people.list[i].place != PLACE_BCC || hidden > HIDDEN_MAX)
			s->people.list[i].group = 0;
		else
			s->people.list[i].group = s->groups++;
	s->hidden = hidden;
	s->groups += s->groups == 0;
}

int
sending_read(struct sending *s)
{
	int rc = read_files(s);

	if (rc == 0)
		rc = read_letter(s);
	if (rc == 0)
		rc = judge(s);
	if (rc == 0)
		group(s);
	return rc;
}

int
sending_decide(struct sending *s)
{
	int rc = decide(s);

	if (rc == 0 && s->encrypt && s->hidden > HIDDEN_MAX)
		rc = client_fault(s->c, EXIT_LIMIT, "%zu recipients that the header does not "
		    "name: each gets a message of its own, and %d are the most; send in "
		    "parts", s->hidden, HIDDEN_MAX);
	if (rc == 0 && needs_keys(s))
		rc = read_keys(s);
	if (rc == 0)
		warn_of_signer(s);
	return rc;
}

void
sending_free(struct sending *s)
{
	crl_list_free(&s->crls);
	keys_free(&s->keys);
	contacts_close(s->book);
	known_domains_free(&s->known);
	addressees_free(&s->people);
	letter_free(&s->letter);
	input_close(&s->in);
	aliases_free(&s->aliases);
	policy_free(&s->policy);
	config_free(&s->config);
	free(s->target);
	free(s->sent);
}

const char *
sending_protection(const struct sending *s)
{
	if (s->as_it_is)
		return s->letter.form == LETTER_ENCRYPTED ? "as it is, encrypted" :
		    "as it is, signed";
	if (s->encrypt)
		return s->sign || s->letter.form == LETTER_SIGNED ? "signed and encrypted" :
		    "encrypted";
	return s->sign || s->letter.form == LETTER_SIGNED ? "signed, NOT encrypted" :
	    "neither signed nor encrypted";
}
