/* base/json.h - writing JSON (RFC 8259); we read none.
 *
 * Commas and nesting are kept by the writer. Text that is not UTF-8 is written
 * with U+FFFD for each bad byte. A failure sticks (sm_json_status): SM_E_NOMEM,
 * or SM_E_USAGE for what would not be JSON (a value without its key, an end
 * without its begin, a second value at the top) and for more than 63 levels. */
#ifndef SM_BASE_JSON_H
#define SM_BASE_JSON_H

#include <base/buf.h>

struct sm_json {
	struct sm_buf *out;
	int rc;
	unsigned depth;
	uint64_t first; /* bit n: nothing written yet at depth n */
	uint64_t objects; /* bit n: what is open at depth n is an object */
	bool after_key;
	bool pretty;
};

void sm_json_init(struct sm_json *j, struct sm_buf *out, bool pretty);
void sm_json_object_begin(struct sm_json *j);
void sm_json_object_end(struct sm_json *j);
void sm_json_array_begin(struct sm_json *j);
void sm_json_array_end(struct sm_json *j);
void sm_json_key(struct sm_json *j, const char *key);
void sm_json_string(struct sm_json *j, const char *s); /* NULL writes null */
void sm_json_int(struct sm_json *j, int64_t v);
void sm_json_bool(struct sm_json *j, bool v);
void sm_json_null(struct sm_json *j);
SM_MUST_CHECK int sm_json_status(const struct sm_json *j);

#endif
