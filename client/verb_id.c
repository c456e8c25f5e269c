/* sealmail id list, id show, id lock. */
#include <stdio.h>
#include <stdlib.h>

#include <base/der.h>
#include <base/json.h>
#include <sealmail/key.h>

#include "cert_json.h"
#include "json_place.h"
#include "keycache.h"
#include "keyring.h"
#include "keys.h"

static const char *
state_of(const struct keyring_key *k)
{
	const struct sm_cert *cert = keyring_key_cert(k);
	const struct client *c = k->ring->c;

	if (cert == NULL)
		return k->request != NULL ? "pending" : "no-certificate";
	if (keys_cert_is_current(c, cert))
		return "current";
	return c->now < sm_cert_not_before(cert) ? "not-yet-valid" : "expired";
}

static const char *
uses_of(const struct keyring_key *k)
{
	bool sign = keyring_key_may_sign(k), decrypt = keyring_key_may_decrypt(k);

	return sign && decrypt ? "sign+encrypt" : sign ? "sign" :
	    decrypt ? "encrypt" : "-";
}

/* ---- JSON ---- */

static void
put_key(struct sm_json *j, const struct keyring_key *k)
{
	char kind[32];
	size_t i;

	sm_key_kind(kind, sizeof(kind), k->key);
	sm_json_object_begin(j);
	cert_json_string(j, "id", k->id);
	cert_json_string(j, "kind", kind);
	sm_json_key(j, "use");
	sm_json_array_begin(j);
	if (keyring_key_may_sign(k))
		sm_json_string(j, "sign");
	if (keyring_key_may_decrypt(k))
		sm_json_string(j, "encrypt");
	sm_json_array_end(j);
	cert_json_string(j, "state", state_of(k));
	cert_json_time(j, "created", k->created);
	sm_json_key(j, "exportable");
	sm_json_bool(j, k->exportable);
	sm_json_key(j, "protected");
	sm_json_bool(j, k->is_protected);
	cert_json_string(j, "request", k->request);
	cert_json_string(j, "token", k->token);
	cert_json_string(j, "renews", k->renews[0] != '\0' ? k->renews : NULL);
	sm_json_key(j, "certificates");
	sm_json_array_begin(j);
	for (i = 0; i < k->certs.count; i++)
		cert_json_put(j, k->certs.list[i]);
	sm_json_array_end(j);
	sm_json_object_end(j);
}

/* ---- identities ---- */

/* Keys of one label belong together. */
static bool
is_first(const struct keyring *ring, size_t i)
{
	size_t n;

	for (n = 0; n < i; n++)
		if (strcasecmp(keyring_key_label(ring->list[n]),
			keyring_key_label(ring->list[i])) == 0)
			return false;
	return true;
}

static bool
belongs(const struct keyring_key *k, const char *label, const char *who)
{
	return strcasecmp(keyring_key_label(k), label) == 0 && keyring_key_is(k, who);
}

static void
put_identity(struct sm_json *j, const struct keyring *ring, size_t first,
    const char *who)
{
	const struct keyring_key *k = ring->list[first];
	const char *label = keyring_key_label(k);
	size_t i;

	sm_json_object_begin(j);
	cert_json_string(j, "identity", label);
	cert_json_string(j, "name", k->name);
	sm_json_key(j, "mail");
	sm_json_array_begin(j);
	for (i = 0; i < k->mail_count; i++)
		sm_json_string(j, k->mails[i]);
	sm_json_array_end(j);
	sm_json_key(j, "keys");
	sm_json_array_begin(j);
	for (i = ring->count; i-- > 0;) /* the newest first */
		if (belongs(ring->list[i], label, who))
			put_key(j, ring->list[i]);
	sm_json_array_end(j);
	sm_json_object_end(j);
}

static bool
wanted(const struct keyring *ring, size_t first, const char *who)
{
	size_t i;

	if (!is_first(ring, first))
		return false;
	for (i = first; i < ring->count; i++)
		if (belongs(ring->list[i], keyring_key_label(ring->list[first]), who))
			return true;
	return false;
}

static int
show_json(struct client *c, const struct keyring *ring, const char *who)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(c);
	struct sm_json j;
	size_t i;
	int rc;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "identities");
	sm_json_array_begin(&j);
	for (i = 0; i < ring->count; i++)
		if (wanted(ring, i, who))
			put_identity(&j, ring, i, who);
	sm_json_array_end(&j);
	sm_json_object_end(&j);
	rc = sm_json_status(&j) == 0 ? sm_sink_write(&sink, sm_buf_bytes(&text)) :
	    SM_E_NOMEM;
	sm_buf_free(&text);
	return rc != 0 ? client_fault(c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(c);
}

/* ---- words ---- */

static void
print_safe(const char *before, const char *text)
{
	char copy[300];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	client_make_printable(copy);
	printf("%s%s\n", before, copy);
}

static void
print_state(const struct keyring_key *k)
{
	const struct sm_cert *cert = keyring_key_cert(k);
	const char *state = state_of(k);
	char when[32];

	if (cert == NULL) {
		printf("  %s\n", k->request != NULL ? "waits for its certificate" :
		    "has no certificate");
		return;
	}
	sm_time_text(when, strcmp(state, "not-yet-valid") == 0 ?
	    sm_cert_not_before(cert) : sm_cert_not_after(cert));
	when[10] = '\0'; /* the day */
	if (strcmp(state, "current") == 0)
		printf("  valid to %s\n", when);
	else if (strcmp(state, "expired") == 0)
		printf("  expired %s%s\n", when, keyring_key_may_decrypt(k) ?
		    ", kept to read old mail" : "");
	else
		printf("  valid from %s\n", when);
}

static void
print_certs(const char *what, const struct sm_certs *certs)
{
	char from[32], to[32];
	size_t i;

	for (i = 0; i < certs->count; i++) {
		const struct sm_cert *cert = certs->list[i];

		sm_time_text(from, sm_cert_not_before(cert));
		sm_time_text(to, sm_cert_not_after(cert));
		printf("      %s, valid %.10s to %.10s, serial %s\n", what, from, to,
		    sm_cert_serial_hex(cert));
		print_safe("        subject ", sm_cert_subject_text(cert));
		print_safe("        issuer  ", sm_cert_issuer_text(cert));
	}
}

static void
print_key(const struct keyring_key *k, bool detail)
{
	char kind[32];

	sm_key_kind(kind, sizeof(kind), k->key);
	printf("  %.*s  %-9s %-12s%s", KEYRING_SHORT_CHARS, k->id, kind, uses_of(k),
	    k->token != NULL ? "  token" : "");
	print_state(k);
	if (!detail)
		return;
	if (k->token != NULL)
		print_safe("      on a token: ", k->token);
	else if (!k->exportable)
		puts("      not exportable");
	if (!k->is_protected)
		puts("      kept without a passphrase");
	if (k->renews[0] != '\0')
		printf("      renews %.*s\n", KEYRING_SHORT_CHARS, k->renews);
	if (k->request != NULL)
		print_safe("      request ", k->request);
	print_certs("certificate", &k->certs);
	print_certs("CA", &k->chain);
}

static void
print_identity(const struct keyring *ring, size_t first, const char *who, bool detail)
{
	const char *label = keyring_key_label(ring->list[first]);
	size_t i;

	print_safe("", label);
	for (i = ring->count; i-- > 0;)
		if (belongs(ring->list[i], label, who))
			print_key(ring->list[i], detail);
}

static int
show(struct client *c, const struct keyring *ring, const char *who, bool detail)
{
	size_t i, n = 0;

	for (i = 0; i < ring->count; i++)
		n += wanted(ring, i, who);
	if (who != NULL && n == 0)
		return client_fault(c, EXIT_NO_KEY, "the keyring has no key of \"%s\"; "
		    "`sealmail id list` shows those that are there", who);
	if (c->json.wanted)
		return show_json(c, ring, who);
	if (n == 0)
		client_note(c, "the keyring is empty; fill it with `sealmail id import "
		    "FILE` or `sealmail id new ADDRESS`");
	for (i = 0; i < ring->count; i++)
		if (wanted(ring, i, who))
			print_identity(ring, i, who, detail);
	return 0;
}

static int
run(struct client *c, const char *who, bool detail)
{
	struct keyring ring;
	int rc = json_place_open(c, false);

	if (rc != 0)
		return rc;
	rc = keyring_open(c, &ring, false);
	if (rc == 0)
		rc = show(c, &ring, who, detail);
	keyring_close(&ring);
	return rc;
}

int
verb_id_list(struct client *c)
{
	return run(c, NULL, c->verbose);
}

int
verb_id_show(struct client *c)
{
	return run(c, c->opt.operand, true);
}

int
verb_id_lock(struct client *c)
{
	(void)c;
	keycache_forget(NULL);
	return 0;
}
