#include "secrets.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"

enum { SECRET_MAX_BYTES = 4096, PROMPT_TRIES = 3 };

/* ---- files and descriptors ---- */

/* A pipe is read to its end and no further than a secret can be long. */
static int
read_fd(struct client *c, struct sm_buf *out, int fd, const char *name)
{
	ssize_t n;

	if (sm_buf_resize(out, SECRET_MAX_BYTES + 1) != 0)
		return client_out_of_memory(c);
	out->len = 0;
	while (out->len <= SECRET_MAX_BYTES) {
		n = read(fd, out->data + out->len, SECRET_MAX_BYTES + 1 - out->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return client_fault(c, EXIT_NO_INPUT, "cannot read the secret "
			    "from %s: %s", name, strerror(errno));
		if (n == 0)
			return 0;
		out->len += (size_t)n;
	}
	return client_fault(c, EXIT_USAGE, "the secret in %s is longer than %d bytes",
	    name, SECRET_MAX_BYTES);
}

void
secret_warn_if_open(const struct client *c, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		client_note(c, "%s can be read or changed by other users; "
		    "`chmod 600 %s` keeps it yours", path, path);
}

static int
read_path(struct client *c, struct sm_buf *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return client_fault(c, errno == EACCES ? EXIT_PERMISSION : EXIT_NO_INPUT,
		    "cannot read the secret from %s: %s", path, strerror(errno));
	secret_warn_if_open(c, path);
	rc = read_fd(c, out, fd, path);
	(void)close(fd);
	return rc;
}

static int
read_number(struct client *c, struct sm_buf *out, const char *number)
{
	char name[40];
	char *end;
	long fd = strtol(number, &end, 10);

	if (*number == '\0' || *end != '\0' || fd < 0 || fd > 65535)
		return client_fault(c, EXIT_USAGE, "\"%s\" is not a file descriptor: "
		    "a number is wanted", number);
	(void)snprintf(name, sizeof(name), "file descriptor %ld", fd);
	return read_fd(c, out, (int)fd, name);
}

static int
read_value(struct client *c, struct sm_buf *out, enum option_id id, const char *value)
{
	bool by_fd = id == OPT_SECRET_FD || id == OPT_KEK_FD || id == OPT_PASSPHRASE_FD ||
	    id == OPT_NEW_PASSPHRASE_FD;

	return by_fd ? read_number(c, out, value) : read_path(c, out, value);
}

/* ---- forms ---- */

/* The first line, without its end. */
static void
cut_line(struct sm_buf *b)
{
	const uint8_t *end = b->len == 0 ? NULL : memchr(b->data, '\n', b->len);

	if (end != NULL)
		b->len = (size_t)(end - b->data);
	if (b->len > 0 && b->data[b->len - 1] == '\r')
		b->len--;
}

static bool
kek_length(size_t n)
{
	return n == 16 || n == 24 || n == 32;
}

static unsigned
hex_digit(uint8_t c)
{
	return c <= '9' ? c - (unsigned)'0' : (unsigned)tolower(c) - 'a' + 10;
}

/* Hex digits, spaces and colons around them allowed. False when it is not hex of
 * a key's length. out is a secret buffer with nothing in it. */
static bool
from_hex(struct sm_buf *out, const struct sm_buf *in)
{
	unsigned digits = 0, high = 0, d;
	size_t i;

	if (sm_buf_reserve(out, 64) != 0)
		return false;
	for (i = 0; i < in->len; i++) {
		if (isspace(in->data[i]) || in->data[i] == ':')
			continue;
		if (!isxdigit(in->data[i]) || out->len == 64)
			return false;
		d = hex_digit(in->data[i]);
		if (digits++ % 2 == 0)
			high = d;
		else
			out->data[out->len++] = (uint8_t)(high << 4 | d);
	}
	return digits % 2 == 0 && kek_length(out->len);
}

int
secret_read_file(struct client *c, struct sm_buf *out, const char *path)
{
	int rc = read_path(c, out, path);

	cut_line(out);
	return rc == 0 && out->len == 0 ?
	    client_fault(c, EXIT_USAGE, "%s: the secret is empty", path) : rc;
}

int
secret_read_line(struct client *c, struct sm_buf *out, const char *number)
{
	int rc = read_number(c, out, number);

	cut_line(out);
	return rc;
}

/* ---- the list ---- */

static struct secret *
grow(struct secrets *s)
{
	struct secret *list = realloc(s->list, (s->count + 1) * sizeof(*list));
	struct secret *last;

	if (list == NULL)
		return NULL;
	s->list = list;
	last = &list[s->count++];
	memset(last, 0, sizeof(*last));
	last->value.secret = true;
	return last;
}

void
secrets_free(struct secrets *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		sm_buf_free(&s->list[i].value);
	free(s->list);
	memset(s, 0, sizeof(*s));
}

/* Take over what is in raw. */
static int
add(struct client *c, struct secrets *s, struct sm_buf *raw, bool kek)
{
	struct secret *n = grow(s);

	if (n == NULL)
		return client_out_of_memory(c);
	n->value = *raw;
	n->kek = kek;
	memset(raw, 0, sizeof(*raw));
	raw->secret = true;
	return 0;
}

/* A shared key in hex, or as it is. Adds nothing when raw has neither form. */
static int
add_kek(struct client *c, struct secrets *s, const struct sm_buf *raw)
{
	struct sm_buf key = SM_BUF_SECRET_INIT;
	int rc = 0;

	if (!from_hex(&key, raw)) {
		sm_buf_clear(&key);
		if (kek_length(raw->len) && sm_buf_append(&key, sm_buf_bytes(raw)) != 0)
			rc = client_out_of_memory(c);
	}
	if (rc == 0 && key.len > 0)
		rc = add(c, s, &key, true);
	sm_buf_free(&key);
	return rc;
}

static int
add_value(struct client *c, struct secrets *s, const struct option_use *u, bool reading)
{
	struct sm_buf raw = SM_BUF_SECRET_INIT;
	bool kek = u->id == OPT_KEK_FILE || u->id == OPT_KEK_FD;
	size_t before = s->count;
	int rc = read_value(c, &raw, u->id, u->value);

	if (rc == 0 && (kek || reading))
		rc = add_kek(c, s, &raw);
	if (rc == 0 && kek && s->count == before)
		rc = client_fault(c, EXIT_USAGE, "%s: a shared key has 16, 24 or 32 "
		    "bytes, raw or in hex", u->value);
	if (rc == 0 && !kek) {
		cut_line(&raw);
		rc = raw.len > 0 ? add(c, s, &raw, false) :
		    client_fault(c, EXIT_USAGE, "%s: the secret is empty", u->value);
	}
	sm_buf_free(&raw);
	return rc;
}

int
secrets_read(struct client *c, struct secrets *s, bool reading)
{
	size_t i;
	int rc = 0;

	memset(s, 0, sizeof(*s));
	for (i = 0; rc == 0 && i < c->opt.count; i++) {
		const struct option_use *u = &c->opt.uses[i];

		if (u->id == OPT_SECRET_FILE || u->id == OPT_SECRET_FD ||
		    u->id == OPT_KEK_FILE || u->id == OPT_KEK_FD)
			rc = add_value(c, s, u, reading);
	}
	return rc;
}

/* ---- passphrases of key files ---- */

int
passphrases_init(struct client *c, struct passphrases *p, bool by_home)
{
	struct sm_buf raw = SM_BUF_SECRET_INIT;
	size_t i;
	int rc = 0;

	memset(p, 0, sizeof(*p));
	p->c = c;
	p->last.secret = true;
	p->by_home = by_home;
	for (i = 0; rc == 0 && i < c->opt.count; i++) {
		const struct option_use *u = &c->opt.uses[i];

		if (u->id != OPT_PASSPHRASE_FILE && u->id != OPT_PASSPHRASE_FD)
			continue;
		rc = read_value(c, &raw, u->id, u->value);
		cut_line(&raw);
		if (rc == 0)
			rc = add(c, &p->given, &raw, false);
	}
	sm_buf_free(&raw);
	return rc;
}

void
passphrases_free(struct passphrases *p)
{
	secrets_free(&p->given);
	sm_buf_free(&p->last);
}

static int
ask_user(struct passphrases *p, unsigned attempt)
{
	char question[300];
	int rc;

	(void)snprintf(question, sizeof(question), "%sPassphrase for %s: ",
	    attempt > 0 ? "That was not it. " : "", p->file);
	client_make_printable(question);
	sm_buf_clear(&p->last);
	rc = ask_secret(p->c, &p->last, question, p->by_home);
	p->had_none = rc == ASK_NO_TERMINAL;
	p->fault = rc > 0 ? rc : 0;
	return rc == 0 ? 0 : SM_E_SECRET;
}

static int
ask(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	struct passphrases *p = ctx;

	(void)what; /* the file says more */
	if (attempt < p->given.count)
		return give(give_ctx, sm_buf_bytes(&p->given.list[attempt].value));
	if (p->given.count > 0)
		return SM_E_SECRET;
	/* One passphrase often serves several files. */
	if (attempt == 0 && p->last.len > 0) {
		p->tried_last = true;
		return give(give_ctx, sm_buf_bytes(&p->last));
	}
	attempt -= p->tried_last ? 1 : 0;
	if (attempt >= PROMPT_TRIES || p->fault != 0 || ask_user(p, attempt) != 0)
		return SM_E_SECRET;
	return give(give_ctx, sm_buf_bytes(&p->last));
}

struct sm_passphrase
passphrases_for(struct passphrases *p, const char *file)
{
	struct sm_passphrase pass = { ask, p };

	p->file = file;
	p->tried_last = false;
	p->had_none = false;
	return pass;
}

/* ---- a passphrase to be ---- */

static int
ask_twice(struct client *c, struct sm_buf *out, const char *what)
{
	struct sm_buf again = SM_BUF_SECRET_INIT;
	char question[300];
	int rc;

	(void)snprintf(question, sizeof(question), "New passphrase for %s: ", what);
	client_make_printable(question);
	rc = ask_secret(c, out, question, true);
	if (rc == 0)
		rc = ask_secret(c, &again, "The same once more: ", true);
	if (rc > 0)
		; /* said already */
	else if (rc == ASK_NO_TERMINAL)
		rc = client_fault(c, EXIT_PERMISSION, "a passphrase for %s is needed and "
		    "there is no terminal to ask at; give it with --%spassphrase-file "
		    "FILE", what, option_applies(&option_table[OPT_NEW_PASSPHRASE_FILE],
		    c->verb->id) ? "new-" : "");
	else if (rc != 0)
		rc = client_fault(c, EXIT_USAGE, "no passphrase was typed: nothing was "
		    "written");
	else if (out->len != again.len || !sm_equal_ct(out->data, again.data, out->len))
		rc = client_fault(c, EXIT_USAGE, "the two passphrases differ: nothing was "
		    "written; try again");
	sm_buf_free(&again);
	return rc;
}

int
passphrase_new(struct client *c, struct sm_buf *out, const char *what,
    bool is_new_key)
{
	enum option_id file = is_new_key ? OPT_PASSPHRASE_FILE : OPT_NEW_PASSPHRASE_FILE;
	enum option_id fd = is_new_key ? OPT_PASSPHRASE_FD : OPT_NEW_PASSPHRASE_FD;
	enum option_id id = options_has(&c->opt, file) ? file : fd;
	const char *value = options_value(&c->opt, id);
	int rc;

	sm_buf_clear(out);
	if (value == NULL)
		return ask_twice(c, out, what);
	rc = read_value(c, out, id, value);
	cut_line(out);
	if (rc == 0 && out->len == 0)
		rc = client_fault(c, EXIT_USAGE, "%s: the passphrase is empty", value);
	return rc;
}
