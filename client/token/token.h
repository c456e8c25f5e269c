/* client/token/token.h - sealmail-token: smart cards and HSMs, for the command.
 *
 * The one place that loads Cryptoki modules (p11-kit finds and loads them). It stands
 * between two that may be hostile: a module, which is code of the card's maker, and
 * what the card says. So this process has no keys of its own, sees neither mail nor
 * keyring, and ends with the command.
 *
 * Frames (client/frame.h) from the command, each answered by the last of its list:
 *   list    URI                      key, spki, cert, ... end
 *   sign    URI \n OP \n bytes       ok (the result), unsupported
 *   decrypt URI \n OP \n bytes       ok, unsupported, refused (the ciphertext)
 *   derive  URI \n OP \n point       ok, unsupported
 * OP: name, digest, digest of MGF1, salt length, label in hex; "-" for none. The names
 * are those of struct sm_key_remote.
 * Meanwhile:
 *   at      what is being waited for, for people: shown when it takes too long
 *   note    what the user should do now
 *   pin     TOKEN \n SERIAL \n KIND \n STATE
 *                                    asks for a PIN: the command answers with the
 *                                    frame pin, or no-pin
 * KIND is "user", or "again" for a key that wants it for each use; STATE "good", "low"
 * (a wrong one was tried last) or "final" (the last try before it locks).
 *   key     lines "field: value"     a key of the token: uri, token, serial
 *   spki, cert                       DER, of the key before
 * A fault ends the program. */
#ifndef SEALMAIL_CLIENT_TOKEN_TOKEN_H
#define SEALMAIL_CLIENT_TOKEN_TOKEN_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <base/buf.h>

#include "frame.h"

enum {
	/* exit statuses of the command */
	TOKEN_NO_KEY = 20,
	TOKEN_LIMIT = 40,
	TOKEN_USAGE = 64,
	TOKEN_INTERNAL = 70,
	TOKEN_IO = 74,
	TOKEN_PERMISSION = 77,

	TOKEN_URI_BYTES = 4096,
	TOKEN_OBJECTS_MAX = 512,     /* of one token */
	TOKEN_VALUE_BYTES = 64 << 10 /* of one attribute */
};

/* Functions that can fail return 0, or an exit status after the fault frame was
 * sent. */
int token_fault(int code, const char *fmt, ...) SM_PRINTF(2, 3);
int token_no_memory(void);
int token_send(const char *word, struct sm_bytes body);
/* What might hang. */
int token_at(const char *fmt, ...) SM_PRINTF(1, 2);
/* What the token calls itself: padded with blanks to size bytes (PKCS #11). */
void token_text(char *out, size_t out_size, const CK_UTF8CHAR *text, size_t size);

/* ---- slots.c: modules and the tokens in their slots ---- */

struct slot {
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID id;
	CK_TOKEN_INFO info;
	char name[40];               /* its label, for people */
	CK_SESSION_HANDLE session;
	bool open, logged_in;
};
struct slots {
	CK_FUNCTION_LIST **modules;  /* those that are registered with p11-kit */
	CK_FUNCTION_LIST *own;       /* the one of module-path */
	char *own_path;
	struct slot *list;           /* tokens that are there */
	size_t count;
};

/* Find the tokens for the URI. */
int slots_find(struct slots *s, P11KitUri *uri, struct slot ***out, size_t *count);
/* With a session. */
int slot_open(struct slot *s);
void slots_free(struct slots *s);

/* ---- login.c ---- */

int login_user(struct slot *s);
/* CKU_CONTEXT_SPECIFIC, for a key that wants its PIN for each use. */
int login_again(struct slot *s);

/* ---- objects.c ---- */

/* The value of an attribute, appended; false when it has none (or too large). */
bool object_value(const struct slot *s, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct sm_buf *out);
/* All objects of a class, at most TOKEN_OBJECTS_MAX; to free. */
int objects_find(const struct slot *s, CK_ATTRIBUTE *want, CK_ULONG want_count,
    CK_OBJECT_HANDLE **out, size_t *count);
/* SubjectPublicKeyInfo of a key object, appended; nothing when it is of a kind that
 * mail does not use. */
int object_spki(const struct slot *s, CK_OBJECT_HANDLE object, struct sm_buf *out);

/* ---- the requests ---- */

int list_keys(struct slots *s, const char *uri);

struct operation {
	char word[FRAME_WORD_CHARS + 1]; /* sign, decrypt, derive */
	const char *uri;
	char name[16], digest[16], mgf_digest[16];
	unsigned salt_len;
	struct sm_buf label;
	struct sm_bytes in;
};
int operate(struct slots *s, const struct operation *op);

/* The URI, without what does not belong to a key. */
int token_uri_parse(const char *text, P11KitUri **out);

#endif
