#include "token_pin.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ask.h"
#include "keycache.h"

/* ---- pkcs11: URIs ---- */

/* The value of an attribute of the URI, percent signs resolved; "" when it is not
 * there. False: it is, but malformed or too long. */
static bool
uri_value(const char *uri, const char *name, char *out, size_t size)
{
	const char *p = uri + strcspn(uri, ":");
	size_t len = strlen(name), n = 0;
	unsigned byte;

	out[0] = '\0';
	while (*p != '\0' && (strncmp(p + 1, name, len) != 0 || p[1 + len] != '='))
		p += 1 + strcspn(p + 1, ";?&");
	if (*p == '\0')
		return true;
	for (p += 2 + len; *p != '\0' && strchr(";?&", *p) == NULL; p++) {
		if (n + 1 >= size)
			return false;
		if (*p == '%' && sscanf(p, "%%%2x", &byte) == 1 && byte != 0 && p[1] != '\0' &&
		    p[2] != '\0') {
			out[n++] = (char)byte;
			p += 2;
		} else if (*p == '%')
			return false;
		else
			out[n++] = *p;
	}
	out[n] = '\0';
	return true;
}

int
token_check_uri(struct client *c, const char *uri)
{
	char value[TOKEN_URI_MAX];

	if (strlen(uri) >= TOKEN_URI_MAX || strpbrk(uri, " \n\r\t") != NULL)
		return client_fault(c, EXIT_USAGE, "that is no pkcs11: URI (RFC 7512): a blank "
		    "is written %%20");
	/* Everybody on this machine reads arguments. */
	if (!uri_value(uri, "pin-value", value, sizeof(value)) || value[0] != '\0')
		return client_fault(c, EXIT_USAGE, "a PIN does not belong into a URI, where "
		    "other users see it: leave out pin-value, and type it or give it with "
		    "--passphrase-file");
	return 0;
}

/* ---- where a PIN comes from ---- */

static int
read_pin_file(struct client *c, struct sm_buf *out, const char *source)
{
	const char *path = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
	struct stat st;

	while (path[0] == '/' && path[1] == '/')
		path++; /* file:///path */
	if (path[0] != '/')
		return client_fault(c, EXIT_USAGE, "pin-source must be a file with its whole "
		    "path: pin-source=file:/path");
	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return client_fault(c, EXIT_PERMISSION, "the PIN in %s can be read by other "
		    "users; mend it with `chmod 600 %s`", path, path);
	return secret_read_file(c, out, path);
}

static int
take_given(struct tokens *t)
{
	char source[TOKEN_URI_MAX];

	t->pin_from = PIN_GIVEN;
	if (t->pass->given.count > 1)
		return client_fault(t->c, EXIT_USAGE, "which one is the PIN? A token locks "
		    "itself when several are tried; give one --passphrase-file");
	if (t->pass->given.count == 1)
		return sm_buf_append(&t->pin, sm_buf_bytes(&t->pass->given.list[0].value)) ==
		    0 ? 0 : client_out_of_memory(t->c);
	if (!uri_value(t->uri, "pin-source", source, sizeof(source)))
		return client_fault(t->c, EXIT_USAGE, "pin-source is malformed");
	if (source[0] != '\0')
		return read_pin_file(t->c, &t->pin, source);
	t->pin_from = PIN_NONE;
	return 0;
}

static int
type_pin(struct tokens *t, const char *token, const char *state)
{
	char question[200];
	int rc;

	(void)snprintf(question, sizeof(question), "%sPIN of the token \"%s\": ",
	    strcmp(state, "final") == 0 ? "One try remains before it locks. " :
	    strcmp(state, "low") == 0 ? "The last PIN was wrong. " : "", token);
	client_make_printable(question);
	rc = ask_secret(t->c, &t->pin, question, t->pass->by_home);
	t->pin_from = PIN_TYPED;
	t->pin_fresh = rc == 0;
	if (rc == ASK_NO_TERMINAL)
		return client_fault(t->c, EXIT_PERMISSION, "the token \"%s\" wants its PIN and "
		    "there is no terminal to ask at; give it with --passphrase-file FILE or "
		    "--passphrase-fd N", token);
	if (rc < 0)
		return client_fault(t->c, EXIT_PERMISSION, "no PIN was typed");
	return rc;
}

/* A key that wants its PIN for each use gets the one that was just typed once, and
 * the next time asks the user, not our memory. */
static int
find_pin(struct tokens *t, const char *token, bool again, const char *state)
{
	int rc;

	if (again && t->pin_fresh) {
		t->pin_fresh = false;
		return 0;
	}
	sm_buf_clear(&t->pin);
	rc = take_given(t);
	if (rc != 0 || t->pin_from == PIN_GIVEN) {
		/* A script with a wrong PIN must not lock the card. */
		if (rc == 0 && strcmp(state, "final") == 0)
			return client_fault(t->c, EXIT_PERMISSION, "one try remains before the "
			    "token \"%s\" locks: it is not risked with a PIN from a file; type "
			    "it, without --passphrase-*", token);
		return rc;
	}
	if (!again && strcmp(state, "good") == 0 && keycache_get(t->pin_name, &t->pin)) {
		t->pin_from = PIN_REMEMBERED;
		return 0;
	}
	return type_pin(t, token, state);
}

int
token_pin_answer(struct tokens *t, struct frame *f)
{
	char *rest, *token, *serial, *kind;
	int rc;

	if (sm_buf_append_byte(&f->body, 0) != 0)
		return client_out_of_memory(t->c);
	rest = (char *)f->body.data;
	token = strsep(&rest, "\n");
	serial = strsep(&rest, "\n");
	kind = strsep(&rest, "\n");
	if (rest == NULL)
		return client_fault(t->c, EXIT_INTERNAL, "sealmail-token asked for a PIN in a "
		    "way that was not understood");
	client_make_printable(token);
	(void)snprintf(t->pin_name, sizeof(t->pin_name), "pin %.30s %.30s", token, serial);
	rc = find_pin(t, token, strcmp(kind, "again") == 0, rest);
	if (rc != 0) {
		(void)frame_write(t->helper.to, "no-pin", sm_bytes(NULL, 0));
		return rc;
	}
	return helper_send(&t->helper, "pin", sm_buf_bytes(&t->pin));
}

void
token_pin_was_right(struct tokens *t)
{
	if (t->pin_from == PIN_TYPED && t->pin.len > 0)
		keycache_put(t->pin_name, sm_buf_bytes(&t->pin), keycache_seconds(t->c));
	if (t->pin_from == PIN_REMEMBERED || t->pin_from == PIN_TYPED)
		t->pin_from = PIN_NONE; /* kept once */
}

void
token_pin_failed(struct tokens *t)
{
	if (t->pin_from == PIN_REMEMBERED)
		keycache_forget(t->pin_name);
	t->pin_from = PIN_NONE;
	sm_buf_clear(&t->pin);
}
