/* sealmail-token - see token.h. Started by sealmail; of no use alone. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "token.h"

enum { REQUEST_BYTES = 1 << 20 };

/* ---- what is said ---- */

int
token_send(const char *word, struct sm_bytes body)
{
	return frame_write(STDOUT_FILENO, word, body) == 0 ? 0 : TOKEN_IO;
}

int
token_fault(int code, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%d ", code);

	va_start(ap, fmt);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	(void)token_send("fault", sm_bytes_str(text));
	return code;
}

int
token_no_memory(void)
{
	return token_fault(TOKEN_INTERNAL, "out of memory");
}

int
token_at(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return token_send("at", sm_bytes_str(text));
}

void
token_text(char *out, size_t out_size, const CK_UTF8CHAR *text, size_t size)
{
	while (size > 0 && text[size - 1] == ' ')
		size--;
	(void)snprintf(out, out_size, "%.*s", (int)size, (const char *)text);
}

/* ---- what is asked ---- */

int
token_uri_parse(const char *text, P11KitUri **out)
{
	int rc;

	*out = p11_kit_uri_new();
	if (*out == NULL)
		return token_no_memory();
	rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, *out);
	if (rc == P11_KIT_URI_OK && p11_kit_uri_get_pin_value(*out) != NULL)
		return token_fault(TOKEN_USAGE, "a PIN does not belong into a URI");
	if (rc == P11_KIT_URI_OK && !p11_kit_uri_any_unrecognized(*out))
		return 0;
	return token_fault(TOKEN_USAGE, "%.200s: %s (RFC 7512)", text, rc != P11_KIT_URI_OK ?
	    "that is no pkcs11: URI" : "the URI has an attribute that is not known");
}

static char *
take_line(struct sm_bytes *in)
{
	const uint8_t *end = in->len == 0 ? NULL : memchr(in->data, '\n', in->len);
	char *line = NULL;

	if (end == NULL || end - in->data > TOKEN_URI_BYTES)
		return NULL;
	line = sm_strdup_bytes(sm_bytes(in->data, (size_t)(end - in->data)));
	in->len -= (size_t)(end + 1 - in->data);
	in->data = end + 1;
	return line;
}

static bool
take_hex(struct sm_buf *out, const char *hex)
{
	unsigned byte;

	if (strcmp(hex, "-") == 0)
		return true;
	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
		if (sscanf(hex, "%2x", &byte) != 1 ||
		    sm_buf_append_byte(out, (uint8_t)byte) != 0)
			return false;
	return *hex == '\0';
}

static int
do_operation(struct slots *s, const struct frame *f)
{
	struct operation op = { .in = sm_buf_bytes(&f->body) };
	char *uri = take_line(&op.in), *how = take_line(&op.in);
	char label[1025];
	int rc;

	memcpy(op.word, f->word, sizeof(op.word));
	op.uri = uri;
	if (uri == NULL || how == NULL || sscanf(how, "%15s %15s %15s %u %1024s", op.name,
		op.digest, op.mgf_digest, &op.salt_len, label) != 5 ||
	    !take_hex(&op.label, label))
		rc = token_fault(TOKEN_INTERNAL, "a request was not understood");
	else
		rc = operate(s, &op);
	sm_buf_free(&op.label);
	free(uri);
	free(how);
	return rc;
}

static int
do_list(struct slots *s, const struct frame *f)
{
	char *uri = sm_strdup_bytes(sm_buf_bytes(&f->body));
	int rc = uri != NULL ? list_keys(s, uri) : token_no_memory();

	free(uri);
	return rc;
}

static int
serve(struct slots *s)
{
	struct frame f = { .body = SM_BUF_SECRET_INIT };
	int got, rc = 0;

	while (rc == 0 && (got = frame_read(STDIN_FILENO, &f, REQUEST_BYTES, -1)) != 0) {
		if (got < 0)
			rc = TOKEN_IO;
		else if (strcmp(f.word, "list") == 0)
			rc = do_list(s, &f);
		else if (strcmp(f.word, "sign") == 0 || strcmp(f.word, "decrypt") == 0 ||
		    strcmp(f.word, "derive") == 0)
			rc = do_operation(s, &f);
		else
			rc = token_fault(TOKEN_INTERNAL, "there is no request %s", f.word);
	}
	sm_buf_free(&f.body);
	return rc;
}

int
main(void)
{
	struct rlimit none = { 0, 0 };
	struct slots s;
	int rc;

	(void)setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	memset(&s, 0, sizeof(s));
	p11_kit_be_quiet();
	rc = serve(&s);
	slots_free(&s);
	return rc;
}
