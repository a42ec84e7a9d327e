/* SPDX-License-Identifier: Apache-2.0
 *
 * What a machine wrote for machines is believed wherever a machine sent it; what it wrote for
 * people only where its envelope or its sender shows that no person did. So people may quote,
 * forward and discuss bounces as they like.
 */
#include "core/report-private.h"

const char *report_kind_name(int kind)
{
	static const char *const names[] = { "none", "delivery", "disposition", "answer" };

	return kind >= REPORT_NONE && kind <= REPORT_ANSWER ? names[kind] : "none";
}

const char *report_state_name(int state)
{
	static const char *const names[] = {
		"unknown",	"delivered", "delayed", "bounced-soft",
		"bounced-hard", "read",	     "deleted", "auto-answered"
	};

	return state >= REPORT_UNKNOWN && state <= REPORT_ANSWERED ? names[state] : "unknown";
}

/* ---- what is found --------------------------------------------------------------------------*/

void report_about(struct lens *l, struct brg_str id)
{
	struct report *out = l->out;

	if (id.len == 0 || out->n_about == REPORT_ABOUT_MAX)
		return;
	for (size_t i = 0; i < out->n_about; i++)
		if (brg_str_eq(out->about[i], id))
			return;
	if (!out->about)
		out->about = arena_alloc(l->arena, REPORT_ABOUT_MAX * sizeof(*out->about));
	out->about[out->n_about++] = id;
}

struct report_recipient *report_recipient(struct lens *l)
{
	struct report *out = l->out;
	size_t n = out->n_recipients;

	if (n == REPORT_RECIPIENTS_MAX)
		return NULL;
	/* Room grows by powers of two. */
	if ((n & (n - 1)) == 0) {
		struct report_recipient *grown =
			arena_alloc(l->arena, (n ? 2 * n : 1) * sizeof(*grown));

		if (n)
			memcpy(grown, out->recipients, n * sizeof(*grown));
		out->recipients = grown;
	}
	out->recipients[n] = (struct report_recipient){
		.address = MIME_NONE, .other = MIME_NONE, .status = MIME_NONE, .said = MIME_NONE
	};
	return &out->recipients[out->n_recipients++];
}

void report_returned(struct lens *l, const struct mime_header *returned)
{
	report_about(l, returned->message_id);
	if (l->out->original_subject.len == 0)
		l->out->original_subject = returned->subject;
	if (l->returned_to.len == 0 && returned->n_to == 1 && returned->n_cc == 0)
		l->returned_to = returned->to[0].address;
}

/* What the report itself answers to, the nearest first. */
static void about_threads(struct lens *l)
{
	struct brg_str rest = l->header->references;

	report_about(l, l->header->in_reply_to);
	while (rest.len) {
		const char *blank = memrchr(rest.ptr, ' ', rest.len);
		const char *id = blank ? blank + 1 : rest.ptr;

		report_about(l, (struct brg_str){ id, (size_t)(rest.ptr + rest.len - id) });
		rest.len = blank ? (size_t)(blank - rest.ptr) : 0;
	}
}

/* ---- who wrote it ---------------------------------------------------------------------------*/

static bool is_type(const struct mime_header *h, const char *type)
{
	return brg_str_eq(h->content_type, brg_cstr(type));
}

/* MAILER-DAEMON and its like. */
static bool from_robot(const struct mime_header *h, struct brg_arena *arena)
{
	return report_begins(WORDS_ROBOTS, report_fold(h->from_address, arena));
}

static bool by_machine(const struct mime_header *h, struct brg_arena *arena)
{
	return h->null_sender || h->automatic || from_robot(h, arena) ||
	       is_type(h, "multipart/report");
}

/* Is its prose to be believed? Programs that write to everybody may well write of bounces. */
static bool by_daemon(const struct mime_header *h, struct brg_arena *arena)
{
	return is_type(h, "multipart/report") || from_robot(h, arena) ||
	       (h->null_sender && h->list_id.len == 0);
}

/* ---- automatic answers ----------------------------------------------------------------------*/

/* Without "Re:" and the like, which some answer with. */
static struct brg_str bare_subject(struct brg_str s)
{
	while (s.len > 3 && (s.ptr[2] == ':' || s.ptr[3] == ':')) {
		size_t n = s.ptr[2] == ':' ? 3 : 4;

		while (n < s.len && s.ptr[n] == ' ')
			n++;
		s = (struct brg_str){ s.ptr + n, s.len - n };
	}
	return s;
}

/* A program says that it answers, or that it wrote, under a subject that answers have. */
static bool is_answer(const struct mime_header *h, struct brg_arena *arena)
{
	bool machine = h->automatic || h->null_sender || h->no_auto_reply;
	bool answers = h->in_reply_to.len || h->references.len;
	struct brg_str subject;

	if (h->auto_reply)
		return true;
	if (!machine || is_type(h, "multipart/report"))
		return false;
	subject = bare_subject(report_fold(h->subject, arena));
	if (report_begins(WORDS_AWAY, subject))
		return true;
	return answers && (report_begins(WORDS_HOLIDAY, subject) || h->null_sender);
}

/* Does only its body tell what it answers? */
static bool answers_silently(const struct mime_header *h)
{
	return h->in_reply_to.len == 0 && h->references.len == 0;
}

bool report_likely(const struct mime_header *h, struct brg_arena *scratch)
{
	return h->null_sender || is_type(h, "multipart/report") || from_robot(h, scratch) ||
	       (h->auto_reply && answers_silently(h)) ||
	       report_begins(WORDS_RECEIPTS, report_fold(h->subject, scratch));
}

static int read_answer(struct lens *l, struct brg_err *err)
{
	struct report_recipient *r = report_recipient(l);

	l->out->kind = REPORT_ANSWER;
	l->out->shape = "answer";
	r->address = l->header->from_address;
	r->state = REPORT_ANSWERED;
	about_threads(l);
	return l->raw && answers_silently(l->header) ? report_returned_parts(l, err) : 0;
}

/* ---- the whole ------------------------------------------------------------------------------*/

/* Reports on other things have a type of their own: complaints (RFC 5965), TLS (RFC 8460). */
static bool other_report(const struct mime_header *h)
{
	return is_type(h, "multipart/report") && h->report_type.len &&
	       !brg_str_eq(h->report_type, brg_cstr("delivery-status")) &&
	       !brg_str_eq(h->report_type, brg_cstr("disposition-notification"));
}

/* A status part in the mail of a person is one that he passes on; but whoever notifies of a
 * disposition does it in his own name (RFC 8098 section 3). */
static bool is_believed(const struct lens *l)
{
	return by_machine(l->header, l->arena) ||
	       (l->out->kind == REPORT_DISPOSITION &&
		brg_str_eq(l->out->recipients[0].address, l->header->from_address));
}

/* No status part, but is it of those who write for people? */
static bool may_be_prose(const struct lens *l, bool by_robot)
{
	return by_daemon(l->header, l->arena) && (by_robot || !is_answer(l->header, l->arena));
}

static int read_whole(struct lens *l, struct brg_err *err)
{
	bool by_robot = from_robot(l->header, l->arena) || is_type(l->header, "multipart/report");
	int rc = mime_message(l->raw, l->arena, &l->message, err);

	if (rc == 0)
		rc = report_status_parts(l, err);
	if (rc < 0 || (rc > 0 && !is_believed(l)) || (rc == 0 && !may_be_prose(l, by_robot))) {
		l->out->kind = REPORT_NONE;
		return rc < 0 ? rc : 0;
	}
	rc = report_returned_parts(l, err);
	if (rc == 0 && !l->out->kind)
		rc = report_prose(l, by_robot, err);
	if (rc >= 0)
		about_threads(l);
	return rc < 0 ? rc : 0;
}

int report_read(struct brg_blob *raw, const struct mime_header *h, struct brg_arena *arena,
		struct report *out, struct brg_err *err)
{
	struct lens l = { .raw = raw, .header = h, .arena = arena, .out = out };
	int rc = 0;

	*out = (struct report){ .original_subject = MIME_NONE, .shape = "" };
	if (other_report(h))
		return 0;
	if (raw)
		rc = read_whole(&l, err);
	if (rc < 0)
		return rc;
	if (!out->kind) {
		*out = (struct report){ .original_subject = MIME_NONE, .shape = "" };
		if (is_answer(h, arena))
			rc = read_answer(&l, err);
	}
	return rc;
}
