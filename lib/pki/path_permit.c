/* Anchors that are trusted for some mail domains only. The rule is that of name
 * constraints (RFC 5280 section 4.2.1.10), put on by the user and not by the
 * authority: every address that a certificate names must lie inside, because a
 * signature would count for each of them. */
#include <base/try.h>
#include <mime/domain.h>
#include <pki/path_parts.h>
#include <sealmail/address.h>
#include <stdlib.h>

static struct sm_bytes
host_of(struct sm_bytes name)
{
	const uint8_t *at = name.len != 0 ? memrchr(name.data, '@', name.len) : NULL;

	return at == NULL ? name :
	    sm_bytes_skip(name, (size_t)(at - name.data) + 1);
}

/* "example.org", ".example.org" (all below it), "alice@example.org" */
static bool
well_formed(struct sm_bytes name)
{
	if (name.len > 1 && name.data[0] == '.')
		return sm_domain_valid(sm_bytes_skip(name, 1));
	if (host_of(name).len != name.len)
		return sm_address_valid(name);
	return sm_domain_valid(name);
}

static bool
below(struct sm_bytes host, struct sm_bytes domain)
{
	const uint8_t *dot;

	while ((dot = memchr(host.data, '.', host.len)) != NULL) {
		host = sm_bytes_skip(host, (size_t)(dot - host.data) + 1);
		if (host.len == 0)
			break;
		if (sm_domain_equal(host, domain))
			return true;
	}
	return false;
}

static bool
inside(struct sm_bytes mailbox, struct sm_bytes name)
{
	struct sm_bytes host = host_of(mailbox);

	if (!sm_address_valid(mailbox))
		return false;
	if (name.data[0] == '.')
		return below(host, sm_bytes_skip(name, 1));
	if (host_of(name).len != name.len)
		return sm_address_equal(mailbox, name);
	return sm_domain_equal(host, name);
}

bool
sm_mail_permitted(const char *mailbox, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (well_formed(sm_bytes_str(names[i])) &&
		    inside(sm_bytes_str(mailbox), sm_bytes_str(names[i])))
			return true;
	return false;
}

bool
sm_mail_permit_valid(const char *name)
{
	return well_formed(sm_bytes_str(name));
}

static void
permit_wipe(struct sm_permit *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->names[i]);
	free(t->names);
	sm_cert_free(t->anchor);
}

void
sm_permits_free(struct sm_permit *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		permit_wipe(&list[i]);
	free(list);
}

static int
permit_fill(struct sm_permit *t, struct sm_cert *c, const char *const *names,
    size_t count)
{
	t->anchor = sm_cert_ref(c);
	t->names = calloc(count, sizeof *t->names);
	if (t->names == NULL)
		return SM_E_NOMEM;
	for (size_t i = 0; i < count; i++) {
		t->names[i] = strdup(names[i]);
		if (t->names[i] == NULL)
			return SM_E_NOMEM;
		t->count = i + 1;
	}
	return SM_OK;
}

int
sm_pki_add_anchor_for(struct sm_pki *p, struct sm_cert *c, const char *const *names,
    size_t count)
{
	struct sm_permit *list, one = { NULL, NULL, 0 };
	int rc;

	if (count == 0)
		return sm_pki_add_anchor(p, c);
	for (size_t i = 0; i < count; i++)
		if (!well_formed(sm_bytes_str(names[i])))
			return SM_E_USAGE;
	list = reallocarray(p->permits, p->permit_count + 1, sizeof *list);
	if (list == NULL)
		return SM_E_NOMEM;
	p->permits = list;
	rc = permit_fill(&one, c, names, count);
	if (rc == 0)
		rc = sm_pki_add_anchor(p, c);
	if (rc != 0) {
		permit_wipe(&one);
		return rc;
	}
	list[p->permit_count++] = one;
	return SM_OK;
}

/* Is the anchor limited at all, and is the mailbox inside one of its limits? */
static bool
anchor_permits(const struct sm_pki *p, const struct sm_cert *anchor,
    const char *mailbox, bool *limited)
{
	*limited = false;
	/* a copy with what a message carried has the limits of the original */
	while (p->base != NULL)
		p = p->base;
	for (size_t i = 0; i < p->permit_count; i++) {
		const struct sm_permit *t = &p->permits[i];

		if (!sm_bytes_equal(sm_cert_der(t->anchor), sm_cert_der(anchor)))
			continue;
		*limited = true;
		if (mailbox != NULL && sm_mail_permitted(mailbox,
		    (const char *const *)t->names, t->count))
			return true;
	}
	return !*limited;
}

const char *
sm_path_outside(const struct sm_pki *p, const struct sm_chain *chain)
{
	const struct sm_cert *leaf = chain->cert[0];
	const struct sm_cert *anchor = chain->cert[chain->count - 1];
	const char *mail;
	bool limited;
	size_t n = 0;

	anchor_permits(p, anchor, NULL, &limited);
	if (!limited)
		return NULL;
	for (size_t i = 0; (mail = sm_cert_mail(leaf, i)) != NULL; i++, n++)
		if (!anchor_permits(p, anchor, mail, &limited))
			return mail;
	for (size_t i = 0; (mail = sm_cert_subject_mail(leaf, i)) != NULL; i++, n++)
		if (!anchor_permits(p, anchor, mail, &limited))
			return mail;
	return n == 0 ? "" : NULL;
}
