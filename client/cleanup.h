/* client/cleanup.h - what a signal must put right before the program ends.
 *
 * Temporary files have no name as a rule and need nothing. Where one has, its
 * name is remembered here (one at a time), and a terminal whose echo is off is
 * restored. Standard descriptors, limits and signals are set up here too. */
#ifndef SEALMAIL_CLIENT_CLEANUP_H
#define SEALMAIL_CLIENT_CLEANUP_H

#include <termios.h>

/* The process keeps to itself: no core dumps, no tracing by others, new files
 * for the owner alone, a closed pipe or a full quota is an error to handle. */
void cleanup_harden(void);

/* Remove path when a signal ends the program. Borrowed until forgotten. */
void cleanup_remember(const char *path);
void cleanup_forget(const char *path);
/* Restore these settings of fd when a signal ends the program; NULL: no more. */
void cleanup_restore_terminal(int fd, const struct termios *settings);

#endif
