/* client/spool.h - bytes of a pipe, kept for a second reading.
 *
 * Small inputs stay in memory. Larger ones go to an unnamed file, mode 0600, in
 * --spool DIR, else in TMPDIR, else in /var/tmp; never on a file system that
 * lives in memory, where a large message would take the machine's. What is kept
 * is the input as it came: what was encrypted stays so. */
#ifndef SEALMAIL_CLIENT_SPOOL_H
#define SEALMAIL_CLIENT_SPOOL_H

#include <sealmail/stream.h>

#include "client.h"

struct spool {
	struct sm_buf memory; /* the beginning, while fd is -1 */
	int fd;
	char *folder;
	uint64_t total;
	int error;            /* errno of a reading that failed */
};

void spool_init(struct spool *s);
int spool_append(struct client *c, struct spool *s, struct sm_bytes in);
struct sm_source spool_source(struct spool *s);
void spool_free(struct spool *s);

#endif
