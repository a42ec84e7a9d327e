/* SPDX-License-Identifier: Apache-2.0
 *
 * Mails about mail: whatever the bytes, what is told of them is text within bounds, a mail that is
 * no report tells nothing, and from a header alone nothing is read but automatic answers.
 */
#include "core/report.h"
#include "tests/fuzz/check_text.h"

#include <ctype.h>
#include <string.h>

static struct brg_err err = BRG_ERR_INIT;

/* "5.1.1" (RFC 3463 section 2), or empty. */
static void check_status(struct brg_str s)
{
	size_t dots = 0;

	for (size_t i = 0; i < s.len; i++) {
		PROMISE(isdigit((unsigned char)s.ptr[i]) || s.ptr[i] == '.');
		dots += s.ptr[i] == '.';
	}
	PROMISE(s.len == 0 || (s.len >= 5 && s.len <= 11 && dots >= 2));
}

static void check_report(const struct report *r)
{
	PROMISE(r->kind >= REPORT_NONE && r->kind <= REPORT_ANSWER && r->shape);
	PROMISE(r->n_about <= REPORT_ABOUT_MAX && r->n_recipients <= REPORT_RECIPIENTS_MAX);
	PROMISE(r->kind || (!r->n_about && !r->n_recipients && !*r->shape));
	for (size_t i = 0; i < r->n_about; i++) {
		PROMISE(r->about[i].len > 0);
		check_text(r->about[i], false);
		for (size_t k = 0; k < i; k++)
			PROMISE(!brg_str_eq(r->about[i], r->about[k]));
	}
	for (size_t i = 0; i < r->n_recipients; i++) {
		const struct report_recipient *one = &r->recipients[i];

		PROMISE(one->state >= REPORT_UNKNOWN && one->state <= REPORT_ANSWERED);
		check_text(one->address, false);
		check_text(one->other, false);
		check_text(one->said, false);
		check_status(one->status);
		PROMISE(one->said.len <= 500);
	}
	check_text(r->original_subject, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct brg_blob *raw = blob_new(arena);
	struct mime_header header;
	struct report whole, head;

	mime_init();
	PROMISE(blob_add(raw, bytes, n, &err) == 0);
	mime_header((struct brg_str){ (const char *)bytes, n }, arena, &header);
	PROMISE(report_read(raw, &header, arena, &whole, &err) == 0);
	check_report(&whole);
	PROMISE(report_read(NULL, &header, arena, &head, &err) == 0);
	check_report(&head);
	PROMISE(head.kind == REPORT_NONE || head.kind == REPORT_ANSWER);
	if (whole.kind == REPORT_ANSWER && !report_likely(&header, arena))
		PROMISE(head.kind == REPORT_ANSWER);
	arena_free(&arena);
	return 0;
}
