/* client/codes.h - the codes that stand in brackets behind an error: one catalogue.
 *
 * A code is the library's reason ("gcm-tag-length"), the name of a limit, or, where the
 * command itself found the fault, the name of the exit status ("no-input"). They stay
 * what they are from version to version. `sealmail explain CODE`, sealmail-codes(7) and
 * the completions are made from these tables; tools/lint compares them with the code. */
#ifndef SEALMAIL_CLIENT_CODES_H
#define SEALMAIL_CLIENT_CODES_H

#include <stddef.h>

/* What codes have in common: what to do. */
enum code_kind {
	CODE_DAMAGED,    /* the message */
	CODE_SIGNATURE,  /* the signature does not hold */
	CODE_UNKNOWN,    /* an algorithm or form that we lack */
	CODE_KEY,        /* no key for it, or a secret that is wrong */
	CODE_FILE,       /* a key, certificate or list in a file */
	CODE_ATTACK,     /* what only a faulty program or an attacker makes */
	CODE_RECIPIENT,  /* who cannot be written to so */
	CODE_ASKED,      /* what was asked for cannot be done */
	CODE_MACHINE,    /* this machine, its memory or OpenSSL */
	CODE_PROGRAM,    /* a mistake in the program that used the library */
	CODE_KIND_COUNT
};

struct code_kind_info {
	const char *title;  /* heading of the manual */
	const char *todo;
};
extern const struct code_kind_info code_kinds[CODE_KIND_COUNT];

struct code_info {
	const char *name;
	enum code_kind kind;
	const char *cause;  /* a sentence */
};
/* Sorted by kind; ends with a row without a name. */
extern const struct code_info code_table[];
const struct code_info *code_find(const char *name);

/* The checks of a signer, in the order of the report. */
struct check_info {
	const char *name;
	const char *asks;
	const char *todo;
};
extern const struct check_info check_table[];

#endif
