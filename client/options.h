/* client/options.h - the verbs and options of the command: one table.
 *
 * The parser, `--help`, the manual's option lists and the shells' completions
 * are all made from it (tools of this folder: generate.c), so that they cannot
 * disagree. options_table.c and verb_table.c are the table, options.c reads a command
 * line. */
#ifndef SEALMAIL_CLIENT_OPTIONS_H
#define SEALMAIL_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verb_id {
	VERB_SIGN,
	VERB_VERIFY,
	VERB_ENCRYPT,
	VERB_DECRYPT,
	VERB_OPEN,
	VERB_INSPECT,
	VERB_EXPLAIN,
	VERB_ID_NEW,
	VERB_ID_IMPORT,
	VERB_ID_LIST,
	VERB_ID_SHOW,
	VERB_ID_RENEW,
	VERB_ID_EXPORT,
	VERB_ID_REMOVE,
	VERB_ID_LOCK,
	VERB_GIT,
	VERB_MUTT_RC,
	VERB_MUTT_HOOK,
	VERB_WHO_SHOW,
	VERB_WHO_ADD,
	VERB_WHO_CONFIRM,
	VERB_WHO_FORGET,
	VERB_TRUST_LIST,
	VERB_TRUST_SHOW,
	VERB_TRUST_ADD,
	VERB_TRUST_REMOVE,
	VERB_DOCTOR,
	VERB_MAIL_LIST,
	VERB_MAIL_SEARCH,
	VERB_MAIL_SHOW,
	VERB_MAIL_SAVE,
	VERB_MAIL_REPLY,
	VERB_MAIL_FORWARD,
	VERB_MAIL_FETCH,
	VERB_SEND,
	VERB_COUNT
};

enum option_id {
	OPT_OUTPUT,
	OPT_SAVE_AS,
	OPT_FORM,
	OPT_PKCS12_FORM,
	OPT_KEY,
	OPT_CERT,
	OPT_CHAIN,
	OPT_PASSPHRASE_FILE,
	OPT_PASSPHRASE_FD,
	OPT_PASSPHRASE_PROGRAM,
	OPT_NEW_PASSPHRASE_FILE,
	OPT_NEW_PASSPHRASE_FD,
	OPT_NO_PASSPHRASE,
	OPT_REMEMBER,
	OPT_NO_MAC,
	OPT_ID,
	OPT_KIND,
	OPT_USE,
	OPT_NAME,
	OPT_NOT_EXPORTABLE,
	OPT_SAME_KEY,
	OPT_STORE_FROM,
	OPT_STORE_TO,
	OPT_SIGNED,
	OPT_BACKUP,
	OPT_ADDRESS,
	OPT_DIRECTORY,
	OPT_REFRESH,
	OPT_SEARCH,
	OPT_UNDERSTAND,
	OPT_MAILDIR,
	OPT_LAST,
	OPT_BODY,
	OPT_HTML,
	OPT_SCAN,
	OPT_IMAP,
	OPT_USER,
	OPT_TLS_CA,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_FD,
	OPT_ALL,
	OPT_EDIT,
	OPT_OPAQUE,
	OPT_DIGEST,
	OPT_PSS,
	OPT_RECIPIENT,
	OPT_SIGN,
	OPT_ALG,
	OPT_CIPHER,
	OPT_CEK_HKDF,
	OPT_COMPRESS,
	OPT_SECRET_FILE,
	OPT_SECRET_FD,
	OPT_KEK_FILE,
	OPT_KEK_FD,
	OPT_READ_RECIPIENTS,
	OPT_ENVELOPE_FROM,
	OPT_FULL_NAME,
	OPT_SEND_ID,
	OPT_REQUIRE_ENCRYPTION,
	OPT_CONFIDENTIAL,
	OPT_YES,
	OPT_DRY_RUN,
	OPT_SENDMAIL,
	OPT_TO_MAILDIR,
	OPT_SENT,
	OPT_QUEUE,
	OPT_FLUSH,
	OPT_DROP,
	OPT_TRUST,
	OPT_CERTS,
	OPT_CRL,
	OPT_OCSP,
	OPT_FROM,
	OPT_CONTENT,
	OPT_REQUIRE_REVOCATION,
	OPT_ARCHIVE,
	OPT_ONLINE,
	OPT_DOMAIN,
	OPT_ROOT_NAME,
	OPT_SYSTEM,
	OPT_REASON,
	OPT_FORCE,
	OPT_UNAUTHENTICATED,
	OPT_STATUS_FD,
	OPT_VERIFY,
	OPT_DETACH_SIGN,
	OPT_GPG_SIGN,
	OPT_ARMOR,
	OPT_LOCAL_USER,
	OPT_JSON,
	OPT_HOME,
	OPT_OFFLINE,
	OPT_AT,
	OPT_SPOOL,
	OPT_LIMIT,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_COUNT
};

enum option_arg { ARG_NONE, ARG_REQUIRED, ARG_OPTIONAL };
/* What the value is, for completions and for the check of words. */
enum option_value {
	VALUE_NONE,
	VALUE_FILE,
	VALUE_DIR,
	VALUE_WORD,  /* one of words, nothing else */
	VALUE_HINT,  /* words are the usual ones */
	VALUE_OTHER
};
enum option_group {
	GROUP_KEYS,
	GROUP_RECIPIENTS,
	GROUP_SIGNATURE,
	GROUP_MAIL,
	GROUP_SENDING,
	GROUP_QUEUE,
	GROUP_TRUST,
	GROUP_RELEASE,
	GROUP_OUTPUT,
	GROUP_PROGRAMS,
	GROUP_EVERYWHERE,
	GROUP_COUNT
};

struct option_def {
	enum option_id id;
	char letter;              /* 0: none */
	const char *name;         /* without the dashes */
	enum option_arg arg;
	enum option_value value;
	const char *value_name;   /* "FILE" */
	const char *words;        /* space separated; VALUE_WORD, VALUE_HINT */
	bool repeats;
	uint64_t verbs;           /* bit 1 << enum verb_id */
	enum option_group group;
	const char *help;         /* one line */
	const char *more;         /* further sentences for the manual; may be NULL */
};

struct verb_example {
	const char *command;
	const char *what;
};

struct verb_def {
	enum verb_id id;
	const char *name;
	const char *operand;      /* "FILE"; empty: none */
	const char *summary;      /* a phrase */
	struct verb_example examples[6];
	bool many;                /* several operands */
	bool required;            /* an operand at least */
	bool usual;               /* its second word may be left out: `who ADDRESS` */
};

extern const struct option_def option_table[OPT_COUNT];
extern const struct verb_def verb_table[VERB_COUNT];
extern const char *const option_group_names[GROUP_COUNT];
/* Verbs of the full interface that this version does not have. */
extern const char *const verb_later[]; /* NULL-terminated */

const struct verb_def *verb_find(const char *name);
/* The verb that the words begin with, of one word or two ("id new"); *used says
 * how many. */
const struct verb_def *verb_find_words(int argc, char *const *argv, int *used);
/* Is it the first of two words? */
bool verb_is_family(const char *word);
/* The verb that was perhaps meant, or NULL. */
const struct verb_def *verb_guess(const char *name);
static inline bool
option_applies(const struct option_def *o, enum verb_id verb)
{
	return (o->verbs & ((uint64_t)1 << verb)) != 0;
}

/* ---- a command line that was read ---- */

struct option_use {
	enum option_id id;
	const char *value; /* NULL: none given */
};

struct options {
	struct option_use *uses; /* in the order given */
	size_t count;
	const char *operand;     /* the first; NULL: none */
	const char **operands;   /* all of them */
	size_t operand_count;
	char fault[200];         /* a sentence, when options_parse failed */
};

/* Read argv (after the verb). Returns 0, or -1 with o->fault set. All strings
 * are borrowed from argv. `--help` ends the reading. */
int options_parse(struct options *o, const struct verb_def *verb, int argc,
    char *const *argv);
void options_free(struct options *o);

bool options_has(const struct options *o, enum option_id id);
/* The value of a single option; NULL when it was not given, or without value. */
const char *options_value(const struct options *o, enum option_id id);
/* The values of a repeatable option one by one: *at starts at 0. NULL: no more. */
const char *options_next(const struct options *o, enum option_id id, size_t *at);
/* As if the option had been given. There is room for one for each operand. */
void options_add(struct options *o, enum option_id id, const char *value);
/* The first use of `from` counts as one of `to` with that value (borrowed). */
void options_turn(struct options *o, enum option_id from, enum option_id to,
    const char *value);
size_t options_count(const struct options *o, enum option_id id);

#endif
