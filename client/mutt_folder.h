/* client/mutt_folder.h - HOME/mutt: what mutt wants to read itself.
 *
 *   .index    who can be encrypted to, and who signs: mutt looks a recipient up here,
 *             and gives the ID to the command that encrypts. "ADDRESS ID known ? t e"
 *   ID        for an address of one's own: its certificates
 *   mailcap   for authenticated encryption, which mutt itself does not know
 *
 * All of it is made from keyring and contacts, and made anew whenever it is not as
 * they are; what may be used of a certificate is judged when it is used. */
#ifndef SEALMAIL_CLIENT_MUTT_FOLDER_H
#define SEALMAIL_CLIENT_MUTT_FOLDER_H

#include "private.h"

enum { MUTT_ID_CHARS = 16 };

struct mutt_person {
	char id[MUTT_ID_CHARS + 1]; /* of the address, in letters that no shell minds */
	char *address;
	bool own;
};

struct mutt_folder {
	struct client *c;
	char *path;
	struct private_dir home, dir;
	struct mutt_person *list;   /* one's own first */
	size_t count, own;
};

/* Open the folder (it is made when it is missing). A path that mutt would hand to the
 * shell broken is refused. */
int mutt_folder_open(struct client *c, struct mutt_folder *f);
void mutt_folder_close(struct mutt_folder *f);
/* Fill the list from keyring and contacts, and the files from the list. */
int mutt_folder_refresh(struct mutt_folder *f);
/* Fill the list from the index. */
int mutt_folder_read(struct mutt_folder *f);
/* NULL when nobody has this ID. */
const struct mutt_person *mutt_folder_find(const struct mutt_folder *f, const char *id);

#endif
