/* The content types of CMS and their object identifiers. */
#include <cms/shell.h>

#define ID_PKCS7(n) { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, n }
#define ID_CT(n) \
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, n }

static const uint8_t oid_data[] = ID_PKCS7(1);
static const uint8_t oid_signed[] = ID_PKCS7(2);
static const uint8_t oid_enveloped[] = ID_PKCS7(3);
static const uint8_t oid_digested[] = ID_PKCS7(5);
static const uint8_t oid_encrypted[] = ID_PKCS7(6);
static const uint8_t oid_auth_data[] = ID_CT(2);
static const uint8_t oid_tst_info[] = ID_CT(4);
static const uint8_t oid_compressed[] = ID_CT(9);
static const uint8_t oid_auth_enveloped[] = ID_CT(23);

static const struct {
	enum sm_cms_type type;
	const char *name;
	struct sm_bytes oid;
} types[] = {
	{ SM_CMS_DATA, "data", { oid_data, sizeof oid_data } },
	{ SM_CMS_SIGNED, "signed", { oid_signed, sizeof oid_signed } },
	{ SM_CMS_ENVELOPED, "enveloped", { oid_enveloped, sizeof oid_enveloped } },
	{ SM_CMS_DIGESTED, "digested", { oid_digested, sizeof oid_digested } },
	{ SM_CMS_ENCRYPTED, "encrypted", { oid_encrypted, sizeof oid_encrypted } },
	{ SM_CMS_AUTHENTICATED, "authenticated",
	    { oid_auth_data, sizeof oid_auth_data } },
	{ SM_CMS_TST_INFO, "tst-info", { oid_tst_info, sizeof oid_tst_info } },
	{ SM_CMS_COMPRESSED, "compressed",
	    { oid_compressed, sizeof oid_compressed } },
	{ SM_CMS_AUTH_ENVELOPED, "auth-enveloped",
	    { oid_auth_enveloped, sizeof oid_auth_enveloped } },
};
#define TYPE_COUNT (sizeof types / sizeof types[0])

enum sm_cms_type
sm_cms_type_of(struct sm_bytes oid)
{
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (sm_bytes_equal(types[i].oid, oid))
			return types[i].type;
	return SM_CMS_UNKNOWN;
}

struct sm_bytes
sm_cms_type_oid(enum sm_cms_type type)
{
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (types[i].type == type)
			return types[i].oid;
	return sm_bytes(NULL, 0);
}

const char *
sm_cms_type_name(enum sm_cms_type type)
{
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (types[i].type == type)
			return types[i].name;
	return "unknown";
}
