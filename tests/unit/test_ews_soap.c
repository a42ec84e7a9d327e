/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests as the schema wants them, and answers as servers write them: other prefixes, another
 * order, things that nobody knows, characters that XML does not allow, and some that are none.
 */
#include "fakehost.h"
#include "plugins/connector/exchange/soap.h"

#include <check.h>
#include <libxml/xmlschemas.h>
#include <stdlib.h>
#include <unistd.h>

static struct fakehost *fh;
static struct exchange x;
static struct brg_err err;
static xmlNode *root;

static void set_up(void)
{
	fh = fakehost_new();
	err = (struct brg_err)BRG_ERR_INIT;
	x = (struct exchange){ .host = &fh->host,
			       .http = fh->host.service(fh->host.ctx, "http", 1),
			       .url = "https://mail.example/EWS/Exchange.asmx",
			       .mailbox = "" };
	ck_assert_int_eq(x.http->open(fh->host.ctx, &x.login, &x.oauth, &x.client, &err), 0);
}

static void tear_down(void)
{
	soap_forget(&x);
	x.http->close(x.client);
	fakehost_free(fh);
}

/* ---- requests -------------------------------------------------------------------------------*/

static const char *schema_file(void)
{
	static const char *const places[] = { "../shared/ews-schema/soap11.xsd",
					      "../../shared/ews-schema/soap11.xsd" };
	const char *named = getenv("BRYGGA_EWS_SCHEMA");

	if (named && access(named, R_OK) == 0)
		return named;
	for (size_t i = 0; i < 2; i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

static bool is_valid(struct brg_str request)
{
	xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(schema_file());
	xmlSchema *schema = xmlSchemaParse(parser);
	xmlSchemaValidCtxt *valid = xmlSchemaNewValidCtxt(schema);
	xmlDoc *doc = xmlReadMemory(request.ptr, (int)request.len, NULL, NULL, XML_PARSE_NONET);
	bool ok = doc && xmlSchemaValidateDoc(valid, doc) == 0;

	ck_assert_ptr_nonnull(schema);
	xmlFreeDoc(doc);
	xmlSchemaFreeValidCtxt(valid);
	xmlSchemaFree(schema);
	xmlSchemaFreeParserCtxt(parser);
	return ok;
}

static struct soap *a_request(struct brg_str id)
{
	struct soap *s = soap_new(&x, "GetItem");

	soap_open(s, "ItemShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_close(s);
	soap_open(s, "ItemIds");
	soap_empty(s, "t:ItemId", "Id", id);
	soap_close(s);
	return s;
}

START_TEST(a_request_is_as_the_schema_wants_it)
{
	static const char odd[] = "a\x01<&\">\xef\xbf\xbe\tb";
	struct soap *s;

	if (!schema_file()) {
		puts("1..0 # SKIP the schema of EWS is not here");
		return;
	}
	x.access = _i ? ACCESS_IMPERSONATE : ACCESS_OWN;
	x.mailbox = _i ? "eva@example.com" : "";
	s = a_request(brg_cstr(odd));
	ck_assert(is_valid(soap_written(s)));
	ck_assert_ptr_nonnull(strstr(soap_written(s).ptr, "<GetItem xmlns="));
	ck_assert_ptr_nonnull(strstr(soap_written(s).ptr, "Id=\"a&lt;&amp;&quot;&gt;"));
	ck_assert((strstr(soap_written(s).ptr, "<t:PrimarySmtpAddress>eva@example.com<") != NULL) ==
		  (_i == 1));
	soap_free(s);
	/* The check can fail. */
	s = soap_new(&x, "GetItem");
	soap_leaf(s, "ItemIds", brg_cstr("none"));
	ck_assert(!is_valid(soap_written(s)));
	soap_free(s);
}
END_TEST

/* ---- answers --------------------------------------------------------------------------------*/

#define ENVELOPE(body)                                                                        \
	"<?xml version=\"1.0\"?><q:Envelope xmlns:q=\"http://schemas.xmlsoap.org/soap/"       \
	"envelope/\"><q:Header><h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"2\" "  \
	"MajorBuildNumber=\"1544\" xmlns:h=\"http://schemas.microsoft.com/exchange/services/" \
	"2006/types\"/></q:Header><q:Body>" body "</q:Body></q:Envelope>"
#define MESSAGES "http://schemas.microsoft.com/exchange/services/2006/messages"
#define ANSWER(messages)                                                                     \
	ENVELOPE("<p:GetItemResponse xmlns:p=\"" MESSAGES "\"><p:ResponseMessages>" messages \
		 "</p:ResponseMessages></p:GetItemResponse>")
#define ERROR(class, code, more)                           \
	"<p:GetItemResponseMessage ResponseClass=\"" class \
		"\"><p:MessageText>words</p:MessageText>"  \
		"<p:ResponseCode>" code "</p:ResponseCode>" more "</p:GetItemResponseMessage>"

static int read_answer(const char *text)
{
	err = (struct brg_err)BRG_ERR_INIT;
	return soap_read(&x, brg_cstr(text), "GetItem", &root, &err);
}

START_TEST(whatever_the_prefix)
{
	xmlNode *message;

	ck_assert_int_eq(
		read_answer(ANSWER("<!-- a comment --><p:Odd/>" ERROR("Success", "NoError", "")
					   ERROR("Error", "ErrorItemNotFound", "") ERROR(
						   "Warning", "ErrorBatchProcessingStopped", ""))),
		0);
	message = soap_message(root, NULL);
	ck_assert_int_eq(soap_check(&x, message, "GetItem", &err), 0);
	message = soap_message(root, message);
	ck_assert_int_eq(soap_check(&x, message, "GetItem", &err), BRG_ENOTFOUND);
	ck_assert_str_eq(err.said, "words");
	/* Not done, and not refused: it is asked for again. */
	message = soap_message(root, message);
	ck_assert_int_eq(soap_check(&x, message, "GetItem", &err), BRG_EIO);
	ck_assert_int_eq(err.retry, BRG_RETRY_LATER);
	ck_assert_ptr_null(soap_message(root, message));
}
END_TEST

#define WAIT \
	"<t:MessageXml xmlns:t=\"x\"><t:Value Name=\"BackOffMilliseconds\">5000</t:Value></t:MessageXml>"
#define FAULT(code, detail)                                                              \
	ENVELOPE("<q:Fault><faultcode xmlns:a=\"x\">a:" code "</faultcode><faultstring>" \
		 "words</faultstring>" detail "</q:Fault>")

static const struct {
	const char *text;
	int rc;
	const char *code;
	uint32_t wait;
} bad[] = {
	{ "", BRG_EPROTO, "BRG-EXCHANGE-0020", 0 },
	{ "no xml", BRG_EPROTO, "BRG-EXCHANGE-0020", 0 },
	{ "<html><body>sign in</body></html>", BRG_EPROTO, "BRG-EXCHANGE-0020", 0 },
	/* Cut off, though all that is open could be closed. */
	{ "<Envelope><Body><GetItemResponse><ResponseMessages>", BRG_EPROTO, "BRG-EXCHANGE-0020",
	  0 },
	{ ENVELOPE(""), BRG_EPROTO, "BRG-EXCHANGE-0020", 0 },
	{ ENVELOPE("<p:FindItemResponse xmlns:p=\"" MESSAGES "\"/>"), BRG_EPROTO,
	  "BRG-EXCHANGE-0020", 0 },
	/* Entities are refused before one is expanded. */
	{ "<!DOCTYPE x [<!ENTITY a \"b\">]><Envelope><Body><GetItemResponse>&a;</GetItemResponse>"
	  "</Body></Envelope>",
	  BRG_EPROTO, "BRG-EXCHANGE-0020", 0 },
	{ "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><Envelope/>", BRG_EPROTO, "BRG-EXCHANGE-0020",
	  0 },
	{ FAULT("ErrorServerBusy", "<detail><e:ResponseCode xmlns:e=\"y\">ErrorServerBusy</e:"
				   "ResponseCode>" WAIT "</detail>"),
	  BRG_ELIMIT, "BRG-EXCHANGE-0002", 5000 },
	{ FAULT("ErrorSchemaValidation", ""), BRG_EINVAL, "BRG-EXCHANGE-0013", 0 },
	{ FAULT("ErrorAccessDenied", ""), BRG_EAUTH, "BRG-EXCHANGE-0011", 0 },
};

START_TEST(answers_that_are_errors)
{
	ck_assert_int_eq(read_answer(bad[_i].text), bad[_i].rc);
	ck_assert_str_eq(err.fault->code, bad[_i].code);
	ck_assert_uint_eq(err.retry_after_ms, bad[_i].wait);
	ck_assert_ptr_null(root);
}
END_TEST

/* A code that stands for another one inside; a pause in a message. */
START_TEST(what_stands_inside)
{
	static const char inner[] = ANSWER(ERROR(
		"Error", "ErrorInternalServerError",
		"<t:MessageXml xmlns:t=\"x\"><t:Value Name=\"InnerErrorResponseCode\">ErrorServerBusy"
		"</t:Value><t:Value Name=\"BackOffMilliseconds\">7000</t:Value></t:MessageXml>"));

	ck_assert_int_eq(read_answer(inner), 0);
	ck_assert_int_eq(soap_check(&x, soap_message(root, NULL), "GetItem", &err), BRG_ELIMIT);
	ck_assert_uint_eq(err.retry_after_ms, 7000);
}
END_TEST

/* "&#x1;" is no XML; what stands around it is. */
START_TEST(characters_that_are_none)
{
	static const char odd[] =
		ANSWER("<p:GetItemResponseMessage ResponseClass=\"Success\"><p:Items><t:Message "
		       "xmlns:t=\"x\"><t:Subject>one&#x1;two</t:Subject><t:Body>\x02three</t:Body>"
		       "</t:Message></p:Items></p:GetItemResponseMessage>");
	xmlNode *item;

	ck_assert_int_eq(read_answer(odd), 0);
	item = soap_first(soap_child(soap_message(root, NULL), "Items"));
	ck_assert(soap_is(item, "Message"));
	ck_assert_str_eq(soap_value_of(&x, item, "Subject").ptr, "onetwo");
	ck_assert_ptr_nonnull(strstr(soap_value_of(&x, item, "Body").ptr, "three"));
	ck_assert_str_eq(soap_value_of(&x, item, "Nothing").ptr, "");
	ck_assert_ptr_null(soap_child(NULL, "x"));
}
END_TEST

/* ---- calls ----------------------------------------------------------------------------------*/

static int call(const struct fake_exchange *exchange)
{
	fakehost_exchanges(fh, exchange, 1);
	err = (struct brg_err)BRG_ERR_INIT;
	return soap_call(&x, a_request(brg_cstr("A")), &root, &err);
}

START_TEST(calls)
{
	static const struct {
		struct fake_exchange exchange;
		int rc;
		const char *code; /* NULL: none */
	} cases[] = {
		{ { .method = "POST", .answer = ANSWER("") }, 0, NULL },
		{ { .status = 500, .answer = FAULT("ErrorAccessDenied", "") },
		  BRG_EAUTH,
		  "BRG-EXCHANGE-0011" },
		{ { .status = 500, .answer = "<html/>" }, BRG_EIO, "BRG-FAKE-0023" },
		{ { .status = 404, .answer = "<html/>" }, BRG_EIO, "BRG-FAKE-0023" },
		{ { .status = 503, .headers = "Retry-After: 3" }, BRG_ELIMIT, "BRG-FAKE-0022" },
		{ { .then = FAKE_CLOSE }, BRG_EIO, "BRG-FAKE-0020" },
	};

	ck_assert_int_eq(call(&cases[_i].exchange), cases[_i].rc);
	ck_assert(fakehost_exchanged(fh));
	if (cases[_i].code)
		ck_assert_str_eq(err.fault->code, cases[_i].code);
	else
		ck_assert(soap_is(root, "GetItemResponse"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ews soap");
	TCase *t = tcase_create("soap");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_request_is_as_the_schema_wants_it, 0, 2);
	tcase_add_test(t, whatever_the_prefix);
	tcase_add_loop_test(t, answers_that_are_errors, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, what_stands_inside);
	tcase_add_test(t, characters_that_are_none);
	tcase_add_loop_test(t, calls, 0, 6);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
