#include "mail_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <base/try.h>

#include "config.h"
#include "home.h"
#include "mail_box.h"

enum { TEXT_MAX = 40 << 20, NAME_BYTES = 32 };

int
mail_text_wanted(struct client *c, bool *wanted)
{
	struct config cfg = { NULL, 0 };
	const char *value;
	int rc;

	*wanted = false;
	if (!mail_uses_home(c))
		return 0;
	rc = config_read(c, &cfg);
	value = rc == 0 ? config_value(&cfg, CONFIG_INDEX) : NULL;
	*wanted = value != NULL && strcmp(value, "text") == 0;
	config_free(&cfg);
	return rc;
}

/* ---- places ---- */

/* The folder and the message's unique name, which stays when flags change:
 * ".../cur/NAME:2,S" is ".../NAME". */
static int
identity_of(struct sm_buf *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t folder = slash != NULL && slash - path > 4 ? (size_t)(slash - path) - 4 : 0;

	SM_TRY(sm_buf_append(out, sm_bytes(path, folder)));
	SM_TRY(sm_buf_append_byte(out, '/'));
	SM_TRY(sm_buf_append(out, sm_bytes(name, strcspn(name, ":"))));
	return sm_buf_append_byte(out, '\n');
}

static void
file_of(char out[NAME_BYTES], const struct sm_buf *identity)
{
	uint64_t h = mail_name_hash((const char *)identity->data);

	(void)snprintf(out, NAME_BYTES, "%016llx.p7m", (unsigned long long)h);
}

static int
identify(struct client *c, struct sm_buf *identity, char file[NAME_BYTES],
    const char *path)
{
	if (identity_of(identity, path) != 0 || sm_buf_append_byte(identity, 0) != 0)
		return client_out_of_memory(c);
	identity->len--;
	file_of(file, identity);
	return 0;
}

static int
open_folder(struct mail_texts_kept *t, bool create)
{
	int rc = home_open(t->c, &t->home, create);

	if (rc == 0 && t->home.fd >= 0)
		rc = private_open_in(t->c, &t->mail, &t->home, "mail", create);
	if (rc == 0 && t->mail.fd >= 0)
		rc = private_open_in(t->c, &t->dir, &t->mail, "text", create);
	return rc;
}

static void
kept_init(struct client *c, struct mail_texts_kept *t)
{
	memset(t, 0, sizeof(*t));
	t->c = c;
	t->home = t->mail = t->dir = (struct private_dir)PRIVATE_DIR_INIT;
}

/* ---- keeping ---- */

/* Everybody is oneself: each key that decrypts, by its newest certificate. */
static struct sm_seal_recipient *
own_recipients(struct client *c, const struct keyring *ring, size_t *count)
{
	struct sm_seal_recipient *list = calloc(ring->count + 1, sizeof(*list));
	struct sm_cert *cert;

	*count = 0;
	for (size_t i = 0; list != NULL && i < ring->count; i++) {
		cert = keyring_key_may_decrypt(ring->list[i]) ?
		    keyring_key_cert(ring->list[i]) : NULL;
		if (cert != NULL && keys_cert_is_current(c, cert))
			list[(*count)++].cert = cert;
	}
	return list;
}

static int
seal(struct client *c, const struct sm_seal_options *o, struct sm_buf *out,
    struct sm_bytes first, struct sm_bytes text)
{
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_seal *s = NULL;
	struct sm_error err = { 0 };
	int status = sm_seal_new(&s, o, &sink, &err);

	if (status == 0)
		status = sm_seal_write(s, first);
	if (status == 0)
		status = sm_seal_write(s, text);
	if (status == 0)
		status = sm_seal_finish(s);
	sm_seal_free(s);
	return status == 0 ? 0 : client_fault_error(c, exit_from_status(status),
	    "the text for the index", &err, status);
}

static int
seal_to_self(struct client *c, const struct keyring *ring, struct sm_buf *out,
    struct sm_bytes first, struct sm_bytes text)
{
	struct sm_seal_options o = sm_seal_options_default();
	struct sm_seal_recipient *list = own_recipients(c, ring, &o.recipient_count);
	int rc = 0;

	o.limits = c->limits;
	o.form = SM_FORM_DER;
	o.now = c->now;
	o.cipher = "aes-256-gcm";
	o.recipients = list;
	if (list == NULL)
		rc = client_out_of_memory(c);
	else if (o.recipient_count > 0)
		rc = seal(c, &o, out, first, text);
	else
		client_note(c, "the text was not kept for searching: the keyring has no "
		    "certificate to encrypt it to");
	free(list);
	return rc;
}

int
mail_text_put(struct client *c, const char *path, struct sm_bytes text)
{
	struct mail_texts_kept t;
	struct keyring ring;
	struct sm_buf identity = SM_BUF_INIT, sealed = SM_BUF_INIT;
	char file[NAME_BYTES];
	int rc;

	kept_init(c, &t);
	rc = identify(c, &identity, file, path);
	if (rc == 0)
		rc = open_folder(&t, true);
	if (rc == 0 && (rc = keyring_open(c, &ring, false)) == 0) {
		rc = seal_to_self(c, &ring, &sealed, sm_buf_bytes(&identity), text);
		keyring_close(&ring);
	}
	if (rc == 0 && sealed.len > 0)
		rc = private_write(c, &t.dir, file, sm_buf_bytes(&sealed));
	sm_buf_free(&identity);
	sm_buf_free(&sealed);
	mail_text_close(&t);
	return rc;
}

/* ---- searching ---- */

int
mail_text_open(struct client *c, struct mail_texts_kept *t)
{
	int rc;

	kept_init(c, t);
	rc = open_folder(t, false);
	if (rc != 0 || t->dir.fd < 0)
		return rc;
	rc = keys_read(c, &t->keys, false);
	t->has_keys = true;
	if (rc == 0)
		rc = keys_for_opening(c, &t->keys);
	return rc;
}

void
mail_text_close(struct mail_texts_kept *t)
{
	if (t->has_keys)
		keys_free(&t->keys);
	private_close(&t->dir);
	private_close(&t->mail);
	private_close(&t->home);
}

static int
read_memory(void *ctx, uint64_t offset, void *buf, size_t len, size_t *out_len)
{
	struct sm_bytes rest = sm_buf_bytes(ctx);

	rest = sm_bytes_first(sm_bytes_skip(rest, offset > SIZE_MAX ? SIZE_MAX :
	    (size_t)offset), len);
	if (rest.len > 0)
		memcpy(buf, rest.data, rest.len);
	*out_len = rest.len;
	return 0;
}

/* *there stays false for what none of our keys opens, or was changed. */
static int
unseal(struct mail_texts_kept *t, struct sm_buf *sealed, struct sm_buf *out, bool *there)
{
	struct sm_open_options o = sm_open_options_default();
	struct sm_open *open = NULL;
	int status;

	o.mode = SM_OPEN_DECRYPT;
	o.limits = t->c->limits;
	o.now = t->c->now;
	o.keys = t->keys.openers;
	o.key_count = t->keys.opener_count;
	o.again = (struct sm_source){ read_memory, sealed };
	o.out = sm_buf_sink(out);
	status = sm_open_new(&open, &o);
	if (status == 0)
		status = sm_open_write(open, sm_buf_bytes(sealed));
	if (status == 0)
		status = sm_open_finish(open);
	*there = status == 0 && sm_open_released(open);
	sm_open_free(open);
	if (status == SM_E_NOMEM)
		return client_out_of_memory(t->c);
	return keys_fault(&t->keys);
}

static bool
has_word(struct sm_bytes text, const char *word)
{
	size_t i, n = strlen(word);

	for (i = 0; i + n <= text.len; i++)
		if (strncasecmp((const char *)text.data + i, word, n) == 0)
			return true;
	return false;
}

int
mail_text_has(struct mail_texts_kept *t, const char *path, const char **words,
    size_t count, bool *has, bool *there)
{
	struct sm_buf identity = SM_BUF_INIT, sealed = SM_BUF_INIT;
	struct sm_buf text = SM_BUF_SECRET_INIT;
	struct sm_bytes body;
	char file[NAME_BYTES];
	int rc = 0;

	*has = *there = false;
	if (t->dir.fd >= 0)
		rc = identify(t->c, &identity, file, path);
	if (rc == 0 && t->dir.fd >= 0)
		rc = private_read(t->c, &t->dir, file, TEXT_MAX, &sealed, there);
	if (rc == 0 && *there)
		rc = unseal(t, &sealed, &text, there);
	/* It says itself which message it is of. */
	body = sm_bytes_skip(sm_buf_bytes(&text), identity.len);
	if (rc == 0 && *there && !sm_bytes_equal(sm_bytes_first(sm_buf_bytes(&text),
		identity.len), sm_buf_bytes(&identity)))
		*there = false;
	*has = rc == 0 && *there;
	for (size_t i = 0; *has && i < count; i++)
		*has = has_word(body, words[i]);
	sm_buf_free(&identity);
	sm_buf_free(&sealed);
	sm_buf_free(&text);
	return rc;
}
