/* To whom mail went: one file for all, so that a letter to a thousand people is one
 * write. Others are warned of a recipient who is not in it. */
#include <unistd.h>

#include <stdlib.h>

#include <base/der.h>

#include "contacts_book.h"

enum { WRITTEN_BYTES = 64 << 20 };

static const char file_name[] = "written";

static int
read_file(struct contacts *book)
{
	bool there = false;
	int rc = 0;

	if (book->written_read)
		return 0;
	sm_buf_clear(&book->written);
	if (sm_buf_append_byte(&book->written, '\n') != 0)
		return client_out_of_memory(book->c);
	if (book->dir.fd >= 0)
		rc = private_read(book->c, &book->dir, file_name, WRITTEN_BYTES,
		    &book->written, &there);
	book->written_read = rc == 0;
	return rc;
}

/* Where the line of the address begins; NULL when there is none. */
static const char *
find_line(const struct contacts *book, const char *address)
{
	struct sm_buf want = SM_BUF_INIT;
	const char *hit = NULL, *text = (const char *)book->written.data;

	if (sm_buf_printf(&want, "Z %s\n", address) == 0)
		hit = memmem(text, book->written.len, want.data, want.len);
	sm_buf_free(&want);
	while (hit != NULL && hit > text && hit[-1] != '\n')
		hit--;
	return hit;
}

int
contacts_written(struct contacts *book, const char *address, int64_t *when)
{
	const char *line;
	char text[32] = "";
	size_t len;
	int rc = read_file(book);

	*when = 0;
	if (rc != 0 || (line = find_line(book, address)) == NULL)
		return rc;
	len = strcspn(line, " ");
	if (len < sizeof(text))
		memcpy(text, line, len);
	if (!sm_time_parse(text, when))
		*when = 0;
	return 0;
}

/* What stands in the buffer behind its first line end. */
static int
write_file(struct contacts *book)
{
	return private_write(book->c, &book->dir, file_name,
	    sm_bytes_skip(sm_buf_bytes(&book->written), 1));
}

/* Another program may have changed it since it was read. */
static int
read_anew(struct contacts *book)
{
	book->written_read = false;
	return read_file(book);
}

static int
note(struct contacts *book, const char *given, int *lock, bool *changed)
{
	int64_t when = 0;
	char *address, now[32];
	int rc = contacts_address(book->c, given, &address);

	if (rc != 0 || address == NULL)
		return rc;
	rc = contacts_written(book, address, &when);
	if (rc == 0 && when == 0 && *lock < 0) {
		rc = contacts_book_begin(book, lock);
		if (rc == 0)
			rc = read_anew(book);
		if (rc == 0)
			rc = contacts_written(book, address, &when);
	}
	sm_time_text(now, book->c->now);
	if (rc == 0 && when == 0) {
		*changed = true;
		if (sm_buf_printf(&book->written, "%s %s\n", now, address) != 0)
			rc = client_out_of_memory(book->c);
	}
	free(address);
	return rc;
}

int
contacts_wrote(struct contacts *book, const char *const *addresses, size_t count)
{
	bool changed = false;
	int lock = -1, rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < count; i++)
		rc = note(book, addresses[i], &lock, &changed);
	if (rc == 0 && changed)
		rc = write_file(book);
	if (lock >= 0)
		(void)close(lock);
	return rc;
}

int
contacts_written_forget(struct contacts *book, const char *address)
{
	const char *line, *end;
	size_t at, len;
	int rc = read_anew(book);

	if (rc != 0 || (line = find_line(book, address)) == NULL)
		return rc;
	end = memchr(line, '\n', book->written.len -
	    (size_t)(line - (const char *)book->written.data));
	if (end == NULL)
		return 0;
	at = (size_t)(line - (const char *)book->written.data);
	len = (size_t)(end + 1 - line);
	memmove(book->written.data + at, book->written.data + at + len,
	    book->written.len - at - len);
	book->written.len -= len;
	return write_file(book);
}
