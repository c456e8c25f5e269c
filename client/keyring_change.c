/* Adding to the keyring and taking from it; see keyring.h. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/der.h>
#include <sealmail/export.h>

#include "keycache.h"
#include "keyring.h"

enum { REQUEST_BYTES = 64 << 10 };

static int
fault(struct client *c, const struct sm_error *err, int status)
{
	return client_fault_error(c, exit_from_status(status), NULL, err, status);
}

static void
id_of(char id[KEYRING_ID_CHARS + 1], const uint8_t sha256[32])
{
	size_t i;

	for (i = 0; i < KEYRING_ID_CHARS / 2; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", sha256[i]);
}

/* A line end in a value would be another field. */
static int
put_line(struct sm_buf *out, const char *field, const char *value)
{
	size_t i, start;
	int rc = sm_buf_printf(out, "%s: ", field);

	start = out->len;
	if (rc == 0)
		rc = sm_buf_append_str(out, value);
	for (i = start; rc == 0 && i < out->len; i++)
		if (out->data[i] < 0x20)
			out->data[i] = ' ';
	return rc == 0 ? sm_buf_append_byte(out, '\n') : rc;
}

static int
put_info(struct sm_buf *out, const struct keyring_new *n)
{
	char created[32];
	size_t i;
	int rc;

	sm_time_text(created, n->created);
	rc = put_line(out, "created", created);
	for (i = 0; rc == 0 && i < n->mail_count; i++)
		rc = put_line(out, "mail", n->mails[i]);
	if (rc == 0 && n->name != NULL)
		rc = put_line(out, "name", n->name);
	if (rc == 0)
		rc = put_line(out, "use", n->sign && n->encrypt ? "sign encrypt" :
		    n->sign ? "sign" : "encrypt");
	if (rc == 0 && n->not_exportable)
		rc = put_line(out, "exportable", "no");
	if (rc == 0 && n->passphrase.len == 0 && n->token == NULL)
		rc = put_line(out, "protected", "no");
	if (rc == 0 && n->renews != NULL)
		rc = put_line(out, "renews", n->renews);
	return rc;
}

static int
put_certs(struct sm_buf *out, const struct sm_certs *certs)
{
	struct sm_sink sink = sm_buf_sink(out);
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && certs != NULL && i < certs->count; i++)
		rc = sm_export_pem("CERTIFICATE", sm_cert_der(certs->list[i]), &sink);
	return rc;
}

static int
put_private(const struct keyring_new *n, struct sm_buf *out, struct sm_error *err)
{
	struct sm_sink sink = sm_buf_sink(out);

	if (n->token != NULL)
		return sm_buf_printf(out, "%s\n", n->token);
	return sm_export_pkcs8(n->key, n->passphrase, n->not_exportable, &sink, err);
}

/* The private key is the last file: without it the folder has no use, and has no
 * name yet either. */
static int
write_files(struct client *c, const struct private_dir *dir,
    const struct keyring_new *n)
{
	struct sm_buf text = SM_BUF_SECRET_INIT;
	struct sm_sink sink = sm_buf_sink(&text);
	struct sm_error err = SM_ERROR_INIT;
	int rc = 0, status;

	status = sm_export_pem("PUBLIC KEY", sm_key_spki(n->key), &sink);
	if (status == 0)
		rc = private_write(c, dir, "public.pem", sm_buf_bytes(&text));
	sm_buf_clear(&text);
	if (rc == 0 && status == 0)
		status = put_info(&text, n);
	if (rc == 0 && status == 0)
		rc = private_write(c, dir, "info", sm_buf_bytes(&text));
	sm_buf_clear(&text);
	if (rc == 0 && status == 0)
		status = put_certs(&text, n->certs);
	if (rc == 0 && status == 0 && text.len > 0)
		rc = private_write(c, dir, "certs.pem", sm_buf_bytes(&text));
	if (rc == 0 && n->request.len > 0)
		rc = private_write(c, dir, "request.pem", n->request);
	sm_buf_clear(&text);
	if (rc == 0 && status == 0)
		status = put_private(n, &text, &err);
	if (rc == 0 && status == 0)
		rc = private_write(c, dir, n->token != NULL ? "token" : "key.pem",
		    sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc == 0 && status != 0 ? fault(c, &err, status) : rc;
}

int
keyring_add(struct keyring *ring, const struct keyring_new *what,
    char id[KEYRING_ID_CHARS + 1])
{
	struct private_dir dir = PRIVATE_DIR_INIT;
	uint8_t sha256[32];
	int rc;

	if (sm_key_sha256(sha256, what->key) != 0)
		return client_out_of_memory(ring->c);
	id_of(id, sha256);
	rc = private_new(ring->c, &dir, &ring->keys);
	if (rc == 0)
		rc = write_files(ring->c, &dir, what);
	if (rc == 0)
		rc = private_publish(ring->c, &dir, &ring->keys, id);
	private_close(&dir);
	if (rc != 0)
		private_clean(&ring->keys);
	/* A second file may hold the same key. */
	return rc == 0 ? keyring_read_key(ring, id) : rc;
}

static int
join_certs(struct sm_certs *all, const struct sm_certs *more)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < more->count; i++)
		rc = sm_certs_add(all, more->list[i]);
	return rc;
}

int
keyring_attach(struct keyring_key *k, const struct sm_certs *certs)
{
	struct client *c = k->ring->c;
	struct private_dir dir = PRIVATE_DIR_INIT;
	struct sm_buf text = SM_BUF_INIT;
	struct sm_certs all = { NULL, 0, 0 };
	size_t before;
	int rc = 0;

	if (join_certs(&all, &k->certs) != 0 || join_certs(&all, &k->chain) != 0)
		rc = client_out_of_memory(c);
	before = all.count;
	if (rc == 0 && (join_certs(&all, certs) != 0 || put_certs(&text, &all) != 0))
		rc = client_out_of_memory(c);
	if (rc == 0 && all.count > before)
		rc = private_open_in(c, &dir, &k->ring->keys, k->id, false);
	if (rc == 0 && dir.fd >= 0)
		rc = private_write(c, &dir, "certs.pem", sm_buf_bytes(&text));
	/* A request that was answered has done its work. */
	if (rc == 0 && dir.fd >= 0)
		(void)unlinkat(dir.fd, "request.pem", 0);
	private_close(&dir);
	sm_certs_wipe(&all);
	sm_buf_free(&text);
	return rc;
}

int
keyring_ask(struct keyring_key *k, struct sm_bytes pem)
{
	struct client *c = k->ring->c;
	struct private_dir dir = PRIVATE_DIR_INIT;
	int rc = private_open_in(c, &dir, &k->ring->keys, k->id, false);

	if (rc == 0 && dir.fd < 0)
		rc = client_fault(c, EXIT_NO_KEY, "key %.16s is gone from the keyring",
		    k->id);
	if (rc == 0)
		rc = private_write(c, &dir, "request.pem", pem);
	private_close(&dir);
	return rc;
}

int
keyring_request(struct keyring_key *k, struct sm_buf *out)
{
	struct client *c = k->ring->c;
	struct private_dir dir = PRIVATE_DIR_INIT;
	bool there = false;
	int rc = private_open_in(c, &dir, &k->ring->keys, k->id, false);

	if (rc == 0 && dir.fd >= 0)
		rc = private_read(c, &dir, "request.pem", REQUEST_BYTES, out, &there);
	private_close(&dir);
	return rc == 0 && !there ? client_fault(c, EXIT_NO_INPUT, "the request of key "
	    "%.16s is gone", k->id) : rc;
}

int
keyring_remove(struct keyring_key *k)
{
	keycache_forget(k->id);
	return private_remove(k->ring->c, &k->ring->keys, k->id);
}

void
keyring_note_export(const struct keyring_key *k)
{
	struct client quiet = *k->ring->c;
	struct private_dir dir = PRIVATE_DIR_INIT;
	char when[32];

	quiet.silent = true;
	sm_time_text(when, quiet.now);
	if (private_open_in(&quiet, &dir, &k->ring->keys, k->id, false) == 0 &&
	    dir.fd >= 0)
		(void)private_write(&quiet, &dir, "exported", sm_bytes_str(when));
	private_close(&dir);
}
