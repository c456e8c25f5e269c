#include <base/der.h>
#include <mime/header.h>
#include <mime/lex.h>

/* RFC 5322 sections 3.3 and 4.3. Comments may stand between any two words. The
 * name of the day is read and not compared with the date: mail with a wrong one is
 * common, and the date is what counts. */

static bool
is_alpha(uint8_t c)
{
	c = sm_lex_lower(c);
	return c >= 'a' && c <= 'z';
}

/* One of the three-letter names: its index, or -1. */
static int
name_index(struct sm_bytes word, const char *names, int count)
{
	for (int i = 0; i < count; i++)
		if (sm_lex_same_word(word, sm_bytes(names + 3 * i, 3)))
			return i;
	return -1;
}

/* "Fri," or nothing. */
static bool
get_weekday(struct sm_bytes *in)
{
	struct sm_bytes word = sm_lex_run(in, is_alpha);

	if (word.len == 0)
		return true;
	return name_index(word, "SunMonTueWedThuFriSat", 7) >= 0 &&
	    sm_lex_cfws(in) && sm_lex_take(in, ',') && sm_lex_cfws(in);
}

static bool
get_year(struct sm_bytes *in, int *year)
{
	size_t before = in->len, digits;

	if (!sm_lex_number(in, 2, 9, year))
		return false;
	digits = before - in->len;
	/* RFC 5322 section 4.3 */
	if (digits == 2)
		*year += *year < 50 ? 2000 : 1900;
	else if (digits == 3)
		*year += 1900;
	return *year >= 1900 && *year <= 9999;
}

static bool
get_day(struct sm_bytes *in, struct sm_civil *c)
{
	int month;

	if (!sm_lex_number(in, 1, 2, &c->day) || !sm_lex_cfws(in))
		return false;
	month = name_index(sm_lex_run(in, is_alpha),
	    "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
	c->month = month + 1;
	return month >= 0 && sm_lex_cfws(in) && get_year(in, &c->year) &&
	    sm_lex_cfws(in);
}

/* ":" and two digits. */
static bool
get_after_colon(struct sm_bytes *in, int *value)
{
	return sm_lex_take(in, ':') && sm_lex_cfws(in) &&
	    sm_lex_number(in, 2, 2, value) && sm_lex_cfws(in);
}

static bool
get_time(struct sm_bytes *in, struct sm_civil *c)
{
	if (!sm_lex_number(in, 2, 2, &c->hour) || !sm_lex_cfws(in) ||
	    !get_after_colon(in, &c->min))
		return false;
	return in->len == 0 || in->data[0] != ':' ||
	    get_after_colon(in, &c->sec);
}

/* Names of RFC 5322 section 4.3 in minutes; others count as +0000, as that section
 * says, since nobody knows what they mean. */
static int
zone_name(struct sm_bytes word)
{
	static const struct {
		char name[4];
		int minutes;
	} zones[] = {
		{ "EDT", -240 }, { "EST", -300 }, { "CDT", -300 },
		{ "CST", -360 }, { "MDT", -360 }, { "MST", -420 },
		{ "PDT", -420 }, { "PST", -480 },
	};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (sm_lex_same_word(word, sm_bytes_str(zones[i].name)))
			return zones[i].minutes;
	return 0;
}

static bool
get_zone(struct sm_bytes *in, int *minutes)
{
	bool minus = in->len > 0 && in->data[0] == '-';
	struct sm_bytes word;
	int hhmm;

	if (minus || (in->len > 0 && in->data[0] == '+')) {
		*in = sm_bytes_skip(*in, 1);
		if (!sm_lex_number(in, 4, 4, &hhmm) || hhmm % 100 > 59)
			return false;
		*minutes = hhmm / 100 * 60 + hhmm % 100;
		*minutes = minus ? -*minutes : *minutes;
		return true;
	}
	word = sm_lex_run(in, is_alpha);
	*minutes = zone_name(word);
	return word.len > 0;
}

bool
sm_mime_date(struct sm_bytes value, int64_t *seconds)
{
	struct sm_civil c = { 0 };
	int zone, leap;

	if (!sm_lex_cfws(&value) || !get_weekday(&value) ||
	    !get_day(&value, &c) || !get_time(&value, &c) ||
	    !get_zone(&value, &zone) || !sm_lex_cfws(&value) || value.len > 0)
		return false;
	/* ":60" is grammatical: the second after ":59". */
	leap = c.sec == 60;
	c.sec -= leap;
	if (!sm_time_civil_ok(&c))
		return false;
	*seconds = sm_time_from_civil(c.year, c.month, c.day, c.hour, c.min,
	    c.sec) + leap - (int64_t)zone * 60;
	return true;
}
