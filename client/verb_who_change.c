/* sealmail who add, who confirm, who forget. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/json.h>

#include "cert_json.h"
#include "contacts_book.h"
#include "json_place.h"
#include "keys.h"

struct change {
	struct client *c;
	struct contacts *book;
	int lock;
	struct sm_json json;
	struct sm_buf json_text;
	size_t done;
};

static int
begin(struct client *c, struct change *h)
{
	int rc = json_place_open(c, false);

	memset(h, 0, sizeof(*h));
	h->c = c;
	h->lock = -1;
	sm_json_init(&h->json, &h->json_text, true);
	sm_json_object_begin(&h->json);
	sm_json_key(&h->json, "version");
	sm_json_int(&h->json, 1);
	sm_json_key(&h->json, "contacts");
	sm_json_array_begin(&h->json);
	return rc == 0 ? contacts_open(c, &h->book) : rc;
}

static int
end(struct change *h, int rc)
{
	struct sm_sink sink;

	if (h->lock >= 0)
		(void)close(h->lock);
	contacts_close(h->book);
	sm_json_array_end(&h->json);
	sm_json_object_end(&h->json);
	if (rc == 0 && h->c->json.wanted) {
		sink = json_place_sink(h->c);
		if (sm_json_status(&h->json) != 0 ||
		    sm_sink_write(&sink, sm_buf_bytes(&h->json_text)) != 0)
			rc = client_fault(h->c, EXIT_IO, "cannot write the JSON object");
		else
			rc = json_place_done(h->c);
	}
	sm_buf_free(&h->json_text);
	return rc;
}

static void
report(struct change *h, const char *address, const struct sm_cert *cert)
{
	sm_json_object_begin(&h->json);
	cert_json_string(&h->json, "address", address);
	sm_json_key(&h->json, "certificate");
	if (cert != NULL)
		cert_json_put(&h->json, cert);
	else
		sm_json_null(&h->json);
	sm_json_object_end(&h->json);
	h->done++;
}

/* A change of one address under the lock. */
static int
change_contact(struct change *h, const char *address, struct sm_cert *cert,
    const struct contact_seen *seen, bool *news)
{
	struct contact k;
	int rc = contacts_book_read(h->book, address, &k);

	if (rc == 0)
		rc = contact_add(h->c, &k, cert, seen, news);
	if (rc == 0)
		rc = contacts_book_write(h->book, &k);
	contact_wipe(&k);
	return rc;
}

/* ---- add ---- */

static int
add_for(struct change *h, const char *address, struct sm_cert *cert,
    const struct contact_seen *seen)
{
	char *canonical;
	bool news = false;
	int rc = contacts_address(h->c, address, &canonical);

	if (rc == 0 && canonical == NULL)
		return client_fault(h->c, EXIT_USAGE, "%s is not a mail address", address);
	if (rc == 0)
		rc = change_contact(h, canonical, cert, seen, &news);
	if (rc == 0) {
		client_note(h->c, "%s: %s", canonical, news ? "certificate added" :
		    "certificate is already here");
		report(h, canonical, cert);
	}
	free(canonical);
	return rc;
}

static int
add_cert(struct change *h, struct sm_cert *cert, const struct contact_seen *seen)
{
	const char *given = options_value(&h->c->opt, OPT_ADDRESS), *mail;
	size_t i;
	int rc = 0;

	if (given != NULL)
		return add_for(h, given, cert, seen);
	for (i = 0; rc == 0 && (mail = sm_cert_mail(cert, i)) != NULL; i++)
		rc = add_for(h, mail, cert, seen);
	return rc;
}

static bool
is_person(const struct sm_cert *cert)
{
	return !sm_cert_is_ca(cert) || sm_cert_mail(cert, 0) != NULL;
}

/* A CA between a person and a root: kept to build paths with. A root is trusted or is
 * of no use. */
static int
add_ca(struct change *h, struct sm_cert *ca, size_t *kept)
{
	char subject[300];

	(void)snprintf(subject, sizeof(subject), "%s", sm_cert_subject_text(ca));
	client_make_printable(subject);
	if (sm_bytes_equal(sm_cert_issuer(ca), sm_cert_subject(ca))) {
		client_note(h->c, "%s is a root and not taken; to trust it: `sealmail trust "
		    "add FILE`", subject);
		return 0;
	}
	++*kept;
	client_note(h->c, "%s: a CA, kept to find the way to a root", subject);
	return contacts_book_keep_ca(h->book, ca);
}

static int
add_file(struct change *h, const char *path)
{
	const char *slash = strrchr(path, '/');
	const struct contact_seen seen = { .kind = "hand", .confirmed = true,
		.where = slash != NULL ? slash + 1 : path, .at = h->c->now };
	struct sm_certs certs = { NULL, 0, 0 };
	size_t i, before = h->done, kept = 0;
	int rc = keys_read_certs(h->c, &certs, path);

	for (i = 0; rc == 0 && i < certs.count; i++)
		rc = is_person(certs.list[i]) ? add_cert(h, certs.list[i], &seen) :
		    add_ca(h, certs.list[i], &kept);
	if (rc == 0 && h->done == before && kept == 0)
		rc = client_fault(h->c, EXIT_MALFORMED, "%s holds no certificate that names "
		    "a mail address; say whose it is with --address", path);
	sm_certs_wipe(&certs);
	return rc;
}

int
verb_who_add(struct client *c)
{
	struct change h;
	size_t i;
	int rc = begin(c, &h);

	if (rc == 0)
		rc = contacts_book_begin(h.book, &h.lock);
	for (i = 0; rc == 0 && i < c->opt.operand_count; i++)
		rc = add_file(&h, c->opt.operands[i]);
	return end(&h, rc);
}

/* ---- confirm ---- */

static bool
id_begins(const struct sm_cert *cert, const char *id)
{
	const uint8_t *h = sm_cert_sha256(cert);
	char hex[65];
	size_t i;

	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", h[i]);
	return strlen(id) >= 8 && strncasecmp(hex, id, strlen(id)) == 0;
}

/* The one that id means; without an id the one that could be used, if it is one. */
static int
find_meant(struct change *h, struct contact *k, const char *id,
    struct contact_cert **out)
{
	struct sm_cert *cert;
	size_t i, n = 0;

	*out = NULL;
	for (i = 0; i < k->count; i++) {
		cert = contact_cert_get(&k->certs[i]);
		if (cert == NULL || (id != NULL ? !id_begins(cert, id) :
			contacts_own_word(h->c, &k->certs[i]) != CONTACTS_USABLE))
			continue;
		*out = &k->certs[i];
		n++;
	}
	if (n == 1)
		return 0;
	if (n > 1)
		return client_fault(h->c, EXIT_USAGE, "%s has several certificates; name "
		    "one by the first 8 letters or more that `sealmail who %s` shows",
		    k->address, k->address);
	return client_fault(h->c, EXIT_RECIPIENT, "%s has no certificate %s; `sealmail who "
	    "%s` shows those that are known", k->address, id != NULL ? id :
	    "that could be used", k->address);
}

static int
confirm(struct change *h, const char *address, const char *id)
{
	struct contact_cert *meant;
	struct contact k;
	int rc = contacts_book_read(h->book, address, &k);

	if (rc == 0)
		rc = find_meant(h, &k, id, &meant);
	if (rc == 0) {
		meant->confirmed = h->c->now;
		rc = contacts_book_write(h->book, &k);
	}
	if (rc == 0) {
		client_note(h->c, "%s: confirmed; it is used from now on", address);
		report(h, address, contact_cert_get(meant));
	}
	contact_wipe(&k);
	return rc;
}

int
verb_who_confirm(struct client *c)
{
	const char *id = c->opt.operand_count > 1 ? c->opt.operands[1] : NULL;
	struct change h;
	char *address = NULL;
	int rc = begin(c, &h);

	if (rc == 0 && c->opt.operand_count > 2)
		rc = client_fault(c, EXIT_USAGE, "who confirm takes an address and one ID");
	if (rc == 0)
		rc = contacts_address(c, c->opt.operand, &address);
	if (rc == 0 && address == NULL)
		rc = client_fault(c, EXIT_USAGE, "%s is not a mail address",
		    c->opt.operand);
	if (rc == 0)
		rc = contacts_book_begin(h.book, &h.lock);
	if (rc == 0)
		rc = confirm(&h, address, id);
	free(address);
	return end(&h, rc);
}

/* ---- forget ---- */

static int
forget(struct change *h, const char *given)
{
	struct contact k;
	char *address;
	int rc = contacts_address(h->c, given, &address);

	memset(&k, 0, sizeof(k));
	if (rc == 0 && address == NULL)
		return client_fault(h->c, EXIT_USAGE, "%s is not a mail address", given);
	if (rc == 0)
		rc = contacts_book_read(h->book, address, &k);
	if (rc == 0)
		rc = contacts_book_remove(h->book, address);
	if (rc == 0)
		rc = contacts_written_forget(h->book, address);
	if (rc == 0) {
		client_note(h->c, "%s: %s", address, k.count > 0 ? "forgotten" :
		    "was not known");
		report(h, address, NULL);
	}
	contact_wipe(&k);
	free(address);
	return rc;
}

int
verb_who_forget(struct client *c)
{
	struct change h;
	size_t i;
	int rc = begin(c, &h);

	if (rc == 0)
		rc = contacts_book_begin(h.book, &h.lock);
	for (i = 0; rc == 0 && i < c->opt.operand_count; i++)
		rc = forget(&h, c->opt.operands[i]);
	return end(&h, rc);
}
