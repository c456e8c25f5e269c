/* A shared mail folder as a directory: letters from an address, or with it in their
 * subject, that carry certificates. They are looked into, not judged: what they carry is
 * believed as little as what a server says. sealmail-imap reads them; the folder stays
 * as it is. */
#include <stdio.h>
#include <stdlib.h>

#include <sealmail/open.h>

#include "directories.h"
#include "input.h"

enum { LETTERS = 8, LETTER_BYTES = 1 << 20, UIDS_BYTES = 1 << 20, FRAMES = 4096,
	SECONDS = 20, SECRET_BYTES = 4096 };

struct folder {
	struct directories *d;
	struct helper helper;
	const char *url, *address;
	struct sm_buf letter;
	unsigned long long uids[LETTERS]; /* the last ones */
	size_t uid_count;
};

/* ---- signing in ---- */

static int
put(struct folder *f, struct sm_buf *b, const char *name, const char *value)
{
	if (value == NULL || strchr(value, '\n') != NULL)
		return 0;
	return sm_buf_printf(b, "%s=%s\n", name, value) == 0 ? 0 :
	    client_out_of_memory(f->d->c);
}

static int
read_secret(struct folder *f, struct sm_buf *out)
{
	const char *path = config_value(&f->d->cfg, CONFIG_IMAP_PASSWORD_FILE);
	int rc = path != NULL ? input_slurp(f->d->c, out, path, SECRET_BYTES) : 0;

	while (rc == 0 && out->len > 0 && (out->data[out->len - 1] == '\n' ||
		out->data[out->len - 1] == '\r'))
		out->len--;
	return rc;
}

/* As `sealmail mail` signs in, with the same account. */
static int
sign_in(struct folder *f)
{
	const struct config *cfg = &f->d->cfg;
	struct sm_buf account = SM_BUF_INIT, secret = SM_BUF_SECRET_INIT;
	int rc = put(f, &account, "url", f->url);

	if (rc == 0 && strchr(f->url, '@') == NULL)
		rc = put(f, &account, "user", config_value(cfg, CONFIG_IMAP_USER));
	if (rc == 0)
		rc = put(f, &account, "ca", config_value(cfg, CONFIG_IMAP_CA));
	if (rc == 0)
		rc = read_secret(f, &secret);
	if (rc == 0)
		rc = helper_start(f->d->c, &f->helper, "sealmail-imap", NULL);
	if (rc == 0)
		rc = helper_send(&f->helper, "login", sm_buf_bytes(&account));
	if (rc == 0)
		rc = helper_send(&f->helper, "secret", sm_buf_bytes(&secret));
	sm_buf_free(&account);
	sm_buf_free(&secret);
	return rc;
}

/* ---- asking ---- */

static void
take_uids(struct folder *f, struct sm_bytes body)
{
	char *text = sm_strdup_bytes(body), *at, *end;
	unsigned long long uid;

	for (at = text; at != NULL && *at != '\0'; at = end) {
		uid = strtoull(at, &end, 10);
		if (end == at)
			break;
		while (*end == ' ')
			end++;
		if (f->uid_count == LETTERS)
			memmove(f->uids, f->uids + 1, --f->uid_count * sizeof(f->uids[0]));
		f->uids[f->uid_count++] = uid;
	}
	free(text);
}

/* One request: "uids" and "bytes" are kept. */
static int
ask(struct folder *f, const char *word, const char *body)
{
	struct frame answer = { .body = SM_BUF_INIT };
	unsigned n;
	int rc = helper_send(&f->helper, word, sm_bytes_str(body));

	for (n = 0; rc == 0 && n < FRAMES; n++) {
		rc = helper_receive(&f->helper, &answer, UIDS_BYTES, SECONDS);
		if (rc != 0 || answer.word[0] == '\0' || strcmp(answer.word, "end") == 0)
			break;
		if (strcmp(answer.word, "uids") == 0)
			take_uids(f, sm_buf_bytes(&answer.body));
		else if (strcmp(answer.word, "bytes") == 0 &&
		    f->letter.len + answer.body.len <= LETTER_BYTES &&
		    sm_buf_append(&f->letter, sm_buf_bytes(&answer.body)) != 0)
			rc = client_out_of_memory(f->d->c);
	}
	sm_buf_free(&answer.body);
	return rc;
}

/* ---- the certificates of a letter ---- */

static int
take_letter(struct folder *f)
{
	struct sm_open_options o = sm_open_options_default();
	const struct sm_certs *certs;
	struct sm_open *open = NULL;
	size_t i;
	int rc = 0;

	o.mode = SM_OPEN_INSPECT;
	o.limits = f->d->c->limits;
	o.now = f->d->c->now;
	if (sm_open_new(&open, &o) == 0 &&
	    sm_open_write(open, sm_buf_bytes(&f->letter)) == 0 &&
	    sm_open_finish(open) == 0) {
		certs = sm_open_certs(open);
		for (i = 0; rc == 0 && i < certs->count; i++)
			rc = directories_add(f->d, certs->list[i], f->address, f->url, false);
	}
	sm_open_free(open);
	return rc;
}

static int
read_letters(struct folder *f)
{
	char body[40];
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < f->uid_count; i++) {
		sm_buf_clear(&f->letter);
		(void)snprintf(body, sizeof(body), "uid=%llu\n", f->uids[i]);
		rc = ask(f, "get", body);
		if (rc == 0)
			rc = take_letter(f);
	}
	return rc;
}

int
directory_imap_find(struct directories *d, const char *address, const char *url)
{
	struct folder f = { .d = d, .helper = HELPER_INIT, .url = url, .address = address };
	struct sm_buf body = SM_BUF_INIT;
	int before = d->c->fault;
	int rc = sign_in(&f);

	if (rc == 0)
		rc = put(&f, &body, "text", address);
	if (rc == 0 && sm_buf_append_byte(&body, 0) != 0)
		rc = client_out_of_memory(d->c);
	if (rc == 0)
		rc = ask(&f, "find", (const char *)body.data);
	if (rc == 0)
		rc = read_letters(&f);
	(void)helper_stop(&f.helper);
	sm_buf_free(&body);
	sm_buf_free(&f.letter);
	if (rc == 0 || rc == EXIT_INTERNAL)
		return rc;
	/* Said already; the other directories are asked all the same. */
	d->c->fault = before;
	return sm_buf_append_str(&d->looked, "could not be read") == 0 ? 0 :
	    client_out_of_memory(d->c);
}
