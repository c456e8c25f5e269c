/* client/client.h - one run of the command.
 *
 * The rule of this folder: a function that can fail returns 0 or the exit status
 * of the command, after it has said why with client_fault() (once, in one line:
 * what, where, what to do next). Nobody above says it again. */
#ifndef SEALMAIL_CLIENT_CLIENT_H
#define SEALMAIL_CLIENT_CLIENT_H

#include <sealmail/error.h>
#include <sealmail/limits.h>

#include <base/buf.h>

#include "exit.h"
#include "options.h"

struct output;

/* Where --json goes. */
struct json_place {
	bool wanted;
	bool to_stdout;
	bool written;
	struct output *out; /* open while wanted */
};

struct client {
	const struct verb_def *verb;
	struct options opt;
	char **words;          /* send: what opt was read from */
	struct sm_limits limits;
	int64_t now;           /* --at, or the clock */
	bool quiet, verbose;
	bool silent;           /* of a copy: its faults are not said */
	bool colour;           /* standard error may be coloured */
	bool stderr_tty;
	bool no_terminal;      /* another program has it: nobody is asked there */
	struct json_place json;
	int fault;             /* exit status of the first fault; 0: none */
	char fault_text[512];
	const char *fault_code; /* of it; `sealmail explain` knows it */
};

/* Say a fault on standard error, with the name of its exit status as its code (see
 * codes.h); returns code. */
int client_fault(struct client *c, int code, const char *fmt, ...) SM_PRINTF(3, 4);
/* Say what the library found, with its reason as the code; `where` names the file or
 * step, or is NULL. */
int client_fault_error(struct client *c, int code, const char *where,
    const struct sm_error *err, int status);
int client_out_of_memory(struct client *c);
/* Say something that does not end the run; nothing when quiet. */
void client_note(const struct client *c, const char *fmt, ...) SM_PRINTF(2, 3);

/* Text from elsewhere, made safe for a terminal: control characters become '?'.
 * Works in place. */
void client_make_printable(char *text);

typedef int (*verb_fn)(struct client *c);
int verb_sign(struct client *c);
int verb_verify(struct client *c);
int verb_encrypt(struct client *c);
int verb_decrypt(struct client *c);
int verb_open(struct client *c);
int verb_inspect(struct client *c);
int verb_explain(struct client *c);
int verb_id_new(struct client *c);
int verb_id_import(struct client *c);
int verb_id_list(struct client *c);
int verb_id_show(struct client *c);
int verb_id_renew(struct client *c);
int verb_id_export(struct client *c);
int verb_id_remove(struct client *c);
int verb_id_lock(struct client *c);
int verb_git(struct client *c);
int verb_mutt_rc(struct client *c);
int verb_mutt_hook(struct client *c);
int verb_who_show(struct client *c);
int verb_who_add(struct client *c);
int verb_who_confirm(struct client *c);
int verb_who_forget(struct client *c);
int verb_trust_list(struct client *c);
int verb_trust_show(struct client *c);
int verb_trust_add(struct client *c);
int verb_trust_remove(struct client *c);
int verb_doctor(struct client *c);
int verb_mail_list(struct client *c);
int verb_mail_search(struct client *c);
int verb_mail_show(struct client *c);
int verb_mail_save(struct client *c);
int verb_mail_reply(struct client *c);
int verb_mail_forward(struct client *c);
int verb_mail_fetch(struct client *c);
int verb_send(struct client *c);

#endif
