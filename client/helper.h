/* client/helper.h - the project's programs that may use network, mail store or token.
 *
 * The command itself links libcrypto and zlib alone and starts fast; what needs more
 * is a process of its own, found beside the command or in libexec/sealmail. It gets
 * two pipes, the terminal's standard error, and of the environment only what names
 * the user's language, time zone, proxies and home. It ends with its parent.
 *
 * Both sides send frames (frame.h). A helper that cannot do what it was asked answers
 * with the frame "fault", body "STATUS SENTENCE": it becomes the command's fault. */
#ifndef SEALMAIL_CLIENT_HELPER_H
#define SEALMAIL_CLIENT_HELPER_H

#include <sys/types.h>

#include "client.h"
#include "frame.h"

struct helper {
	struct client *c;
	const char *name;
	pid_t pid;     /* 0: not running */
	int to, from;  /* pipes; -1: closed */
};
#define HELPER_INIT { NULL, NULL, 0, -1, -1 }

/* Start the helper program name ("sealmail-lookup"). args: NULL-terminated, without
 * argv[0]; never a secret; may be NULL. */
int helper_start(struct client *c, struct helper *h, const char *name,
    const char *const *args);
/* The same with the whole environment: what cards and HSMs need is their makers' own
 * (SOFTHSM2_CONF, ...), and trust does not depend on it. */
int helper_start_token(struct client *c, struct helper *h);
/* Is the program installed? */
bool helper_exists(const char *name);
int helper_send(struct helper *h, const char *word, struct sm_bytes body);
/* No more requests: the helper sees the end of its input. */
void helper_send_end(struct helper *h);
/* The next answer, at most max bytes, within so many seconds. At the end of the
 * answers f->word is "". EXIT_LATER when time is over. */
int helper_receive(struct helper *h, struct frame *f, size_t max, unsigned seconds);
/* Close the pipes, wait a moment, end it if it does not; its exit status, or
 * EXIT_INTERNAL when it died. Says nothing. Fine when it was not started. */
int helper_stop(struct helper *h);

#endif
