#include <sealmail/limits.h>

#define KIB(n) ((uint32_t)(n) << 10)
#define MIB(n) ((uint32_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define TIB(n) ((uint64_t)(n) << 40)

struct sm_limits
sm_limits_default(void)
{
	struct sm_limits l = {
		.layers = 16,
		.asn1_depth = 32,
		.asn1_object_bytes = KIB(128),
		.crl_bytes = MIB(8),
		.cms_collected_bytes = MIB(16),
		.recipients = 10000,
		.recipient_tries = 1000,
		.signers = 64,
		.certificates = 256,
		.crls = 64,
		.attributes = 64,
		.path_length = 10,
		.header_bytes = MIB(1),
		.header_fields = 10000,
		.mime_depth = 50,
		.mime_parts = 10000,
		.boundary_bytes = 70,
		.pbkdf2_iterations = 10000000,
		.scrypt_mib = 64,
		.rsa_bits = 16384,
		.decompress_ratio = 100,
		.decompress_bytes = GIB(64),
		.spool_bytes = TIB(1),
	};

	return l;
}
