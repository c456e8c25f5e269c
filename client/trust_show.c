#include "trust_show.h"

#include <stdio.h>

#include "cert_json.h"
#include "cert_view.h"
#include "json_place.h"
#include "keys.h"

static const char *
state_of(const struct client *c, const struct sm_cert *cert)
{
	if (keys_cert_is_current(c, cert))
		return "current";
	return c->now < sm_cert_not_before(cert) ? "not-yet-valid" : "expired";
}

/* ---- JSON ---- */

static void
put_limits(struct sm_json *j, const struct trust_root *root)
{
	size_t i;

	sm_json_key(j, "for");
	sm_json_array_begin(j);
	for (i = 0; i < root->domain_count; i++)
		sm_json_string(j, root->domains[i]);
	sm_json_array_end(j);
	cert_json_time(j, "added", root->added);
	cert_json_string(j, "reason", root->reason);
}

static void
put_root(struct sm_json *j, const struct client *c, const struct trust_root *root)
{
	sm_json_object_begin(j);
	cert_json_string(j, "id", root->id);
	cert_json_string(j, "name", root->name);
	cert_json_fields(j, root->cert);
	cert_json_string(j, "state", state_of(c, root->cert));
	sm_json_key(j, "ca");
	sm_json_bool(j, sm_cert_is_ca(root->cert));
	put_limits(j, root);
	sm_json_object_end(j);
}

static void
put_all(struct sm_json *j, const struct client *c, const struct trust_shown *roots)
{
	size_t i;

	sm_json_object_begin(j);
	sm_json_key(j, "version");
	sm_json_int(j, 1);
	sm_json_key(j, "roots");
	sm_json_array_begin(j);
	for (i = 0; i < roots->count; i++)
		put_root(j, c, roots->list[i]);
	sm_json_array_end(j);
	sm_json_key(j, "system");
	if (roots->system != NULL) {
		sm_json_object_begin(j);
		cert_json_string(j, "bundle", roots->bundle);
		put_limits(j, roots->system);
		sm_json_object_end(j);
	} else
		sm_json_null(j);
	sm_json_object_end(j);
}

static int
show_json(struct client *c, const struct trust_shown *roots)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(c);
	struct sm_json j;
	int rc;

	sm_json_init(&j, &text, true);
	put_all(&j, c, roots);
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
	printf("%s%s", before, copy);
}

static void
print_limits(const struct trust_root *root)
{
	size_t i;

	if (root->domain_count == 0)
		printf("every address");
	for (i = 0; i < root->domain_count; i++)
		print_safe(i > 0 ? ", " : "mail of ", root->domains[i]);
	printf("\n");
}

static void
print_dates(const struct client *c, const struct sm_cert *cert)
{
	char from[11], to[11];
	const char *state = state_of(c, cert);

	cert_view_day(from, sm_cert_not_before(cert));
	cert_view_day(to, sm_cert_not_after(cert));
	if (strcmp(state, "current") == 0)
		printf("valid to %s", to);
	else if (strcmp(state, "expired") == 0)
		printf("expired %s", to);
	else
		printf("valid from %s", from);
}

static void
print_detail(const struct trust_root *root)
{
	char print[CERT_FINGERPRINT_CHARS + 1], from[11], to[11];

	cert_view_fingerprint(print, root->cert);
	cert_view_day(from, sm_cert_not_before(root->cert));
	cert_view_day(to, sm_cert_not_after(root->cert));
	print_safe("  subject      ", sm_cert_subject_text(root->cert));
	if (!sm_bytes_equal(sm_cert_subject(root->cert), sm_cert_issuer(root->cert)))
		print_safe("\n  issuer       ", sm_cert_issuer_text(root->cert));
	printf("\n  SHA-256      %.48s\n               %s", print, print + 48);
	printf("\n  valid        %s to %s", from, to);
	if (!sm_cert_is_ca(root->cert))
		printf("\n  authority    no: it stands for its owner alone");
	if (root->reason != NULL)
		print_safe("\n  reason       ", root->reason);
	printf("\n  trusted for  ");
	print_limits(root);
}

static void
print_root(const struct client *c, const struct trust_root *root, bool full)
{
	printf("%.*s  ", TRUST_SHORT_CHARS, root->id);
	print_safe("", trust_root_label(root));
	if (full) {
		printf("\n");
		print_detail(root);
		return;
	}
	printf("  ");
	print_dates(c, root->cert);
	printf("  for ");
	print_limits(root);
}

int
trust_show(struct client *c, const struct trust_shown *roots, bool full)
{
	size_t i;

	if (c->json.wanted)
		return show_json(c, roots);
	for (i = 0; i < roots->count; i++)
		print_root(c, roots->list[i], full);
	if (roots->system != NULL) {
		print_safe("system            the roots in ", roots->bundle);
		printf("  for ");
		print_limits(roots->system);
	}
	return 0;
}
