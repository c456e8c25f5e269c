#include "recipients.h"

#include <stdlib.h>
#include <unistd.h>

#include <base/der.h>

#include "keys.h"

static bool
is_address(const char *who)
{
	return strchr(who, '@') != NULL && access(who, F_OK) != 0;
}

/* The newest current one; end entities before CAs, which only a self-signed
 * certificate made by hand should need. */
static bool
is_better(const struct client *c, const struct sm_cert *a, const struct sm_cert *b)
{
	if (b == NULL)
		return true;
	if (sm_cert_is_ca(a) != sm_cert_is_ca(b))
		return sm_cert_is_ca(b);
	if (keys_cert_is_current(c, a) != keys_cert_is_current(c, b))
		return keys_cert_is_current(c, a);
	return sm_cert_not_before(a) > sm_cert_not_before(b);
}

static struct sm_cert *
best_of(const struct client *c, const struct sm_certs *certs)
{
	struct sm_cert *best = NULL;
	size_t i;

	for (i = 0; i < certs->count; i++)
		if (sm_cert_may_encrypt(certs->list[i]) &&
		    is_better(c, certs->list[i], best))
			best = certs->list[i];
	return best;
}

/* A file is one recipient: two people in it are a mistake that would leave one of
 * them out without a word. */
static bool
others_in(const struct sm_certs *certs, const struct sm_cert *chosen)
{
	const char *mail, *own = sm_cert_mail(chosen, 0);
	size_t i;

	for (i = 0; own != NULL && i < certs->count; i++) {
		mail = sm_cert_mail(certs->list[i], 0);
		if (mail != NULL && !sm_cert_is_ca(certs->list[i]) &&
		    strcmp(mail, own) != 0)
			return true;
	}
	return false;
}

static int
check_cert(struct client *c, const char *who, const struct sm_certs *certs,
    const struct sm_cert *cert)
{
	char when[32];

	if (cert == NULL)
		return client_fault(c, EXIT_RECIPIENT, "%s: its certificate does not "
		    "allow encryption; ask the recipient for the encryption certificate",
		    who);
	if (others_in(certs, cert))
		return client_fault(c, EXIT_USAGE, "%s holds certificates of several "
		    "people; give one file for each, with -r", who);
	if (keys_cert_is_current(c, cert))
		return 0;
	if (c->now > sm_cert_not_after(cert)) {
		sm_time_text(when, sm_cert_not_after(cert));
		return client_fault(c, EXIT_RECIPIENT, "%s: the certificate expired %s; "
		    "ask the recipient for a new one (a signed message carries it)", who,
		    when);
	}
	sm_time_text(when, sm_cert_not_before(cert));
	return client_fault(c, EXIT_RECIPIENT, "%s: the certificate is valid from %s "
	    "only; check the clock of this machine", who, when);
}

static int
add_file(struct client *c, struct recipients *r, const char *who)
{
	struct sm_certs *certs = &r->files[r->file_count++];
	struct sm_cert *cert;
	int rc = keys_read_certs(c, certs, who);

	if (rc != 0)
		return rc;
	cert = best_of(c, certs);
	rc = check_cert(c, who, certs, cert);
	if (rc != 0)
		return rc;
	r->names[r->count] = sm_cert_mail(cert, 0) != NULL ? sm_cert_mail(cert, 0) : who;
	r->list[r->count++].cert = cert;
	return 0;
}

/* One without a certificate does not end it: all who have none are named. */
static int
add_address(struct client *c, struct recipients *r, const char *who, bool *missing)
{
	struct contacts_choice *ch = &r->choices[r->choice_count];
	int rc = r->book == NULL ? contacts_open(c, &r->book) : 0;

	if (rc == 0) {
		r->choice_count++;
		rc = contacts_choose(r->book, who, CONTACTS_FETCH, ch);
	}
	if (rc != 0)
		return rc;
	if (ch->advice != NULL)
		client_note(c, "%s", ch->advice);
	if (ch->status != CONTACTS_USABLE) {
		*missing = true;
		return client_fault(c, EXIT_RECIPIENT, "%s %s%s%s%s", ch->why,
		    ch->looked != NULL ? "Asked: " : "",
		    ch->looked != NULL ? ch->looked : "",
		    ch->looked != NULL ? ". " : "", ch->fix);
	}
	r->names[r->count] = ch->address;
	r->list[r->count].cert = ch->cert;
	r->list[r->count++].capabilities = sm_buf_bytes(&ch->capabilities);
	return 0;
}

static int
add_people(struct client *c, struct recipients *r)
{
	bool missing = false;
	const char *who;
	size_t at = 0;
	int rc = 0;

	while ((rc == 0 || missing) &&
	    (who = options_next(&c->opt, OPT_RECIPIENT, &at)) != NULL) {
		int one;

		if (!is_address(who))
			one = missing ? 0 : add_file(c, r, who);
		else
			one = add_address(c, r, who, &missing);
		rc = rc != 0 ? rc : one;
	}
	contacts_close(r->book);
	r->book = NULL;
	return rc;
}

static void
add_secret(struct recipients *r, const struct secret *s)
{
	r->names[r->count] = s->kek ? "a shared key" : "a password";
	r->list[r->count].secret = sm_buf_bytes(&s->value);
	r->list[r->count++].secret_is_kek = s->kek;
}

int
recipients_read(struct client *c, struct recipients *r)
{
	size_t i, n = options_count(&c->opt, OPT_RECIPIENT);
	int rc;

	memset(r, 0, sizeof(*r));
	rc = secrets_read(c, &r->secrets, false);
	if (rc != 0)
		return rc;
	r->files = calloc(n + 1, sizeof(*r->files));
	r->choices = calloc(n + 1, sizeof(*r->choices));
	r->names = calloc(n + r->secrets.count + 1, sizeof(*r->names));
	r->list = calloc(n + r->secrets.count + 1, sizeof(*r->list));
	if (r->files == NULL || r->choices == NULL || r->names == NULL || r->list == NULL)
		return client_out_of_memory(c);
	rc = add_people(c, r);
	for (i = 0; rc == 0 && i < r->secrets.count; i++)
		add_secret(r, &r->secrets.list[i]);
	if (rc == 0 && r->count == 0)
		rc = client_fault(c, EXIT_USAGE, "nobody to encrypt for; name "
		    "somebody with -r ADDRESS or -r FILE, or a password with --secret-file FILE");
	return rc;
}

void
recipients_free(struct recipients *r)
{
	size_t i;

	for (i = 0; i < r->file_count; i++)
		sm_certs_wipe(&r->files[i]);
	for (i = 0; i < r->choice_count; i++)
		contacts_choice_free(&r->choices[i]);
	free(r->files);
	free(r->choices);
	free(r->names);
	free(r->list);
	secrets_free(&r->secrets);
	memset(r, 0, sizeof(*r));
}
