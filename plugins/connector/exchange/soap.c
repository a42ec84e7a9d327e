/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes from the server is foreign: no document type (so no entities), no network, bounded,
 * and characters that XML does not allow are survived.
 */
#include "soap.h"

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>

#define ENVELOPE_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define MESSAGES_NS "http://schemas.microsoft.com/exchange/services/2006/messages"
#define TYPES_NS    "http://schemas.microsoft.com/exchange/services/2006/types"
/* The oldest that knows all that we say (exchange.md section 1.0). */
#define SPOKEN "Exchange2013_SP1"

#define X(text) ((const xmlChar *)(text))

struct soap {
	const char *operation;
	xmlBuffer *bytes;
	xmlTextWriter *writer;
};

struct answer {
	xmlDoc *doc;
	/* Values that were asked for, freed with it. */
	xmlChar **values;
	size_t n, room;
};

static void must(bool done)
{
	if (!done)
		abort(); /* out of memory */
}

/* ---- requests -------------------------------------------------------------------------------*/

void soap_open(struct soap *s, const char *name)
{
	must(xmlTextWriterStartElement(s->writer, X(name)) >= 0);
}

void soap_close(struct soap *s)
{
	must(xmlTextWriterEndElement(s->writer) >= 0);
}

/* XML 1.0 section 2.2: tab and the ends of lines are all the control characters that there are, and
 * U+FFFE and U+FFFF are no characters. */
static char *allowed(struct brg_str text)
{
	char *out = malloc(text.len + 1), *to = out;

	must(out != NULL);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == 0xef && i + 2 < text.len && (unsigned char)text.ptr[i + 1] == 0xbf &&
		    (unsigned char)text.ptr[i + 2] >= 0xbe) {
			i += 2;
			continue;
		}
		if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r')
			*to++ = (char)c;
	}
	*to = '\0';
	return out;
}

void soap_attribute(struct soap *s, const char *name, struct brg_str value)
{
	char *text = allowed(value);

	must(xmlTextWriterWriteAttribute(s->writer, X(name), X(text)) >= 0);
	free(text);
}

void soap_text(struct soap *s, struct brg_str text)
{
	char *good = allowed(text);

	must(xmlTextWriterWriteString(s->writer, X(good)) >= 0);
	free(good);
}

void soap_leaf(struct soap *s, const char *name, struct brg_str text)
{
	soap_open(s, name);
	soap_text(s, text);
	soap_close(s);
}

void soap_empty(struct soap *s, const char *name, const char *attribute, struct brg_str value)
{
	soap_open(s, name);
	soap_attribute(s, attribute, value);
	soap_close(s);
}

void soap_page(struct soap *s, const char *name, int most, size_t offset)
{
	char number[24];

	soap_open(s, name);
	(void)snprintf(number, sizeof(number), "%d", most);
	soap_attribute(s, "MaxEntriesReturned", brg_cstr(number));
	(void)snprintf(number, sizeof(number), "%zu", offset);
	soap_attribute(s, "Offset", brg_cstr(number));
	soap_attribute(s, "BasePoint", brg_cstr("Beginning"));
	soap_close(s);
}

static void write_header(struct soap *s, const struct exchange *x)
{
	soap_open(s, "s:Header");
	soap_empty(s, "t:RequestServerVersion", "Version", brg_cstr(SPOKEN));
	if (x->access == ACCESS_IMPERSONATE) {
		soap_open(s, "t:ExchangeImpersonation");
		soap_open(s, "t:ConnectingSID");
		soap_leaf(s, "t:PrimarySmtpAddress", brg_cstr(x->mailbox));
		soap_close(s);
		soap_close(s);
	}
	soap_close(s);
}

struct soap *soap_new(struct exchange *x, const char *operation)
{
	struct soap *s = calloc(1, sizeof(*s));

	must(s != NULL);
	s->operation = operation;
	s->bytes = xmlBufferCreate();
	must(s->bytes != NULL);
	s->writer = xmlNewTextWriterMemory(s->bytes, 0);
	must(s->writer != NULL && xmlTextWriterStartDocument(s->writer, "1.0", "utf-8", NULL) >= 0);
	soap_open(s, "s:Envelope");
	soap_attribute(s, "xmlns:s", brg_cstr(ENVELOPE_NS));
	soap_attribute(s, "xmlns:t", brg_cstr(TYPES_NS));
	write_header(s, x);
	soap_open(s, "s:Body");
	soap_open(s, operation);
	soap_attribute(s, "xmlns", brg_cstr(MESSAGES_NS));
	return s;
}

void soap_free(struct soap *s)
{
	if (!s)
		return;
	xmlFreeTextWriter(s->writer);
	xmlBufferFree(s->bytes);
	free(s);
}

struct brg_str soap_written(struct soap *s)
{
	must(xmlTextWriterEndDocument(s->writer) >= 0 && xmlTextWriterFlush(s->writer) >= 0);
	return (struct brg_str){ (const char *)xmlBufferContent(s->bytes),
				 (size_t)xmlBufferLength(s->bytes) };
}

/* ---- trees ----------------------------------------------------------------------------------*/

bool soap_is(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)node->name, name) == 0;
}

static xmlNode *element_from(xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

xmlNode *soap_first(const xmlNode *node)
{
	return node ? element_from(node->children) : NULL;
}

xmlNode *soap_next(const xmlNode *node)
{
	return node ? element_from(node->next) : NULL;
}

size_t soap_count(const xmlNode *node)
{
	size_t n = 0;

	for (const xmlNode *e = soap_first(node); e; e = soap_next(e))
		n++;
	return n;
}

xmlNode *soap_child(const xmlNode *node, const char *name)
{
	xmlNode *child = soap_first(node);

	while (child && !soap_is(child, name))
		child = soap_next(child);
	return child;
}

static struct brg_str keep(struct exchange *x, xmlChar *text)
{
	struct answer *a = x->answer;

	if (!text || !a) {
		xmlFree(text);
		return (struct brg_str){ "", 0 };
	}
	if (a->n == a->room) {
		a->room = a->room ? 2 * a->room : 64;
		a->values = realloc(a->values, a->room * sizeof(*a->values));
		must(a->values != NULL);
	}
	a->values[a->n++] = text;
	return brg_cstr((const char *)text);
}

struct brg_str soap_value(struct exchange *x, const xmlNode *node)
{
	return keep(x, node ? xmlNodeGetContent(node) : NULL);
}

struct brg_str soap_value_of(struct exchange *x, const xmlNode *parent, const char *name)
{
	return soap_value(x, soap_child(parent, name));
}

struct brg_str soap_attribute_of(struct exchange *x, const xmlNode *node, const char *name)
{
	return keep(x, node ? xmlGetNoNsProp(node, X(name)) : NULL);
}

void soap_forget(struct exchange *x)
{
	struct answer *a = x->answer;

	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		xmlFree(a->values[i]);
	free(a->values);
	xmlFreeDoc(a->doc);
	free(a);
	x->answer = NULL;
}

struct answer *soap_hold(struct exchange *x)
{
	struct answer *held = x->answer;

	x->answer = NULL;
	return held;
}

void soap_release(struct exchange *x, struct answer *held)
{
	soap_forget(x);
	x->answer = held;
}

/* ---- answers --------------------------------------------------------------------------------*/

static void no_document_type(void *arg, const xmlChar *name, const xmlChar *id, const xmlChar *uri)
{
	(void)name, (void)id, (void)uri;
	xmlStopParser(arg);
}

static void say_nothing(void *arg, const char *format, ...)
{
	(void)arg, (void)format;
}

/* NULL: it is no XML. What it says that XML does not allow is left out. */
static xmlDoc *parse(struct brg_str bytes)
{
	xmlParserCtxt *ctxt = xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
	xmlDoc *doc;
	bool whole;

	must(ctxt != NULL);
	xmlCtxtUseOptions(ctxt, XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOERROR |
					XML_PARSE_NOWARNING | XML_PARSE_HUGE | XML_PARSE_NOCDATA);
	ctxt->sax->internalSubset = no_document_type;
	ctxt->sax->error = say_nothing;
	ctxt->sax->warning = say_nothing;
	for (size_t at = 0; at < bytes.len && !ctxt->disableSAX;) {
		size_t n = bytes.len - at < 1 << 20 ? bytes.len - at : 1 << 20;

		(void)xmlParseChunk(ctxt, bytes.ptr + at, (int)n, 0);
		at += n;
	}
	/* Its end was met: a parser that recovers closes what was cut off. */
	whole = !ctxt->disableSAX && ctxt->instate == XML_PARSER_EPILOG;
	(void)xmlParseChunk(ctxt, NULL, 0, 1);
	doc = ctxt->myDoc;
	xmlFreeParserCtxt(ctxt);
	if (whole && doc && xmlDocGetRootElement(doc))
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}

static uint32_t back_off(struct exchange *x, const xmlNode *xml)
{
	for (xmlNode *v = soap_first(soap_child(xml, "MessageXml")); v; v = soap_next(v)) {
		struct brg_str name = soap_attribute_of(x, v, "Name");
		long long ms = strtoll(soap_value(x, v).ptr, NULL, 10);

		if (brg_str_eq(name, brg_cstr("BackOffMilliseconds")) && ms > 0)
			return ms < 86400000 ? (uint32_t)ms : 86400000;
	}
	return 0;
}

/* Some servers say ErrorInternalServerError and mean what stands inside. */
static struct brg_str inner_code(struct exchange *x, const xmlNode *xml, struct brg_str code)
{
	for (xmlNode *v = soap_first(soap_child(xml, "MessageXml")); v; v = soap_next(v))
		if (brg_str_eq(soap_attribute_of(x, v, "Name"), brg_cstr("InnerErrorResponseCode")))
			return soap_value(x, v);
	return code;
}

int soap_check(struct exchange *x, const xmlNode *message, const char *operation,
	       struct brg_err *err)
{
	struct brg_str class = soap_attribute_of(x, message, "ResponseClass");
	struct brg_str code = soap_value_of(x, message, "ResponseCode");

	if (brg_str_eq(class, brg_cstr("Success")) ||
	    (brg_str_eq(class, brg_cstr("Warning")) &&
	     !brg_str_eq(code, brg_cstr("ErrorBatchProcessingStopped"))))
		return 0;
	return code_fail(inner_code(x, message, code), soap_value_of(x, message, "MessageText"),
			 back_off(x, message), operation, err);
}

/* A server that stumbles over one item says that it is in trouble: it is the item that waits. */
int soap_check_item(struct exchange *x, const xmlNode *message, const char *operation,
		    struct brg_err *err)
{
	struct brg_str code = soap_value_of(x, message, "ResponseCode");

	if (soap_check(x, message, operation, err) == 0)
		return 0;
	if (err->fault == &ews_trouble && brg_str_eq(code, brg_cstr("ErrorInternalServerError"))) {
		struct brg_str said = soap_value_of(x, message, "MessageText");

		(void)brg_fail(err, &ews_item_trouble, "operation=%s\ncode=%s", operation,
			       code.ptr);
		(void)brg_said(err, said);
	}
	return err->code;
}

/* faultcode is "prefix:ErrorX" where detail has none. */
static int fail_fault(struct exchange *x, const xmlNode *fault, const char *operation,
		      struct brg_err *err)
{
	const xmlNode *detail = soap_child(fault, "detail");
	struct brg_str code = soap_value_of(x, detail, "ResponseCode");
	struct brg_str said = soap_value_of(x, fault, "faultstring");
	const char *colon;

	if (!code.len) {
		code = soap_value_of(x, fault, "faultcode");
		colon = strchr(code.ptr, ':');
		if (colon)
			code = brg_cstr(colon + 1);
	}
	return code_fail(inner_code(x, detail, code), said, back_off(x, detail), operation, err);
}

int soap_read(struct exchange *x, struct brg_str bytes, const char *operation, xmlNode **out,
	      struct brg_err *err)
{
	xmlNode *envelope, *body, *first;
	xmlDoc *doc = parse(bytes);

	*out = NULL;
	soap_forget(x);
	if (!doc)
		return brg_fail(err, &ews_garbage, "operation=%s\nreason=it is no XML", operation);
	x->answer = calloc(1, sizeof(*x->answer));
	must(x->answer != NULL);
	x->answer->doc = doc;
	envelope = xmlDocGetRootElement(doc);
	body = soap_is(envelope, "Envelope") ? soap_child(envelope, "Body") : NULL;
	first = soap_first(body);
	if (soap_is(first, "Fault"))
		return fail_fault(x, first, operation, err);
	if (!first || strncmp((const char *)first->name, operation, strlen(operation)) != 0)
		return brg_fail(err, &ews_garbage, "operation=%s\nreason=it is about %.60s",
				operation, first ? (const char *)first->name : "nothing");
	*out = first;
	return 0;
}

/* 500 carries faults; other statuses have no SOAP. */
int soap_call(struct exchange *x, struct soap *s, xmlNode **out, struct brg_err *err)
{
	struct brg_http_header headers[] = {
		{ "Content-Type", "text/xml; charset=utf-8" },
		{ "X-AnchorMailbox", x->mailbox },
	};
	struct brg_http_request req = { .size = sizeof(req),
					.url = x->url,
					.headers = headers,
					.n_headers = *x->mailbox ? 2 : 1,
					.body = soap_written(s),
					.max_bytes = SOAP_ANSWER_MAX };
	struct brg_http_answer answer = { .status = 0 };
	int rc = x->http->request(x->client, &req, &answer, err);

	*out = NULL;
	if (rc == 0 && answer.status != 200 && answer.status != 500)
		rc = x->http->unexpected(x->client, &answer, err);
	x->server_us = answer.date_us;
	if (rc == 0)
		rc = soap_read(x, answer.body, s->operation, out, err);
	/* A 500 without a fault: something before the server, or one that is beside itself. */
	if (rc < 0 && answer.status == 500 && err->fault == &ews_garbage)
		rc = x->http->unexpected(x->client, &answer, err);
	soap_free(s);
	return rc;
}

xmlNode *soap_message(const xmlNode *answer, const xmlNode *last)
{
	xmlNode *m = last ? soap_next(last) : soap_first(soap_child(answer, "ResponseMessages"));

	while (m && !xmlHasProp(m, X("ResponseClass")))
		m = soap_next(m);
	return m;
}

int soap_next_message(const xmlNode *answer, const char *operation, xmlNode **message,
		      struct brg_err *err)
{
	*message = soap_message(answer, *message);
	return *message ? 0
			: brg_fail(err, &ews_missing, "operation=%s\nelement=%sResponseMessage",
				   operation, operation);
}

int soap_ask(struct exchange *x, struct soap *s, xmlNode **message, struct brg_err *err)
{
	const char *operation = s->operation;
	xmlNode *answer;

	if (soap_call(x, s, &answer, err) < 0)
		return err->code;
	*message = soap_message(answer, NULL);
	if (!*message)
		return brg_fail(err, &ews_missing, "operation=%s\nelement=%s", operation,
				"ResponseMessages");
	return soap_check(x, *message, operation, err);
}
