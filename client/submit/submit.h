/* client/submit/submit.h - sealmail-submit: hands one message to a server, by SMTP,
 * LMTP, or IMAP APPEND.
 *
 * The command sends frames (frame.h): "job" with lines "key value" (kind, url, user,
 * auth, ca, sender, folder, size), "secret", "to" for each receiver, "go". Then this
 * program asks by "more" for the next piece of the message, which comes as "data", an
 * empty one at its end; its lines end with CRLF. At last it says for each receiver
 * "result" with "NUMBER later|never|done WORDS", and "end". Nothing is answered early,
 * so that neither side waits for the other to read. */
#ifndef SEALMAIL_CLIENT_SUBMIT_H
#define SEALMAIL_CLIENT_SUBMIT_H

#include <base/buf.h>

enum { SUBMIT_RECEIVERS_MAX = 10000, SUBMIT_PIECE_BYTES = 64 << 10, SUBMIT_WHY = 300 };

enum outcome { OUTCOME_NONE, OUTCOME_DONE, OUTCOME_LATER, OUTCOME_NEVER };

struct submit_to {
	char *address;
	enum outcome outcome;
	char why[SUBMIT_WHY];
};
struct job {
	char *kind, *url, *user, *auth, *ca, *sender, *folder; /* any may be NULL */
	uint64_t size;          /* of the message with CRLF; for IMAP */
	struct sm_buf secret;   /* a string, when there is one */
	struct submit_to *to;
	size_t count;
	struct sm_buf piece;    /* of the message, what was not taken yet */
	size_t taken;
	bool ended, broken;     /* the message; the pipe */
};

/* Up to len bytes of the message; 0 at its end, -1 when the command is gone. */
long job_read(struct job *j, void *out, size_t len);
/* For all that have no outcome yet. */
void job_conclude(struct job *j, enum outcome outcome, const char *fmt, ...)
    SM_PRINTF(3, 4);
void job_set(struct submit_to *to, enum outcome outcome, const char *fmt, ...)
    SM_PRINTF(3, 4);
/* Is this the machine itself, so that nobody else can listen? */
bool job_is_loopback(const char *url);

void submit_smtp(struct job *j);
void submit_imap(struct job *j);
void submit_lmtp(struct job *j);

#endif
