/* An address that is accepted is accepted again in the form that was made of it,
 * and equals itself. */
#include "fuzz.h"

#include <sealmail/address.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_bytes in = sm_bytes(data, size);
	struct sm_address_list l = { 0 };

	if (sm_address_valid(in))
		FUZZ_CHECK(sm_address_equal(in, in));
	if (sm_address_list_parse(&l, in) != 0)
		return 0;
	FUZZ_CHECK(l.count <= 1000);
	for (size_t i = 0; i < l.count; i++) {
		struct sm_bytes a = sm_bytes_str(l.list[i].addr);

		FUZZ_CHECK(sm_address_valid(a));
		FUZZ_CHECK(sm_address_equal(a, a));
	}
	sm_address_list_wipe(&l);
	return 0;
}
