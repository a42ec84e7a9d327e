/* SPDX-License-Identifier: Apache-2.0
 *
 * For whom is a mail, and do they want it: every row of the model's acceptance and what the
 * project adds, as one table. A line is a mailbox's rule, who takes part, what else is known,
 * and what comes of it.
 */
#include "core/accept.h"
#include "core/faults.h"
#include "core/utf8.h"

#include <check.h>
#include <stdlib.h>

/* ---- who there is ---------------------------------------------------------------------------*/

static const struct {
	const char *name, *address;
	int type;
	const char *kind;
} people[] = {
	{ "nobody", "", 0, "" },
	{ "anna", "anna@example.com", BRG_PARTY_USER, "" },
	{ "bo", "bo@example.com", BRG_PARTY_USER, "" },
	{ "carl", "carl@example.com", BRG_PARTY_USER, "" },
	{ "support", "support@example.com", BRG_PARTY_QUEUE, "" },
	{ "sales", "sales@example.com", BRG_PARTY_QUEUE, "" },
	{ "erik", "erik@customer.example", BRG_PARTY_REFERENCE, "contact" },
	{ "lisa", "lisa@customer.example", BRG_PARTY_REFERENCE, "lead" },
	{ "firm", "info@customer.example", BRG_PARTY_REFERENCE, "account" },
	{ "crane", "crane@example.com", BRG_PARTY_REFERENCE, "case" },
	{ "boat", "boat@harbour.example", BRG_PARTY_REFERENCE, "contacts" },
};
#define PEOPLE (sizeof(people) / sizeof(people[0]))

static struct brg_id id_of(size_t who)
{
	struct brg_id id = { { 0 } };

	id.b[15] = (unsigned char)who;
	return id;
}

static size_t who_is(const char *name, size_t n)
{
	for (size_t i = 1; i < PEOPLE; i++)
		if (strlen(people[i].name) == n && strncmp(people[i].name, name, n) == 0)
			return i;
	return 0;
}

/* ---- the table ------------------------------------------------------------------------------*/

/* rule: accept, with the list of senders behind it. parties: ROLE:WHO, WHO one of the above or
 * a stranger's address ('~' is a blank), with "+" if several have the address, with "=ACCEPT"
 * if another rule than replies is theirs. facts: see read_facts(). expect: + taken, - not, the
 * code's number, "?" if one must know whether it is an answer, the reason; in whose name, if it
 * is not the reader's (anna). */
static const struct row {
	const char *rule, *parties, *facts, *expect;
} rows[] = {
#include "tests/unit/accept_rows.h"
};

struct mail {
	struct accept_rules rules;
	struct accept_in in;
	struct party parties[32];
	char text[1024], blocked[256], senders[512];
};

static int accept_of(const char *word, size_t n)
{
	static const char *const names[] = { "all",	 "none",    "senders", "replies",
					     "contacts", "records", "usual" };

	for (int i = 0; i < 7; i++)
		if (strlen(names[i]) == n && strncmp(word, names[i], n) == 0)
			return i;
	ck_abort_msg("no rule: %s", word);
	return -1;
}

static int role_of(const char *word, size_t n)
{
	static const char *const names[] = { "",   "from", "sender",	"to",
					     "cc", "bcc",  "delivered", "reply-to" };

	for (int i = 1; i < 8; i++)
		if (strlen(names[i]) == n && strncmp(word, names[i], n) == 0)
			return i;
	ck_abort_msg("no role: %s", word);
	return -1;
}

static void read_party(struct mail *m, char *word)
{
	struct party *p = &m->parties[m->in.n++];
	char *name = strchr(word, ':') + 1, *equals = strchr(name, '='), *end;

	p->role = role_of(word, (size_t)(name - 1 - word));
	p->accept = ACCEPT_REPLIES;
	if (equals) {
		*equals = '\0';
		p->accept = accept_of(equals + 1, strlen(equals + 1));
		p->senders = "customer.example";
	}
	end = name + strlen(name);
	p->several = end > name && end[-1] == '+';
	if (p->several)
		*--end = '\0';
	for (char *c = name; *c; c++)
		if (*c == '~')
			*c = ' ';
	p->address = brg_cstr(name);
	if (who_is(name, strlen(name))) {
		size_t who = who_is(name, strlen(name));

		p->address = brg_cstr(people[who].address);
		p->type = people[who].type;
		p->kind = brg_cstr(people[who].kind);
		p->id = id_of(who);
	}
}

static void read_fact(struct mail *m, const char *word)
{
	const struct {
		const char *name;
		bool *is;
	} facts[] = {
		{ "answer", &m->in.correlated },      { "own-id", &m->in.own_message_id },
		{ "automatic", &m->in.automatic },    { "sent-copy", &m->in.have_sent_copy },
		{ "hand", &m->in.by_hand },	      { "forgotten", &m->in.shunned },
		{ "all-rules", &m->rules.all_rules }, { "twice", &m->rules.internal_twice },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(word, facts[i].name) == 0) {
			*facts[i].is = true;
			return;
		}
	if (strcmp(word, "several-none") == 0) {
		m->rules.several_resolved = false;
	} else if (strncmp(word, "block:", 6) == 0) {
		(void)snprintf(m->blocked + strlen(m->blocked), 100, "%s%s",
			       m->blocked[0] ? " " : "", word + 6);
		m->rules.blocked = m->blocked;
	} else if (strncmp(word, "in:", 3) == 0) {
		m->in.owner = id_of(who_is(word + 3, strlen(word + 3)));
		m->in.owner_type = people[m->in.owner.b[15]].type;
	} else {
		ck_abort_msg("no fact: %s", word);
	}
}

static void read_row(const struct row *row, struct mail *m)
{
	size_t n = strcspn(row->rule, " ");
	char *at, *word;

	memset(m, 0, sizeof(*m));
	m->rules.several_resolved = true;
	m->in.parties = m->parties;
	m->in.owner = id_of(1);
	m->in.owner_type = BRG_USER;
	m->in.accept = accept_of(row->rule, n);
	(void)snprintf(m->senders, sizeof(m->senders), "%s", row->rule + n + (row->rule[n] == ' '));
	m->in.senders = m->in.accept == ACCEPT_SENDERS && !m->senders[0] ? NULL : m->senders;
	(void)snprintf(m->text, sizeof(m->text), "%s %s", row->parties, row->facts);
	at = m->text;
	while ((word = strsep(&at, " ")))
		if (word - m->text < (ptrdiff_t)strlen(row->parties) && *word)
			read_party(m, word);
		else if (*word)
			read_fact(m, word);
}

static const char *told(const struct accept_out *out, bool needs, char *to, size_t size)
{
	(void)snprintf(to, size, "%c%s%s %s%s%s", out->take ? '+' : '-', out->rule->code + 9,
		       needs ? "?" : "", accept_reason_name(out->reason),
		       out->accepting.b[15] == 1 ? "" : " ",
		       out->accepting.b[15] == 1 ? "" : people[out->accepting.b[15]].name);
	return to;
}

/* What lies behind the parties is none of them. */
static const struct party beyond[] = {
	{ .role = PARTY_FROM, .address = { "info@customer.example", 21 }, .type = BRG_PARTY_USER },
	{ .role = PARTY_FROM,
	  .address = { "info@customer.example", 21 },
	  .type = BRG_PARTY_REFERENCE,
	  .kind = { "contact", 7 } },
	{ .role = PARTY_TO, .type = BRG_PARTY_QUEUE, .id = { { 5 } }, .accept = ACCEPT_ALL },
};

static void check_row(int i, const struct party *behind)
{
	const struct row *row = &rows[i];
	struct accept_out out;
	struct mail m;
	char got[128];
	bool needs;

	read_row(row, &m);
	m.parties[m.in.n] = *behind;
	memset(&out, 0xAA, sizeof(out));
	accept_decide(&m.rules, &m.in, &out);
	needs = accept_needs_correlation(&m.rules, &m.in);
	ck_assert_msg(strcmp(told(&out, needs, got, sizeof(got)), row->expect) == 0,
		      "row %d: accept = %s | %s | %s: %s, not %s", i, row->rule, row->parties,
		      row->facts, got, row->expect);
	ck_assert_int_eq(out.accepting_type, people[out.accepting.b[15]].type);
}

START_TEST(acceptance)
{
	for (size_t k = 0; k < sizeof(beyond) / sizeof(beyond[0]); k++)
		check_row(_i, &beyond[k]);
}
END_TEST

/* ---- what is said of it ---------------------------------------------------------------------*/

static void check_filled(const struct accept_out *out, const char *text)
{
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		char key[64];

		(void)snprintf(key, sizeof(key), "%.*s=", (int)strcspn(p + 1, "}"), p + 1);
		ck_assert_msg(strstr(out->params, key) != NULL, "%s lacks %s in %s",
			      out->rule->code, key, out->params);
	}
}

/* The value of a parameter up to the end of its line. */
static const char *param(const struct accept_out *out, const char *key, char *to, size_t size)
{
	const char *p = strstr(out->params, key);

	ck_assert_ptr_nonnull(p);
	p += strlen(key);
	(void)snprintf(to, size, "%.*s", (int)strcspn(p, "\n"), p);
	return to;
}

/* An entry is one of the list's words; another's rule is the one that he has. */
static void check_values(const struct mail *m, const struct accept_out *out)
{
	struct brg_str rest = brg_cstr(m->rules.blocked ? m->rules.blocked : m->senders), word;
	bool found = false;
	char value[128], number[16];
	int at = 0;

	if (strstr(out->rule->en, "{accept}")) {
		param(out, "accept=", value, sizeof(value));
		for (size_t i = 0; i < m->in.n; i++)
			found = found || (brg_id_eq(&m->parties[i].id, &out->accepting) &&
					  m->parties[i].accept == accept_of(value, strlen(value)));
		ck_assert_msg(found, "accept=%s", value);
	}
	if (strstr(out->rule->en, "{list}")) {
		ck_assert_str_eq(param(out, "list=", value, sizeof(value)),
				 strchr(m->senders, '@') ? "(address)" : m->senders);
		ck_assert_int_eq(atoi(param(out, "entries=", value, sizeof(value))),
				 m->senders[0] != 0);
	}
	if (!strstr(out->rule->en, "{entry}"))
		return;
	param(out, "entry=", value, sizeof(value));
	param(out, "number=", number, sizeof(number));
	while (at < atoi(number) && mailbox_next_word(&rest, &word))
		at++;
	if (memchr(word.ptr, '@', word.len))
		word = brg_cstr("(address)");
	ck_assert_msg(at == atoi(number) && brg_str_eq(word, brg_cstr(value)), "entry=%s", value);
}

/* Every sentence is whole, says what was done, gives the reason of the model, and has no address,
 * not even of a list of ours. */
START_TEST(words)
{
	const struct row *row = &rows[_i];
	struct accept_out out;
	char reason[64];
	struct mail m;

	read_row(row, &m);
	accept_decide(&m.rules, &m.in, &out);
	ck_assert(faults_is(out.rule));
	ck_assert(strncmp(out.rule->en, out.take ? "taken" : "not taken", 5) == 0);
	ck_assert(strncmp(out.rule->sv, out.take ? "tagen" : "inte tagen", 5) == 0);
	check_filled(&out, out.rule->en);
	check_filled(&out, out.rule->sv);
	check_filled(&out, out.rule->help);
	check_values(&m, &out);
	(void)snprintf(reason, sizeof(reason), "reason=%s", accept_reason_name(out.reason));
	ck_assert_msg(strstr(out.params, reason) != NULL, "%s", out.params);
	ck_assert_msg(!strchr(out.params, '@'), "%s", out.params);
}
END_TEST

/* Who asks by hand gets it, whatever else there is; what we sent is never taken again. */
START_TEST(first_things_first)
{
	const struct row *row = &rows[_i];
	struct accept_out out;
	struct mail m;

	read_row(row, &m);
	m.in.by_hand = true;
	m.in.own_message_id = true;
	accept_decide(&m.rules, &m.in, &out);
	ck_assert(out.take);
	ck_assert_str_eq(out.rule->code, "BRG-RULE-0020");
	m.in.by_hand = false;
	accept_decide(&m.rules, &m.in, &out);
	ck_assert(!out.take && out.reason == REASON_DUPLICATE);
	ck_assert(!accept_needs_correlation(&m.rules, &m.in));
}
END_TEST

/* The table has every reason and every row that this room can say. */
START_TEST(all_are_held)
{
	bool reasons[REASON_INVALID_SENDER + 2] = { false };
	size_t n = sizeof(rows) / sizeof(rows[0]);

	for (const struct brg_fault *const *f = accept_faults; *f; f++) {
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found = found || strncmp(rows[i].expect + 1, (*f)->code + 9, 4) == 0;
		ck_assert_msg(found, "no case for %s", (*f)->code);
	}
	for (size_t i = 0; i < n; i++)
		for (int r = REASON_UNKNOWN; r <= REASON_INVALID_SENDER; r++)
			if (strstr(rows[i].expect, accept_reason_name(r)))
				reasons[r + 1] = true;
	for (int r = REASON_UNKNOWN; r <= REASON_INVALID_SENDER; r++)
		ck_assert_msg(reasons[r + 1], "no case for %s", accept_reason_name(r));
	ck_assert_str_eq(accept_reason_name(99), "Unknown");
}
END_TEST

/* ---- long lists -----------------------------------------------------------------------------*/

static void decide_by_list(const char *list, bool block, const char *from, struct accept_out *out)
{
	const struct party parties[] = {
		{ .role = PARTY_FROM, .address = brg_cstr(from) },
		{ .role = PARTY_TO, .type = BRG_PARTY_USER, .id = id_of(1) },
	};
	const struct accept_in in = { .parties = parties,
				      .n = 2,
				      .owner = id_of(1),
				      .owner_type = BRG_USER,
				      .accept = ACCEPT_SENDERS,
				      .senders = block ? "" : list };
	const struct accept_rules rules = { .blocked = block ? list : NULL };

	accept_decide(&rules, &in, out);
}

START_TEST(long_lists)
{
	char list[4096] = "", entry[300] = "", from[400];
	struct accept_out out;

	for (int i = 0; i < 100; i++)
		(void)sprintf(list + strlen(list), "%sfirm%02d.example", i ? " " : "", i);
	decide_by_list(list, false, "a@firm99.example", &out);
	ck_assert_str_eq(out.params,
			 "reason=SenderMatch\nentries=100\nnumber=100\nentry=firm99.example");
	decide_by_list(list, false, "a@firm50.example", &out);
	ck_assert_str_eq(out.params,
			 "reason=SenderMatch\nentries=100\nnumber=51\nentry=firm50.example");
	decide_by_list(list, false, "a@firm100.example", &out);
	ck_assert(!out.take);
	ck_assert_ptr_nonnull(strstr(out.params, "\nentries=100\nlist=firm00.example firm01"));
	ck_assert_str_eq(out.params + strlen(out.params) - 12, ".example ...");
	/* Whether it is his or another's, no address is kept. */
	decide_by_list("a.example x@b.example c.example", false, "x@B.example", &out);
	ck_assert_str_eq(out.params, "reason=SenderMatch\nentries=3\nnumber=2\nentry=(address)");
	decide_by_list("a.example x@b.example c.example", false, "y@b.example", &out);
	ck_assert_str_eq(out.params,
			 "reason=Unknown\nentries=3\nlist=a.example (address) c.example");
	decide_by_list("a.example x@b.example", true, "x@b.example", &out);
	ck_assert_str_eq(out.params, "reason=Unknown\nentries=2\nnumber=2\nentry=(address)");
	/* An entry as long as a domain can be, of letters of two bytes. */
	for (int shift = 0; shift < 2; shift++) {
		(void)strcpy(entry, shift ? "x" : "");
		for (int i = 0; i < 120; i++)
			(void)strcat(entry, i % 30 == 29 ? "." : "\xc3\xa5");
		(void)snprintf(from, sizeof(from), "a@%s", entry);
		for (int block = 0; block < 2; block++) {
			decide_by_list(entry, block, from, &out);
			ck_assert_int_eq(out.take, !block);
			ck_assert(utf8_plain(brg_cstr(strstr(out.params, "entry="))));
			ck_assert_uint_gt(strlen(strstr(out.params, "entry=")), 140);
		}
	}
}
END_TEST

int main(void)
{
	const int n = sizeof(rows) / sizeof(rows[0]);
	Suite *s = suite_create("accept");
	TCase *t = tcase_create("accept");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, acceptance, 0, n);
	tcase_add_loop_test(t, words, 0, n);
	tcase_add_loop_test(t, first_things_first, 0, n);
	tcase_add_test(t, all_are_held);
	tcase_add_test(t, long_lists);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
