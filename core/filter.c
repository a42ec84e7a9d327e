/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounds of a mailbox, in this order: nothing is taken, too old, too large; and the
 * reasons that visits give. Each verdict carries the values that made it so; the help of its
 * row names the setting that would change it.
 */
#include "core/filter.h"

#include "core/faults.h"

#include <time.h>

RULE(rule_none, "0002", "not taken: the mailbox takes no mail (accept = none)",
     "inte tagen: brevlådan tar ingen post (accept = none)",
     "Set accept = all, or accept = senders with a list, in the section of the mailbox.");
RULE(rule_too_large, "0006", "not taken: {octets} bytes are more than the limit of {limit}",
     "inte tagen: {octets} byte är mer än gränsen {limit}",
     "Raise size-limit in the section of the mailbox above {octets}, or set it to 0.");
RULE(rule_too_old, "0007", "not taken: received {received}, before the bound {bound}",
     "inte tagen: mottagen {received}, före gränsen {bound}",
     "Set received-after in the section of the mailbox to an earlier date than {received}.");
RULE(rule_renamed, "0008", "not taken again: it is stored already, the server only renamed it",
     "inte tagen igen: den finns redan i lagret, servern har bara bytt dess namn",
     "Nothing to change: the same message came under a new id, known by its header.");
RULE(rule_returned, "0009",
     "not taken again: it was deleted on the server after it was stored, and came back",
     "inte tagen igen: den raderades på servern efter att ha lagrats, och kom tillbaka",
     "Set delete-after-store = no in the section of the mailbox to leave mail on the server.");
RULE(rule_deleted, "0010",
     "deleted on the server, because it is safely stored (delete-after-store = yes)",
     "raderad på servern, eftersom den ligger säkert i lagret (delete-after-store = yes)",
     "Set delete-after-store = no in the section of the mailbox to leave mail on the server.");
RULE(rule_parked, "0011", "set aside: it failed with {cause}, try number {tries}",
     "lagd åt sidan: den misslyckades med {cause}, försök nummer {tries}",
     "It is tried again with growing pauses unless that cannot help, and at once by `brygga sync "
     "MAILBOX`; `brygga help {cause}` says more.");
RULE(rule_gone, "0012", "not taken: it was gone from the server before it could be fetched",
     "inte tagen: den var borta från servern innan den kunde hämtas",
     "Nothing to change: somebody else deleted or moved it in between.");

RULE(rule_same, "0013",
     "not taken again: the same mail is in the store already; it is linked to it [{reason}]",
     "inte tagen igen: samma brev finns redan i lagret; den är länkad till det [{reason}]",
     "Nothing to change: one mail in two mailboxes is one record with two links.");

RULE(rule_wish, "0014", "waits to be tracked: a person asked for it",
     "väntar på att spåras: en person bad om det",
     "`brygga sync MAILBOX` has it done at once; `brygga untrack` takes it back.");

RULE(rule_untracked, "0015", "not tracked any more: a person took it back; the record stays",
     "spåras inte längre: en person tog tillbaka det; posten finns kvar",
     "`brygga track` tracks it again.");

RULE(rule_left, "0097",
     "is not there any more: it was deleted or moved in the mailbox; the record stays",
     "finns inte kvar där: den togs bort eller flyttades i brevlådan; posten finns kvar",
     "Nothing to change: where it was moved to a tracked folder or the inbox, that says so.");

const struct brg_fault *const filter_faults[] = {
	&rule_none,	 &rule_too_large, &rule_too_old, &rule_renamed, &rule_returned,
	&rule_deleted,	 &rule_parked,	  &rule_gone,	 &rule_same,	&rule_wish,
	&rule_untracked, &rule_left,	  NULL,
};

unsigned filter_wants(const struct mailbox_settings *s, int accept, bool first_contact)
{
	if (accept == ACCEPT_NONE)
		return 0;
	if (accept != ACCEPT_ALL)
		return BRG_WANT_HEADER;
	/* Of an old mailbox seen for the first time most is before the bound. */
	if (first_contact && mailbox_after_us(s) > 0)
		return BRG_WANT_HEADER;
	return BRG_WANT_HEADER | BRG_WANT_BODY;
}

static void put_date(char out[32], int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, 32, "?");
}

static void verdict(struct verdict *out, bool take, const struct brg_fault *rule)
{
	out->take = take;
	out->rule = rule;
}

void filter_bounds(const struct mailbox_settings *s, int accept, uint64_t octets,
		   int64_t received_us, struct verdict *out)
{
	int64_t bound = mailbox_after_us(s);
	char received[32], after[32];

	out->params[0] = '\0';
	if (accept == ACCEPT_NONE) {
		verdict(out, false, &rule_none);
		return;
	}
	if (bound && received_us && received_us < bound) {
		put_date(received, received_us);
		put_date(after, bound);
		(void)snprintf(out->params, sizeof(out->params), "received=%s\nbound=%s", received,
			       after);
		verdict(out, false, &rule_too_old);
		return;
	}
	if (s->size_limit > 0 && octets > (uint64_t)s->size_limit) {
		(void)snprintf(out->params, sizeof(out->params), "octets=%llu\nlimit=%lld",
			       (unsigned long long)octets, (long long)s->size_limit);
		verdict(out, false, &rule_too_large);
		return;
	}
	verdict(out, true, NULL);
}
