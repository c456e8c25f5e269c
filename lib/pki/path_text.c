#include <stdio.h>

#include <base/der.h>
#include <pki/path_parts.h>

/* Copy a piece of UTF-8 text and cut it between characters. */
static void
copy_cut(char out[SM_LABEL_MAX], const char *s, size_t len)
{
	if (len >= SM_LABEL_MAX) {
		len = SM_LABEL_MAX - 4;
		while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
		memcpy(out, s, len);
		memcpy(out + len, "...", 4);
		return;
	}
	memcpy(out, s, len);
	out[len] = '\0';
}

/* Length of the first RDN of RFC 2253 text: up to an unescaped comma or plus. */
static size_t
rdn_len(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && s[n] != ',' && s[n] != '+')
		n += s[n] == '\\' && s[n + 1] != '\0' ? 2 : 1;
	return n;
}

const char *
sm_path_label(char out[SM_LABEL_MAX], const struct sm_cert *c)
{
	const char *s = sm_cert_subject_text(c);

	for (;;) {
		size_t n = rdn_len(s);

		if (strncmp(s, "CN=", 3) == 0) {
			copy_cut(out, s + 3, n - 3);
			return out;
		}
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	s = sm_cert_mail(c, 0);
	if (s == NULL)
		s = sm_cert_subject_text(c);
	if (*s == '\0')
		s = "(no name)";
	copy_cut(out, s, strlen(s));
	return out;
}

const char *
sm_path_day(char out[32], int64_t seconds)
{
	sm_time_text(out, seconds);
	out[10] = '\0';
	return out;
}

bool
sm_path_time(int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = sm_time_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return true;
}
