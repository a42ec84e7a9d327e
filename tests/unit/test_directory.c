/* SPDX-License-Identifier: Apache-2.0
 *
 * Files for `brygga apply`: what is refused and in which words, and what is read.
 */
#include "core/directory.h"

#include "core/mailbox.h"
#include "core/mime.h"
#include "tests/plugins/plain.h"
#include "tests/unit/problem_text.h"

#include <fcntl.h>
#include <unistd.h>

/* Two connectors: one like POP3, and one that does everything and has no host. */
struct session {
	struct brg_endpoint where;
	const char *username, *password;
	int oauth;
	int auth;
	const char *tenant, *secret;
};

static int nothing(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		   struct brg_err *err)
{
	(void)self;
	(void)ops;
	(void)n;
	(void)arena;
	return brg_fail(err, &plain_fault, "what=push");
}

#define AT(member) offsetof(struct session, member)
static const struct brg_option mail_options[] = {
	BRG_OPTIONS_ENDPOINT(struct session, where),
	{ "username", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_PER_MAILBOX, AT(username), NULL,
	  NULL, 0, 0, "Name." },
	{ "password", BRG_OPT_STRING,
	  BRG_OPT_REQUIRED | BRG_OPT_UNLESS_OAUTH | BRG_OPT_SECRET | BRG_OPT_PER_MAILBOX,
	  AT(password), NULL, NULL, 0, 0, "Secret." },
	{ "oauth", BRG_OPT_CHOICE, 0, AT(oauth), "none", "none|sign-in", 0, 0, "Tokens." },
	{ "auth", BRG_OPT_CHOICE, 0, AT(auth), "auto", "auto|plain|user", 0, 0, "Way." },
	BRG_OPTION_END,
};
static const struct brg_option suite_options[] = {
	{ "tenant", BRG_OPT_STRING, BRG_OPT_REQUIRED, AT(tenant), NULL, NULL, 0, 0, "Whose." },
	{ "secret", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_SECRET, AT(secret), NULL, NULL, 0, 0,
	  "Secret." },
	BRG_OPTION_END,
};
static const struct brg_connector mail_ops = {
	.size = sizeof(mail_ops),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
	.push = nothing,
};
static const struct brg_connector suite_ops = {
	.size = sizeof(suite_ops),
	.kinds = BRG_KIND_BIT(BRG_EMAIL) | BRG_KIND_BIT(BRG_TASK),
	.lanes = BRG_LANE_BIT(BRG_INCOMING) | BRG_LANE_BIT(BRG_OUTGOING) | BRG_LANE_BIT(BRG_ACT),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
};
static const struct brg_plugin mail_plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "mail",
	.instance_size = sizeof(struct session),
	.options = mail_options,
	.faults = plain_faults,
	.connector = &mail_ops,
};
static const struct brg_plugin suite_plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "suite",
	.instance_size = sizeof(struct session),
	.options = suite_options,
	.faults = plain_faults,
	.connector = &suite_ops,
};

static const struct brg_plugin *find(void *ctx, struct brg_str name, struct brg_err *err)
{
	(void)ctx;
	if (brg_str_eq(name, brg_cstr("mail")) || brg_str_eq(name, brg_cstr("pop3")))
		return &mail_plugin;
	if (brg_str_eq(name, brg_cstr("suite")))
		return &suite_plugin;
	brg_fail(err, &plain_fault, "what=%.*s", (int)name.len, name.ptr);
	return NULL;
}

static struct settings defaults;

static const struct settings *find_defaults(void *ctx, struct brg_str name)
{
	(void)ctx;
	return brg_str_eq(name, brg_cstr("mail")) ? &defaults : NULL;
}

static struct brg_arena *arena;
static struct problems problems;

static void setup(void)
{
	arena = arena_new();
	problems_init(&problems, arena);
	defaults = (struct settings){ 0 };
	ck_assert_int_eq(setenv("PW", "secret", 1), 0);
	ck_assert_int_eq(unsetenv("NONE"), 0);
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct directory *parse(const char *text)
{
	static const struct directory_lookup lookup = { find, find_defaults, NULL, NULL };
	struct directory *d = NULL;
	struct ini_file *ini;

	(void)ini_read(brg_cstr(text), "f", arena, &ini, &problems);
	(void)directory_parse(ini, &lookup, arena, &d, &problems);
	return d;
}

/* Five lines, then the mailbox in line 6. */
#define HEAD "[user anna]\n[queue help]\n[profile p]\nconnector = mail\nhost = pop.example.org\n"
#define BOX                                                                                     \
	"[mailbox anna]\nprofile = p\naddress = anna@example.org\nusername = anna\npassword = " \
	"env:PW\n"
#define ANNA HEAD BOX "user = anna\n"
#define HELP HEAD BOX "queue = help\n"
#define SUITE                                                                                      \
	"[user anna]\n[queue help]\n[profile s]\nconnector = suite\ntenant = t\nsecret = env:PW\n" \
	"[mailbox anna]\nprofile = s\naddress = a@x\nuser = anna\n"

static const struct text_case cases[] = {
	{ "", "" },
	{ ANNA, "" },
	{ HELP "delete-after-store = yes\n", "" },
	{ ANNA "delete-after-store = yes\ndelete-user-mail = yes\n", "" },
	{ ANNA "delete-after-store = no\naccept = senders\nsenders = example.org, bo@x.se\n", "" },
	{ ANNA "received-after = 30d\nsize-limit = 35M\ninterval = 10m\nincoming = no\n", "" },
	{ SUITE "outgoing = yes\nact = yes\n", "" },
	{ "[user]\n", "f:1: [user] needs a name, as in [user demo]\n" },
	{ "[mailboxx anna]\n", "f:1: [mailboxx] is not known here: did you mean [mailbox ...]?\n" },
	{ "[core]\nstate = /x\n",
	  "f:1: [core] is not known here; there are [user NAME], [queue NAME], [contact NAME], "
	  "[lead NAME], [account NAME], [reference NAME], [profile NAME], [mailbox NAME], "
	  "[filter NAME], [system-filter NAME] and "
	  "[filter-template NAME]\n" },
	{ "[user anna]\nadress = a@x\n",
	  "f:2: [user anna] has no setting adress: did you mean address?\n" },
	{ "[user anna]\naddress = anna\n",
	  "f:2: \"anna\" is no email address such as anna@example.org\n" },
	{ "[queue q]\naddress = Q <q@example.org>\n",
	  "f:2: \"Q <q@example.org>\" is no email address such as anna@example.org\n" },
	{ "[user anna]\n[user anna]\n", "f:2: [user anna] stands twice: first in line 1\n" },
	{ "[profile p]\n", "f:1: [profile p] needs the setting connector\n" },
	{ "[profile p]\nconnector = imap\nhost = x\n", "f:2: imap is not done here\n" },
	{ "[profile p]\nconnector = mail\n", "f:1: [profile p] needs the setting host\n" },
	{ "[profile p]\nconnector = mail\nhost =\n", "f:1: [profile p] needs the setting host\n" },
	{ "[profile p]\nconnector = mail\nhost = h\nprot = 110\n",
	  "f:4: [profile p] has no setting prot: did you mean port?\n" },
	{ "[profile p]\nconnector = mail\nhost = h\nport = 70000\n",
	  "f:4: port takes a whole number from 0 to 65535, not \"70000\"\n" },
	{ "[profile p]\nconnector = mail\nhost = h\ntls = maybe\n",
	  "f:4: tls takes one of implicit, starttls, none, not \"maybe\"\n" },
	{ "[profile p]\nconnector = mail\nhost = h\nmax-connections = 0\n",
	  "f:4: max-connections takes a whole number from 1 to 10000, not \"0\"\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword = hunter2\n",
	  "f:4: password is a secret: write password = file:/path, env:NAME, fd:N or prompt, not "
	  "the "
	  "secret itself\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword =\n",
	  "f:4: password is a secret: write password = file:/path, env:NAME, fd:N or prompt, not "
	  "the "
	  "secret itself\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword = file:pw\n",
	  "f:4: file:pw needs an absolute path\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword = file:/nowhere/pw\n",
	  "f:4: cannot read the secret in /nowhere/pw: No such file or directory\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword = env:NONE\n",
	  "f:4: the environment variable NONE is not set or is empty\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword = fd:987\n",
	  "f:4: descriptor 987 is not open for reading\n" },
	{ "[profile p]\nconnector = mail\nhost = h\npassword = fd:x\n",
	  "f:4: descriptor x is not open for reading\n" },
	{ "[profile s]\nconnector = suite\ntenant = t\n",
	  "f:1: [profile s] needs the setting secret\n" },
	{ "[mailbox m]\n",
	  "f:1: [mailbox m] belongs to one user or one queue: write either user = NAME "
	  "or queue = NAME\n"
	  "f:1: [mailbox m] needs the setting profile\n"
	  "f:1: [mailbox m] needs the setting address\n" },
	{ ANNA "queue = help\n",
	  "f:6: [mailbox anna] belongs to one user or one queue: write either "
	  "user = NAME or queue = NAME\n" },
	{ HEAD BOX "user = ana\n",
	  "f:11: there is no [user ana] in this file: did you mean anna?\n" },
	{ HEAD BOX "user = help\n", "f:11: there is no [user help] in this file\n" },
	{ HEAD "[mailbox anna]\nprofile = main\naddress = a@x\nuser = anna\n",
	  "f:7: there is no [profile main] in this file\n" },
	{ HEAD "[mailbox anna]\nprofile = p\naddress = a@x\nuser = anna\npassword = env:PW\n",
	  "f:6: [mailbox anna] needs the setting username\n" },
	{ HEAD "[mailbox anna]\nprofile = p\naddress = a@x\nuser = anna\nusername = anna\n",
	  "f:6: [mailbox anna] needs the setting password\n" },
	{ HEAD "oauth = none\n[mailbox anna]\nprofile = p\naddress = a@x\nuser = anna\n"
	       "username = anna\n",
	  "f:7: [mailbox anna] needs the setting password\n" },
	{ HEAD "oauth = sign-in\n[mailbox anna]\nprofile = p\naddress = a@x\nuser = anna\n"
	       "username = anna\n",
	  "" },
	{ HEAD "username = shared\n[mailbox anna]\nprofile = p\naddress = a@x\nuser = anna\n"
	       "username =\npassword = env:PW\n",
	  "f:7: [mailbox anna] needs the setting username\n" },
	{ ANNA "mail.username =\n", "f:6: [mailbox anna] needs the setting username\n" },
	{ ANNA "host = other\n", "f:12: host belongs to [profile p], not to a mailbox\n" },
	{ ANNA "outgoing = yes\n", "f:12: outgoing = yes cannot be done: connector mail of profile "
				   "p does not carry outgoing "
				   "email\n" },
	{ ANNA "act = yes\n", "f:12: act = yes cannot be done: connector mail of profile p does "
			      "not carry appointments, "
			      "contacts and tasks\n" },
	{ ANNA "contacts = yes\n",
	  "f:12: contacts is not a setting of its own: write act = yes\n" },
	{ ANNA "accept = some\n",
	  "f:12: accept takes one of all, none, senders, replies, contacts, records, usual, not \"some\"\n" },
	{ ANNA "accept = senders\n",
	  "f:12: accept = senders needs senders = with addresses and domains\n" },
	{ ANNA "senders = x.se\n", "f:12: senders has no effect without accept = senders\n" },
	{ ANNA "accept = senders\nsenders = x..se\n",
	  "f:13: senders takes addresses and domains such as anna@example.org or example.org, not "
	  "\"x..se\"\n" },
	{ ANNA "delete-after-store = yes\n", "f:12: delete-after-store for the mailbox of a user "
					     "needs delete-user-mail = yes as well\n" },
	{ SUITE "delete-after-store = yes\ndelete-user-mail = yes\n",
	  "f:11: delete-after-store cannot be done: connector suite of profile s does not "
	  "delete\n" },
	{ ANNA "received-after = 2026-02-30\n",
	  "f:12: received-after takes a date such as 2026-01-31, an age such as 30d, or now, not "
	  "\"2026-02-30\"\n" },
	{ ANNA "size-limit = big\n",
	  "f:12: size-limit takes a size such as 500, 64K, 35M or 2G, not \"big\"\n" },
	{ ANNA "acept = all\n",
	  "f:12: [mailbox anna] has no setting acept: did you mean accept?\n" },
	{ ANNA "[mailbox bo]\nuser = anna\nprofile = p\naddress = Anna@Example.org\nusername = bo\n"
	       "password = env:PW\n",
	  "f:12: [mailbox bo] has the same address at the same server as [mailbox anna] in line "
	  "6\n" },
	{ ANNA "[profile p2]\nconnector = mail\nhost = POP.example.org\n[mailbox bo]\nuser = anna\n"
	       "profile = p2\naddress = anna@example.org\nusername = bo\npassword = env:PW\n",
	  "f:15: [mailbox bo] has the same address at the same server as [mailbox anna] in line "
	  "6\n" },
	{ ANNA "[profile p2]\nconnector = mail\nhost = pop.example.com\n[mailbox bo]\nuser = anna\n"
	       "profile = p2\naddress = anna@example.org\nusername = anna\npassword = env:PW\n",
	  "" },
	{ ANNA "[mailbox bo]\nuser = anna\nprofile = p\naddress = bo@example.org\nusername = anna\n"
	       "password = prompt\n",
	  "f:12: [mailbox bo] opens the same mailbox on the server as [mailbox anna] in line 6\n" },
	{ SUITE "[mailbox bo]\nuser = anna\nprofile = s\naddress = b@x\n", "" },
	{ "[contact a]\nexternal = crm:17 crm:17 erp:1\n[user b]\nexternal = crm:1\n[lead c]\n"
	  "external = erp:17\n",
	  "" },
	{ "[contact a]\nexternal = crm:17\n[user b]\nexternal = erp:1 crm:17\n[reference c]\n"
	  "kind = case\nexternal = crm:17\n",
	  "f:3: the external key crm:17 of user b is that of contact a in line 1\n"
	  "f:5: the external key crm:17 of case c is that of user b in line 3\n" },
	{ "[user anna]\nage = 7\n[profile p]\nconnector = mail\nport = x\n[mailbox m]\nuser = "
	  "anna\n"
	  "profile = p\naddress = m\naccept = often\nbogus = 1\n",
	  "f:2: [user anna] has no setting age; it has: address, aliases, addresses, external, team, accept, senders, delegates, visibility, forwarded, inbound-contacts, inbound-tasks, "
	  "inbound-appointments, time-zone\n"
	  "f:3: [profile p] needs the setting host\n"
	  "f:5: port takes a whole number from 0 to 65535, not \"x\"\n"
	  "f:9: \"m\" is no email address such as anna@example.org\n"
	  "f:10: accept takes one of all, none, senders, replies, contacts, records, usual, not \"often\"\n"
	  "f:11: [mailbox m] has no setting bogus; it has: user, queue, profile, "
	  "outgoing-profile, address, incoming, outgoing, act, forward, accept, senders, delete-after-store, delete-user-mail, track-sent, size-limit, "
	  "received-after, interval, host, port, tls, ca-file, connect-timeout, read-timeout, "
	  "username, "
	  "password, oauth, auth\n" },
	/* A connector's own setting. */
	{ HEAD "[profile s]\nconnector = suite\ntenant = t\nsecret = env:PW\n"
	       "[mailbox anna]\nuser = anna\nprofile = p\noutgoing-profile = s\noutgoing = yes\n"
	       "address = a@x\nmail.username = anna\nmail.password = env:PW\n",
	  "" },
	{ HEAD BOX "user = anna\nmail.host = h\n",
	  "f:12: mail.host belongs to [profile p], not to a mailbox\n" },
	{ HEAD BOX "user = anna\nmail.a.b = h\n",
	  "f:12: a setting's name has lower-case letters, digits and hyphens, at most 32: mail.a.b\n" },
	{ ANNA "[mailbox bo]\nuser = anna\nprofile = p\naddress = bo@example.org\nusername = bo\n"
	       "mail.username = anna\npassword = prompt\n",
	  "f:12: [mailbox bo] opens the same mailbox on the server as [mailbox anna] in line 6\n" },
	/* Things of the CRM. */
	{ "[user u]\naliases = u@x.example, U@Y.example\nteam = north\naccept = contacts\n"
	  "[contact erik]\naddresses = erik@x.example e@y.example\nexternal = crm:1 erp:a:b\n"
	  "owner = u\n[reference 4711]\nkind = case\ntitle = Broken crane\n",
	  "" },
	{ "[reference c]\ntitle = x\n", "f:1: [reference c] needs the setting kind\n" },
	{ "[contact c]\nkind = case\n",
	  "f:2: [contact c] has no setting kind; it has: address, aliases, addresses, external, title, link, owner, visibility\n" },
	{ "[account c]\nexternal = crm:1 crm :2 crm:\n",
	  "f:2: external takes SYSTEM:KEY, as in crm:4711, not \"crm\"\n"
	  "f:2: external takes SYSTEM:KEY, as in crm:4711, not \":2\"\n"
	  "f:2: external takes SYSTEM:KEY, as in crm:4711, not \"crm:\"\n" },
	{ "[lead c]\nowner = nobody\n", "f:2: there is no [user nobody] in this file\n" },
	{ "[lead c]\naddresses = a@x.example, b\n",
	  "f:2: \"b\" is no email address such as anna@example.org\n" },
	{ "[queue q]\naccept = senders\n",
	  "f:1: accept = senders of [queue q] needs senders = with addresses and domains\n" },
};

START_TEST(says)
{
	struct directory *d = parse(cases[_i].text);

	expect_problems(&problems, &cases[_i]);
	ck_assert_int_eq(d != NULL, problems.n == 0);
}
END_TEST

/* No sentence in either language shows what stands after "password =". */
START_TEST(shows_no_secret)
{
	char *text;

	(void)parse("[profile p]\nconnector = mail\nhost = h\npassword = hunter2 hunter2\n"
		    "[mailbox m]\npassword: hunter2\npassword hunter2\n");
	ck_assert_uint_gt(problems.n, 2);
	text = problem_text(&problems, "en");
	ck_assert_ptr_null(strstr(text, "hunter2"));
	free(text);
	text = problem_text(&problems, "sv");
	ck_assert_ptr_null(strstr(text, "hunter2"));
	free(text);
}
END_TEST

START_TEST(reads)
{
	const struct directory *d =
		parse(HEAD "port = 995\nusername = shared\n"
			   "[mailbox help]\nqueue = help\nprofile = p\naddress = Help@Example.ORG\n"
			   "accept = senders\nsenders = A@B.se,  @c.se\nreceived-after = now\n"
			   "auth = plain\n"
			   "password = env:PW\n");

	/* auth may not differ per mailbox. */
	ck_assert_ptr_null(d);
	problems_init(&problems, arena);
	d = parse(HEAD "port = 995\nusername = shared\nmax-connections = 3\n"
		       "[mailbox help]\nqueue = help\nprofile = p\naddress = Help@Example.ORG\n"
		       "accept = senders\nsenders = A@B.se,  @c.se\nreceived-after = now\n"
		       "password = env:PW\n");
	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(d->n_owners, 2);
	ck_assert_int_eq(d->owners[1].type, BRG_QUEUE);
	ck_assert_int_eq(d->profiles[0].max_connections, 3);
	ck_assert_str_eq(settings_to_json(&d->profiles[0].settings, arena).ptr,
			 "{\"host\":\"pop.example.org\",\"port\":\"995\",\"username\":\"shared\"}");
	ck_assert_ptr_eq(d->mailboxes[0].owner, &d->owners[1]);
	ck_assert_ptr_eq(d->mailboxes[0].profile, &d->profiles[0]);
	ck_assert_str_eq(d->mailboxes[0].address.ptr, "help@example.org");
	ck_assert_uint_eq(d->mailboxes[0].lanes, BRG_LANE_BIT(BRG_INCOMING));
	ck_assert_str_eq(d->mailboxes[0].after.ptr, "now");
	ck_assert_str_eq(settings_to_json(&d->mailboxes[0].settings, arena).ptr,
			 "{\"accept\":\"senders\",\"senders\":\"a@b.se c.se\"}");
	ck_assert_uint_eq(d->mailboxes[0].n_secrets, 1);
	ck_assert_str_eq(d->mailboxes[0].secrets[0].form.ptr, "env:PW");
}
END_TEST

/* What [connector NAME] of brygga.conf gives need not be given again. */
START_TEST(uses_defaults)
{
	settings_add(&defaults, arena, brg_cstr("host"), brg_cstr("pop.example.org"));
	ck_assert_ptr_nonnull(parse("[profile p]\nconnector = mail\n"));
	ck_assert_ptr_null(parse("[profile p]\nconnector = mail\nhost =\n"));
}
END_TEST

/* An address is the same however it is written in the file and in the mail. */
START_TEST(folded)
{
	struct brg_err err = BRG_ERR_INIT;
	struct mime_header h;
	struct brg_str out;

	mime_init();
	mime_header(brg_cstr("To: \xC3\x85KE@Exempel.SE\n"), arena, &h);
	ck_assert_uint_eq(h.n_to, 1);
	/* Composed and decomposed. */
	ck_assert_int_eq(mailbox_fold_address(brg_cstr("\xC3\x85ke@exempel.se"), arena, &out, &err),
			 0);
	ck_assert(brg_str_eq(out, h.to[0].address));
	ck_assert_int_eq(
		mailbox_fold_address(brg_cstr("A\xCC\x8Ake@exempel.se"), arena, &out, &err), 0);
	ck_assert(brg_str_eq(out, h.to[0].address));
	ck_assert_int_eq(
		mailbox_fold_senders(brg_cstr("A\xCC\x8AKE@exempel.se"), arena, &out, &err), 0);
	ck_assert(mailbox_sender(arena_str(arena, out).ptr, h.to[0].address, NULL));
}
END_TEST

START_TEST(sample)
{
	const char *srcdir = getenv("srcdir") ? getenv("srcdir") : ".";
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str text;
	const struct directory *d;
	char *said;

	ck_assert_int_eq(ini_load(arena_printf(arena, "%s/config/directory.conf", srcdir), arena,
				  &text, &err),
			 0);
	d = parse(text.ptr);
	said = problem_text(&problems, "en");
	ck_assert_str_eq(said, "");
	free(said);
	ck_assert_uint_eq(d->n_mailboxes, 2);
}
END_TEST

START_TEST(many)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	const struct directory *d;

	(void)fputs(HEAD, f);
	for (int i = 0; i < 10000; i++)
		(void)fprintf(
			f,
			"[user u%d]\n[mailbox m%d]\nuser = u%d\nprofile = p\naddress = u%d@x.se\n"
			"username = u%d\npassword = env:PW\n",
			i, i, i, i, i);
	(void)fclose(f);
	d = parse(text);
	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(d->n_mailboxes, 10000);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("directory");
	TCase *t = tcase_create("parse");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, says, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, shows_no_secret);
	tcase_add_test(t, reads);
	tcase_add_test(t, uses_defaults);
	tcase_add_test(t, folded);
	tcase_add_test(t, sample);
	tcase_add_test(t, many);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
