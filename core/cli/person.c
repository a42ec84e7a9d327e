/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga person show|export|forget|allow, brygga record hold|release: what the store has of a
 * person.
 */
#include "core/person.h"

#include "core/body.h"
#include "core/cli/cli.h"
#include "core/id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The addresses that were given, as header fields are folded. */
static bool fold(struct cli *cli, int argc, char **argv, struct person *p)
{
	struct brg_str *list = arena_alloc(cli->arena, (size_t)argc * sizeof(*list));
	struct brg_err err = BRG_ERR_INIT;

	*p = (struct person){ .addresses = list };
	for (int i = 0; i < argc; i++) {
		if (mailbox_fold_address(brg_cstr(argv[i]), cli->arena, &list[i], &err) < 0) {
			cli_error(cli, &err);
			return false;
		}
		list[i] = mime_fold(list[i], cli->arena);
		p->n_addresses++;
	}
	return true;
}

static bool find(struct cli *cli, int argc, char **argv, struct person *p)
{
	struct brg_err err = BRG_ERR_INIT;

	if (!fold(cli, argc, argv, p))
		return false;
	if (person_find(&cli->setup.engine, p, cli->arena, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	return true;
}

static json_t *read_record(struct cli *cli, const struct brg_id *id, struct brg_record_row *out)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	cli_viewer(cli, &q);
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0)
		return NULL;
	*out = rows[0].u.record;
	return cli_record_json(cli, out);
}

/* What else has him: mail that waits, lists, words of servers, things of ours. */
static void add_more(json_t *o, const struct person *p)
{
	json_t *stays = json_array();

	for (size_t i = 0; i < p->n_stays; i++)
		json_array_append_new(stays, json_string(p->stays[i]));
	json_object_set_new(o, "not_sent_yet", json_integer((json_int_t)p->n_waiting));
	json_object_set_new(o, "their_other_recipients", json_integer((json_int_t)p->n_others));
	json_object_set_new(o, "mails_with_words", json_integer((json_int_t)p->n_words));
	json_object_set_new(o, "lists_of_senders", json_integer((json_int_t)p->n_lists));
	json_object_set_new(o, "of_ours", stays);
}

/* Only what the viewer may see of it is left. */
static void narrow(struct cli *cli, struct person *p)
{
	struct brg_record_row r;
	size_t records = 0, references = 0, held = 0;

	for (size_t i = 0; i < p->n_records; i++) {
		json_t *o = read_record(cli, &p->records[i], &r);

		if (!o)
			continue;
		json_decref(o);
		held += r.held;
		p->records[records++] = p->records[i];
	}
	for (size_t i = 0; i < p->n_references; i++)
		if (cli_sees_reference(cli, &p->references[i].u.reference))
			p->references[references++] = p->references[i];
	p->n_records = records;
	p->n_references = references;
	p->n_held = held;
	p->n_waiting = p->n_others = p->n_words = p->n_lists = p->n_stays = 0;
}

static json_t *person_json(struct cli *cli, const struct person *p)
{
	json_t *o = json_object(), *records = json_array(), *refs = json_array();
	struct brg_record_row r;

	for (size_t i = 0; i < p->n_records; i++)
		json_array_append_new(records, read_record(cli, &p->records[i], &r));
	for (size_t i = 0; i < p->n_references; i++) {
		const struct brg_reference_row *f = &p->references[i].u.reference;
		json_t *one = json_object();

		json_object_set_new(one, "kind", cli_str(f->kind));
		json_object_set_new(one, "name", cli_str(f->name));
		json_object_set_new(one, "title", cli_str(f->title));
		json_object_set_new(one, "link", cli_str(f->link));
		json_array_append_new(refs, one);
	}
	json_object_set_new(o, "references", refs);
	json_object_set_new(o, "records_in_all", json_integer((json_int_t)p->n_records));
	json_object_set_new(o, "of_them_held", json_integer((json_int_t)p->n_held));
	add_more(o, p);
	json_object_set_new(o, "records", records);
	return o;
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct person p;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find(cli, argc, argv, &p))
		return CLI_FAILED;
	if (cli->viewer)
		narrow(cli, &p);
	return cli_object(cli, person_json(cli, &p));
}

/* ---- export ---------------------------------------------------------------------------------*/

static int put_file(void *arg, const void *p, size_t n, struct brg_err *err)
{
	(void)err;
	return fwrite(p, 1, n, arg) == n ? 0 : BRG_EIO;
}

/* A new file of this folder that nobody else can read. */
static FILE *create(const char *folder, const char *name)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		cli_fail("cannot write %s: %s", path, strerror(errno));
		return NULL;
	}
	return fdopen(fd, "w");
}

static bool export_body(struct cli *cli, const char *folder, const struct brg_id *id)
{
	struct brg_err err = BRG_ERR_INIT;
	char name[ID_TEXT + 8], text[ID_TEXT];
	struct brg_record_row r;
	json_t *o = read_record(cli, id, &r);
	FILE *f;
	bool good;

	if (!o)
		return true; /* it went in between */
	json_decref(o);
	(void)snprintf(name, sizeof(name), "%s.eml", id_format(id, text));
	f = create(folder, name);
	if (!f)
		return false;
	good = body_read(&cli->setup.engine.store, &r.body, put_file, f, &err) >= 0;
	good = fclose(f) == 0 && good;
	return good || cli_fail("cannot write %s/%s", folder, name) == CLI_OK;
}

static int export_all(struct cli *cli, int argc, char **argv)
{
	struct person p;
	json_t *o;
	FILE *f;
	int status = CLI_OK;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find(cli, argc - 1, argv + 1, &p))
		return CLI_FAILED;
	if (mkdir(argv[0], 0700) < 0)
		return cli_fail("cannot make the folder %s: %s", argv[0], strerror(errno));
	f = create(argv[0], "person.json");
	if (!f)
		return CLI_FAILED;
	o = person_json(cli, &p);
	if (json_dumpf(o, f, JSON_INDENT(2)) < 0)
		status = cli_fail("cannot write %s/person.json", argv[0]);
	json_decref(o);
	if (fclose(f) != 0)
		status = cli_fail("cannot write %s/person.json", argv[0]);
	for (size_t i = 0; i < p.n_records && status == CLI_OK; i++)
		if (!export_body(cli, argv[0], &p.records[i]))
			status = CLI_FAILED;
	if (status != CLI_OK)
		return status;
	return cli_done(
		cli,
		json_pack("{s:o, s:I, s:I}", "folder", cli_str(brg_cstr(argv[0])), "records",
			  (json_int_t)p.n_records, "references", (json_int_t)p.n_references),
		"%zu records and %zu references are in %s", p.n_records, p.n_references, argv[0]);
}

/* ---- forget ---------------------------------------------------------------------------------*/

/* What was freed is overwritten, and the log that still has it is folded away. */
static int fold_away(struct cli *cli, struct brg_err *err)
{
	struct store *store = &cli->setup.engine.store;
	struct brg_upkeep io = { .size = sizeof(io), .what = BRG_UPKEEP_EMPTY_LOG };

	io.now_us = cli->setup.engine.now_us(&cli->setup.engine);
	return store->ops->upkeep(store->self, &io, err);
}

/* What goes with it that one might not think of, and what a person has to change himself. */
static void say_more(const struct person *p, bool done)
{
	if (p->n_waiting)
		printf("%zu of the mails %s not been sent yet and %s never be%s", p->n_waiting,
		       p->n_waiting == 1 ? "has" : "have", done ? "will" : "would",
		       p->n_others ? "" : "\n");
	if (p->n_waiting && p->n_others)
		printf(", nor to the %zu other recipient%s; `brygga outbox list` shows what "
		       "waits\n",
		       p->n_others, p->n_others == 1 ? "" : "s");
	if (p->n_lists)
		printf("%zu lists of senders %s an address\n", p->n_lists,
		       done ? "lost" : "would lose");
	if (p->n_words)
		printf("%zu mails to others %s what servers said of an address\n", p->n_words,
		       done ? "lost" : "would lose");
	for (size_t i = 0; i < p->n_stays; i++)
		printf("%s has an address and is not changed: that is for you to do\n",
		       p->stays[i]);
}

/* What would go (gone < 0), or what went. */
static int tell(struct cli *cli, const struct person *p, int64_t gone)
{
	json_t *o = json_object();
	int64_t held = gone < 0 ? (int64_t)p->n_held : (int64_t)p->n_records - gone;

	json_object_set_new(o, "done", json_boolean(gone >= 0));
	json_object_set_new(o, gone < 0 ? "records" : "records_gone",
			    json_integer(gone < 0 ? (json_int_t)p->n_records : gone));
	json_object_set_new(o, gone < 0 ? "of_them_held" : "records_held", json_integer(held));
	json_object_set_new(o, "references", json_integer((json_int_t)p->n_references));
	add_more(o, p);
	if (cli->json)
		return cli_done(cli, o, NULL);
	json_decref(o);
	if (gone < 0)
		printf("%zu records, %zu of them under legal hold, and %zu references would go; "
		       "--yes does it\n",
		       p->n_records, p->n_held, p->n_references);
	else
		printf("%lld records are gone, %lld stay under legal hold\n", (long long)gone,
		       (long long)held);
	say_more(p, gone >= 0);
	return CLI_OK;
}

static int forget(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct person p;
	int64_t gone;

	if (cli_open(cli, cli->yes ? 0 : SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	/* First, so that nothing of his comes in meanwhile. */
	if (cli->yes && !fold(cli, argc, argv, &p))
		return CLI_FAILED;
	if (cli->yes && person_shun(&cli->setup.engine, &p, false, cli->arena, &err) < 0)
		return cli_error(cli, &err);
	if (!find(cli, argc, argv, &p))
		return CLI_FAILED;
	if (!cli->yes)
		return tell(cli, &p, -1);
	gone = person_forget(&cli->setup.engine, &p, cli->arena, &err);
	if (gone < 0 || fold_away(cli, &err) < 0)
		return cli_error(cli, &err);
	return tell(cli, &p, gone);
}

static int allow(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct person p;

	if (cli_open(cli, 0) != CLI_OK || !fold(cli, argc, argv, &p))
		return CLI_FAILED;
	if (person_shun(&cli->setup.engine, &p, true, cli->arena, &err) < 0)
		return cli_error(cli, &err);
	return cli_done(cli, json_pack("{s:I}", "allowed", (json_int_t)argc), NULL);
}

/* ---- legal hold -----------------------------------------------------------------------------*/

static int set_hold(struct cli *cli, const char *id, bool held)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_record_row r;
	struct step step;
	json_t *o;
	int rc;

	if (cli_open(cli, 0) != CLI_OK || !cli_find_record(cli, id, &r))
		return CLI_FAILED;
	step_init(&step, cli->arena);
	step_add(&step, BRG_OP_RECORD, r.version)->u.record = r;
	step.ops[0].u.record.held = held;
	rc = store_commit(&cli->setup.engine.store, &step, BRG_DURABLE, NULL, &err);
	if (rc == BRG_REFUSED)
		return cli_fail("others changed %s at the same moment: try again", id);
	if (rc < 0)
		return cli_error(cli, &err);
	o = json_object();
	json_object_set_new(o, "record", cli_id(&r.id));
	json_object_set_new(o, "legal_hold", json_boolean(held));
	return cli_done(cli, o, NULL);
}

static int hold(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return set_hold(cli, argv[0], true);
}

static int release(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return set_hold(cli, argv[0], false);
}

const struct cli_command cli_person[] = {
	{ "person", "show", "ADDRESS...", "all that the store has of a person", 1, -1, show, true },
	{ "person", "export", "FOLDER ADDRESS...", "the same into a new folder, mails included", 2,
	  -1, export_all, false },
	{ "person", "forget", "ADDRESS... [--yes]",
	  "remove it, and take no more of their mail; without --yes: only say what", 1, -1, forget,
	  false },
	{ "person", "allow", "ADDRESS...", "take mail of a forgotten address again", 1, -1, allow,
	  false },
	{ "record", "hold", "ID", "legal hold: nothing removes it", 1, 1, hold, false },
	{ "record", "release", "ID", "end of the legal hold", 1, 1, release, false },
	{ 0 },
};
