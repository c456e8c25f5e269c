/* What verified mail tells of its senders (RFC 8551 sections 2.5.2 and 2.5.3). Most
 * letters tell nothing new: they cost one reading. */
#include <stdlib.h>
#include <unistd.h>

#include "contacts_book.h"

/* "Seen last" is kept to the day, or every letter would be a change. */
enum { SECONDS_A_DAY = 86400 };

/* ---- is there something to learn? ---- */

static bool
is_fresh(const struct contact *k, const struct sm_cert *cert, int64_t now)
{
	const struct contact_source *s;
	size_t i, n;

	for (i = 0; i < k->count; i++) {
		if (!sm_bytes_equal(sm_buf_bytes(&k->certs[i].der), sm_cert_der(cert)))
			continue;
		for (n = 0; n < k->certs[i].source_count; n++) {
			s = &k->certs[i].sources[n];
			if (strcmp(s->kind, "mail") == 0 && now - s->last < SECONDS_A_DAY)
				return true;
		}
	}
	return false;
}

/* Capabilities of an older letter tell nothing; nor do the same ones again. */
static bool
capabilities_are_news(const struct contact *k, const struct sm_open_signer *s)
{
	return s->capabilities.len > 0 && s->has_signed_at &&
	    s->signed_at > k->capabilities_at &&
	    !sm_bytes_equal(s->capabilities, sm_buf_bytes(&k->capabilities));
}

static bool
is_news(const struct contact *k, const struct sm_open_signer *s, int64_t now)
{
	if (k->seen == 0 || capabilities_are_news(k, s) || !is_fresh(k, s->cert, now))
		return true;
	return s->enc_cert != NULL && contacts_cert_names(s->enc_cert, k->address) &&
	    !is_fresh(k, s->enc_cert, now);
}

/* ---- learning ---- */

static int
learn_capabilities(struct client *c, struct contact *k, const struct sm_open_signer *s)
{
	if (!capabilities_are_news(k, s))
		return 0;
	sm_buf_clear(&k->capabilities);
	k->capabilities_at = s->signed_at;
	return sm_buf_append(&k->capabilities, s->capabilities) == 0 ? 0 :
	    client_out_of_memory(c);
}

static int
learn(struct client *c, struct contact *k, const struct sm_open_signer *s, bool *added)
{
	const struct contact_seen seen = { .kind = "mail", .where = "",
		.at = c->now };
	bool news = false;
	int rc = contact_add(c, k, s->cert, &seen, &news);

	*added = news;
	if (rc == 0 && s->enc_cert != NULL && contacts_cert_names(s->enc_cert, k->address)) {
		rc = contact_add(c, k, s->enc_cert, &seen, &news);
		*added |= news;
	}
	if (k->seen == 0)
		k->seen = c->now;
	return rc == 0 ? learn_capabilities(c, k, s) : rc;
}

static int
keep_cas(struct contacts *book, const struct sm_open *o, const struct sm_open_signer *s)
{
	int rc = contacts_book_keep_cas(book, s->cert, sm_open_certs(o));

	if (rc == 0 && s->enc_cert != NULL && s->enc_cert != s->cert)
		rc = contacts_book_keep_cas(book, s->enc_cert, sm_open_certs(o));
	return rc;
}

/* What changed for whoever writes to the address, if it does. */
static int
tell(struct contacts *book, struct contact *k, char **news)
{
	struct contacts_choice ch;
	int rc = contacts_choose_in(book, k, &ch);

	if (rc == 0 && ch.advice != NULL) {
		free(*news);
		*news = ch.advice;
		ch.advice = NULL;
	}
	contacts_choice_free(&ch);
	return rc;
}

static int
change(struct contacts *book, const struct sm_open *o, const struct sm_open_signer *s,
    const char *address, char **news)
{
	struct contact k;
	bool added = false;
	int lock, rc = contacts_book_begin(book, &lock);

	memset(&k, 0, sizeof(k));
	if (rc == 0)
		rc = contacts_book_read(book, address, &k);
	if (rc == 0)
		rc = learn(book->c, &k, s, &added);
	if (rc == 0 && added)
		rc = keep_cas(book, o, s);
	if (rc == 0)
		rc = contacts_book_write(book, &k);
	if (lock >= 0)
		(void)close(lock);
	if (rc == 0 && added)
		rc = tell(book, &k, news);
	contact_wipe(&k);
	return rc;
}

static int
harvest_one(struct contacts *book, const struct sm_open *o,
    const struct sm_open_signer *s, const char *from, char **news)
{
	struct contact k;
	char *address;
	bool worth = false;
	int rc = contacts_address(book->c, from, &address);

	if (rc != 0 || address == NULL)
		return rc;
	rc = contacts_book_read(book, address, &k);
	if (rc == 0)
		worth = is_news(&k, s, book->c->now);
	contact_wipe(&k);
	if (rc == 0 && worth)
		rc = change(book, o, s, address, news);
	free(address);
	return rc;
}

int
contacts_harvest(struct contacts *book, const struct sm_open *o, char **news)
{
	const struct sm_report *r = sm_open_report(o);
	struct sm_open_signer s;
	size_t i, n;
	int rc = 0;

	*news = NULL;
	/* A CMS file says of nobody that it is from him. */
	if (!r->from_applies || r->from == NULL)
		return 0;
	for (i = 0; rc == 0 && sm_open_signer(o, i, &s); i++)
		for (n = 0; rc == 0 && r->from[n] != NULL; n++)
			if (contacts_cert_names(s.cert, r->from[n]))
				rc = harvest_one(book, o, &s, r->from[n], news);
	return rc;
}
