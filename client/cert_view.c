#include "cert_view.h"

#include <stdio.h>

#include <base/der.h>

void
cert_view_fingerprint(char out[CERT_FINGERPRINT_CHARS + 1], const struct sm_cert *cert)
{
	const uint8_t *hash = sm_cert_sha256(cert);
	size_t i;

	for (i = 0; i < 32; i++)
		(void)snprintf(out + 3 * i, 4, i < 31 ? "%02X:" : "%02X", hash[i]);
}

void
cert_view_day(char out[11], int64_t seconds)
{
	char text[32];

	sm_time_text(text, seconds);
	memcpy(out, text, 10);
	out[10] = '\0';
}
