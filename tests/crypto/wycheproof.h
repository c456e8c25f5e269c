/* Wycheproof's vectors, one line a test (wycheproof.py). */
#ifndef SM_TESTS_CRYPTO_WYCHEPROOF_H
#define SM_TESTS_CRYPTO_WYCHEPROOF_H

#include "test.h"

#include <crypto/key.h>

struct run {
	void (*one)(struct run *r, const char *line);
	struct sm_key *key; /* private key of the group, kept between lines */
	char key_text[16];
	unsigned count;
	unsigned wrong;
	unsigned accepted; /* of "acceptable" ones */
};

/* The value of a field; "" when it has none or is not there. */
const char *field(const char *line, const char *name);
struct sm_bytes bytes_of(const char *line, const char *name);
size_t number_of(const char *line, const char *name);
bool flagged(const char *line, const char *flag);
/* Compare what happened with what is written. */
void judge(struct run *r, const char *line, bool passed);
/* Every test of a file; that many of its "acceptable" ones must have passed. */
void run_file(const char *name, void (*one)(struct run *, const char *),
    unsigned accepted);

#endif
