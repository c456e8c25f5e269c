/* client/mailbox/speak.h - what the helper programs of this folder say to the
 * command (frame.h). Whoever cannot be heard any more ends. */
#ifndef SEALMAIL_MAILBOX_SPEAK_H
#define SEALMAIL_MAILBOX_SPEAK_H

#include <base/buf.h>

void speak(const char *word, struct sm_bytes body);
void speak_text(const char *word, const char *text);
/* A list of texts, each ended by a NUL; NULL is an empty one. */
void speak_list(const char *word, const char *const *texts, size_t count);
/* "fault": the exit status and a sentence; the program ends. */
void speak_fault(int code, const char *fmt, ...) SM_PRINTF(2, 3)
    __attribute__((noreturn));
/* Memory, seconds of processor time and files that hostile mail can cost. */
void speak_limits(size_t memory_mib, unsigned seconds, bool writes_files);
/* Does the body of a request hold this line? "html", "protected". */
bool speak_has(struct sm_bytes body, const char *line);
/* The value of a line "name=value" in a body; NULL: not there. free() it. */
char *speak_value(struct sm_bytes body, const char *name);
/* The same, one by one: *rest begins as the body. */
char *speak_next(struct sm_bytes *rest, const char *name);

#endif
