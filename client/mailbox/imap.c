/* sealmail-imap - reads a folder of an IMAP server for `sealmail mail`. Nothing there
 * is changed: the folder is opened with EXAMINE, and messages are read with PEEK.
 *
 * Requests: "login" (lines url, user, ca, xoauth2), "secret" (of the account, the login
 * follows), then any of
 *   list  last=N            -> header "UID SIZE" LF HEADER..., end
 *   news  since=UID, validity=N -> validity N, uids "U U ...", end
 *   find  text=TEXT         -> uids "U U ..." of those with it in From or Subject, end
 *   get   uid=N             -> bytes PIECE..., end */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"
#include "imap_link.h"
#include "imap_wire.h"
#include "speak.h"

enum { REQUEST_MAX = 64 << 10, HEADER_MAX = 256 << 10, MESSAGE_MAX = 128 << 20,
	MEMORY_MIB = 1024, SECONDS = 1800 };

struct imap {
	struct imap_account account;
	struct imap_link *link;
	struct imap_wire wire;
	char *folder;
	unsigned tag;
	uint64_t validity, exists;
	struct sm_buf line, literal;
	bool any;              /* a message came */
};

static void
must(int rc)
{
	if (rc == SM_E_LIMIT)
		speak_fault(40, "limit message-bytes (%d) reached: the mail server sends more "
		    "than that at once", (int)MESSAGE_MAX);
	if (rc == SM_E_NOMEM)
		speak_fault(70, "out of memory");
	if (rc != 0)
		speak_fault(75, "the mail server does not speak IMAP");
}

/* ---- commands ---- */

static size_t
receive(void *ctx, uint8_t *out, size_t size)
{
	return imap_link_receive(ctx, out, size);
}

static void
command(struct imap *m, const char *text)
{
	struct sm_buf b = SM_BUF_INIT;

	must(sm_buf_printf(&b, "s%u %s\r\n", ++m->tag, text));
	imap_link_send(m->link, sm_buf_bytes(&b));
	sm_buf_free(&b);
}

static bool
begins(const struct sm_buf *line, const char *word)
{
	size_t n = strlen(word);

	return line->len >= n && strncasecmp((const char *)line->data, word, n) == 0;
}

/* The next untagged line; false at the end of the command. */
static bool
next_line(struct imap *m, const struct sm_sink *literal)
{
	char tag[24];

	(void)snprintf(tag, sizeof(tag), "s%u ", m->tag);
	must(imap_wire_read(&m->wire, &m->line, literal, MESSAGE_MAX));
	if (begins(&m->line, "* BYE"))
		speak_fault(75, "the mail server ended the connection");
	if (!begins(&m->line, tag))
		return true;
	if (m->line.len < strlen(tag) + 2 ||
	    strncasecmp((char *)m->line.data + strlen(tag), "OK", 2) != 0)
		speak_fault(66, "the mail server says about %s: %.*s", m->folder,
		    (int)(m->line.len < 300 ? m->line.len : 300), (char *)m->line.data);
	return false;
}

/* A quoted string; names beyond ASCII are written in IMAP's own way by the user. */
static void
examine(struct imap *m)
{
	struct sm_buf b = SM_BUF_INIT;
	const char *p;

	must(sm_buf_append_str(&b, "EXAMINE \""));
	for (p = m->folder; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			speak_fault(64, "the name of the folder holds characters that IMAP "
			    "does not know; write it in modified UTF-7 (RFC 3501)");
		if (*p == '"' || *p == '\\')
			must(sm_buf_append_byte(&b, '\\'));
		must(sm_buf_append_byte(&b, (uint8_t)*p));
	}
	must(sm_buf_append(&b, sm_bytes("\"", 2)));
	command(m, (const char *)b.data);
	while (next_line(m, NULL)) {
		(void)imap_wire_number(sm_buf_bytes(&m->line), "UIDVALIDITY", &m->validity);
		if (m->line.len > 7 && memmem(m->line.data, m->line.len, " EXISTS", 7) != NULL)
			m->exists = strtoull((char *)m->line.data + 2, NULL, 10);
	}
	sm_buf_free(&b);
}

/* ---- requests ---- */

static uint64_t
number_in(struct sm_bytes body, const char *name)
{
	char *text = speak_value(body, name);
	uint64_t n = text != NULL ? strtoull(text, NULL, 10) : 0;

	free(text);
	return n;
}

static int
keep_literal(void *ctx, struct sm_bytes in)
{
	struct imap *m = ctx;

	return m->literal.len + in.len > HEADER_MAX ? 0 : sm_buf_append(&m->literal, in);
}

static void
say_header(struct imap *m)
{
	struct sm_buf body = SM_BUF_INIT;
	uint64_t uid, size = 0;

	if (imap_wire_number(sm_buf_bytes(&m->line), "UID", &uid)) {
		(void)imap_wire_number(sm_buf_bytes(&m->line), "RFC822.SIZE", &size);
		must(sm_buf_printf(&body, "%" PRIu64 " %" PRIu64 "\n", uid, size));
		must(sm_buf_append(&body, sm_buf_bytes(&m->literal)));
		speak("header", sm_buf_bytes(&body));
	}
	sm_buf_free(&body);
	sm_buf_clear(&m->literal);
}

static void
list(struct imap *m, struct sm_bytes body)
{
	struct sm_sink literal = { keep_literal, m };
	uint64_t last = number_in(body, "last");
	char text[200];

	if (m->exists == 0)
		return;
	(void)snprintf(text, sizeof(text), "FETCH %" PRIu64 ":* (UID RFC822.SIZE "
	    "BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE CONTENT-TYPE MESSAGE-ID)])",
	    last > 0 && last < m->exists ? m->exists - last + 1 : 1);
	command(m, text);
	while (next_line(m, &literal))
		say_header(m);
}

/* "* SEARCH 1 2 3": only the numbers go on. */
static void
say_uids(struct imap *m, uint64_t since)
{
	struct sm_buf body = SM_BUF_INIT;
	char *at, *end;
	uint64_t uid;

	must(sm_buf_append_byte(&m->line, 0));
	for (at = (char *)m->line.data + 8; *at != '\0'; at = end) {
		uid = strtoull(at, &end, 10);
		if (end == at)
			break;
		/* "N:*" always means the last one, too. */
		if (uid > since)
			must(sm_buf_printf(&body, "%" PRIu64 " ", uid));
	}
	if (body.len > 0)
		speak("uids", sm_buf_bytes(&body));
	sm_buf_free(&body);
}

static void
news(struct imap *m, struct sm_bytes body)
{
	uint64_t since = number_in(body, "since");
	char text[80];

	/* RFC 9051 section 2.3.1.1: with another validity all UIDs are new. */
	if (number_in(body, "validity") != m->validity)
		since = 0;
	(void)snprintf(text, sizeof(text), "%" PRIu64, m->validity);
	speak_text("validity", text);
	(void)snprintf(text, sizeof(text), "UID SEARCH UID %" PRIu64 ":*", since + 1);
	command(m, text);
	while (next_line(m, NULL))
		if (begins(&m->line, "* SEARCH "))
			say_uids(m, since);
}

/* TEXT comes from others: what is no printable ASCII is not searched for. */
static void
find(struct imap *m, struct sm_bytes body)
{
	char *text = speak_value(body, "text");
	struct sm_buf quoted = SM_BUF_INIT, line = SM_BUF_INIT;
	const char *p;

	for (p = text; p != NULL && *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f) {
			free(text);
			sm_buf_free(&quoted);
			return;
		}
		if (*p == '"' || *p == '\\')
			must(sm_buf_append_byte(&quoted, '\\'));
		must(sm_buf_append_byte(&quoted, (uint8_t)*p));
	}
	must(sm_buf_append_byte(&quoted, 0));
	must(sm_buf_printf(&line, "UID SEARCH OR FROM \"%s\" SUBJECT \"%s\"",
	    (const char *)quoted.data, (const char *)quoted.data));
	must(sm_buf_append_byte(&line, 0));
	command(m, (const char *)line.data);
	while (next_line(m, NULL))
		if (begins(&m->line, "* SEARCH "))
			say_uids(m, 0);
	sm_buf_free(&quoted);
	sm_buf_free(&line);
	free(text);
}

static int
say_bytes(void *ctx, struct sm_bytes in)
{
	struct imap *m = ctx;

	m->any = true;
	speak("bytes", in);
	return 0;
}

static void
get(struct imap *m, struct sm_bytes body)
{
	struct sm_sink literal = { say_bytes, m };
	uint64_t uid = number_in(body, "uid");
	char text[80];

	m->any = false;
	(void)snprintf(text, sizeof(text), "UID FETCH %" PRIu64 " (UID BODY.PEEK[])", uid);
	command(m, text);
	while (next_line(m, &literal))
		;
	if (!m->any)
		speak_fault(66, "there is no message %" PRIu64 " in %s", uid, m->folder);
}

static void
login(struct imap *m)
{
	m->link = imap_link_open(&m->account, &m->folder);
	m->wire.receive = receive;
	m->wire.ctx = m->link;
	examine(m);
}

static void
serve(struct imap *m, const char *word, struct sm_bytes body)
{
	if (strcmp(word, "login") == 0) {
		m->account.url = speak_value(body, "url");
		m->account.user = speak_value(body, "user");
		m->account.ca = speak_value(body, "ca");
		m->account.xoauth2 = speak_has(body, "xoauth2");
		return;
	}
	if (strcmp(word, "secret") == 0 && m->account.url != NULL) {
		must(sm_buf_append(&m->account.secret, body));
		login(m);
		return;
	}
	if (m->link == NULL)
		speak_fault(70, "nobody is logged in");
	if (strcmp(word, "list") == 0)
		list(m, body);
	else if (strcmp(word, "news") == 0)
		news(m, body);
	else if (strcmp(word, "find") == 0)
		find(m, body);
	else if (strcmp(word, "get") == 0)
		get(m, body);
	else
		speak_fault(70, "unknown request %s", word);
	speak_text("end", "");
}

int
main(int argc, char **argv)
{
	static struct imap m = { .account = { .secret = SM_BUF_SECRET_INIT } };
	struct frame f = { .body = SM_BUF_SECRET_INIT };
	int rc;

	(void)argv;
	(void)umask(077);
	if (argc != 1) {
		fputs("sealmail-imap is started by `sealmail mail`\n", stderr);
		return 64;
	}
	speak_limits(MEMORY_MIB, SECONDS, false);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		speak_fault(70, "libcurl cannot start");
	while ((rc = frame_read(STDIN_FILENO, &f, REQUEST_MAX, -1)) == 1)
		serve(&m, f.word, sm_buf_bytes(&f.body));
	if (m.link != NULL)
		imap_link_close(m.link);
	sm_buf_free(&f.body);
	sm_buf_free(&m.line);
	sm_buf_free(&m.literal);
	free(m.folder);
	free(m.account.url);
	free(m.account.user);
	free(m.account.ca);
	curl_global_cleanup();
	return rc == 0 ? 0 : 70;
}
