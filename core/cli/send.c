/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga record send: a mail from a file or from options into the outbox.
 */
#include "core/outbox.h"

#include "core/cli/cli.h"
#include "core/wake.h"

#include <strings.h>

/* ---- addresses as people write them ---------------------------------------------------------*/

/* Up to the next comma that is neither in quotes nor in angle brackets. */
static struct brg_str next_piece(struct brg_str *rest)
{
	struct brg_str piece = { rest->ptr, 0 };
	bool quoted = false, angle = false;

	for (; piece.len < rest->len; piece.len++) {
		char c = rest->ptr[piece.len];

		if (c == '\\' && quoted && piece.len + 1 < rest->len)
			piece.len++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '<' || c == '>'))
			angle = c == '<';
		else if (c == ',' && !quoted && !angle)
			break;
	}
	rest->ptr += piece.len;
	rest->len -= piece.len;
	if (rest->len) {
		rest->ptr++;
		rest->len--;
	}
	return piece;
}

/* Name <address>: the parser of headers undoes quotes; it is lenient, so look at what came of it.
 */
static bool named(struct cli *cli, struct brg_str piece, struct mime_address *out)
{
	char *field = arena_printf(cli->arena, "To: %.*s\r\n\r\n", (int)piece.len, piece.ptr);
	struct brg_err err = BRG_ERR_INIT;
	struct mime_header h;

	while (piece.len && strchr(" \t", piece.ptr[piece.len - 1]))
		piece.len--;
	if (piece.len == 0 || piece.ptr[piece.len - 1] != '>' ||
	    memchr(piece.ptr, '<', piece.len) != memrchr(piece.ptr, '<', piece.len))
		return false;
	mime_header(brg_cstr(field), cli->arena, &h);
	if (h.n_to != 1 ||
	    mailbox_fold_address(h.to[0].address, cli->arena, &h.to[0].address, &err) < 0)
		return false;
	*out = h.to[0];
	return true;
}

/* Addresses with blanks or commas between them, or with names and commas. Room is for all. */
static bool parse_addresses(struct cli *cli, struct brg_str rest, struct mime_address *out,
			    size_t *n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str piece, *list;
	size_t some;

	*n = 0;
	for (size_t i = 0; i < rest.len; i++)
		if ((unsigned char)rest.ptr[i] < ' ' && rest.ptr[i] != '\t')
			return false;
	while (rest.len) {
		piece = next_piece(&rest);
		if (memchr(piece.ptr, '<', piece.len)) {
			if (!named(cli, piece, &out[(*n)++]))
				return false;
			continue;
		}
		if (mailbox_fold_addresses(piece, cli->arena, &list, &some, &err) < 0)
			return false;
		for (size_t i = 0; i < some; i++)
			out[(*n)++].address = list[i];
	}
	return *n > 0;
}

static bool read_addresses(struct cli *cli, const char *option, const char *text,
			   const struct mime_address **out, size_t *n)
{
	struct mime_address *at;

	if (!text)
		return true;
	at = arena_alloc(cli->arena, (strlen(text) / 2 + 2) * sizeof(*at));
	*out = at;
	if (parse_addresses(cli, brg_cstr(text), at, n))
		return true;
	(void)cli_refuse(cli, &cli_bad_addresses, "option=%s\nvalue=%s", option,
			 cli_show(cli, text));
	return false;
}

/* Who sends: --from, else the user. */
static bool read_from(struct cli *cli, struct mime_address *out)
{
	const struct mime_address *from = NULL;
	size_t n = 0;

	if (!cli->from && !cli->viewer) {
		cli_fail("say who sends: --from ADDRESS, or --as USER");
		return false;
	}
	if (!cli->from) {
		out->address = cli->viewer->address;
		if (out->address.len == 0)
			cli_fail("user %s has no address", cli->as);
		return out->address.len > 0;
	}
	if (!read_addresses(cli, "--from", cli->from, &from, &n))
		return false;
	*out = from[0];
	if (n != 1)
		(void)cli_refuse(cli, &cli_one_from, "n=%zu", n);
	return n == 1;
}

/* Further recipients as the outbox takes them. */
static bool read_bcc(struct cli *cli, struct brg_str *out)
{
	const struct mime_address *bcc = NULL;
	size_t n = 0;

	if (!read_addresses(cli, "--bcc", cli->bcc, &bcc, &n))
		return false;
	*out = (struct brg_str){ "", 0 };
	for (size_t i = 0; i < n; i++)
		*out = brg_cstr(arena_printf(cli->arena, "%s%s%s", out->ptr, i ? "," : "",
					     bcc[i].address.ptr));
	return true;
}

/* ---- an answer ------------------------------------------------------------------------------*/

static struct brg_str field(struct cli *cli, const json_t *fields, const char *name)
{
	const json_t *v = json_object_get(fields, name);

	return arena_str(cli->arena,
			 (struct brg_str){ json_string_value(v), json_string_length(v) });
}

/* To whom an answer goes: of a mail of ours to those that it went to, else to where its sender
 * wants answers, else to its sender. */
static void answer_to(struct cli *cli, const struct brg_record_row *r, const json_t *fields,
		      struct mime_draft *draft)
{
	const json_t *list =
		json_object_get(fields, r->direction == BRG_OUTBOUND ? "to" : "reply_to");
	size_t n = json_array_size(list);
	struct mime_address *to = arena_alloc(cli->arena, (n + 1) * sizeof(*to));

	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(list, i);

		to[draft->n_to].name = field(cli, one, "name");
		to[draft->n_to].address = field(cli, one, "address");
		draft->n_to += to[draft->n_to].address.len > 0;
	}
	if (draft->n_to == 0) {
		to[0].name = field(cli, fields, "from_name");
		to[0].address = field(cli, fields, "from");
		draft->n_to = to[0].address.len > 0;
	}
	draft->to = to;
}

/* An answer to a record: about the same, with the ids that tie them. */
static bool answer(struct cli *cli, struct mime_draft *draft, struct brg_id *answers)
{
	struct brg_str references, subject;
	struct brg_record_row r;
	json_t *fields;

	if (!cli_find_record(cli, cli->reply_to, &r))
		return false;
	*answers = r.id;
	fields = json_loadb(r.fields.ptr, r.fields.len, 0, NULL);
	draft->in_reply_to = field(cli, fields, "message_id");
	references = field(cli, fields, "references");
	draft->references =
		brg_cstr(arena_printf(cli->arena, "%s%s%s", references.ptr,
				      references.len ? " " : "", draft->in_reply_to.ptr));
	if (!draft->n_to)
		answer_to(cli, &r, fields, draft);
	if (!cli->subject) {
		subject = field(cli, fields, "subject");
		draft->subject = brg_cstr(arena_printf(
			cli->arena, "%s%s",
			strncasecmp(subject.ptr, "re:", 3) == 0 ? "" : "Re: ", subject.ptr));
	}
	json_decref(fields);
	return true;
}

/* ---- the mail -------------------------------------------------------------------------------*/

static bool read_text(struct cli *cli, struct brg_str *out)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_blob *text;
	char *p;
	int64_t n;

	*out = brg_cstr(cli->text ? cli->text : "");
	if (!cli->text || strcmp(cli->text, "-") != 0)
		return true;
	if (!cli_read_file(cli, "-", &text))
		return false;
	p = arena_alloc(cli->arena, blob_len(text) + 1);
	n = blob_read(text, 0, p, blob_len(text), &err);
	*out = (struct brg_str){ p, n > 0 ? (size_t)n : 0 };
	return n >= 0 || cli_error(cli, &err) == CLI_OK;
}

static bool compose(struct cli *cli, struct outbox_mail *mail)
{
	struct mime_draft draft = { .subject = brg_cstr(cli->subject ? cli->subject : "") };
	struct brg_err err = BRG_ERR_INIT;

	if (!read_addresses(cli, "--to", cli->to, &draft.to, &draft.n_to) ||
	    !read_addresses(cli, "--cc", cli->cc, &draft.cc, &draft.n_cc) ||
	    !read_from(cli, &draft.from) || !read_text(cli, &draft.text))
		return false;
	draft.date_us = cli->setup.engine.now_us(&cli->setup.engine);
	if (cli->reply_to && !answer(cli, &draft, &mail->answers))
		return false;
	mail->raw = blob_new(cli->arena);
	return mime_compose(&draft, mail->raw, &err) == 0 || cli_error(cli, &err) == CLI_OK;
}

/* What a composed mail says itself; beside a file it would be passed over. */
static const char *of_no_file(const struct cli *cli)
{
	const char *const values[] = { cli->from,    cli->to,	cli->cc,
				       cli->subject, cli->text, cli->reply_to };
	static const char *const names[] = { "--from",	  "--to",   "--cc",
					     "--subject", "--text", "--reply-to" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (values[i])
			return names[i];
	return NULL;
}

static int send_mail(struct cli *cli, int argc, char **argv)
{
	struct outbox_mail mail = { .as = brg_cstr(cli->as ? cli->as : "") };
	const char *wrong = argc ? of_no_file(cli) : NULL;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_id id;
	json_t *o;

	if (wrong) {
		(void)cli_refuse(cli, &cli_with_file, "option=%s\npath=%s", wrong,
				 cli_show(cli, argv[0]));
		return CLI_USAGE;
	}
	if (cli_open(cli, 0) != CLI_OK || !read_bcc(cli, &mail.bcc) ||
	    (argc ? !cli_read_file(cli, argv[0], &mail.raw) : !compose(cli, &mail)))
		return CLI_FAILED;
	if (cli->regarding && !cli_find_reference(cli, cli->regarding, &mail.regarding))
		return CLI_FAILED;
	if (cli->not_before) {
		mail.not_before_us = cli_moment(cli, "--not-before", cli->not_before, true);
		if (!mail.not_before_us)
			return CLI_FAILED;
	}
	if (outbox_put(&cli->setup.engine, &mail, &id, &err) < 0)
		return cli_error(cli, &err);
	wake_all(cli->config->state, "outgoing");
	o = json_object();
	json_object_set_new(o, "record", cli_id(&id));
	json_object_set_new(o, "state", json_string("pending"));
	return cli_object(cli, o);
}

const struct cli_command cli_send[] = {
	{ "record", "send", "[FILE.eml | --to A --subject S --text T]",
	  "send a mail; --from, --as, --reply-to RECORD, --not-before", 0, 1, send_mail, true },
	{ 0 },
};
