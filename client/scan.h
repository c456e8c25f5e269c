/* client/scan.h - --scan PROGRAM: another program looks at what is to be saved.
 *
 * It gets the bytes on its standard input; what it prints goes to standard error. Its
 * exit status 0 lets them pass, anything else does not. */
#ifndef SEALMAIL_CLIENT_SCAN_H
#define SEALMAIL_CLIENT_SCAN_H

#include "client.h"

enum { SCAN_SECONDS = 600 };

/* 0 when there is no --scan, or it passes; else an exit status that is said. */
int scan_run(struct client *c, struct sm_bytes content, const char *name);

#endif
