/* client/mailbox/maildir.h - the files of a Maildir. Nothing in it is changed. */
#ifndef SEALMAIL_MAILBOX_MAILDIR_H
#define SEALMAIL_MAILBOX_MAILDIR_H

#include <glib.h>

#include <base/buf.h>

struct maildir_entry {
	char *name; /* the unique name: what stays when flags change */
	char *file; /* "cur/1700000000.M1P2.host:2,S" */
};

/* All messages, oldest delivery first. Ends the program with a fault when the folder
 * is none. g_ptr_array_unref() the result. */
GPtrArray *maildir_entries(const char *path);
/* At most max bytes of a message; false when it is gone, or no ordinary file. *size is
 * that of the whole. */
bool maildir_read(const char *path, const char *file, size_t max, struct sm_buf *out,
    int64_t *size);

#endif
