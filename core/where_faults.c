/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be wrong with a filter. All have the parameters column, found, expected, field, kind;
 * `expected` is always something to write, so that it reads the same in every language.
 */
#include "core/where-private.h"

#include "core/faults.h"

#define MANUAL " The manual page brygga-filter(7) has the whole language."

REFUSAL(where_too_long, "BRG-SYNC-0070",
	"the filter is too long: it goes beyond column {column}, and {expected} bytes are the most",
	"filtret är för långt: det går förbi kolumn {column}, och {expected} byte är det mesta",
	"Several filters of one mailbox and kind add up, so a long one can be cut in two where it "
	"says or. A list of names is shorter as `FIELD in (one, two, three)`.");
REFUSAL(where_bad_character, "BRG-SYNC-0071",
	"column {column}: {found} is no part of the language; in a text it needs quotes: {expected}",
	"kolumn {column}: {found} hör inte till språket; i en text behövs citattecken: {expected}",
	"Names, words and numbers may stand as they are; a text with blanks or other characters "
	"stands in straight quotes, not in those of a word processor. Control characters, and bytes "
	"that are not UTF-8, may not stand anywhere." MANUAL);
REFUSAL(where_open_quote, "BRG-SYNC-0072",
	"column {column}: the text {found} has no end; expected {expected}",
	"kolumn {column}: texten {found} har inget slut; väntade {expected}",
	"A text that begins with a straight quote ends with one. A quote within it is written \\\"." MANUAL);
REFUSAL(where_bad_escape, "BRG-SYNC-0073",
	"column {column}: {found} means nothing in a text; expected {expected}",
	"kolumn {column}: {found} betyder inget i en text; väntade {expected}",
	"Within quotes a backslash stands only before a quote or before another backslash." MANUAL);
REFUSAL(where_no_condition, "BRG-SYNC-0074",
	"column {column}: found {found} where a condition begins, expected for example {expected}",
	"kolumn {column}: hittade {found} där ett villkor börjar, väntade till exempel {expected}",
	"A condition is the name of a field, a comparison and a value. Conditions are joined by and, "
	"or, not and parentheses." MANUAL);
REFUSAL(where_other_word, "BRG-SYNC-0075", "column {column}: found {found}, expected {expected}",
	"kolumn {column}: hittade {found}, väntade {expected}",
	"The filter is right up to this column." MANUAL);
REFUSAL(where_ends, "BRG-SYNC-0076",
	"the filter ends at column {column} after \"{found}\", expected {expected}",
	"filtret slutar i kolumn {column} efter \"{found}\", väntade {expected}",
	"Something is missing behind the last word. A filter that says nothing is refused, because "
	"it would take everything; the filter that does is `all`." MANUAL);
REFUSAL(where_near_field, "BRG-SYNC-0077",
	"column {column}: {found} is no field of {kind}, was {expected} meant?",
	"kolumn {column}: {found} är inget fält hos {kind}, menades {expected}?",
	"`brygga filter fields` lists the fields of each kind, those of the organisation among them.");
REFUSAL(where_no_field, "BRG-SYNC-0078",
	"column {column}: {found} is no field of {kind}, expected for example {expected}",
	"kolumn {column}: {found} är inget fält hos {kind}, väntade till exempel {expected}",
	"`brygga filter fields` lists the fields of each kind, those of the organisation among them.");
REFUSAL(where_not_compared, "BRG-SYNC-0079",
	"column {column}: filters do not look into {found} of {kind}, expected for example {expected}",
	"kolumn {column}: filter ser inte in i {found} hos {kind}, väntade till exempel {expected}",
	"Long texts are kept, and not prepared for comparing. Compare another field, or give records "
	"that belong together a category.");
REFUSAL(where_no_op, "BRG-SYNC-0080",
	"column {column}: {field} is not compared by {found}, expected {expected}",
	"kolumn {column}: {field} jämförs inte med {found}, väntade {expected}",
	"What a field can be compared by depends on what it has: a text, a number, yes or no, one of "
	"a few words, a list, a date or a moment." MANUAL);
REFUSAL(where_no_word, "BRG-SYNC-0081",
	"column {column}: {field} is never {found}, expected {expected}",
	"kolumn {column}: {field} är aldrig {found}, väntade {expected}",
	"The field has one of a few words, and nothing else; they are the same in every language.");
REFUSAL(where_no_number, "BRG-SYNC-0082",
	"column {column}: {field} is a whole number, found {found}, expected for example {expected}",
	"kolumn {column}: {field} är ett heltal, hittade {found}, väntade till exempel {expected}",
	"A number has digits only, with a minus before it if need be." MANUAL);
REFUSAL(where_no_flag, "BRG-SYNC-0083",
	"column {column}: {field} is either or, found {found}, expected {expected}",
	"kolumn {column}: {field} är antingen eller, hittade {found}, väntade {expected}",
	"The field has two values, the same words in every language." MANUAL);
REFUSAL(where_no_day, "BRG-SYNC-0084",
	"column {column}: {found} is no time for {field}, expected for example {expected}",
	"kolumn {column}: {found} är ingen tid för {field}, väntade till exempel {expected}",
	"A day is written YYYY-MM-DD and must be in the calendar; a moment is a day, the letter T and "
	"a time of 24 hours, in the time zone of the mailbox's owner. today and now move as time goes. "
	"A field of dates knows no time of day, so no now." MANUAL);
REFUSAL(where_no_span, "BRG-SYNC-0085",
	"column {column}: {found} is no span of time here, expected for example {expected}",
	"kolumn {column}: {found} är ingen tidsrymd här, väntade till exempel {expected}",
	"today moves by days (d) and weeks (w), now by hours (h), days of 24 hours, and weeks. Months "
	"and years have no fixed length: write days. A hundred years are the most." MANUAL);
REFUSAL(where_not_watched, "BRG-SYNC-0086",
	"column {column}: {field} is not watched as time goes, so {found} says nothing lasting, expected "
	"for example {expected}",
	"kolumn {column}: {field} följs inte när tiden går, så {found} säger inget bestående, väntade "
	"till exempel {expected}",
	"A relative date makes records enter and leave the filter with nobody touching them; the store "
	"looks for those by fields that are in an index of time. Compare this one with a fixed date, or "
	"another one, such as start or due, with the relative date.");
REFUSAL(where_nobody, "BRG-SYNC-0087",
	"column {column}: {field} is compared with an id, found {found}, expected for example {expected}",
	"kolumn {column}: {field} jämförs med ett id, hittade {found}, väntade till exempel {expected}",
	"owner and party take me, the owner of the mailbox that the filter is used for, or the id of a "
	"user; regarding takes the id of a reference." MANUAL);
REFUSAL(where_empty_text, "BRG-SYNC-0088",
	"column {column}: nothing is compared with the text {found}, expected {expected}",
	"kolumn {column}: inget jämförs med texten {found}, väntade {expected}",
	"A text without letters is equal to nothing. What has no value is found by is not set." MANUAL);
REFUSAL(where_too_deep, "BRG-SYNC-0089",
	"column {column}: conditions within conditions go too deep at {found}, {expected} levels are the "
	"most",
	"kolumn {column}: villkor inuti villkor går för djupt vid {found}, {expected} nivåer är det mesta",
	"Parentheses that change nothing can go, and so can not before not. Several filters of one "
	"mailbox and kind add up, so one can be cut in two where it says or.");

const struct brg_fault *const where_faults[] = {
	&where_too_long,     &where_bad_character, &where_open_quote,
	&where_bad_escape,   &where_no_condition,  &where_other_word,
	&where_ends,	     &where_near_field,	   &where_no_field,
	&where_not_compared, &where_no_op,	   &where_no_word,
	&where_no_number,    &where_no_flag,	   &where_no_day,
	&where_no_span,	     &where_not_watched,   &where_nobody,
	&where_empty_text,   &where_too_deep,	   NULL,
};
