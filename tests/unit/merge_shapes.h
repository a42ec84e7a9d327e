/* Things that people change, each in one part of it. */
#define TIMES                                                                           \
	"{\"start\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Europe/Stockholm\"}," \
	"\"end\":{\"local\":\"2026-11-30T10:00:00\",\"zone\":\"Europe/Stockholm\"},"    \
	"\"recurrence\":\"FREQ=WEEKLY\",\"subject\":\"x\""
#define SERIES		    TIMES ",\"location\":\"y\""
#define OCCURRENCE(fields)  SERIES ",\"occurrences\":{\"2026-12-07T09:00:00\":" fields "}}"
#define ATTENDEE(role)	    SERIES ",\"attendees\":{\"a@x\":{\"role\":\"" role "\"}}}"
#define PLACE(street, city) "{\"business_street\":\"" street "\",\"business_city\":\"" city "\"}"

/* As JSON, by letter; what loses where that is less. */
static const struct shape {
	const char *group; /* as losses name it */
	int kind;
	bool part; /* - is a part that is gone */
	struct {
		char letter;
		const char *value, *lost;
	} values[5];
} shapes[] = {
	{ "job_title",
	  BRG_CONTACT,
	  false,
	  { { 'b', "{\"job_title\":\"b\"}", NULL },
	    { 'o', "{\"job_title\":\"o\"}", NULL },
	    { 't', "{\"job_title\":\"t\"}", NULL },
	    { 's', "{\"job_title\":\"s\"}", NULL },
	    { '-', "{\"job_title\":null}", NULL } } },
	{ "business_address",
	  BRG_CONTACT,
	  false,
	  { { 'b', PLACE("b", "b"), NULL },
	    { 'o', PLACE("o", "b"), "{\"business_street\":\"o\"}" },
	    { 't', PLACE("b", "t"), "{\"business_city\":\"t\"}" },
	    { 's', PLACE("s", "s"), NULL },
	    { '-', "{\"business_street\":null,\"business_city\":null}", NULL } } },
	{ "occurrences/2026-12-07T09:00:00/location",
	  BRG_APPOINTMENT,
	  false,
	  { { 'b', OCCURRENCE("{\"location\":\"b\"}"),
	      "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":\"b\"}}}" },
	    { 'o', OCCURRENCE("{\"location\":\"o\"}"),
	      "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":\"o\"}}}" },
	    { 't', OCCURRENCE("{\"location\":\"t\"}"),
	      "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":\"t\"}}}" },
	    { 's', OCCURRENCE("{\"location\":\"s\"}"), NULL },
	    { '-', OCCURRENCE("{\"location\":null}"),
	      "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":null}}}" } } },
	{ "attendees/a@x",
	  BRG_APPOINTMENT,
	  true,
	  { { 'b', ATTENDEE("required"), NULL },
	    { 'o', ATTENDEE("optional"), "{\"attendees\":{\"a@x\":{\"role\":\"optional\"}}}" },
	    { 't', ATTENDEE("resource"), "{\"attendees\":{\"a@x\":{\"role\":\"resource\"}}}" },
	    { 's', ATTENDEE("resource"), NULL },
	    { '-', SERIES "}", "{}" } } },
	{ "occurrences/2026-12-07T09:00:00",
	  BRG_APPOINTMENT,
	  true,
	  { { 'b', OCCURRENCE("{\"location\":\"b\"}"), NULL },
	    { 'o', OCCURRENCE("{\"location\":\"o\"}"),
	      "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":\"o\"}}}" },
	    { 't', OCCURRENCE("{\"location\":\"t\"}"),
	      "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":\"t\"}}}" },
	    { 's', OCCURRENCE("{\"location\":\"s\"}"), NULL },
	    { '-', OCCURRENCE("null"), "{}" } } },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))
