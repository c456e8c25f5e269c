/* client/mailbox/box.h - a Maildir and its index.
 *
 * Requests (bodies are lines):
 *   list    last=N                      -> rows..., end
 *   search  last=N, body, word=...      -> rows..., skipped NUMBER, end
 *   find    number=N                    -> rows, end
 *   judged  number=N, exit=N, at=SECONDS, signer=ADDRESS   -> end
 * rows: messages, each ROW_FIELDS texts ended by NUL: number, date (seconds), size,
 * kind, verdict (or -1), judged at, signer, file, From, To, Subject, Message-ID. */
#ifndef SEALMAIL_MAILBOX_BOX_H
#define SEALMAIL_MAILBOX_BOX_H

enum { BOX_ROW_FIELDS = 12 };

/* Headers of messages that lie elsewhere: "header", body "NUMBER SIZE" LF HEADER, is
 * answered with rows. */
int box_serve_headers(void);
/* Serve until the requests end. index: its file, or "" for none. */
int box_serve(const char *maildir, const char *index);

#endif
