/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga record text|html|attachments|attachment: what is inside a mail.
 */
#include "core/body.h"
#include "core/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct opened {
	struct brg_record_row record;
	struct brg_blob *raw;
	struct mime_message mail;
};

static int add_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	return blob_add(arg, p, n, err);
}

static bool open_mail(struct cli *cli, const char *id, struct opened *m)
{
	struct brg_err err = BRG_ERR_INIT;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !cli_find_record(cli, id, &m->record))
		return false;
	m->raw = blob_new(cli->arena);
	if (body_read(&cli->setup.engine.store, &m->record.body, add_piece, m->raw, &err) < 0 ||
	    mime_message(m->raw, cli->arena, &m->mail, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	return true;
}

static int put_out(const char *id, struct brg_str text)
{
	/* Cut between two characters. */
	if (text.len + 4 > MIME_TEXT_MAX)
		cli_note("shown is no more than %d KiB; `brygga record raw %s` has all of it",
			 MIME_TEXT_MAX / 1024, id);
	if (text.len && fwrite(text.ptr, 1, text.len, stdout) != text.len)
		return CLI_FAILED;
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int text(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str out;
	struct opened m;

	(void)argc;
	if (!open_mail(cli, argv[0], &m))
		return CLI_FAILED;
	if (mime_text(m.raw, &m.mail, cli->arena, &out, &err) < 0)
		return cli_error(cli, &err);
	return put_out(argv[0], out);
}

static int html(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str out;
	struct opened m;

	(void)argc;
	if (!open_mail(cli, argv[0], &m))
		return CLI_FAILED;
	if (mime_html(m.raw, &m.mail, cli->arena, &out, &err) < 0)
		return cli_error(cli, &err);
	return put_out(argv[0], out);
}

/* ---- attachments ----------------------------------------------------------------------------*/

/* Those of the mail itself: what lies in a mail inside it belongs to that one. */
static bool is_attachment(const struct mime_part *p)
{
	return p->attachment && p->in < 0;
}

static int count_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	(void)p;
	(void)err;
	*(uint64_t *)arg += n;
	return 0;
}

/* The file itself, its transfer encoding undone: that is what people mean by its size. */
static uint64_t size_of(struct opened *m, const struct mime_part *p)
{
	struct brg_err err = BRG_ERR_INIT;
	uint64_t octets = 0;

	return mime_content(m->raw, p, count_piece, &octets, &err) < 0 ? p->octets : octets;
}

static bool too_large(const struct cli *cli, uint64_t octets)
{
	int64_t limit = cli->config->email.attachment_limit;

	return limit > 0 && octets > (uint64_t)limit;
}

static int attachments(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "number", "NO", false },
		{ "name", "NAME", true },
		{ "type", "TYPE", true },
		{ "octets", "BYTES", false },
		{ "too_large", "TOO LARGE", false },
		{ NULL, NULL, false },
	};
	struct opened m;
	json_t *array;
	int n = 0;

	(void)argc;
	if (!open_mail(cli, argv[0], &m))
		return CLI_FAILED;
	array = json_array();
	for (size_t i = 0; i < m.mail.n_parts; i++) {
		const struct mime_part *p = &m.mail.parts[i];
		uint64_t octets;
		json_t *o;

		if (!is_attachment(p))
			continue;
		octets = size_of(&m, p);
		o = json_object();
		json_object_set_new(o, "number", json_integer(++n));
		json_object_set_new(o, "name", cli_str(p->name));
		json_object_set_new(o, "type", cli_str(p->type));
		json_object_set_new(o, "octets", json_integer((json_int_t)octets));
		json_object_set_new(o, "too_large", json_boolean(too_large(cli, octets)));
		json_array_append_new(array, o);
	}
	if (m.mail.defects & MIME_TOO_MANY)
		cli_note("the mail has more than %d parts, and only attachments among these are "
			 "listed; `brygga record raw %s` has all of it",
			 MIME_PARTS_MAX, argv[0]);
	return cli_list(cli, array, columns, "no attachments");
}

static int write_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	(void)err;
	return fwrite(p, 1, n, arg) == n ? 0 : BRG_EIO;
}

static int attachment(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct opened m;
	long wanted = strtol(argv[1], NULL, 10);

	(void)argc;
	if (!open_mail(cli, argv[0], &m))
		return CLI_FAILED;
	for (size_t i = 0; i < m.mail.n_parts; i++) {
		const struct mime_part *p = &m.mail.parts[i];

		if (!is_attachment(p) || --wanted != 0)
			continue;
		if (too_large(cli, size_of(&m, p)))
			return cli_fail(
				"it is larger than attachment-limit; `brygga record raw %s` has it",
				argv[0]);
		if (mime_content(m.raw, p, write_piece, stdout, &err) < 0)
			return cli_error(cli, &err);
		return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
	}
	return cli_fail("%s has no attachment number %s; `brygga record attachments %s` lists them",
			argv[0], argv[1], argv[0]);
}

const struct cli_command cli_content[] = {
	{ "record", "text", "ID", "the text that a person reads", 1, 1, text, true },
	{ "record", "html", "ID", "its HTML, if it has some", 1, 1, html, true },
	{ "record", "attachments", "ID", "its attachments", 1, 1, attachments, true },
	{ "record", "attachment", "ID NUMBER", "one of them, to standard output", 2, 2, attachment,
	  true },
	{ 0 },
};
