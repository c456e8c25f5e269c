#include "lookup.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "frame.h"

/* Questions that one run answers: a list of people may need many. */
enum { BODY_BYTES = 16 << 10 };

/* ---- answers ---- */

/* Who asked has gone: nothing is left to do. */
static void
answer(const char *word, struct sm_bytes body)
{
	if (frame_write(STDOUT_FILENO, word, body) != 0)
		_exit(1);
}

void
lookup_found(struct lookup *l, const char *word, struct sm_bytes cert)
{
	if (cert.len == 0 || cert.len > LOOKUP_BYTES || l->answers >= LOOKUP_ANSWERS)
		return;
	l->answers++;
	answer(word, cert);
}

/* Names come from strangers: a line end in one would be an answer of its own. */
static void
one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

void
lookup_person(struct lookup *l, const char *address, const char *name)
{
	char line[700], addr[300], who[300];

	if (l->answers >= LOOKUP_ANSWERS)
		return;
	l->answers++;
	(void)snprintf(addr, sizeof(addr), "%s", address);
	(void)snprintf(who, sizeof(who), "%s", name);
	one_line(addr);
	one_line(who);
	(void)snprintf(line, sizeof(line), "%s\n%s", addr, who);
	answer("person", sm_bytes_str(line));
}

void
lookup_said(struct lookup *l, const char *word, const char *text)
{
	char line[400];

	(void)l;
	(void)snprintf(line, sizeof(line), "%s", text);
	one_line(line);
	answer(word, sm_bytes_str(line));
}

void
lookup_failed(struct lookup *l, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	(void)l;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	one_line(text);
	answer("failed", sm_bytes_str(text));
}

bool
lookup_is_loopback(const char *host)
{
	return host != NULL && (strcasecmp(host, "localhost") == 0 ||
	    strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
	    strcmp(host, "[::1]") == 0);
}

/* ---- questions ---- */

static bool
replace(char **to, const char *value)
{
	free(*to);
	*to = strdup(value);
	return *to != NULL;
}

static bool
take_setting(struct lookup_settings *set, const char *text)
{
	const char *value = strchr(text, ' ');
	size_t len = value != NULL ? (size_t)(value - text) : 0;

	if (value == NULL)
		return false;
	value++;
	if (len == 2 && memcmp(text, "ca", len) == 0)
		return replace(&set->ca, value);
	if (len == 4 && memcmp(text, "user", len) == 0)
		return replace(&set->user, value);
	if (len == 10 && memcmp(text, "dns-server", len) == 0)
		return replace(&set->dns_server, value);
	if (len == 10 && memcmp(text, "dns-anchor", len) == 0)
		return replace(&set->dns_anchor, value);
	return false;
}

static void
ask(struct lookup *l)
{
	bool ldap = strncasecmp(l->url, "ldap://", 7) == 0 ||
	    strncasecmp(l->url, "ldaps://", 8) == 0;

	if (l->group && !ldap)
		lookup_failed(l, "Only LDAP directories are asked for groups.");
	else if (ldap && l->group)
		lookup_ldap_group(l);
	else if (ldap)
		lookup_ldap(l);
	else if (strncasecmp(l->url, "http://", 7) == 0 ||
	    strncasecmp(l->url, "https://", 8) == 0)
		lookup_http(l);
	else if (strcmp(l->url, "smimea:") == 0)
		lookup_dns(l);
	else
		lookup_failed(l, "It is no kind of directory that is known here.");
}

static bool
take_question(const struct lookup_settings *set, const char *word, char *text)
{
	struct lookup l = { .set = set, .url = text };
	char *second = strchr(text, '\n');

	if (second == NULL)
		return false;
	*second = '\0';
	l.what = second + 1;
	l.by_name = strcmp(word, "search") == 0;
	l.group = strcmp(word, "group") == 0;
	ask(&l);
	answer("end", sm_bytes(NULL, 0));
	return true;
}

static bool
take_frame(struct lookup_settings *set, const struct frame *f)
{
	char *text = sm_strdup_bytes(sm_buf_bytes(&f->body));
	bool ok = text != NULL && strlen(text) == f->body.len;

	if (ok && strcmp(f->word, "set") == 0)
		ok = take_setting(set, text);
	else if (ok && strcmp(f->word, "password") == 0) {
		sm_buf_clear(&set->password);
		ok = sm_buf_append(&set->password, sm_buf_bytes(&f->body)) == 0;
	} else if (ok && (strcmp(f->word, "find") == 0 || strcmp(f->word, "search") == 0 ||
		strcmp(f->word, "group") == 0))
		ok = take_question(set, f->word, text);
	else
		ok = false;
	if (text != NULL)
		sm_wipe(text, strlen(text));
	free(text);
	return ok;
}

int
main(void)
{
	struct lookup_settings set = { .password = SM_BUF_SECRET_INIT };
	struct frame f = { .body = SM_BUF_SECRET_INIT };
	int rc;

	/* libldap would take certificates and leniency from files and the environment. */
	(void)setenv("LDAPNOINIT", "1", 1);
	(void)signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	while ((rc = frame_read(STDIN_FILENO, &f, BODY_BYTES, -1)) == 1)
		if (!take_frame(&set, &f)) {
			rc = -EPROTO;
			break;
		}
	curl_global_cleanup();
	free(set.ca);
	free(set.user);
	free(set.dns_server);
	free(set.dns_anchor);
	sm_buf_free(&set.password);
	sm_buf_free(&f.body);
	return rc == 0 ? 0 : 1;
}
