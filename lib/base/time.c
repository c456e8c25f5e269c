#include <base/der.h>

enum {
	DAY = 86400,
	YEARS_DAYS = 146097, /* 400 Gregorian years */
	EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
};

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define TIME_MIN INT64_C(-62167219200)
#define TIME_MAX INT64_C(253402300799)

/* A year that begins in March ends with the day that leaps: the days before
 * each of its months are then a straight line, (153 m + 2) / 5. */
int64_t
sm_time_from_civil(int year, int month, int day, int hour, int min, int sec)
{
	int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
	int64_t m = (month + 9) % 12;
	int64_t cycle = (y >= 0 ? y : y - 399) / 400;
	int64_t in_cycle = y - cycle * 400;
	int64_t days = cycle * YEARS_DAYS + in_cycle * 365 + in_cycle / 4 -
	    in_cycle / 100 + (153 * m + 2) / 5 + day - 1 - EPOCH_DAYS;

	return days * DAY + (int64_t)hour * 3600 + (int64_t)min * 60 + sec;
}

static int64_t
clip(int64_t seconds)
{
	if (seconds < TIME_MIN)
		return TIME_MIN;
	return seconds > TIME_MAX ? TIME_MAX : seconds;
}

struct sm_civil
sm_time_to_civil(int64_t seconds)
{
	/* Counted from -0400-03-01, so that no division meets a negative. */
	int64_t t = clip(seconds) +
	    ((int64_t)EPOCH_DAYS + YEARS_DAYS) * DAY;
	int64_t days = t / DAY, rest = t % DAY;
	int64_t d = days % YEARS_DAYS;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t yday = d - (y * 365 + y / 4 - y / 100);
	int64_t m = (5 * yday + 2) / 153;
	struct sm_civil c;

	c.month = (int)(m < 10 ? m + 3 : m - 9);
	c.year = (int)(y + days / YEARS_DAYS * 400 - 400 + (m < 10 ? 0 : 1));
	c.day = (int)(yday - (153 * m + 2) / 5 + 1);
	c.hour = (int)(rest / 3600);
	c.min = (int)(rest / 60 % 60);
	c.sec = (int)(rest % 60);
	c.weekday = (int)((days + 3) % 7); /* 0000-03-01 was a Wednesday */
	return c;
}

bool
sm_time_civil_ok(const struct sm_civil *c)
{
	static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);
	int days;

	if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12)
		return false;
	days = month_days[c->month - 1] + (c->month == 2 && leap ? 1 : 0);
	return c->day >= 1 && c->day <= days && c->hour >= 0 && c->hour < 24 &&
	    c->min >= 0 && c->min < 60 && c->sec >= 0 && c->sec < 60;
}

/* v in decimal with leading zeros, then the byte that follows it. */
static char *
put_number(char *out, int v, int scale, char follows)
{
	for (; scale > 0; scale /= 10)
		*out++ = (char)('0' + v / scale % 10);
	*out++ = follows;
	return out;
}

void
sm_time_text(char out[32], int64_t seconds)
{
	struct sm_civil c = sm_time_to_civil(seconds);

	out = put_number(out, c.year, 1000, '-');
	out = put_number(out, c.month, 10, '-');
	out = put_number(out, c.day, 10, 'T');
	out = put_number(out, c.hour, 10, ':');
	out = put_number(out, c.min, 10, ':');
	out = put_number(out, c.sec, 10, 'Z');
	*out = '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
take_number(const char **p, int n, int *v)
{
	*v = 0;
	for (; n > 0; n--, (*p)++) {
		if (!is_digit(**p))
			return false;
		*v = *v * 10 + (**p - '0');
	}
	return true;
}

/* One of two spellings of a byte: RFC 3339 section 5.6 allows t and z. */
static bool
take(const char **p, char c, char or_c)
{
	if (**p != c && **p != or_c)
		return false;
	(*p)++;
	return true;
}

static bool
take_fraction(const char **p)
{
	if (!take(p, '.', '.'))
		return true;
	if (!is_digit(**p))
		return false;
	while (is_digit(**p))
		(*p)++;
	return true;
}

static bool
take_offset(const char **p, int *seconds)
{
	int sign = **p == '-' ? -1 : 1;
	int hour, min;

	*seconds = 0;
	if (take(p, 'Z', 'z'))
		return true;
	if (!take(p, '+', '-') || !take_number(p, 2, &hour) ||
	    !take(p, ':', ':') || !take_number(p, 2, &min))
		return false;
	*seconds = sign * (hour * 3600 + min * 60);
	return hour < 24 && min < 60;
}

static bool
take_civil(const char **p, struct sm_civil *c)
{
	c->weekday = 0;
	return take_number(p, 4, &c->year) && take(p, '-', '-') &&
	    take_number(p, 2, &c->month) && take(p, '-', '-') &&
	    take_number(p, 2, &c->day) && take(p, 'T', 't') &&
	    take_number(p, 2, &c->hour) && take(p, ':', ':') &&
	    take_number(p, 2, &c->min) && take(p, ':', ':') &&
	    take_number(p, 2, &c->sec) && sm_time_civil_ok(c);
}

bool
sm_time_parse(const char *text, int64_t *seconds)
{
	struct sm_civil c;
	int offset;
	int64_t t;

	if (!take_civil(&text, &c) || !take_fraction(&text) ||
	    !take_offset(&text, &offset) || *text != '\0')
		return false;
	t = sm_time_from_civil(c.year, c.month, c.day, c.hour, c.min, c.sec) -
	    offset;
	if (t < TIME_MIN || t > TIME_MAX)
		return false;
	*seconds = t;
	return true;
}
