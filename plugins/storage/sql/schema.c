/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables, as numbered migrations. A migration that was released is never changed.
 *
 * Inserts are what a first fetch is made of, and an index by something random (a hash, a
 * message key) costs a page of log for nearly every row. So there are few of them and
 * they are short; ids are UUIDv7 and cluster by themselves. Words in braces differ between
 * the engines.
 */
#include "statements.h"

#include <stdlib.h>

/* clang-format off */
static const char schema_1[] =
"CREATE TABLE store ("
"  one {int} PRIMARY KEY CHECK (one = 1),"
"  id {blob} NOT NULL, epoch {int} NOT NULL, schema_number {int} NOT NULL,"
"  key_check {blob} NOT NULL"
"){table};"

"CREATE TABLE owner ("
"  id {blob} PRIMARY KEY, type {int} NOT NULL, version {int} NOT NULL,"
"  name {text} NOT NULL, address {text} NOT NULL, settings {text} NOT NULL,"
"  UNIQUE (type, name)"
"){clustered};"

"CREATE TABLE profile ("
"  id {blob} PRIMARY KEY, version {int} NOT NULL, name {text} NOT NULL UNIQUE,"
"  connector {text} NOT NULL, max_connections {int} NOT NULL, settings {text} NOT NULL,"
"  sealed {blob} NOT NULL"
"){clustered};"

"CREATE TABLE mailbox ("
"  id {blob} PRIMARY KEY, version {int} NOT NULL, owner {blob} NOT NULL,"
"  profile {blob} NOT NULL, name {text} NOT NULL UNIQUE, address {text} NOT NULL,"
"  identity {text} NOT NULL, settings {text} NOT NULL, sealed {blob} NOT NULL"
"){clustered};"
"CREATE INDEX mailbox_address ON mailbox (address);"
"CREATE INDEX mailbox_profile ON mailbox (profile);"

/* The hot indexes hold only what can be claimed, and all that asking for it looks at. */
"CREATE TABLE visit ("
"  id {blob} PRIMARY KEY, mailbox {blob} NOT NULL, profile {blob} NOT NULL,"
"  lane {int} NOT NULL, state {int} NOT NULL, due_us {int} NOT NULL, wanted {int} NOT NULL,"
"  interval_ms {int} NOT NULL, failures {int} NOT NULL, strikes {int} NOT NULL,"
"  probes {int} NOT NULL, outcome {int} NOT NULL, started_us {int} NOT NULL,"
"  ended_us {int} NOT NULL, items {int} NOT NULL, items_failed {int} NOT NULL,"
"  code {text} NOT NULL, params {text} NOT NULL, said {text} NOT NULL,"
"  token {int} NOT NULL, process {blob}, wanted_claimed {int} NOT NULL,"
"  UNIQUE (mailbox, lane)"
"){clustered};"
"CREATE INDEX visit_due ON visit (profile, lane, due_us, state, process, wanted, wanted_claimed)"
"  WHERE state = 1 AND process IS NULL;"
"CREATE INDEX visit_wanted ON visit (profile, lane, due_us)"
"  WHERE state = 1 AND process IS NULL AND wanted > wanted_claimed;"
"CREATE INDEX visit_held ON visit (process) WHERE process IS NOT NULL;"

"CREATE TABLE process ("
"  id {blob} PRIMARY KEY, node {text} NOT NULL, role {text} NOT NULL, pid {int} NOT NULL,"
"  joined_us {int} NOT NULL{beat}"
"){clustered};"
"CREATE TABLE slot ("
"  profile {blob} NOT NULL, process {blob} NOT NULL, held {int} NOT NULL,"
"  asked {int} NOT NULL, PRIMARY KEY (profile, process)"
"){clustered};"

/* Not clustered: rows are long, and its indexes then refer to them by a short number. */
"CREATE TABLE record ("
"  id {blob} PRIMARY KEY, version {int} NOT NULL, owner {blob} NOT NULL, kind {int} NOT NULL,"
"  created_us {int} NOT NULL, modified_us {int} NOT NULL, sorted_us {int} NOT NULL,"
"  body {blob}, body_octets {int} NOT NULL, message_key {blob}, fields {text} NOT NULL"
"){table};"
"CREATE INDEX record_sorted ON record (sorted_us, id);"
"CREATE INDEX record_message ON record (message_key) WHERE message_key IS NOT NULL;"
"CREATE INDEX record_body ON record (substr(body, 1, 8)) WHERE body IS NOT NULL;"

/* live is 1 or NULL, so that the unique key binds the living only. */
"CREATE TABLE link ("
"  mailbox {blob} NOT NULL, id {blob} NOT NULL, version {int} NOT NULL,"
"  record {blob} NOT NULL, live {int}, folder {text} NOT NULL, remote_id {text} NOT NULL,"
"  remote_version {text} NOT NULL,"
"  PRIMARY KEY (mailbox, id), UNIQUE (mailbox, folder, remote_id, live)"
"){clustered};"
"CREATE INDEX link_record ON link (record);"

"CREATE TABLE mark ("
"  mailbox {blob} NOT NULL, folder {text} NOT NULL, remote_id {text} NOT NULL,"
"  state {int} NOT NULL, octets {int} NOT NULL, seen_us {int} NOT NULL, record {blob},"
"  print {blob}, PRIMARY KEY (mailbox, folder, remote_id)"
"){clustered};"
"CREATE INDEX mark_print ON mark (mailbox, substr(print, 1, 8)) WHERE print IS NOT NULL;"
"CREATE INDEX mark_wanted ON mark (mailbox) WHERE state = 4;"
"CREATE INDEX mark_deleted ON mark (seen_us) WHERE state = 5;"

/* Found by message key: through the record, or by the index where there is none. */
"CREATE TABLE decision ("
"  mailbox {blob} NOT NULL, id {blob} NOT NULL, record {blob}, folder {text} NOT NULL,"
"  remote_id {text} NOT NULL, message_key {blob}, code {text} NOT NULL,"
"  params {text} NOT NULL, PRIMARY KEY (mailbox, id)"
"){clustered};"
"CREATE INDEX decision_record ON decision (record) WHERE record IS NOT NULL;"
"CREATE INDEX decision_message ON decision (message_key)"
"  WHERE record IS NULL AND message_key IS NOT NULL;"

"CREATE TABLE parked ("
"  mailbox {blob} NOT NULL, folder {text} NOT NULL, remote_id {text} NOT NULL,"
"  tries {int} NOT NULL, next_us {int} NOT NULL, code {text} NOT NULL,"
"  params {text} NOT NULL, said {text} NOT NULL, PRIMARY KEY (mailbox, folder, remote_id)"
"){clustered};"
"CREATE TABLE cursor ("
"  mailbox {blob} NOT NULL, folder {text} NOT NULL, value {blob} NOT NULL,"
"  moved_us {int} NOT NULL, PRIMARY KEY (mailbox, folder)"
"){clustered};"
"CREATE TABLE state ("
"  mailbox {blob} NOT NULL, name {text} NOT NULL, value {blob} NOT NULL,"
"  PRIMARY KEY (mailbox, name)"
"){clustered};"

/* Not clustered: appended in the order of arrival, found by a short index. */
"CREATE TABLE body ("
"  sha {blob} NOT NULL, seq {int} NOT NULL, made_us {int} NOT NULL, bytes {blob} NOT NULL,"
"  PRIMARY KEY (sha, seq)"
"){table};"

"CREATE TABLE alert ("
"  id {blob} PRIMARY KEY, level {int} NOT NULL, scope {int} NOT NULL, object {blob} NOT NULL,"
"  detail {text} NOT NULL, code {text} NOT NULL, params {text} NOT NULL, said {text} NOT NULL,"
"  times {int} NOT NULL, first_us {int} NOT NULL, last_us {int} NOT NULL,"
"  cleared_us {int} NOT NULL"
"){clustered};"
"CREATE UNIQUE INDEX alert_open ON alert (scope, object, detail, code) WHERE cleared_us = 0;"
"CREATE INDEX alert_cleared ON alert (cleared_us) WHERE cleared_us > 0;"

"CREATE TABLE counter ("
"  name {text} NOT NULL, label {text} NOT NULL, value {int} NOT NULL,"
"  PRIMARY KEY (name, label)"
"){clustered};"

/* For people who ask in SQL. */
"CREATE VIEW email AS SELECT id, owner, {field subject} AS subject, {field from} AS sender,"
"  sorted_us AS received_us, body_octets AS octets, body, message_key FROM record"
"  WHERE kind = 1;";

/* Who is who, what regards what, what goes out. What most records do not have is NULL and
 * outside the index. */
static const char schema_2[] =
"ALTER TABLE owner ADD COLUMN team {text} NOT NULL DEFAULT '';"
"ALTER TABLE record ADD COLUMN thread {blob};"
"ALTER TABLE record ADD COLUMN correlated {blob};"
"ALTER TABLE record ADD COLUMN regarding {blob};"
"ALTER TABLE record ADD COLUMN method {int} NOT NULL DEFAULT 0;"
"ALTER TABLE record ADD COLUMN direction {int} NOT NULL DEFAULT 0;"
"ALTER TABLE record ADD COLUMN visibility {int} NOT NULL DEFAULT 0;"
"ALTER TABLE record ADD COLUMN held {int} NOT NULL DEFAULT 0;"
"CREATE INDEX record_thread ON record (thread) WHERE thread IS NOT NULL;"
"CREATE INDEX record_regarding ON record (regarding) WHERE regarding IS NOT NULL;"

"CREATE TABLE reference ("
"  id {blob} PRIMARY KEY, version {int} NOT NULL, kind {text} NOT NULL, name {text} NOT NULL,"
"  title {text} NOT NULL, link {text} NOT NULL, owner {blob}, visibility {int} NOT NULL,"
"  UNIQUE (kind, name)"
"){clustered};"
"CREATE TABLE address ("
"  address {text} NOT NULL, object {blob} NOT NULL, type {int} NOT NULL,"
"  PRIMARY KEY (address, object)"
"){clustered};"
"CREATE INDEX address_object ON address (object);"
"CREATE TABLE external ("
"  system {text} NOT NULL, name {text} NOT NULL, object {blob} NOT NULL,"
"  PRIMARY KEY (system, name)"
"){clustered};"
"CREATE INDEX external_object ON external (object);"

"CREATE TABLE party ("
"  object {blob} NOT NULL, record {blob} NOT NULL, role {int} NOT NULL, type {int} NOT NULL,"
"  PRIMARY KEY (object, record, role)"
"){clustered};"
"CREATE INDEX party_record ON party (record);"
"CREATE TABLE queue_item ("
"  queue {blob} NOT NULL, record {blob} NOT NULL, entered_us {int} NOT NULL,"
"  PRIMARY KEY (queue, record)"
"){clustered};"
"CREATE INDEX queue_item_record ON queue_item (record);"
"CREATE TABLE clue ("
"  type {int} NOT NULL, value {blob} NOT NULL, record {blob} NOT NULL,"
"  PRIMARY KEY (type, value, record)"
"){clustered};"
"CREATE INDEX clue_record ON clue (record);"

"CREATE TABLE outgoing ("
"  record {blob} PRIMARY KEY, mailbox {blob} NOT NULL, version {int} NOT NULL,"
"  state {int} NOT NULL, attempts {int} NOT NULL, next_us {int} NOT NULL,"
"  sent_us {int} NOT NULL, attempt {int} NOT NULL, sender {text} NOT NULL,"
"  recipients {text} NOT NULL, draft {text} NOT NULL, code {text} NOT NULL,"
"  params {text} NOT NULL, said {text} NOT NULL"
"){clustered};"
"CREATE TABLE shun ("
"  name {blob} PRIMARY KEY, since_us {int} NOT NULL"
"){clustered};"
"CREATE INDEX outgoing_open ON outgoing (mailbox, state, next_us) WHERE state IN (6, 7, 9);"

"DROP VIEW email;"
"CREATE VIEW email AS SELECT r.id, r.owner, {field subject} AS subject, {field from} AS sender,"
"  r.sorted_us AS received_us, r.body_octets AS octets, r.body, r.message_key,"
"  CASE r.direction WHEN 1 THEN 'outgoing' ELSE 'incoming' END AS direction,"
"  coalesce(o.state, 4) AS status, coalesce(r.thread, r.id) AS thread, r.correlated,"
"  r.regarding FROM record r LEFT JOIN outgoing o ON o.record = r.id WHERE r.kind = 1;";

/* Records both ways. What email does not have is NULL or 0, in columns at the end of its row, and
 * outside the indexes. */
static const char schema_3[] =
"ALTER TABLE record ADD COLUMN deleted_us {int} NOT NULL DEFAULT 0;"
"ALTER TABLE record ADD COLUMN keys {text};"
"CREATE INDEX record_act ON record (sorted_us, id) WHERE kind > 1;"
"CREATE INDEX record_kind ON record (kind, id) WHERE kind > 1;"
"CREATE INDEX record_owner ON record (owner, kind, id) WHERE kind > 1;"
"CREATE INDEX record_deleted ON record (deleted_us) WHERE deleted_us > 0;"

"ALTER TABLE link ADD COLUMN kind {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN ended {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN role {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN seen_version {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN record_now {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN recheck {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN pass {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN missing {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN attempt {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN synced_us {int} NOT NULL DEFAULT 0;"
"ALTER TABLE link ADD COLUMN flags {int} NOT NULL DEFAULT 0;"
"CREATE INDEX link_act ON link (mailbox, folder, kind) WHERE live = 1 AND kind > 0;"
"CREATE INDEX link_dirty ON link (mailbox, id) WHERE live = 1 AND kind > 0"
"  AND (record_now <> seen_version OR recheck <> 0);"
"CREATE INDEX link_missing ON link (mailbox, id) WHERE live = 1 AND missing > 0;"

/* Not clustered: shadows are long. */
"CREATE TABLE shadow ("
"  mailbox {blob} NOT NULL, link {blob} NOT NULL, base_record {text} NOT NULL,"
"  base_item {text} NOT NULL, pushed {text} NOT NULL, PRIMARY KEY (mailbox, link)"
"){table};"
"CREATE TABLE inbox ("
"  mailbox {blob} NOT NULL, folder {text} NOT NULL, remote_id {text} NOT NULL,"
"  version {text} NOT NULL, kind {int} NOT NULL, op {int} NOT NULL, flags {int} NOT NULL,"
"  pass {int} NOT NULL, round {int} NOT NULL, tries {int} NOT NULL,"
"  modified_us {int} NOT NULL, uid {text} NOT NULL, stamp {blob}, match_key {blob},"
"  PRIMARY KEY (mailbox, folder, remote_id)"
"){clustered};"
"CREATE INDEX inbox_match ON inbox (mailbox, match_key) WHERE match_key IS NOT NULL;"
"CREATE TABLE intent ("
"  mailbox {blob} NOT NULL, id {blob} NOT NULL, record {blob}, link {blob}, type {int} NOT NULL,"
"  kind {int} NOT NULL, attempt {int} NOT NULL, mails_out {int} NOT NULL,"
"  made_us {int} NOT NULL, record_version {int} NOT NULL, folder {text} NOT NULL,"
"  remote_id {text} NOT NULL, remote_version {text} NOT NULL, fields {text} NOT NULL,"
"  PRIMARY KEY (mailbox, id)"
"){clustered};"
"CREATE INDEX intent_record ON intent (record) WHERE record IS NOT NULL;"

"CREATE TABLE history ("
"  id {blob} PRIMARY KEY, record {blob} NOT NULL, mailbox {blob}, run {blob},"
"  version {int} NOT NULL, who {text} NOT NULL, code {text} NOT NULL, params {text} NOT NULL,"
"  changes {text} NOT NULL"
"){table};"
"CREATE INDEX history_record ON history (record, id);"
"CREATE INDEX history_mailbox ON history (mailbox, id) WHERE mailbox IS NOT NULL;"
"CREATE INDEX history_run ON history (run, id) WHERE run IS NOT NULL;"
"CREATE TABLE conflict ("
"  id {blob} PRIMARY KEY, record {blob} NOT NULL, mailbox {blob} NOT NULL,"
"  link {blob} NOT NULL, group_name {text} NOT NULL, base {text} NOT NULL,"
"  ours {text} NOT NULL, theirs {text} NOT NULL, opened_us {int} NOT NULL,"
"  closed_us {int} NOT NULL, resolution {int} NOT NULL, who {text} NOT NULL"
"){clustered};"
"CREATE UNIQUE INDEX conflict_open ON conflict (link, group_name) WHERE closed_us = 0;"
"CREATE INDEX conflict_closed ON conflict (closed_us) WHERE closed_us > 0;"
"CREATE INDEX conflict_record ON conflict (record);"
"CREATE INDEX conflict_mailbox ON conflict (mailbox);"

"CREATE TABLE plan ("
"  id {blob} PRIMARY KEY, mailbox {blob} NOT NULL, version {int} NOT NULL,"
"  state {int} NOT NULL, made_us {int} NOT NULL, decided_us {int} NOT NULL,"
"  who {text} NOT NULL, code {text} NOT NULL, params {text} NOT NULL,"
"  counts {text} NOT NULL, basis {text} NOT NULL"
"){clustered};"
"CREATE INDEX plan_mailbox ON plan (mailbox, id);"
"CREATE INDEX plan_state ON plan (state, id);"
"CREATE TABLE plan_line ("
"  plan {blob} NOT NULL, seq {int} NOT NULL, side {int} NOT NULL, effect {int} NOT NULL,"
"  kind {int} NOT NULL, mails_out {int} NOT NULL, record {blob}, folder {text} NOT NULL,"
"  remote_id {text} NOT NULL, PRIMARY KEY (plan, seq)"
"){clustered};"
"CREATE TABLE filter ("
"  id {blob} PRIMARY KEY, owner {blob} NOT NULL, version {int} NOT NULL, type {int} NOT NULL,"
"  kind {int} NOT NULL, active {int} NOT NULL, name {text} NOT NULL, condition {text} NOT NULL,"
"  UNIQUE (owner, type, name)"
"){clustered};"

"CREATE TABLE moment ("
"  field {int} NOT NULL, at_us {int} NOT NULL, record {blob} NOT NULL,"
"  PRIMARY KEY (field, at_us, record)"
"){clustered};"
"CREATE INDEX moment_record ON moment (record);"

/* The feed of changes: each record once, at its latest place. A place is the next number, and
 * with several writers at once the number of the transaction before it. Another generation makes
 * places that were handed out mean nothing. */
"CREATE TABLE feed ("
"  one {int} PRIMARY KEY CHECK (one = 1), generation {int} NOT NULL, number {int} NOT NULL"
"){table};"
"INSERT INTO feed (one, generation, number) VALUES (1, 1, 0);"
"{sequence}"
"CREATE TABLE change ("
"  record {blob} PRIMARY KEY, {xid column}number {int} NOT NULL, kind {int} NOT NULL,"
"  version {int} NOT NULL, gone_us {int} NOT NULL"
"){clustered};"
"CREATE UNIQUE INDEX change_place ON change ({xid}number);"
"CREATE INDEX change_gone ON change (gone_us) WHERE gone_us > 0;"

/* Programs insert op, kind, owner, record, expect, fields and who; the core does the rest. */
"CREATE TABLE edit ("
"  number {serial}, op {text} NOT NULL, kind {text} NOT NULL DEFAULT '',"
"  owner {text} NOT NULL DEFAULT '', record {blob}, expect {int} NOT NULL DEFAULT 0,"
"  fields {text} NOT NULL DEFAULT '{}', who {text} NOT NULL DEFAULT '',"
"  state {int} NOT NULL DEFAULT 0, code {text} NOT NULL DEFAULT '',"
"  params {text} NOT NULL DEFAULT '', reason {text} NOT NULL DEFAULT '',"
"  done_us {int} NOT NULL DEFAULT 0"
"){table};"
"CREATE INDEX edit_new ON edit (number) WHERE state = 0;"
"CREATE INDEX edit_done ON edit (done_us) WHERE done_us > 0;"
"CREATE INDEX edit_record ON edit (record) WHERE record IS NOT NULL;";

/* The version of the zone data that a record's instants were derived by; NULL: it has none. Of those
 * that are here nobody knows: '' is older than any. */
static const char schema_4[] =
"ALTER TABLE record ADD COLUMN zones {text};"
"UPDATE record SET zones = '' WHERE kind > 1;"
"CREATE INDEX record_zones ON record (zones, id) WHERE zones IS NOT NULL;";

/* Folders whose mail is tracked. A cursor is one lane's: the inbox has no name. */
static const char schema_5[] =
"ALTER TABLE cursor ADD COLUMN lane {int} NOT NULL DEFAULT 3;"
"UPDATE cursor SET lane = 1 WHERE folder = '';"
"CREATE TABLE tracked_folder ("
"  mailbox {blob} NOT NULL, folder {text} NOT NULL, version {int} NOT NULL,"
"  state {int} NOT NULL, relink {int} NOT NULL, regarding {blob}, made_us {int} NOT NULL,"
"  name {text} NOT NULL, PRIMARY KEY (mailbox, folder)"
"){clustered};"
"CREATE INDEX tracked_folder_regarding ON tracked_folder (regarding)"
"  WHERE regarding IS NOT NULL;";
/* clang-format on */

/* Each in at most two pieces. */
static const char *const migrations[SQL_SCHEMA + 1][2] = { { NULL, NULL },
							   { schema_1, NULL },
							   { schema_2, NULL },
							   { schema_3, sql_schema_views },
							   { schema_4, NULL },
							   { schema_5, NULL } };

struct word {
	const char *name, *text[2];
};

static const struct word words[] = {
	{ "int", { "INTEGER", "BIGINT" } },
	{ "blob", { "BLOB", "BYTEA" } },
	{ "text", { "TEXT", "TEXT COLLATE \"C\"" } },
	{ "table", { " STRICT", "" } },
	{ "clustered", { " WITHOUT ROWID, STRICT", "" } },
	/* Where no lock of the system tells that a process lives: its last sign of life. */
	{ "beat", { "", ", beat TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()" } },
	{ "serial",
	  { "INTEGER PRIMARY KEY AUTOINCREMENT",
	    "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY" } },
	/* Where transactions commit in another order than they began. */
	{ "sequence", { "", "CREATE SEQUENCE feed_number;" } },
	{ "xid column", { "", "xid XID8 NOT NULL, " } },
	{ "xid", { "", "xid, " } },
	{ "uuid",
	  { "lower(substr(hex(r.id), 1, 8) || '-' || substr(hex(r.id), 9, 4) || '-' ||"
	    " substr(hex(r.id), 13, 4) || '-' || substr(hex(r.id), 17, 4) || '-' ||"
	    " substr(hex(r.id), 21))",
	    "encode(r.id, 'hex')::uuid::text" } },
	{ "is null part", { "j.type = 'null'", "json_typeof(j.value) = 'null'" } },
	{ "text of part", { "coalesce(j.value, 'null')", "j.value::text" } },
	{ "", { "{}", "{}" } },
};

/* A value in the JSON of a record, by name or, of a wall time, name.member. */
static void put_path(FILE *out, const char *name, int len, int engine)
{
	const char *dot = memchr(name, '.', (size_t)len);

	if (engine != SQL_POSTGRES)
		fprintf(out, "json_extract(fields, '$.%.*s')", len, name);
	else if (dot)
		fprintf(out, "(fields::json #>> '{%.*s,%.*s}')", (int)(dot - name), name,
			len - (int)(dot - name) - 1, dot + 1);
	else
		fprintf(out, "(fields::json ->> '%.*s')", len, name);
}

/* "field NAME", "number NAME", "flag NAME" (1 or 0); "each NAME" of an object's members, as j, and
 * "part NAME" of one of these. */
static bool expand_json(FILE *out, const char *in, size_t len, int engine)
{
	static const struct {
		const char *word, *before[2], *behind[2];
		bool path;
	} forms[] = {
		{ "field ", { "", "" }, { "", "" }, true },
		{ "number ", { "", "" }, { "", "::bigint" }, true },
		{ "flag ", { "", "(" }, { "", "::boolean::int)" }, true },
		{ "each ",
		  { ", json_each(r.fields, '$.", ", json_each(r.fields::json -> '" },
		  { "') j", "') j" },
		  false },
		{ "part ", { "(j.value ->> '", "(j.value ->> '" }, { "')", "')" }, false },
	};
	const bool postgres = engine == SQL_POSTGRES;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t word = strlen(forms[i].word);

		if (len <= word || strncmp(in, forms[i].word, word) != 0)
			continue;
		fputs(forms[i].before[postgres], out);
		if (forms[i].path)
			put_path(out, in + word, (int)(len - word), engine);
		else
			fprintf(out, "%.*s", (int)(len - word), in + word);
		fputs(forms[i].behind[postgres], out);
		return true;
	}
	return false;
}

/* Write the engine's words for the one that starts at `in`, behind its brace. */
static const char *expand_word(FILE *out, const char *in, int engine)
{
	const char *end = strchr(in, '}');
	size_t len = (size_t)(end - in);

	if (expand_json(out, in, len, engine))
		return end + 1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].name) == len && strncmp(words[i].name, in, len) == 0)
			fputs(words[i].text[engine], out);
	}
	return end + 1;
}

/* The migration in the engine's words; the caller frees. NULL: out of memory. */
static char *expand(const char *in, int engine)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (*in) {
		if (*in == '{')
			in = expand_word(out, in + 1, engine);
		else
			fputc(*in++, out);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int one_int(struct sql_db *db, int s, int64_t *out, struct brg_err *err)
{
	int rc = db->driver->step(db, s, err);

	if (rc > 0)
		*out = db->driver->get_int(db, s, 0);
	db->driver->reset(db, s);
	return rc < 0 ? rc : 0;
}

int sql_schema(struct sql_db *db, const char *where, struct brg_err *err)
{
	int64_t ours = 0, tables = 0, schema = 0;

	if (one_int(db, S_HAS_STORE, &ours, err) < 0 || one_int(db, S_HAS_TABLES, &tables, err) < 0)
		return err->code;
	if (!tables)
		return 0;
	if (ours && one_int(db, S_SCHEMA, &schema, err) < 0)
		return err->code;
	if (schema <= 0)
		return brg_fail(err, &sql_foreign, "where=%s", where);
	if (schema > SQL_SCHEMA)
		return brg_fail(err, &sql_newer, "where=%s\nschema=%lld\nmine=%d", where,
				(long long)schema, SQL_SCHEMA);
	return (int)schema;
}

static int exec_piece(struct sql_db *db, const char *piece, struct brg_err *err)
{
	char *text = expand(piece, db->driver->engine);
	int rc;

	if (!text)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	rc = db->driver->exec(db, text, err);
	free(text);
	return rc < 0 ? rc : 0;
}

int sql_migrate(struct sql_db *db, int from, const struct brg_id *fresh, struct brg_err *err)
{
	const struct sql_driver *d = db->driver;
	int rc;

	for (int i = 2 * (from + 1); i < 2 * (SQL_SCHEMA + 1); i++) {
		const char *piece = migrations[i / 2][i % 2];

		if (piece && exec_piece(db, piece, err) < 0)
			return err->code;
	}
	if (from == 0) {
		d->bind_blob(db, S_STORE_NEW, 1, fresh->b, sizeof(fresh->b));
		d->bind_int(db, S_STORE_NEW, 2, SQL_SCHEMA);
		d->bind_blob(db, S_STORE_NEW, 3, "", 0);
		rc = d->step(db, S_STORE_NEW, err);
		d->reset(db, S_STORE_NEW);
	} else {
		d->bind_int(db, S_STORE_SCHEMA, 1, SQL_SCHEMA);
		rc = d->step(db, S_STORE_SCHEMA, err);
		d->reset(db, S_STORE_SCHEMA);
	}
	return rc < 0 ? rc : 0;
}
