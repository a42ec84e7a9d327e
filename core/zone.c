/* SPDX-License-Identifier: Apache-2.0
 *
 * ICU says what a zone's offset is; dates are counted here, in the Gregorian calendar of all
 * years (ICU's would be Julian before 1582). The zones that ICU has are listed once; what is
 * opened of one stays open, under its own lock.
 */
#include "core/zone.h"

#include "core/arena.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#define DAY_S	  INT64_C(86400)
#define SECOND_US INT64_C(1000000)

/* ---- dates ----------------------------------------------------------------------------------*/

struct civil {
	int year, month, day;
};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Exactly n digits. */
static bool digits(const char *s, int n, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*value = *value * 10 + (s[i] - '0');
	}
	return true;
}

static bool read_date(const char *s, struct civil *c)
{
	return digits(s, 4, &c->year) && s[4] == '-' && digits(s + 5, 2, &c->month) &&
	       s[7] == '-' && digits(s + 8, 2, &c->day) && c->year >= 1 && c->month >= 1 &&
	       c->month <= 12 && c->day >= 1 && c->day <= month_days(c->year, c->month);
}

/* Days since 0001-01-01. */
static int64_t day_number(const struct civil *c)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	const int y = c->year - 1;

	return INT64_C(365) * y + y / 4 - y / 100 + y / 400 + before[c->month - 1] +
	       (c->month > 2 && is_leap(c->year)) + c->day - 1;
}

static struct civil civil_of(int64_t number)
{
	struct civil c = { .year = (int)(number * 400 / 146097) + 1, .month = 1, .day = 1 };

	/* The mean year may be one off near its ends. */
	while (day_number(&c) > number)
		c.year--;
	number -= day_number(&c);
	while (number >= 365 + is_leap(c.year)) {
		number -= 365 + is_leap(c.year);
		c.year++;
	}
	while (number >= month_days(c.year, c.month))
		number -= month_days(c.year, c.month++);
	c.day = (int)number + 1;
	return c;
}

static const struct civil epoch = { 1970, 1, 1 }, end = { 10000, 1, 1 };

/* Seconds since 1970, if the clock on the wall were UTC. */
static bool read_local(struct brg_str local, int64_t *s)
{
	struct civil c;
	int hour, minute, second;

	if (local.len != 19 || !read_date(local.ptr, &c) || local.ptr[10] != 'T' ||
	    !digits(local.ptr + 11, 2, &hour) || local.ptr[13] != ':' ||
	    !digits(local.ptr + 14, 2, &minute) || local.ptr[16] != ':' ||
	    !digits(local.ptr + 17, 2, &second) || hour > 23 || minute > 59 || second > 59)
		return false;
	*s = (day_number(&c) - day_number(&epoch)) * DAY_S + hour * INT64_C(3600) + minute * 60 +
	     second;
	return true;
}

static void put_digits(char *out, int n, int value)
{
	for (; n > 0; value /= 10)
		out[--n] = (char)('0' + value % 10);
}

static void write_date(const struct civil *c, char *out)
{
	put_digits(out, 4, c->year);
	out[4] = '-';
	put_digits(out + 5, 2, c->month);
	out[7] = '-';
	put_digits(out + 8, 2, c->day);
	out[10] = '\0';
}

static bool write_local(int64_t s, char out[20])
{
	const int64_t since = s + day_number(&epoch) * DAY_S;
	struct civil c;
	int rest;

	if (since < 0 || since >= day_number(&end) * DAY_S)
		return false;
	c = civil_of(since / DAY_S);
	rest = (int)(since % DAY_S);
	write_date(&c, out);
	out[10] = 'T';
	put_digits(out + 11, 2, rest / 3600);
	out[13] = ':';
	put_digits(out + 14, 2, rest / 60 % 60);
	out[16] = ':';
	put_digits(out + 17, 2, rest % 60);
	out[19] = '\0';
	return true;
}

bool zone_is_date(struct brg_str date)
{
	struct civil c;

	return date.len == 10 && read_date(date.ptr, &c);
}

bool zone_is_local(struct brg_str local)
{
	int64_t s;

	return read_local(local, &s);
}

bool zone_add_days(struct brg_str date, int64_t n, char out[11])
{
	struct civil c;
	int64_t number;

	if (date.len != 10 || !read_date(date.ptr, &c) ||
	    __builtin_add_overflow(day_number(&c), n, &number) || number < 0 ||
	    number >= day_number(&end))
		return false;
	c = civil_of(number);
	write_date(&c, out);
	return true;
}

/* ---- the zones that there are ---------------------------------------------------------------*/

struct zone {
	char *name;
	pthread_mutex_t lock; /* what follows is made when it is first asked for */
	UCalendar *calendar;
	uint64_t fingerprint;
	bool windows_known;
	char windows[ZONE_NAME_MAX];
};

static struct {
	pthread_once_t once;
	struct zone *at; /* by name, in any case */
	size_t n;
} zones = { .once = PTHREAD_ONCE_INIT };

/* ICU has these besides IANA's; most mean something else to somebody else ("IST", "CST"). */
static bool is_foreign(const char *name)
{
	static const char list[] = " ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST "
				   "JST MIT NET NST PLT PNT PRT PST SST VST Etc/Unknown Factory ";
	char word[ZONE_NAME_MAX + 2];

	(void)snprintf(word, sizeof(word), " %s ", name);
	return strstr(list, word) || strncmp(name, "SystemV/", 8) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct zone *)a)->name, ((const struct zone *)b)->name);
}

static void list_zones(void)
{
	UErrorCode rc = U_ZERO_ERROR;
	UEnumeration *all = ucal_openTimeZones(&rc);
	const int32_t n = uenum_count(all, &rc);
	const char *name;
	int32_t len;

	if (U_FAILURE(rc)) { /* ICU without data: there are none */
		uenum_close(all);
		return;
	}
	zones.at = xcalloc((size_t)n, sizeof(zones.at[0]));
	while (zones.n < (size_t)n && (name = uenum_next(all, &len, &rc)) && U_SUCCESS(rc)) {
		if (len >= ZONE_NAME_MAX || is_foreign(name))
			continue;
		zones.at[zones.n].name = xstrdup(name);
		pthread_mutex_init(&zones.at[zones.n++].lock, NULL);
	}
	uenum_close(all);
	qsort(zones.at, zones.n, sizeof(zones.at[0]), by_name);
}

static struct zone *find(const char *name)
{
	const struct zone key = { .name = (char *)name };

	pthread_once(&zones.once, list_zones);
	return zones.n ? bsearch(&key, zones.at, zones.n, sizeof(key), by_name) : NULL;
}

/* As C string; false: longer than any name, or not of their letters. */
static bool name_of(struct brg_str s, char out[ZONE_NAME_MAX])
{
	if (s.len == 0 || s.len >= ZONE_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] > '~')
			return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

/* Floating time is taken for UTC. */
static struct zone *zone_of(struct brg_str name)
{
	char text[ZONE_NAME_MAX];

	if (name.len == 0)
		return find("Etc/UTC");
	return name_of(name, text) ? find(text) : NULL;
}

/* ---- names ----------------------------------------------------------------------------------*/

/* ICU is true to the first spelling that a zone had; these have another one by now. */
static const char *const renamed[][2] = {
	{ "Africa/Asmera", "Africa/Asmara" },
	{ "America/Buenos_Aires", "America/Argentina/Buenos_Aires" },
	{ "America/Catamarca", "America/Argentina/Catamarca" },
	{ "America/Coral_Harbour", "America/Atikokan" },
	{ "America/Cordoba", "America/Argentina/Cordoba" },
	{ "America/Godthab", "America/Nuuk" },
	{ "America/Indianapolis", "America/Indiana/Indianapolis" },
	{ "America/Jujuy", "America/Argentina/Jujuy" },
	{ "America/Louisville", "America/Kentucky/Louisville" },
	{ "America/Mendoza", "America/Argentina/Mendoza" },
	{ "Asia/Calcutta", "Asia/Kolkata" },
	{ "Asia/Katmandu", "Asia/Kathmandu" },
	{ "Asia/Rangoon", "Asia/Yangon" },
	{ "Asia/Saigon", "Asia/Ho_Chi_Minh" },
	{ "Atlantic/Faeroe", "Atlantic/Faroe" },
	{ "Europe/Kiev", "Europe/Kyiv" },
	{ "Pacific/Enderbury", "Pacific/Kanton" },
	{ "Pacific/Ponape", "Pacific/Pohnpei" },
	{ "Pacific/Truk", "Pacific/Chuuk" },
};

/* The one name of all that are the same zone. */
static bool put_canonical(const struct zone *z, char out[ZONE_NAME_MAX])
{
	UChar name[ZONE_NAME_MAX], canonical[ZONE_NAME_MAX];
	UErrorCode rc = U_ZERO_ERROR;

	u_charsToUChars(z->name, name, (int32_t)strlen(z->name) + 1);
	ucal_getCanonicalTimeZoneID(name, -1, canonical, ZONE_NAME_MAX, NULL, &rc);
	if (U_FAILURE(rc) || rc == U_STRING_NOT_TERMINATED_WARNING)
		return false;
	u_UCharsToChars(canonical, out, u_strlen(canonical) + 1);
	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (strcmp(out, renamed[i][0]) == 0 && find(renamed[i][1]))
			memcpy(out, renamed[i][1], strlen(renamed[i][1]) + 1);
	return find(out) != NULL;
}

/* What Windows calls it; empty: nothing. */
static void put_windows(struct zone *z, char out[ZONE_NAME_MAX])
{
	UChar name[ZONE_NAME_MAX], windows[ZONE_NAME_MAX];
	UErrorCode rc = U_ZERO_ERROR;
	int32_t n;

	pthread_mutex_lock(&z->lock);
	if (!z->windows_known) {
		u_charsToUChars(z->name, name, (int32_t)strlen(z->name) + 1);
		n = ucal_getWindowsTimeZoneID(name, -1, windows, ZONE_NAME_MAX, &rc);
		if (U_SUCCESS(rc) && n < ZONE_NAME_MAX)
			u_UCharsToChars(windows, z->windows, n);
		z->windows_known = true;
	}
	memcpy(out, z->windows, ZONE_NAME_MAX);
	pthread_mutex_unlock(&z->lock);
}

/* By its exact name. */
static struct zone *by_windows(const char *windows, const char *territory)
{
	UChar name[ZONE_NAME_MAX], found[ZONE_NAME_MAX];
	char text[ZONE_NAME_MAX] = "";
	UErrorCode rc = U_ZERO_ERROR;
	int32_t n;

	u_charsToUChars(windows, name, (int32_t)strlen(windows) + 1);
	n = ucal_getTimeZoneIDForWindowsID(name, -1, *territory ? territory : NULL, found,
					   ZONE_NAME_MAX, &rc);
	if (U_FAILURE(rc) || n <= 0 || n >= ZONE_NAME_MAX)
		return NULL;
	u_UCharsToChars(found, text, n);
	return find(text);
}

/* In any case: ICU finds a Windows name only as Windows writes it, so that of each zone is
 * looked at. */
static struct zone *by_windows_any(const char *windows, const char *territory)
{
	char name[ZONE_NAME_MAX];

	for (size_t i = 0; i < zones.n; i++) {
		put_windows(&zones.at[i], name);
		if (strcasecmp(name, windows) == 0)
			return by_windows(name, territory);
	}
	return NULL;
}

/* "SE" or "001"; whatever else is no territory. */
static void read_territory(struct brg_str s, char out[4])
{
	out[0] = '\0';
	if (s.len < 2 || s.len > 3)
		return;
	for (size_t i = 0; i < s.len; i++) {
		out[i] = s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? (char)(s.ptr[i] - 32) : s.ptr[i];
		if (!(out[i] >= 'A' && out[i] <= 'Z') && !(out[i] >= '0' && out[i] <= '9'))
			out[i] = '_';
	}
	out[s.len] = '\0';
}

bool zone_canonical(struct brg_str name, struct brg_str territory, char out[ZONE_NAME_MAX])
{
	char text[ZONE_NAME_MAX], place[4];
	struct zone *z;

	if (!name_of(name, text))
		return false;
	read_territory(territory, place);
	z = find(text);
	if (!z)
		z = by_windows(text, place);
	if (!z)
		z = by_windows_any(text, place);
	return z && put_canonical(z, out);
}

bool zone_windows(struct brg_str iana, char out[ZONE_NAME_MAX])
{
	char text[ZONE_NAME_MAX];
	struct zone *z = name_of(iana, text) ? find(text) : NULL;

	if (!z)
		return false;
	put_windows(z, out);
	return *out != '\0';
}

/* ---- moments --------------------------------------------------------------------------------*/

/* The zone's lock is held. */
static bool open_calendar(struct zone *z)
{
	UChar name[ZONE_NAME_MAX];
	UErrorCode rc = U_ZERO_ERROR;

	if (z->calendar)
		return true;
	u_charsToUChars(z->name, name, (int32_t)strlen(z->name) + 1);
	z->calendar = ucal_open(name, -1, "en_US", UCAL_GREGORIAN, &rc);
	if (U_FAILURE(rc)) {
		ucal_close(z->calendar);
		z->calendar = NULL;
	}
	return z->calendar != NULL;
}

/* Milliseconds that the zone's clocks are ahead of UTC at a moment. */
static int64_t offset_at(UCalendar *calendar, double ms, UErrorCode *rc)
{
	ucal_setMillis(calendar, ms, rc);
	return ucal_get(calendar, UCAL_ZONE_OFFSET, rc) + ucal_get(calendar, UCAL_DST_OFFSET, rc);
}

bool zone_instant(struct brg_str local, struct brg_str zone, int64_t *us)
{
	struct zone *z = zone_of(zone);
	UErrorCode rc = U_ZERO_ERROR;
	int32_t standard = 0, summer = 0;
	int64_t s;

	if (!z || !read_local(local, &s))
		return false;
	pthread_mutex_lock(&z->lock);
	if (open_calendar(z)) {
		ucal_setMillis(z->calendar, (double)(s * 1000), &rc);
		/* By the clock from before the change, whichever way it goes. */
		ucal_getTimeZoneOffsetFromLocal(z->calendar, UCAL_TZ_LOCAL_FORMER,
						UCAL_TZ_LOCAL_FORMER, &standard, &summer, &rc);
	} else {
		rc = U_MISSING_RESOURCE_ERROR;
	}
	pthread_mutex_unlock(&z->lock);
	*us = s * SECOND_US - (standard + summer) * INT64_C(1000);
	return U_SUCCESS(rc);
}

bool zone_wall(int64_t us, struct brg_str zone, char out[20])
{
	const int64_t limit = 400000 * 366 * DAY_S; /* ICU's doubles are exact there */
	struct zone *z = zone_of(zone);
	UErrorCode rc = U_ZERO_ERROR;
	int64_t s = us / SECOND_US, offset = 0;

	s -= us % SECOND_US < 0;
	if (!z || s < -limit || s > limit)
		return false;
	pthread_mutex_lock(&z->lock);
	if (open_calendar(z))
		offset = offset_at(z->calendar, (double)(s * 1000), &rc);
	else
		rc = U_MISSING_RESOURCE_ERROR;
	pthread_mutex_unlock(&z->lock);
	return U_SUCCESS(rc) && write_local(s + offset / 1000, out);
}

/* ---- what the rules are ---------------------------------------------------------------------*/

#define RULES_END_S INT64_C(4133980800) /* 2101-01-01 */

static uint64_t add_number(uint64_t h, int64_t number)
{
	for (int i = 0; i < 8; i++) /* FNV-1a */
		h = (h ^ ((uint64_t)number >> 8 * i & 255)) * UINT64_C(1099511628211);
	return h;
}

/* Each change of the offset, and to what. Positive as a signed number too, for those who store
 * it; 0 on failure. */
static uint64_t hash_rules(UCalendar *calendar)
{
	UErrorCode rc = U_ZERO_ERROR;
	int64_t offset = offset_at(calendar, 0, &rc), next;
	uint64_t h = add_number(UINT64_C(14695981039346656037), offset);
	UDate at = 0;

	while (U_SUCCESS(rc) &&
	       ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &at, &rc) &&
	       at < (double)RULES_END_S * 1000) {
		next = offset_at(calendar, at, &rc);
		if (next != offset)
			h = add_number(add_number(h, (int64_t)at), next);
		offset = next;
	}
	h &= INT64_MAX;
	return U_FAILURE(rc) ? 0 : h ? h : 1;
}

uint64_t zone_fingerprint(struct brg_str zone)
{
	struct zone *z = zone_of(zone);
	uint64_t h;

	if (!z)
		return 0;
	pthread_mutex_lock(&z->lock);
	if (!z->fingerprint && open_calendar(z))
		z->fingerprint = hash_rules(z->calendar);
	h = z->fingerprint;
	pthread_mutex_unlock(&z->lock);
	return h;
}

const char *zone_data_version(void)
{
	UErrorCode rc = U_ZERO_ERROR;
	const char *version = ucal_getTZDataVersion(&rc);

	return U_SUCCESS(rc) ? version : "";
}
