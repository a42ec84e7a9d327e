/* SPDX-License-Identifier: Apache-2.0
 *
 * Merges a second on one core: `merge [SECONDS]`. Things as they are met most: nothing changed;
 * two of twenty fields did; a series with attendees and occurrences.
 */
#include "core/merge.h"

#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_image(int kind, const char *json, struct brg_arena *arena, struct image *out)
{
	struct brg_err err = BRG_ERR_INIT;

	if (image_from_json(field_builtin(), kind, brg_cstr(json), arena, out, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.params);
		exit(1);
	}
}

#define CONTACT(title, phone)                                                                   \
	"{\"given\":\"Anna\",\"surname\":\"Berg\",\"full_name\":\"Anna Berg\","                 \
	"\"file_as\":\"Berg, Anna\",\"email1\":\"anna@firm.example\",\"email1_name\":\"Anna\"," \
	"\"company\":\"Firm\",\"department\":\"Sales\",\"job_title\":\"" title "\","            \
	"\"manager\":\"Bo\",\"birthday\":\"1970-01-01\",\"web_page\":\"https://firm.example\"," \
	"\"business_phone\":\"" phone "\",\"mobile_phone\":\"2\",\"home_phone\":\"3\","         \
	"\"business_street\":\"Storgatan 1\",\"business_city\":\"Lund\","                       \
	"\"business_country\":\"Sverige\",\"business_postal_code\":\"22222\","                  \
	"\"categories\":[\"customer\",\"north\"]}"

#define SERIES(place, role, subject)                                                           \
	"{\"subject\":\"Meeting\",\"start\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":"      \
	"\"Europe/Stockholm\"},\"end\":{\"local\":\"2026-11-30T10:00:00\",\"zone\":"           \
	"\"Europe/Stockholm\"},\"recurrence\":\"FREQ=WEEKLY\",\"location\":\"" place "\","     \
	"\"attendees\":{\"a@x\":{\"role\":\"" role "\"},\"b@x\":{\"role\":\"required\"},"      \
	"\"c@x\":{\"role\":\"required\"},\"d@x\":{\"role\":\"optional\"}},\"occurrences\":"    \
	"{\"2026-12-07T09:00:00\":{\"subject\":\"" subject "\"},\"2026-12-14T09:00:00\":null," \
	"\"2026-12-21T09:00:00\":{\"location\":\"Home\"}}}"

static const struct {
	const char *name;
	int kind;
	const char *base, *record, *item;
} cases[] = {
	{ "20 fields, nothing changed", BRG_CONTACT, CONTACT("Boss", "1"), CONTACT("Boss", "1"),
	  CONTACT("Boss", "1") },
	{ "20 fields, 2 changed", BRG_CONTACT, CONTACT("Boss", "1"), CONTACT("Chief", "1"),
	  CONTACT("Boss", "4") },
	{ "a series, 3 changed", BRG_APPOINTMENT, SERIES("Here", "required", "A"),
	  SERIES("There", "optional", "A"), SERIES("Here", "required", "B") },
};

static void measure(size_t which, double seconds)
{
	struct brg_arena *kept = arena_new(), *arena = arena_new();
	struct image base, base_item, record, item;
	struct merge_in in = { .table = field_builtin(),
			       .kind = cases[which].kind,
			       .base_record = &base,
			       .base_item = &base_item,
			       .record = &record,
			       .item = &item,
			       .record_us = 3,
			       .item_after_us = 1,
			       .item_us = 2 };
	struct merge_out out;
	double start, took;
	long n = 0;

	/* Each read by itself, so that nothing is shared. */
	read_image(in.kind, cases[which].base, kept, &base);
	read_image(in.kind, cases[which].base, kept, &base_item);
	read_image(in.kind, cases[which].record, kept, &record);
	read_image(in.kind, cases[which].item, kept, &item);
	start = now();
	do {
		for (int i = 0; i < 1000; i++) {
			arena_reset(arena);
			merge(&in, arena, &out);
		}
		n += 1000;
		took = now() - start;
	} while (took < seconds);
	printf("%-28s %10.0f merges/s\n", cases[which].name, (double)n / took);
	arena_free(&arena);
	arena_free(&kept);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		measure(i, seconds);
	return 0;
}
