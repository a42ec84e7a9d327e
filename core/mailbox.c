/* SPDX-License-Identifier: Apache-2.0
 *
 * What the core itself wants to know of a mailbox: which lanes, whose mail, since when. The
 * forms that people write are folded once, when they are applied, so that a visit compares
 * bytes.
 */
#include "core/mailbox.h"

#include "core/mime.h"
#include "core/options.h"
#include "core/problems.h"
#include "core/zone.h"
#include <brygga/storage.h>

#include <time.h>

#define OFFSET(member) offsetof(struct mailbox_settings, member)
#define OWNER(member)  offsetof(struct owner_settings, member)
#define STORED_MOMENT  "YYYY-MM-DDTHH:MM:SSZ"

/* In the order of the enums; yes and no stand behind. */
#define DELIVERY_WORDS "none|brygga|client|no|yes"
#define ACCEPT_WORDS   "all|none|senders|replies|contacts|records|usual"
#define INBOUND_WORDS  "none|tracked|all|usual"

const struct brg_option owner_options[] = {
	{ "accept", BRG_OPT_CHOICE, 0, OWNER(accept), "usual", ACCEPT_WORDS, 0, 0,
	  "Which email is taken by itself; usual: of a user the replies, of a queue all." },
	{ "senders", BRG_OPT_STRING, 0, OWNER(senders), "", NULL, 0, 0,
	  "Addresses and domains for accept = senders, with blanks or commas between them." },
	{ "delegates", BRG_OPT_STRING, 0, OWNER(delegates), "", NULL, 0, 0,
	  "Users who may send email in the name of this one." },
	{ "visibility", BRG_OPT_CHOICE, 0, OWNER(visibility), "reference",
	  "reference|private|team|everyone", 0, 0,
	  "Who may see the email that is tracked for it." },
	{ "forwarded", BRG_OPT_BOOL, 0, OWNER(forwarded), "no", NULL, 0, 0,
	  "Takes what a forward mailbox brings for its addresses." },
	{ "inbound-contacts", BRG_OPT_CHOICE, 0, OWNER(inbound[BRG_CONTACT]), "usual",
	  INBOUND_WORDS, 0, 0,
	  "Which contacts of the mailbox become records by themselves; usual: as [contact] of "
	  "brygga.conf says." },
	{ "inbound-tasks", BRG_OPT_CHOICE, 0, OWNER(inbound[BRG_TASK]), "usual", INBOUND_WORDS, 0,
	  0, "The same for tasks." },
	{ "inbound-appointments", BRG_OPT_CHOICE, 0, OWNER(inbound[BRG_APPOINTMENT]), "usual",
	  INBOUND_WORDS, 0, 0, "The same for appointments." },
	{ "time-zone", BRG_OPT_STRING, 0, OWNER(zone), "UTC", NULL, 0, 0,
	  "Where the days of his sync filters begin, such as Europe/Stockholm." },
	BRG_OPTION_END,
};

const struct brg_option mailbox_options[] = {
	{ "incoming", BRG_OPT_CHOICE, 0, OFFSET(incoming), "brygga", DELIVERY_WORDS, 0, 0,
	  "Who brings email from the mailbox into the store: brygga (yes), a client by promoting it, "
	  "or none (no)." },
	{ "outgoing", BRG_OPT_CHOICE, 0, OFFSET(outgoing), "none", DELIVERY_WORDS, 0, 0,
	  "Who sends email through the mailbox." },
	{ "act", BRG_OPT_CHOICE, 0, OFFSET(act), "none", DELIVERY_WORDS, 0, 0,
	  "Who keeps appointments, contacts and tasks in step." },
	{ "forward", BRG_OPT_BOOL, 0, OFFSET(forward), "no", NULL, 0, 0,
	  "The mailbox receives other people's mail as attachments; each goes to its user or "
	  "queue." },
	{ "accept", BRG_OPT_CHOICE, 0, OFFSET(accept), "usual", ACCEPT_WORDS, 0, 0,
	  "Which email is taken by itself; usual: as its user or queue says." },
	{ "senders", BRG_OPT_STRING, 0, OFFSET(senders), "", NULL, 0, 0,
	  "Addresses and domains for accept = senders, with blanks or commas between them." },
	{ "delete-after-store", BRG_OPT_BOOL, 0, OFFSET(delete_after_store), "no", NULL, 0, 0,
	  "Delete an email on the server once it is durably in the store; for queues." },
	{ "delete-user-mail", BRG_OPT_BOOL, 0, OFFSET(delete_user_mail), "no", NULL, 0, 0,
	  "Allow delete-after-store for the mailbox of a user." },
	{ "track-sent", BRG_OPT_BOOL, 0, OFFSET(track_sent), "no", NULL, 0, 0,
	  "Look also at what its owner has sent with other clients; whom it went to stands for the "
	  "sender." },
	{ "size-limit", BRG_OPT_SIZE, 0, OFFSET(size_limit), "0", NULL, 0, 0,
	  "Larger email is not taken; 0: no limit." },
	{ "received-after", BRG_OPT_STRING, 0, OFFSET(received_after), "", NULL, 0, 0,
	  "Older email is not taken: a date YYYY-MM-DD, an age such as 30d, or now." },
	{ "interval", BRG_OPT_DURATION, 0, OFFSET(interval_ms), "0", NULL, 0, 86400000,
	  "Normal time between visits; 0: as [schedule] says." },
	BRG_OPTION_END,
};

static const struct brg_fault bad_sender = {
	.code = "BRG-CONF-0040",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "senders takes addresses and domains such as anna@example.org or example.org, not "
	      "\"{value}\"",
	.sv = "senders ska vara adresser och domäner, till exempel anna@example.org eller "
	      "example.org, inte \"{value}\"",
	.help = "Separate them by blanks or commas. A domain stands for every address in it, not "
		"for those of its subdomains.",
};
static const struct brg_fault bad_after = {
	.code = "BRG-CONF-0041",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "received-after takes a date such as 2026-01-31, an age such as 30d, or now, not "
	      "\"{value}\"",
	.sv = "received-after ska vara ett datum, till exempel 2026-01-31, en ålder, till exempel "
	      "30d, eller now, inte \"{value}\"",
	.help = "A date begins at midnight UTC. An age and now are counted from the moment when "
		"the mailbox is applied for the first time with that value.",
};
static const struct brg_fault bad_address = {
	.code = "BRG-CONF-0042",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "\"{value}\" is no email address such as anna@example.org",
	.sv = "\"{value}\" är ingen e-postadress som anna@example.org",
	.help = "The address alone, without a name and without angle brackets.",
};

static const struct brg_fault bad_zone = {
	.code = "BRG-CONF-0043",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "time-zone takes a name such as Europe/Stockholm, not \"{value}\"",
	.sv = "time-zone ska vara ett namn som Europe/Stockholm, inte \"{value}\"",
	.help = "The names of the IANA time zone database; those of Windows are taken too.",
};

const struct brg_fault *const mailbox_faults[] = { &bad_sender, &bad_after, &bad_address, &bad_zone,
						   NULL };

int delivery_of(int setting)
{
	return setting == 3 ? DELIVERY_NONE : setting == 4 ? DELIVERY_BRYGGA : setting;
}

int mailbox_accept(const struct mailbox_settings *mailbox, const struct owner_settings *owner,
		   int owner_type, const char **senders)
{
	*senders = mailbox->senders;
	if (mailbox->accept != ACCEPT_USUAL)
		return mailbox->accept;
	*senders = owner->senders;
	if (owner->accept != ACCEPT_USUAL)
		return owner->accept;
	return owner_type == BRG_QUEUE ? ACCEPT_ALL : ACCEPT_REPLIES;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* A domain: labels of letters, digits, hyphens and non-ASCII, with dots between them. */
static bool is_domain(struct brg_str s)
{
	if (s.len == 0 || s.len > 253 || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = fold(s.ptr[i]);

		if (c == '.' && s.ptr[i - 1] != '.')
			continue;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		      (c & 0x80)))
			return false;
	}
	return true;
}

static bool is_address(struct brg_str s)
{
	const char *at = s.len ? memrchr(s.ptr, '@', s.len) : NULL;
	size_t local = at ? (size_t)(at - s.ptr) : 0;

	if (local == 0 || local > 64 || !is_domain((struct brg_str){ at + 1, s.len - local - 1 }))
		return false;
	for (size_t i = 0; i < local; i++)
		if (strchr(" \t\"<>()[]\\,;:@", s.ptr[i]))
			return false;
	return true;
}

int mailbox_fold_address(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
			 struct brg_err *err)
{
	if (!is_address(text))
		return brg_fail(err, &bad_address, "value=%s", problems_show(arena, text));
	*out = mime_fold(text, arena); /* as those of mail, or they would not meet */
	return 0;
}

int mailbox_fold_zone(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
		      struct brg_err *err)
{
	char name[ZONE_NAME_MAX];

	if (!zone_canonical(text, brg_cstr(""), name))
		return brg_fail(err, &bad_zone, "value=%s", problems_show(arena, text));
	/* ICU's own name for it is Etc/UTC, which nobody writes. */
	*out = strcmp(name, "Etc/UTC") == 0 ? brg_cstr("UTC") : arena_str(arena, brg_cstr(name));
	return 0;
}

bool mailbox_next_word(struct brg_str *rest, struct brg_str *word)
{
	size_t n = 0;

	while (rest->len && strchr(" \t,", rest->ptr[0])) {
		rest->ptr++;
		rest->len--;
	}
	while (n < rest->len && !strchr(" \t,", rest->ptr[n]))
		n++;
	*word = (struct brg_str){ rest->ptr, n };
	rest->ptr += n;
	rest->len -= n;
	return n > 0;
}

int mailbox_fold_addresses(struct brg_str text, struct brg_arena *arena, struct brg_str **out,
			   size_t *n, struct brg_err *err)
{
	struct brg_str word;

	*out = arena_alloc(arena, (text.len / 2 + 1) * sizeof(**out));
	*n = 0;
	while (mailbox_next_word(&text, &word)) {
		bool twice = false;

		if (mailbox_fold_address(word, arena, &word, err) < 0)
			return err->code;
		for (size_t i = 0; i < *n; i++)
			twice = twice || brg_str_eq((*out)[i], word);
		if (!twice)
			(*out)[(*n)++] = word;
	}
	return 0;
}

int mailbox_fold_senders(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
			 struct brg_err *err)
{
	char *buf = arena_alloc(arena, 3 * text.len + 2);
	struct brg_str word;
	size_t n = 0;

	while (mailbox_next_word(&text, &word)) {
		struct brg_str bare = word;

		if (bare.ptr[0] == '@') {
			bare.ptr++;
			bare.len--;
		}
		if (!is_domain(bare) && !is_address(word))
			return brg_fail(err, &bad_sender, "value=%s", problems_show(arena, word));
		if (n)
			buf[n++] = ' ';
		bare = mime_fold(bare, arena);
		memcpy(buf + n, bare.ptr, bare.len);
		n += bare.len;
	}
	*out = (struct brg_str){ buf, n };
	return 0;
}

bool mailbox_sender(const char *senders, struct brg_str address, struct brg_str *entry)
{
	struct brg_str rest = brg_cstr(senders), word;

	while (mailbox_next_word(&rest, &word)) {
		bool whole = memchr(word.ptr, '@', word.len) != NULL;
		size_t i = 0, skip = address.len - word.len;

		if (word.len > address.len || (whole && skip) ||
		    (!whole && (skip == 0 || address.ptr[skip - 1] != '@')))
			continue;
		while (i < word.len && fold(address.ptr[skip + i]) == word.ptr[i])
			i++;
		if (i == word.len) {
			if (entry)
				*entry = word;
			return true;
		}
	}
	return false;
}

/* Text as the pattern shapes it: letters stand for digits, the rest for itself. */
static bool shaped(struct brg_str text, const char *pattern, size_t n)
{
	if (text.len != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strchr("YMDHS", pattern[i]) ? text.ptr[i] < '0' || text.ptr[i] > '9'
						: text.ptr[i] != pattern[i])
			return false;
	return true;
}

static int two(const char *p)
{
	return 10 * (p[0] - '0') + p[1] - '0';
}

/* Seconds of "YYYY-MM-DD" or the stored form; -1 if it is neither or no such day. */
static int64_t moment(struct brg_str text)
{
	bool date = shaped(text, STORED_MOMENT, 10), whole = shaped(text, STORED_MOMENT, 20);
	struct tm tm = { 0 }, back;
	time_t t;

	if (!date && !whole)
		return -1;
	tm.tm_year = 100 * two(text.ptr) + two(text.ptr + 2) - 1900;
	tm.tm_mon = two(text.ptr + 5) - 1;
	tm.tm_mday = two(text.ptr + 8);
	if (whole) {
		tm.tm_hour = two(text.ptr + 11);
		tm.tm_min = two(text.ptr + 14);
		tm.tm_sec = two(text.ptr + 17);
	}
	back = tm;
	t = timegm(&back);
	return t >= 0 && back.tm_mday == tm.tm_mday && back.tm_hour == tm.tm_hour &&
			       back.tm_mon == tm.tm_mon && back.tm_min == tm.tm_min
		       ? (int64_t)t
		       : -1;
}

int64_t mailbox_after_us(const struct mailbox_settings *settings)
{
	struct brg_str text = brg_cstr(settings->received_after);
	int64_t seconds = text.len ? moment(text) : 0;

	return seconds > 0 ? seconds * 1000000 : 0;
}

int mailbox_fold_after(struct brg_str text, int64_t now_us, struct brg_arena *arena,
		       struct brg_str *out, struct brg_err *err)
{
	int64_t seconds = moment(text), age_ms;
	char buf[32];
	struct tm tm;
	time_t t;

	if (brg_str_eq(text, brg_cstr("now")))
		seconds = now_us / 1000000;
	else if (seconds < 0 && option_duration(text, &age_ms) == 0 && age_ms <= now_us / 1000)
		seconds = (now_us / 1000 - age_ms) / 1000;
	if (seconds < 0)
		return brg_fail(err, &bad_after, "value=%s", problems_show(arena, text));
	t = (time_t)seconds;
	(void)gmtime_r(&t, &tm);
	*out = arena_dup(arena, buf, strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm));
	return 0;
}
