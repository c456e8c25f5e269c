#include "mail_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <base/try.h>

#include "ask.h"
#include "config.h"
#include "input.h"
#include "program.h"

enum { SECRET_MAX = 4096, PROGRAM_SECONDS = 120, HEADER_SECONDS = 600,
	PROGRAM_WORDS = 20 };

bool
mail_server_wanted(const struct client *c)
{
	return option_applies(&option_table[OPT_IMAP], c->verb->id) &&
	    options_has(&c->opt, OPT_IMAP);
}

/* ---- the secret ---- */

static void
cut_line(struct sm_buf *b)
{
	const uint8_t *end = b->len == 0 ? NULL : memchr(b->data, '\n', b->len);

	if (end != NULL)
		b->len = (size_t)(end - b->data);
	if (b->len > 0 && b->data[b->len - 1] == '\r')
		b->len--;
}

static int
secret_of_program(struct client *c, struct sm_buf *out, const char *line)
{
	char *copy = strdup(line), *words[PROGRAM_WORDS + 1], *rest = copy;
	struct program p = { .seconds = PROGRAM_SECONDS, .max_out = SECRET_MAX, .out = out,
		.has_terminal = true };
	size_t n = 0;
	int rc;

	if (copy == NULL)
		return client_out_of_memory(c);
	while (n < PROGRAM_WORDS && (words[n] = strsep(&rest, " \t")) != NULL)
		n += *words[n] != '\0';
	words[n] = NULL;
	p.path = n > 0 ? words[0] : "";
	p.args = (const char *const *)words + (n > 0);
	rc = program_run(&p);
	if (rc != 0)
		rc = client_fault(c, EXIT_PERMISSION, "%s gave no password (see "
		    "imap-password-program in the file config)", p.path);
	free(copy);
	return rc;
}

static int
ask_user(struct client *c, struct sm_buf *out, const char *url)
{
	char question[300];
	int rc;

	(void)snprintf(question, sizeof(question), "Password for %s: ", url);
	rc = ask_secret(c, out, question, mail_uses_home(c));
	if (rc < 0)
		return client_fault(c, EXIT_PERMISSION, "no password for %s; give it with "
		    "--password-file", url);
	return rc;
}

static int
find_secret(struct client *c, struct sm_buf *out, const struct config *cfg,
    const char *url)
{
	const char *file = options_value(&c->opt, OPT_PASSWORD_FILE);
	const char *number = options_value(&c->opt, OPT_PASSWORD_FD);
	const char *program = config_value(cfg, CONFIG_IMAP_PASSWORD_PROGRAM);
	char path[40];
	int rc;

	if (number != NULL && (!mail_is_number(number) || strlen(number) > 6))
		return client_fault(c, EXIT_USAGE, "--password-fd takes the number of a file "
		    "descriptor");
	(void)snprintf(path, sizeof(path), "/dev/fd/%s", number != NULL ? number : "");
	if (file == NULL && number != NULL)
		file = path;
	if (file == NULL)
		file = config_value(cfg, CONFIG_IMAP_PASSWORD_FILE);
	if (file != NULL)
		rc = input_slurp(c, out, file, SECRET_MAX);
	else if (program != NULL)
		rc = secret_of_program(c, out, program);
	else
		rc = ask_user(c, out, url);
	cut_line(out);
	return rc;
}

/* ---- logging in ---- */

static int
put_line(struct sm_buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return 0;
	if (strchr(value, '\n') != NULL)
		return SM_E_FORMAT;
	return sm_buf_printf(b, "%s=%s\n", name, value);
}

static int
put_account(struct client *c, struct sm_buf *b, const struct config *cfg,
    const char *url)
{
	const char *user = options_value(&c->opt, OPT_USER);
	const char *ca = options_value(&c->opt, OPT_TLS_CA);
	const char *auth = config_value(cfg, CONFIG_IMAP_AUTH);

	SM_TRY(put_line(b, "url", url));
	/* An address that names its user needs no other. */
	if (user == NULL && strchr(url, '@') == NULL)
		user = config_value(cfg, CONFIG_IMAP_USER);
	SM_TRY(put_line(b, "user", user));
	SM_TRY(put_line(b, "ca", ca != NULL ? ca : config_value(cfg, CONFIG_IMAP_CA)));
	return auth != NULL && strcmp(auth, "xoauth2") == 0 ?
	    sm_buf_append_str(b, "xoauth2\n") : 0;
}

static int
log_in(struct mail_server *s, const struct config *cfg, struct sm_bytes secret)
{
	struct sm_buf account = SM_BUF_INIT;
	int status = put_account(s->c, &account, cfg, s->url);
	int rc = 0;

	if (status == SM_E_FORMAT)
		rc = client_fault(s->c, EXIT_USAGE, "an account's names stand on one line");
	else if (status != 0)
		rc = client_out_of_memory(s->c);
	if (rc == 0)
		rc = helper_start(s->c, &s->helper, "sealmail-imap", NULL);
	if (rc == 0)
		rc = helper_send(&s->helper, "login", sm_buf_bytes(&account));
	if (rc == 0)
		rc = helper_send(&s->helper, "secret", secret);
	sm_buf_free(&account);
	return rc;
}

static int
find_url(struct mail_server *s, const struct config *cfg)
{
	const char *url = options_value(&s->c->opt, OPT_IMAP);

	if (url == NULL)
		url = config_value(cfg, CONFIG_IMAP);
	if (url == NULL)
		return client_fault(s->c, EXIT_USAGE, "which mail server? Name it: --imap "
		    "imaps://USER@HOST/FOLDER, or \"imap = ...\" in the file config under "
		    "--home");
	s->url = strdup(url);
	return s->url != NULL ? 0 : client_out_of_memory(s->c);
}

int
mail_server_open(struct client *c, struct mail_server *s)
{
	struct config cfg = { NULL, 0 };
	struct sm_buf secret = SM_BUF_SECRET_INIT;
	int rc = 0;

	memset(s, 0, sizeof(*s));
	s->c = c;
	s->helper = (struct helper)HELPER_INIT;
	if (options_has(&c->opt, OPT_OFFLINE))
		return client_fault(c, EXIT_LATER, "--offline: no mail server is asked");
	if (mail_uses_home(c))
		rc = config_read(c, &cfg);
	if (rc == 0)
		rc = find_url(s, &cfg);
	if (rc == 0)
		rc = find_secret(c, &secret, &cfg, s->url);
	if (rc == 0)
		rc = log_in(s, &cfg, sm_buf_bytes(&secret));
	sm_buf_free(&secret);
	config_free(&cfg);
	return rc;
}

void
mail_server_close(struct mail_server *s)
{
	(void)helper_stop(&s->helper);
	free(s->url);
	s->url = NULL;
}

/* ---- requests ---- */

/* One request, its answers handed on. */
typedef int (*answer_fn)(void *ctx, struct frame *f);

static int
ask(struct mail_server *s, const char *word, const char *body, answer_fn fn, void *ctx)
{
	struct frame f = { .body = SM_BUF_INIT };
	int rc = helper_send(&s->helper, word, sm_bytes_str(body));

	while (rc == 0) {
		rc = mail_receive(s->c, &s->helper, &f);
		if (rc != 0 || strcmp(f.word, "end") == 0)
			break;
		rc = fn(ctx, &f);
	}
	sm_buf_free(&f.body);
	return rc;
}

/* Headers go to the program that reads them. */
struct listing {
	struct mail_server *s;
	struct helper reader;
	mail_row_fn fn;
	void *ctx;
};

static int
list_one(void *ctx, struct frame *f)
{
	struct listing *l = ctx;
	struct frame rows = { .body = SM_BUF_INIT };
	int rc = 0;

	if (strcmp(f->word, "header") != 0)
		return 0;
	rc = helper_send(&l->reader, "header", sm_buf_bytes(&f->body));
	if (rc == 0)
		rc = helper_receive(&l->reader, &rows, 1 << 20, HEADER_SECONDS);
	if (rc == 0)
		rc = mail_take_rows(l->s->c, sm_buf_bytes(&rows.body), l->fn, l->ctx);
	sm_buf_free(&rows.body);
	return rc;
}

int
mail_server_list(struct mail_server *s, long last, mail_row_fn fn, void *ctx)
{
	static const char *const args[] = { "headers", NULL };
	struct listing l = { s, HELPER_INIT, fn, ctx };
	char body[40];
	int rc = helper_start(s->c, &l.reader, "sealmail-mail", args);

	(void)snprintf(body, sizeof(body), "last=%ld\n", last);
	if (rc == 0)
		rc = ask(s, "list", body, list_one, &l);
	(void)helper_stop(&l.reader);
	return rc;
}

struct news {
	struct client *c;
	uint64_t *validity;
	struct sm_buf *uids;
};

static int
take_news(void *ctx, struct frame *f)
{
	struct news *n = ctx;

	if (strcmp(f->word, "validity") == 0) {
		if (sm_buf_append_byte(&f->body, 0) != 0)
			return client_out_of_memory(n->c);
		*n->validity = strtoull((char *)f->body.data, NULL, 10);
	} else if (strcmp(f->word, "uids") == 0 &&
	    sm_buf_append(n->uids, sm_buf_bytes(&f->body)) != 0)
		return client_out_of_memory(n->c);
	return 0;
}

int
mail_server_news(struct mail_server *s, uint64_t since, uint64_t *validity,
    struct sm_buf *uids)
{
	struct news n = { s->c, validity, uids };
	char body[80];

	(void)snprintf(body, sizeof(body), "since=%llu\nvalidity=%llu\n",
	    (unsigned long long)since, (unsigned long long)*validity);
	return ask(s, "news", body, take_news, &n);
}

struct getting {
	struct client *c;
	int fd;
};

static int
take_bytes(void *ctx, struct frame *f)
{
	struct getting *g = ctx;
	struct sm_bytes rest = sm_buf_bytes(&f->body);
	ssize_t n;

	while (strcmp(f->word, "bytes") == 0 && rest.len > 0) {
		n = write(g->fd, rest.data, rest.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return client_fault(g->c, EXIT_IO, "cannot keep the message: %s",
			    strerror(errno));
		rest = sm_bytes_skip(rest, (size_t)n);
	}
	return 0;
}

int
mail_server_get(struct mail_server *s, const char *uid, int *fd)
{
	struct getting g = { s->c, memfd_create("message", MFD_CLOEXEC) };
	char body[40];
	int rc;

	*fd = -1;
	if (g.fd < 0)
		return client_fault(s->c, EXIT_IO, "cannot keep the message: %s",
		    strerror(errno));
	(void)snprintf(body, sizeof(body), "uid=%s\n", uid);
	rc = ask(s, "get", body, take_bytes, &g);
	if (rc == 0 && lseek(g.fd, 0, SEEK_SET) != 0)
		rc = client_fault(s->c, EXIT_IO, "cannot read the message again");
	if (rc == 0)
		*fd = g.fd;
	else
		(void)close(g.fd);
	return rc;
}
