/* client/lookalike.h - does a domain look like another one that is known?
 *
 * examp1e.org, exarnple.org, example.org.mail.example, exampel.org, example.com and
 * Cyrillic letters among Latin ones: whoever registers such a domain waits for mail
 * that was meant for the other. Not a look-alike: the known domain itself, and what
 * is below it. */
#ifndef SEALMAIL_CLIENT_LOOKALIKE_H
#define SEALMAIL_CLIENT_LOOKALIKE_H

#include <stdbool.h>
#include <stddef.h>

enum { LOOKALIKE_CHARS = 256 };

/* A domain as the eye reads it: A-labels decoded, letters of other scripts and digits
 * as the Latin letters that they resemble. What is too long is cut. */
void lookalike_skeleton(char out[LOOKALIKE_CHARS], const char *domain);
/* Does domain look like known, without being it or below it? */
bool lookalike_is(const char *domain, const char *known);

#endif
