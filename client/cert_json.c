#include "cert_json.h"

#include <stdio.h>

#include <base/der.h>

void
cert_json_string(struct sm_json *j, const char *key, const char *value)
{
	sm_json_key(j, key);
	sm_json_string(j, value);
}

void
cert_json_time(struct sm_json *j, const char *key, int64_t seconds)
{
	char text[32];

	sm_time_text(text, seconds);
	cert_json_string(j, key, seconds != 0 ? text : NULL);
}

void
cert_json_fields(struct sm_json *j, const struct sm_cert *cert)
{
	const uint8_t *hash = sm_cert_sha256(cert);
	char hex[65];
	size_t i;

	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	cert_json_string(j, "subject", sm_cert_subject_text(cert));
	cert_json_string(j, "issuer", sm_cert_issuer_text(cert));
	cert_json_string(j, "serial", sm_cert_serial_hex(cert));
	cert_json_string(j, "sha256", hex);
	cert_json_time(j, "not_before", sm_cert_not_before(cert));
	cert_json_time(j, "not_after", sm_cert_not_after(cert));
	sm_json_key(j, "mail");
	sm_json_array_begin(j);
	for (i = 0; sm_cert_mail(cert, i) != NULL; i++)
		sm_json_string(j, sm_cert_mail(cert, i));
	sm_json_array_end(j);
}

void
cert_json_put(struct sm_json *j, const struct sm_cert *cert)
{
	sm_json_object_begin(j);
	cert_json_fields(j, cert);
	sm_json_object_end(j);
}
