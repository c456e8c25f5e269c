#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "frame.h"
#include "submit.h"

enum { FRAME_BYTES = 512 << 10, EXIT_BROKEN = 70, COMMAND_SECONDS = 600 };

/* ---- what became of it ---- */

static void SM_PRINTF(3, 0)
set(struct submit_to *to, enum outcome outcome, const char *fmt, va_list ap)
{
	char *p;

	to->outcome = outcome;
	(void)vsnprintf(to->why, sizeof(to->why), fmt, ap);
	for (p = to->why; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
}

void
job_set(struct submit_to *to, enum outcome outcome, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(to, outcome, fmt, ap);
	va_end(ap);
}

void
job_conclude(struct job *j, enum outcome outcome, const char *fmt, ...)
{
	va_list ap;
	size_t i;

	for (i = 0; i < j->count; i++) {
		if (j->to[i].outcome != OUTCOME_NONE)
			continue;
		va_start(ap, fmt);
		set(&j->to[i], outcome, fmt, ap);
		va_end(ap);
	}
}

/* ---- the message ---- */

static bool
next_piece(struct job *j)
{
	struct frame f = { .body = SM_BUF_INIT };
	int rc = frame_write(STDOUT_FILENO, "more", sm_bytes(NULL, 0));

	if (rc == 0)
		rc = frame_read(STDIN_FILENO, &f, FRAME_BYTES,
		    frame_deadline(COMMAND_SECONDS)) == 1 && strcmp(f.word, "data") == 0 ?
		    0 : -1;
	sm_buf_free(&j->piece);
	j->piece = f.body;
	j->taken = 0;
	j->ended = rc == 0 && f.body.len == 0;
	j->broken = rc != 0;
	return rc == 0;
}

long
job_read(struct job *j, void *out, size_t len)
{
	size_t n;

	if (!j->ended && !j->broken && j->taken == j->piece.len)
		(void)next_piece(j);
	if (j->ended || j->broken)
		return j->broken ? -1 : 0;
	n = j->piece.len - j->taken;
	n = n < len ? n : len;
	memcpy(out, j->piece.data + j->taken, n);
	j->taken += n;
	return (long)n;
}

bool
job_is_loopback(const char *url)
{
	const char *host = strstr(url, "://");
	size_t len;

	host = host != NULL ? host + 3 : url;
	if (strncmp(host, "[::1]", 5) == 0)
		return true;
	len = strcspn(host, ":/?#@\\");
	if (host[len] == '@' || host[len] == '\\')
		return false; /* what stands there is no host */
	if (len == 9 && strncasecmp(host, "localhost", len) == 0)
		return true;
	return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

/* ---- what is asked ---- */

static bool
keep(char **to, const char *value)
{
	free(*to);
	*to = strdup(value);
	return *to != NULL;
}

static bool
read_line(struct job *j, char *line)
{
	struct { const char *key; char **to; } keys[] = {
		{ "kind", &j->kind }, { "url", &j->url }, { "user", &j->user },
		{ "auth", &j->auth }, { "ca", &j->ca }, { "sender", &j->sender },
		{ "folder", &j->folder },
	};
	char *value = strchr(line, ' ');
	size_t i;

	if (value == NULL)
		return false;
	*value++ = '\0';
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(line, keys[i].key) == 0)
			return keep(keys[i].to, value);
	if (strcmp(line, "size") == 0)
		j->size = strtoull(value, NULL, 10);
	return strcmp(line, "size") == 0;
}

static bool
read_job(struct job *j, struct sm_buf *body)
{
	char *line, *end;

	if (sm_buf_append_byte(body, '\0') != 0)
		return false;
	for (line = (char *)body->data; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end != '\0')
			*end++ = '\0';
		if (!read_line(j, line))
			return false;
	}
	return true;
}

static bool
read_receiver(struct job *j, const struct sm_buf *body)
{
	struct submit_to *list;

	if (j->count == SUBMIT_RECEIVERS_MAX || memchr(body->data, '\n', body->len) != NULL ||
	    memchr(body->data, '\r', body->len) != NULL)
		return false;
	list = realloc(j->to, (j->count + 1) * sizeof(*list));
	if (list == NULL)
		return false;
	j->to = list;
	memset(&list[j->count], 0, sizeof(*list));
	list[j->count].address = sm_strdup_bytes(sm_buf_bytes(body));
	return list[j->count].address != NULL && j->count++ < SUBMIT_RECEIVERS_MAX;
}

static bool
read_frame(struct job *j, struct frame *f)
{
	if (strcmp(f->word, "job") == 0)
		return read_job(j, &f->body);
	if (strcmp(f->word, "to") == 0)
		return f->body.len > 0 && read_receiver(j, &f->body);
	if (strcmp(f->word, "secret") != 0)
		return false;
	return sm_buf_append(&j->secret, sm_buf_bytes(&f->body)) == 0 &&
	    sm_buf_append_byte(&j->secret, '\0') == 0;
}

static bool
read_request(struct job *j)
{
	struct frame f = { .body = SM_BUF_SECRET_INIT };
	bool ok = true;

	while (ok && frame_read(STDIN_FILENO, &f, FRAME_BYTES,
		frame_deadline(COMMAND_SECONDS)) == 1) {
		if (strcmp(f.word, "go") == 0)
			break;
		ok = read_frame(j, &f);
	}
	ok = ok && strcmp(f.word, "go") == 0 && j->kind != NULL && j->url != NULL;
	sm_buf_free(&f.body);
	return ok;
}

static bool
answer(const struct job *j)
{
	static const char *const words[] = { "later", "done", "later", "never" };
	char text[SUBMIT_WHY + 64];
	size_t i;

	for (i = 0; i < j->count; i++) {
		(void)snprintf(text, sizeof(text), "%zu %s %s", i, words[j->to[i].outcome],
		    j->to[i].why);
		if (frame_write(STDOUT_FILENO, "result", sm_bytes_str(text)) != 0)
			return false;
	}
	return frame_write(STDOUT_FILENO, "end", sm_bytes(NULL, 0)) == 0;
}

static void
wipe(struct job *j)
{
	size_t i;

	for (i = 0; i < j->count; i++)
		free(j->to[i].address);
	free(j->to);
	free(j->kind);
	free(j->url);
	free(j->user);
	free(j->auth);
	free(j->ca);
	free(j->sender);
	free(j->folder);
	sm_buf_free(&j->secret);
	sm_buf_free(&j->piece);
}

/* It holds a secret: no core dump, no looking in. */
static void
harden(void)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int
main(void)
{
	struct job j = { .secret = SM_BUF_SECRET_INIT };
	bool ok;

	harden();
	ok = read_request(&j);
	if (ok && strcmp(j.kind, "smtp") == 0)
		submit_smtp(&j);
	else if (ok && strcmp(j.kind, "lmtp") == 0)
		submit_lmtp(&j);
	else if (ok && strcmp(j.kind, "imap") == 0)
		submit_imap(&j);
	else
		ok = false;
	job_conclude(&j, OUTCOME_LATER, "the server said nothing about it");
	ok = ok && answer(&j);
	wipe(&j);
	return ok ? 0 : EXIT_BROKEN;
}
