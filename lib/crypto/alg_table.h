/* crypto/alg_table.h - the rows behind alg.h; for alg.c alone. */
#ifndef SM_CRYPTO_ALG_TABLE_H
#define SM_CRYPTO_ALG_TABLE_H

#include <crypto/alg.h>

struct sm_alg_alias {
	enum sm_alg_kind kind;
	enum sm_alg_id id;
	struct sm_bytes oid;
};

extern const struct sm_alg sm_alg_table[SM_ALG_COUNT];
extern const struct sm_alg_alias sm_alg_aliases[];
extern const size_t sm_alg_alias_count;

#endif
