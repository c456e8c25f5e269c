/* client/mailbox/box_index.h - what the list of a Maildir shows, kept in SQLite.
 *
 * It holds what the header in the open says, and verdicts that were reached; never
 * what was decrypted. A message keeps its number while it is in the folder, whatever
 * its flags; numbers are not used again. The file is a cache: a damaged or older one
 * is made anew. */
#ifndef SEALMAIL_MAILBOX_BOX_INDEX_H
#define SEALMAIL_MAILBOX_BOX_INDEX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct box_index;

struct box_message {
	int64_t number, date, size;
	const char *name, *file;
	const char *kind;   /* "signed", "encrypted", "plain" */
	const char *from, *to, *subject, *id;
	int verdict;        /* exit status of the judgement; -1: none yet */
	int64_t judged_at;
	const char *signer; /* of that judgement; may be NULL */
};

/* file "": in memory, for this run. Ends the program with a fault when it cannot. */
struct box_index *box_index_open(const char *file);
void box_index_close(struct box_index *b);

/* Many changes are one. */
void box_index_begin(struct box_index *b);
void box_index_commit(struct box_index *b);

/* Unique name -> file, of all. g_hash_table_unref() it. */
GHashTable *box_index_files(struct box_index *b);
void box_index_add(struct box_index *b, const struct box_message *m);
void box_index_moved(struct box_index *b, const char *name, const char *file);
void box_index_gone(struct box_index *b, const char *name);
void box_index_judged(struct box_index *b, int64_t number, int verdict, int64_t at,
    const char *signer);

typedef void (*box_message_fn)(void *ctx, const struct box_message *m);
/* The newest `last` messages (0: all), in order. words: NULL-terminated, all of
 * which must match; NULL: no condition. */
void box_index_each(struct box_index *b, int64_t last, char *const *words,
    box_message_fn fn, void *ctx);
/* Does the word name a field ("from:ann")? */
bool box_index_names_field(const char *word);
/* One message; false when there is none of that number. */
bool box_index_find(struct box_index *b, int64_t number, box_message_fn fn, void *ctx);

#endif
