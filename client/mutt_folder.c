#include "mutt_folder.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <sealmail/export.h>

#include "contacts_book.h"
#include "home.h"
#include "keyring.h"

enum { INDEX_BYTES = 16 << 20, CERTS_BYTES = 4 << 20 };

static const char mailcap[] =
    "# Made by sealmail mutt-rc: mutt takes \"enveloped-data\" alone for encrypted.\n"
    "application/pkcs7-mime; sealmail mutt-hook view %s; copiousoutput; "
    "test=test %{smime-type} = authEnveloped-data\n"
    "application/pkcs7-mime; sealmail mutt-hook view %s; copiousoutput; "
    "test=test %{smime-type} = authenveloped-data\n";

/* ---- the folder ---- */

/* mutt puts paths into commands as they are. */
static bool
shell_safe(const char *path)
{
	for (; *path != '\0'; path++)
		if (!isalnum((unsigned char)*path) && strchr("/._-+@:,=", *path) == NULL)
			return false;
	return true;
}

int
mutt_folder_open(struct client *c, struct mutt_folder *f)
{
	char *home = home_path(c), *whole;
	int rc;

	memset(f, 0, sizeof(*f));
	f->c = c;
	f->home.fd = f->dir.fd = -1;
	rc = home_open(c, &f->home, true);
	if (rc == 0)
		rc = private_open_in(c, &f->dir, &f->home, "mutt", true);
	whole = rc == 0 && home != NULL ? realpath(home, NULL) : NULL;
	if (rc == 0 && (whole == NULL || asprintf(&f->path, "%s/mutt", whole) < 0)) {
		f->path = NULL;
		rc = client_out_of_memory(c);
	}
	if (rc == 0 && !shell_safe(f->path))
		rc = client_fault(c, EXIT_USAGE, "mutt cannot use the folder %s: its name "
		    "has characters that are not safe in a command; name another with "
		    "--home DIR", f->path);
	free(whole);
	free(home);
	return rc;
}

static void
forget(struct mutt_folder *f)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		free(f->list[i].address);
	free(f->list);
	f->list = NULL;
	f->count = f->own = 0;
}

void
mutt_folder_close(struct mutt_folder *f)
{
	forget(f);
	private_close(&f->dir);
	private_close(&f->home);
	free(f->path);
	f->path = NULL;
}

/* ---- the list ---- */

static const struct mutt_person *
find_own(const struct mutt_folder *f, const char *address)
{
	size_t i;

	for (i = 0; i < f->own; i++)
		if (strcasecmp(f->list[i].address, address) == 0)
			return &f->list[i];
	return NULL;
}

/* An address that would break the line is left out: no mail program writes to it. */
static bool
fits_a_line(const char *address)
{
	const char *p;

	for (p = address; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return strchr(address, '@') != NULL && p - address < 400;
}

static int
add_person(struct mutt_folder *f, const char *address, bool own)
{
	char lower[400];
	uint8_t hash[32];
	struct mutt_person *p;
	size_t i;

	if (!fits_a_line(address))
		return 0;
	p = reallocarray(f->list, f->count + 1, sizeof(*p));
	if (p == NULL)
		return client_out_of_memory(f->c);
	f->list = p;
	p += f->count;
	for (i = 0; address[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)address[i]);
	p->own = own;
	p->address = strdup(address);
	if (p->address == NULL || sm_sha256(hash, sm_bytes(lower, i)) != 0) {
		free(p->address);
		return client_out_of_memory(f->c);
	}
	for (i = 0; i < MUTT_ID_CHARS / 2; i++)
		(void)snprintf(p->id + 2 * i, 3, "%02x", hash[i]);
	f->count++;
	f->own += own;
	return 0;
}

static int
add_contact(void *ctx, struct contact *k)
{
	struct mutt_folder *f = ctx;
	struct sm_cert *cert;
	size_t i;

	for (i = 0; i < k->count; i++) {
		cert = contact_cert_get(&k->certs[i]);
		if (cert != NULL && sm_cert_may_encrypt(cert))
			return find_own(f, k->address) != NULL ? 0 :
			    add_person(f, k->address, false);
	}
	return 0;
}

static int
add_own(struct mutt_folder *f, const struct keyring *ring)
{
	size_t i, j;
	int rc = 0;

	/* The newest key first: it is the default. */
	for (i = ring->count; rc == 0 && i-- > 0;)
		for (j = 0; rc == 0 && j < ring->list[i]->mail_count; j++)
			if (ring->list[i]->certs.count > 0 &&
			    find_own(f, ring->list[i]->mails[j]) == NULL)
				rc = add_person(f, ring->list[i]->mails[j], true);
	return rc;
}

/* ---- the files ---- */

static int
write_file(struct mutt_folder *f, const char *name, struct sm_bytes text)
{
	struct sm_buf old = SM_BUF_INIT;
	bool there = false;
	int rc = private_read(f->c, &f->dir, name, INDEX_BYTES, &old, &there);

	if (rc == 0 && (!there || !sm_bytes_equal(sm_buf_bytes(&old), text)))
		rc = private_write(f->c, &f->dir, name, text);
	sm_buf_free(&old);
	return rc;
}

static int
write_index(struct mutt_folder *f)
{
	struct sm_buf text = SM_BUF_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < f->count; i++)
		rc = sm_buf_printf(&text, "%s %s %s ? t %s\n", f->list[i].address,
		    f->list[i].id, f->list[i].own ? "own" : "known",
		    f->list[i].own ? "es" : "e");
	rc = rc != 0 ? client_out_of_memory(f->c) :
	    write_file(f, ".index", sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc;
}

/* Every certificate of one's own for the address: who encrypts takes the best. */
static int
write_certs(struct mutt_folder *f, const struct keyring *ring, const struct mutt_person *p)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&text);
	size_t i, j;
	int rc = 0;

	for (i = 0; rc == 0 && i < ring->count; i++) {
		const struct keyring_key *k = ring->list[i];

		for (j = 0; rc == 0 && keyring_key_has_mail(k, p->address) &&
		    j < k->certs.count; j++)
			rc = sm_export_pem("CERTIFICATE", sm_cert_der(k->certs.list[j]),
			    &sink);
	}
	rc = rc != 0 ? client_out_of_memory(f->c) :
	    write_file(f, p->id, sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc;
}

int
mutt_folder_refresh(struct mutt_folder *f)
{
	struct keyring ring;
	struct contacts *book = NULL;
	size_t i;
	int rc = keyring_open(f->c, &ring, false);

	forget(f);
	if (rc == 0)
		rc = add_own(f, &ring);
	if (rc == 0)
		rc = contacts_open(f->c, &book);
	if (rc == 0)
		rc = contacts_book_each(book, add_contact, f);
	for (i = 0; rc == 0 && i < f->own; i++)
		rc = write_certs(f, &ring, &f->list[i]);
	if (rc == 0)
		rc = write_file(f, "mailcap", sm_bytes(mailcap, sizeof(mailcap) - 1));
	if (rc == 0)
		rc = write_index(f);
	contacts_close(book);
	keyring_close(&ring);
	return rc;
}

int
mutt_folder_read(struct mutt_folder *f)
{
	struct sm_buf text = SM_BUF_INIT;
	char *line, *end, *id, *word;
	bool there;
	int rc = private_read(f->c, &f->dir, ".index", INDEX_BYTES, &text, &there);

	forget(f);
	if (rc == 0 && sm_buf_append_byte(&text, '\0') != 0)
		rc = client_out_of_memory(f->c);
	for (line = (char *)text.data; rc == 0 && *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		id = strchr(line, ' ');
		if (end == NULL || id == NULL || id > end)
			break;
		*end = *id++ = '\0';
		word = strchr(id, ' ');
		if (word != NULL)
			rc = add_person(f, line, strncmp(word, " own ", 5) == 0);
	}
	sm_buf_free(&text);
	return rc;
}

const struct mutt_person *
mutt_folder_find(const struct mutt_folder *f, const char *id)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (strcmp(f->list[i].id, id) == 0)
			return &f->list[i];
	return NULL;
}
