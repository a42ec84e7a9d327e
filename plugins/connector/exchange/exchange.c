/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes on Exchange servers, by EWS. The descriptor, and a session from open to close.
 */
#include "mail.h"

#include <libxml/parser.h>
#include <strings.h>

static const struct brg_option options[] = {
	{ "url", BRG_OPT_STRING, BRG_OPT_REQUIRED, offsetof(struct exchange, url), NULL, NULL, 0, 0,
	  "Address of the service, https://HOST/EWS/Exchange.asmx." },
	{ "mailbox", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, offsetof(struct exchange, mailbox), "",
	  NULL, 0, 0, "Primary address of the mailbox; empty: that of the account that logs in." },
	{ "access", BRG_OPT_CHOICE, 0, offsetof(struct exchange, access), "own",
	  "own|impersonate|delegate", 0, 0,
	  "Whose rights count: the account's own, the mailbox's (the role ApplicationImpersonation), "
	  "or what the mailbox has given the account." },
	{ "category", BRG_OPT_STRING, 0, offsetof(struct exchange, category), "Brygga", NULL, 0, 0,
	  "Category by which people mark what the CRM should have." },
	{ "zone", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, offsetof(struct exchange, zone), "Etc/UTC",
	  NULL, 0, 0,
	  "Time zone of appointments that have none of their own, such as whole days." },
	{ "folders-every", BRG_OPT_DURATION, 0, offsetof(struct exchange, folders_ms), "1h", NULL,
	  0, 86400000,
	  "How often the mailbox is asked which folders it has, and which mailbox it is." },
	BRG_OPTIONS_HTTP(struct exchange, login),
	BRG_OPTIONS_OAUTH(struct exchange, oauth),
	BRG_OPTION_END,
};

/* EWS is gone there, or going (exchange.md section 0). */
static bool is_online(const char *url)
{
	static const char *const hosts[] = { "outlook.office365.com", "outlook.office.com",
					     "outlook.office365.us", "partner.outlook.cn" };
	const char *host = strstr(url, "://");

	for (size_t i = 0; host && i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t n = strlen(hosts[i]);

		if (strncasecmp(host + 3, hosts[i], n) == 0 && strchr("/:?", host[3 + n]))
			return true;
	}
	return false;
}

static int check_options(const struct exchange *x, struct brg_err *err)
{
	if (is_online(x->url))
		return brg_fail(err, &ews_online, "url=%.120s", x->url);
	if (x->access != ACCESS_OWN && !*x->mailbox)
		return brg_fail(err, &ews_no_mailbox, "access=%s",
				x->access == ACCESS_DELEGATE ? "delegate" : "impersonate");
	return 0;
}

static int exchange_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct exchange *x = self;

	x->host = host;
	x->http = host->service(host->ctx, "http", 1);
	x->zones = host->service(host->ctx, "zone", 1);
	x->series = host->service(host->ctx, "series", 1);
	if (!x->http || !x->zones)
		return brg_fail(err, &ews_no_service, "service=%s", x->http ? "zone" : "http");
	if (check_options(x, err) < 0)
		return err->code;
	item_fields(x);
	return x->http->open(host->ctx, &x->login, &x->oauth, &x->client, err);
}

static void exchange_close(void *self)
{
	struct exchange *x = self;

	soap_forget(x);
	mailbox_forget(x);
	if (x->client)
		x->http->close(x->client);
	x->client = NULL;
}

/* The root's id has the mailbox's GUID in it. */
static int exchange_identity(void *self, struct brg_str *out, struct brg_err *err)
{
	struct exchange *x = self;
	xmlNode *message, *folder;
	struct brg_str id;
	struct soap *s;

	*out = brg_cstr(x->root);
	if (folders_kept(x))
		return 0;
	s = soap_new(x, "GetFolder");
	soap_open(s, "FolderShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_close(s);
	soap_open(s, "FolderIds");
	mailbox_root(x, s, "msgfolderroot");
	soap_close(s);
	if (soap_ask(x, s, &message, err) < 0)
		return err->code;
	folder = soap_first(soap_child(message, "Folders"));
	id = soap_attribute_of(x, soap_child(folder, "FolderId"), "Id");
	if (!id.len)
		return brg_fail(err, &ews_missing, "operation=GetFolder\nelement=FolderId");
	(void)snprintf(x->root, sizeof(x->root), "%s", id.ptr);
	*out = brg_cstr(x->root);
	/* Both are kept together. */
	return mailbox_read(x, err);
}

static int exchange_probe(void *self, int lane, struct brg_err *err)
{
	(void)lane;
	return mailbox_read(self, err);
}

/* clang-format off */ /* one a line */
#define BOTH (BRG_FIELD_READ | BRG_FIELD_WRITE)
#define C(name) { name, BRG_CONTACT, BOTH, 0, 0 }
#define T(name) { name, BRG_TASK, BOTH, 0, 0 }
#define A(name) { name, BRG_APPOINTMENT, BOTH, 0, 0 }
#define GIVEN(name) { name, BRG_APPOINTMENT, BRG_FIELD_READ, 0, 0 }
static const struct brg_field_cap fields[] = {
	C("full_name"), C("file_as"), C("nickname"), C("given"), C("middle"), C("surname"), C("title"), C("suffix"),
	C("email1"), C("email1_name"), C("email2"), C("email2_name"), C("email3"), C("email3_name"),
	C("im_addresses"), C("company"), C("department"), C("job_title"), C("profession"), C("office"),
	C("manager"), C("assistant"), C("body"), C("body_html"), C("categories"), C("sensitivity"),
	C("birthday"), C("anniversary"), C("spouse"), C("children"), C("web_page"), C("ftp_site"),
	C("government_id"), C("yomi_given"), C("yomi_surname"), C("yomi_company"),
	C("business_phone"), C("business_phone2"), C("home_phone"), C("home_phone2"), C("mobile_phone"),
	C("other_phone"), C("primary_phone"), C("company_phone"), C("assistant_phone"), C("callback_phone"),
	C("car_phone"), C("radio_phone"), C("business_fax"), C("home_fax"), C("other_fax"), C("pager"),
	C("isdn"), C("telex"), C("text_phone"),
	C("business_street"), C("business_city"), C("business_state"), C("business_country"), C("business_postal_code"),
	C("home_street"), C("home_city"), C("home_state"), C("home_country"), C("home_postal_code"),
	C("other_street"), C("other_city"), C("other_state"), C("other_country"), C("other_postal_code"),
	{ "subject", BRG_TASK, BOTH, 0, 255 },
	T("body"), T("body_html"), T("status"), T("percent"),
	{ "completed", BRG_TASK, BRG_FIELD_READ, 0, 0 },
	T("start"), T("due"), T("importance"), T("reminder"), T("reminder_at"), T("categories"), T("sensitivity"),
	T("total_work"), T("actual_work"),
	A("subject"), A("body"), A("body_html"), A("location"), A("start"), A("end"), A("all_day"), A("recurrence"),
	A("show_as"), A("importance"), A("sensitivity"), A("reminder"), A("reminder_minutes"), A("categories"),
	A("attendees"), A("occurrences"), GIVEN("organizer"), GIVEN("organizer_name"), GIVEN("response"),
	GIVEN("cancelled"), GIVEN("online_url"),
	{ NULL, 0, 0, 0, 0 },
};
/* clang-format on */

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL) | BRG_KIND_BIT(BRG_CONTACT) | BRG_KIND_BIT(BRG_TASK) |
		 BRG_KIND_BIT(BRG_APPOINTMENT),
	.lanes = BRG_LANE_BIT(BRG_INCOMING) | BRG_LANE_BIT(BRG_OUTGOING) | BRG_LANE_BIT(BRG_ACT),
	.caps = BRG_CAP_COMPLETE | BRG_CAP_DELETE_EVENTS | BRG_CAP_PRECONDITION | BRG_CAP_STAMP |
		BRG_CAP_SILENT | BRG_CAP_SERIES | BRG_CAP_DRAFT,
	.fields = fields,
	.open = exchange_open,
	.close = exchange_close,
	.folders = exchange_folders,
	.pull = exchange_pull,
	.get = exchange_get,
	.push = exchange_push,
	.find = exchange_find,
	.prepare = exchange_prepare,
	.send = exchange_send,
	.probe = exchange_probe,
	.identity = exchange_identity,
};

static const struct brg_fault *const faults[] = {
	&ews_odd,	   &ews_busy,	     &ews_trouble,
	&ews_too_much,	   &ews_conflict,    &ews_state,
	&ews_folder,	   &ews_watch,	     &ews_gone,
	&ews_login,	   &ews_denied,	     &ews_full,
	&ews_item,	   &ews_garbage,     &ews_missing,
	&ews_online,	   &ews_no_mailbox,  &ews_no_service,
	&ews_item_trouble, &ews_not_carried, &ews_zone,
	&ews_pattern,	   &ews_no_zone,     &ews_no_pattern,
	&ews_no_place,	   &ews_no_return,   NULL,
};

static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "exchange",
	.version = PACKAGE_VERSION,
	.summary = "mailboxes on Exchange servers",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct exchange),
	.options = options,
	.faults = faults,
	.connector = &connector,
};

BRG_PLUGIN(exchange, plugin);
