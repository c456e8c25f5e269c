/* client/limit_names.h - the limits of the engine by name, for `explain` and --limit. */
#ifndef SEALMAIL_CLIENT_LIMIT_NAMES_H
#define SEALMAIL_CLIENT_LIMIT_NAMES_H

#include <sealmail/limits.h>

struct limit_info {
	const char *name;
	size_t offset;
	bool wide;          /* 64 bits */
	const char *counts;
};

/* Ended by a row without a name. */
extern const struct limit_info limit_table[];

/* NULL when there is none of that name. */
const struct limit_info *limit_find(const char *name);
uint64_t limit_get(const struct sm_limits *l, const struct limit_info *info);
/* "NAME=NUMBER"; false when it is not that, or the number does not fit. */
bool limit_set(struct sm_limits *l, const char *setting);

#endif
