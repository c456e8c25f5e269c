/* Directories are asked for an address, and the book learns what they say. */
#include <stdlib.h>
#include <unistd.h>

#include "directories.h"

static int
keep_one(struct contacts *book, struct contact *k, const struct directory_find *find,
    const struct sm_certs *authorities)
{
	char kind[16], where[300];
	const struct contact_seen seen = { kind, where, book->c->now, false,
		find->vouched };
	bool news;
	int rc;

	directory_name(find->url, kind, where, sizeof(where));
	rc = contact_add(book->c, k, find->cert, &seen, &news);
	return rc == 0 ? contacts_book_keep_cas(book, find->cert, authorities) : rc;
}

static int
keep(struct contacts *book, const char *address, const struct directories *d)
{
	struct contact k;
	size_t i;
	int lock, rc = contacts_book_begin(book, &lock);

	memset(&k, 0, sizeof(k));
	if (rc == 0)
		rc = contacts_book_read(book, address, &k);
	for (i = 0; rc == 0 && i < d->find_count; i++)
		rc = keep_one(book, &k, &d->finds[i], &d->authorities);
	if (rc == 0)
		rc = contacts_book_write(book, &k);
	if (lock >= 0)
		(void)close(lock);
	contact_wipe(&k);
	return rc;
}

/* The places and the helper stay while the book is open: a list of people asks often. */
static int
open_directories(struct contacts *book)
{
	int rc;

	if (book->directories != NULL)
		return 0;
	book->directories = calloc(1, sizeof(*book->directories));
	if (book->directories == NULL)
		return client_out_of_memory(book->c);
	rc = directories_open(book->c, book->directories);
	if (rc == 0)
		return 0;
	directories_close(book->directories);
	free(book->directories);
	book->directories = NULL;
	return rc;
}

int
contacts_lookup(struct contacts *book, const char *address, char **looked)
{
	struct directories *d;
	int rc = open_directories(book);

	*looked = NULL;
	if (rc != 0 || book->directories->count == 0)
		return rc;
	d = book->directories;
	rc = directories_find(d, address);
	if (rc == 0 && d->find_count > 0)
		rc = keep(book, address, d);
	if (rc == 0 && d->looked.len > 0) {
		*looked = sm_strdup_bytes(sm_buf_bytes(&d->looked));
		if (*looked == NULL)
			rc = client_out_of_memory(book->c);
		else
			client_make_printable(*looked);
	}
	directories_forget(d);
	return rc;
}
