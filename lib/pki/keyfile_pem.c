#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include <base/base64.h>
#include <base/der.h>
#include <base/try.h>
#include <pki/keyfile_parts.h>

/* One "-----BEGIN label-----" block, as RFC 7468 and RFC 1421 have it. */
struct block {
	struct sm_bytes label;
	struct sm_bytes headers; /* of RFC 1421, with their line ends */
	struct sm_bytes body;    /* base64 */
};

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";
static const char dashes[] = "-----";

static bool
starts(struct sm_bytes s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.data, with, n) == 0;
}

/* Take a line without its end; false when nothing is left. */
static bool
get_line(struct sm_bytes *in, struct sm_bytes *line)
{
	const uint8_t *nl;

	if (in->len == 0)
		return false;
	nl = memchr(in->data, '\n', in->len);
	*line = sm_bytes_first(*in, nl != NULL ? (size_t)(nl - in->data) :
	    in->len);
	*in = sm_bytes_skip(*in, line->len + 1);
	while (line->len != 0 && strchr(" \t\r", line->data[line->len - 1]) !=
	    NULL)
		line->len--;
	return true;
}

/* The label of a "-----BEGIN x-----" or "-----END x-----" line. */
static bool
get_label(struct sm_bytes line, const char *mark, struct sm_bytes *label)
{
	size_t n = strlen(mark), tail = strlen(dashes);

	if (!starts(line, mark) || line.len < n + tail ||
	    memcmp(line.data + line.len - tail, dashes, tail) != 0)
		return false;
	*label = sm_bytes(line.data + n, line.len - n - tail);
	return true;
}

bool
sm_keyfile_is_pem(struct sm_bytes file)
{
	struct sm_bytes line, label;

	/* DER begins with a byte that no text has at its start */
	if (file.len != 0 && file.data[0] == SM_DER_SEQUENCE &&
	    !starts(file, "0\n"))
		return false;
	while (get_line(&file, &line))
		if (get_label(line, begin, &label))
			return true;
	return false;
}

/* Headers end at an empty line; without a colon in the first line there are
 * none. */
static void
split_headers(struct block *b)
{
	struct sm_bytes rest = b->body, line;

	if (!get_line(&rest, &line) || memchr(line.data, ':', line.len) == NULL)
		return;
	while (line.len != 0 && get_line(&rest, &line))
		;
	b->headers = sm_bytes(b->body.data, (size_t)(rest.data - b->body.data));
	b->body = rest;
}

/* The next block: 1, 0 at the end, negative when it does not end. */
static int
next_block(struct sm_bytes *in, struct block *b, struct sm_error *err)
{
	struct sm_bytes line, label;
	const uint8_t *start;

	memset(b, 0, sizeof(*b));
	do {
		if (!get_line(in, &line))
			return 0;
	} while (!get_label(line, begin, &b->label));
	start = in->data;
	while (get_line(in, &line)) {
		if (!get_label(line, end, &label))
			continue;
		if (!sm_bytes_equal(label, b->label))
			break;
		b->body = sm_bytes(start, (size_t)(line.data - start));
		split_headers(b);
		return 1;
	}
	return sm_error_set(err, SM_E_FORMAT, "pem-unfinished",
	    "RFC 7468 section 2", "A PEM block begins and has no matching END "
	    "line: the file is cut off.");
}

static int
decode(struct sm_buf *out, struct sm_bytes body, struct sm_error *err)
{
	struct sm_base64_dec d = { 0 };
	size_t len = 0;
	int rc;

	SM_TRY(sm_buf_resize(out, sm_base64_dec_room(body.len)));
	rc = sm_base64_dec_update(&d, out->data, &len, body);
	if (rc == SM_OK)
		rc = sm_base64_dec_finish(&d);
	if (rc != SM_OK)
		return sm_error_set(err, SM_E_FORMAT, "pem-base64",
		    "RFC 7468 section 3", "A PEM block is damaged: its base64 "
		    "cannot be decoded.");
	return sm_buf_resize(out, len);
}

/* ---- keys that OpenSSL encrypted before PKCS#8 (DEK-Info) ---- */

struct dek {
	EVP_CIPHER_INFO cipher;
	struct sm_bytes data;
	struct sm_buf plain;
	const struct sm_pbe_password *pw;
};

static int
dek_password(char *buf, int size, int rw, void *ctx)
{
	const struct dek *d = ctx;

	(void)rw;
	if (size < 0 || d->pw->bytes.len > (size_t)size)
		return -1;
	if (d->pw->bytes.len != 0)
		memcpy(buf, d->pw->bytes.data, d->pw->bytes.len);
	return (int)d->pw->bytes.len;
}

static int
dek_fits(void *ctx, struct sm_keyfile_reader *r,
    const struct sm_pbe_password *pw)
{
	struct dek *d = ctx;
	struct sm_bytes whole, rest;
	long len = (long)d->data.len;
	int good;

	(void)r;
	if (pw->none)
		return SM_E_SECRET;
	sm_buf_clear(&d->plain);
	SM_TRY(sm_buf_append(&d->plain, d->data));
	d->pw = pw;
	ERR_set_mark();
	good = PEM_do_header(&d->cipher, d->plain.data, &len, dek_password, d);
	ERR_pop_to_mark();
	if (good != 1 || len < 0)
		return SM_E_SECRET;
	SM_TRY(sm_buf_resize(&d->plain, (size_t)len));
	rest = sm_buf_bytes(&d->plain);
	/* a wrong passphrase passes the padding once in 256 times */
	if (!sm_der_get_whole(&rest, SM_DER_SEQUENCE, &whole) || rest.len != 0 ||
	    sm_keyfile_form(whole) == SM_FORM_UNKNOWN)
		return SM_E_SECRET;
	return SM_OK;
}

static int
read_dek(struct sm_keyfile_reader *r, const struct block *b,
    struct sm_bytes data)
{
	struct dek d = { .data = data, .plain = SM_BUF_SECRET_INIT };
	char *header = sm_strdup_bytes(b->headers);
	int rc, known;

	if (header == NULL)
		return SM_E_NOMEM;
	ERR_set_mark();
	known = PEM_get_EVP_CIPHER_INFO(header, &d.cipher);
	ERR_pop_to_mark();
	free(header);
	if (known != 1 || d.cipher.cipher == NULL || data.len > INT32_MAX)
		return sm_error_set(r->err, SM_E_UNSUPPORTED, "pem-dek-info",
		    "RFC 1421 section 4.6.1.3", "The private key is encrypted in an "
		    "old way that cannot be read here. Convert it with openssl "
		    "pkcs8 -topk8.");
	rc = sm_keyfile_unlock(r, "private key", dek_fits, &d);
	if (rc == SM_OK)
		rc = sm_keyfile_add_der(r, sm_buf_bytes(&d.plain));
	sm_buf_free(&d.plain);
	return rc;
}

/* ---- blocks ---- */

static bool
label_is(const struct block *b, const char *label)
{
	return sm_bytes_equal(b->label, sm_bytes_str(label));
}

/* Things that may lie in a key file and are none of ours. */
static bool
is_foreign(const struct block *b)
{
	static const char *const foreign[] = { "EC PARAMETERS", "DSA PARAMETERS",
		"DH PARAMETERS", "PUBLIC KEY", "RSA PUBLIC KEY", "X509 CRL",
		"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST",
		"ATTRIBUTE CERTIFICATE" };

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (label_is(b, foreign[i]))
			return true;
	return false;
}

/* A certificate "trusted" by OpenSSL: its own settings follow it. */
static struct sm_bytes
first_element(struct sm_bytes der)
{
	struct sm_bytes whole;

	return sm_der_get_whole(&der, SM_DER_SEQUENCE, &whole) ? whole : der;
}

static int
read_block(struct sm_keyfile_reader *r, const struct block *b)
{
	struct sm_buf der = SM_BUF_SECRET_INIT;
	int rc;

	if (is_foreign(b))
		return SM_OK;
	SM_TRY_OUT(decode(&der, b->body, r->err));
	if (b->headers.len != 0 &&
	    memmem(b->headers.data, b->headers.len, "DEK-Info", 8) != NULL)
		rc = read_dek(r, b, sm_buf_bytes(&der));
	else if (label_is(b, "CERTIFICATE") || label_is(b, "X509 CERTIFICATE"))
		rc = sm_keyfile_add_cert(r, sm_buf_bytes(&der));
	else if (label_is(b, "TRUSTED CERTIFICATE"))
		rc = sm_keyfile_add_cert(r, first_element(sm_buf_bytes(&der)));
	else
		rc = sm_keyfile_add_der(r, sm_buf_bytes(&der));
out:
	sm_buf_free(&der);
	return rc;
}

int
sm_keyfile_read_pem(struct sm_keyfile_reader *r, struct sm_bytes file)
{
	struct block b;
	int more;

	while ((more = next_block(&file, &b, r->err)) > 0)
		SM_TRY(read_block(r, &b));
	return more;
}
