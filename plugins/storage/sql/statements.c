/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement, once. They are written so that SQLite 3.40 and PostgreSQL 15 mean the
 * same by them; where that cannot be, PostgreSQL has a variant.
 */
#include "statements.h"

/* clang-format off */
#define FREE "state = 1 AND process IS NULL" /* word for word the partial indexes' condition */

#define REFERENCE_COLUMNS \
	"id, owner, version, kind, name, title, link, visibility"
#define OUTGOING_COLUMNS \
	"record, mailbox, version, state, attempts, next_us, sent_us, attempt, sender, recipients," \
	" draft, code, params, said"

#define RECORDS(where) \
	"SELECT " RECORD_COLUMNS " FROM record r WHERE " where " AND r.deleted_us = 0" SEEN("?4") \
	" AND (r.sorted_us, r.id) < (?2, ?3) ORDER BY r.sorted_us DESC, r.id DESC LIMIT ?5"
/* Few records chosen first, then sorted: SQLite would walk the whole store's list. */
#define RECORDS_CHOSEN(where) { \
	"SELECT " RECORD_COLUMNS " FROM record r WHERE " where " AND r.deleted_us = 0" SEEN("?4") \
	" AND (+r.sorted_us, +r.id) < (?2, ?3) ORDER BY +r.sorted_us DESC, +r.id DESC LIMIT ?5", \
	RECORDS(where) }
#define DECISION_COLUMNS \
	"id, mailbox, record, folder, remote_id, message_key, code, params"
#define ALERT_COLUMNS \
	"id, level, scope, object, detail, code, params, said, times, first_us, last_us, cleared_us"

#define OWNER_INSERT \
	"INSERT INTO owner (id, type, name, address, settings, team, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT "
#define REFERENCE_INSERT \
	"INSERT INTO reference (id, owner, kind, name, title, link, visibility, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) ON CONFLICT "
#define OUTGOING_INSERT \
	"INSERT INTO outgoing (record, mailbox, state, attempts, next_us, sent_us, attempt, sender," \
	" recipients, draft, code, params, said, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1) ON CONFLICT "
#define PROFILE_INSERT \
	"INSERT INTO profile (id, name, connector, max_connections, settings, sealed, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT "
#define MAILBOX_INSERT \
	"INSERT INTO mailbox (id, owner, profile, name, address, identity, settings, sealed, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1) ON CONFLICT "
#define RECORD_INSERT \
	"INSERT INTO record (id, owner, kind, created_us, modified_us, sorted_us, fields, body," \
	" body_octets, message_key, thread, correlated, regarding, method, direction, visibility," \
	" held, deleted_us, keys, zones, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10," \
	" ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 1) ON CONFLICT "
/* The link of a mail does not follow its record. Others wait for who writes the record just now. */
#define RECORD_NOW(lock) \
	"CASE ?8 WHEN 0 THEN 0 ELSE coalesce((SELECT version FROM record WHERE id = ?3" lock "), 0) END"
#define LINK_INSERT(lock) \
	"INSERT INTO link (mailbox, id, record, live, folder, remote_id, remote_version, kind, ended," \
	" role, seen_version, recheck, pass, missing, attempt, synced_us, flags, record_now, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, " \
	RECORD_NOW(lock) ", 1) ON CONFLICT "
#define LINK_ANY(lock) \
	LINK_INSERT(lock) "(mailbox, id) DO UPDATE SET record = excluded.record," \
	" live = excluded.live, folder = excluded.folder, remote_id = excluded.remote_id," \
	" remote_version = excluded.remote_version, kind = excluded.kind, ended = excluded.ended," \
	" role = excluded.role, seen_version = excluded.seen_version, recheck = excluded.recheck," \
	" pass = excluded.pass, missing = excluded.missing, attempt = excluded.attempt," \
	" synced_us = excluded.synced_us, flags = excluded.flags, record_now = excluded.record_now," \
	" version = link.version + 1"
#define LINK_AT(lock) \
	"UPDATE link SET record = ?3, live = ?4, folder = ?5, remote_id = ?6, remote_version = ?7," \
	" kind = ?8, ended = ?9, role = ?10, seen_version = ?11, recheck = ?12, pass = ?13," \
	" missing = ?14, attempt = ?15, synced_us = ?16, flags = ?17, record_now = " RECORD_NOW(lock) "," \
	" version = version + 1 WHERE mailbox = ?1 AND id = ?2 AND version = ?18"
#define VISIT_INSERT \
	"INSERT INTO visit (id, mailbox, lane, profile, state, due_us, failures, strikes, probes," \
	" wanted, interval_ms, outcome, started_us, ended_us, items, items_failed, code, params," \
	" said, token, wanted_claimed)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, 0, 0, 0, ?12, ?13, ?14, 0, 0)" \
	" ON CONFLICT (mailbox, lane) "

/* Each column is one look into a partial index. */
#define DUE_COLUMNS(wanted_index) \
	"SELECT p.id, p.max_connections," \
	" (SELECT count(*) FROM visit WHERE profile = p.id AND lane = ?1 AND " FREE \
	"  AND due_us <= ?2 AND NOT wanted > wanted_claimed)," \
	" (SELECT count(*) FROM visit " wanted_index " WHERE profile = p.id AND lane = ?1 AND " FREE \
	"  AND wanted > wanted_claimed)," \
	" (SELECT min(due_us) FROM visit WHERE profile = p.id AND lane = ?1 AND " FREE \
	"  AND due_us > ?2)" \
	" FROM profile p ORDER BY p.id"

static const struct sql_statement statements[S_SYNC_FIRST] = {
[S_HAS_STORE] = {
	"SELECT count(*) FROM sqlite_master WHERE name = 'store'"
	" AND (SELECT count(*) FROM pragma_table_info('store') WHERE name = 'schema_number') = 1",
	"SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema()"
	" AND table_name = 'store' AND column_name = 'schema_number'" },
[S_HAS_TABLES] = {
	"SELECT count(*) FROM sqlite_master",
	"SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()" },
[S_SCHEMA] = { "SELECT schema_number FROM store", NULL },
[S_STORE_NEW] = {
	"INSERT INTO store (one, id, epoch, schema_number, key_check) VALUES (1, ?1, 1, ?2, ?3)",
	NULL },
[S_STORE_SCHEMA] = { "UPDATE store SET schema_number = ?1", NULL },
[S_STORE_SET] = { "UPDATE store SET key_check = ?1, epoch = ?2", NULL },

[S_OWNER_NEW] = { OWNER_INSERT "DO NOTHING", NULL },
[S_OWNER_ANY] = {
	OWNER_INSERT "(id) DO UPDATE SET type = excluded.type, name = excluded.name,"
	" address = excluded.address, settings = excluded.settings, team = excluded.team,"
	" version = owner.version + 1", NULL },
[S_OWNER_AT] = {
	"UPDATE owner SET type = ?2, name = ?3, address = ?4, settings = ?5, team = ?6,"
	" version = version + 1 WHERE id = ?1 AND version = ?7", NULL },
[S_REFERENCE_NEW] = { REFERENCE_INSERT "DO NOTHING", NULL },
[S_REFERENCE_ANY] = {
	REFERENCE_INSERT "(id) DO UPDATE SET owner = excluded.owner, kind = excluded.kind,"
	" name = excluded.name, title = excluded.title, link = excluded.link,"
	" visibility = excluded.visibility, version = reference.version + 1", NULL },
[S_REFERENCE_AT] = {
	"UPDATE reference SET owner = ?2, kind = ?3, name = ?4, title = ?5, link = ?6,"
	" visibility = ?7, version = version + 1 WHERE id = ?1 AND version = ?8", NULL },
[S_OUTGOING_NEW] = { OUTGOING_INSERT "DO NOTHING", NULL },
[S_OUTGOING_ANY] = {
	OUTGOING_INSERT "(record) DO UPDATE SET mailbox = excluded.mailbox, state = excluded.state,"
	" attempts = excluded.attempts, next_us = excluded.next_us, sent_us = excluded.sent_us,"
	" attempt = excluded.attempt, sender = excluded.sender, recipients = excluded.recipients,"
	" draft = excluded.draft, code = excluded.code, params = excluded.params,"
	" said = excluded.said, version = outgoing.version + 1", NULL },
[S_OUTGOING_AT] = {
	"UPDATE outgoing SET mailbox = ?2, state = ?3, attempts = ?4, next_us = ?5, sent_us = ?6,"
	" attempt = ?7, sender = ?8, recipients = ?9, draft = ?10, code = ?11, params = ?12,"
	" said = ?13, version = version + 1 WHERE record = ?1 AND version = ?14", NULL },
[S_PROFILE_NEW] = { PROFILE_INSERT "DO NOTHING", NULL },
[S_PROFILE_ANY] = {
	PROFILE_INSERT "(id) DO UPDATE SET name = excluded.name, connector = excluded.connector,"
	" max_connections = excluded.max_connections, settings = excluded.settings,"
	" sealed = excluded.sealed, version = profile.version + 1", NULL },
[S_PROFILE_AT] = {
	"UPDATE profile SET name = ?2, connector = ?3, max_connections = ?4, settings = ?5,"
	" sealed = ?6, version = version + 1 WHERE id = ?1 AND version = ?7", NULL },
[S_MAILBOX_NEW] = { MAILBOX_INSERT "DO NOTHING", NULL },
[S_MAILBOX_ANY] = {
	MAILBOX_INSERT "(id) DO UPDATE SET owner = excluded.owner, profile = excluded.profile,"
	" name = excluded.name, address = excluded.address, identity = excluded.identity,"
	" settings = excluded.settings, sealed = excluded.sealed, version = mailbox.version + 1",
	NULL },
[S_MAILBOX_AT] = {
	"UPDATE mailbox SET owner = ?2, profile = ?3, name = ?4, address = ?5, identity = ?6,"
	" settings = ?7, sealed = ?8, version = version + 1 WHERE id = ?1 AND version = ?9", NULL },
[S_RECORD_NEW] = { RECORD_INSERT "DO NOTHING", NULL },
[S_RECORD_ANY] = {
	RECORD_INSERT "(id) DO UPDATE SET owner = excluded.owner, kind = excluded.kind,"
	" created_us = excluded.created_us, modified_us = excluded.modified_us,"
	" sorted_us = excluded.sorted_us, fields = excluded.fields, body = excluded.body,"
	" body_octets = excluded.body_octets, message_key = excluded.message_key,"
	" thread = excluded.thread, correlated = excluded.correlated,"
	" regarding = excluded.regarding, method = excluded.method,"
	" direction = excluded.direction, visibility = excluded.visibility,"
	" held = excluded.held, deleted_us = excluded.deleted_us, keys = excluded.keys,"
	" zones = excluded.zones, version = record.version + 1", NULL },
[S_RECORD_AT] = {
	"UPDATE record SET owner = ?2, kind = ?3, created_us = ?4, modified_us = ?5,"
	" sorted_us = ?6, fields = ?7, body = ?8, body_octets = ?9, message_key = ?10,"
	" thread = ?11, correlated = ?12, regarding = ?13, method = ?14, direction = ?15,"
	" visibility = ?16, held = ?17, deleted_us = ?18, keys = ?19, zones = ?20,"
	" version = version + 1 WHERE id = ?1 AND version = ?21", NULL },
[S_LINK_NEW] = { LINK_INSERT("") "DO NOTHING", LINK_INSERT(" FOR SHARE") "DO NOTHING" },
[S_LINK_ANY] = { LINK_ANY(""), LINK_ANY(" FOR SHARE") },
[S_LINK_AT] = { LINK_AT(""), LINK_AT(" FOR SHARE") },

[S_LEASE] = {
	"SELECT 1 FROM visit WHERE id = ?1 AND token = ?2 AND process IS NOT NULL",
	"SELECT 1 FROM visit WHERE id = ?1 AND token = ?2 AND process IS NOT NULL FOR SHARE" },
[S_SAME_LOCK] = { /* so that two processes do not find none at once; SQLite has one writer */
	"SELECT 1",
	"SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(encode(?1, 'hex'), 0))" },
[S_SAME] = { "SELECT count(*) FROM record WHERE message_key = ?1", NULL },
[S_STATE_IS] = { "SELECT value FROM state WHERE mailbox = ?1 AND name = ?2", NULL },
[S_ADDRESS_DROP] = { "DELETE FROM address WHERE object = ?1", NULL },
[S_ADDRESS_PUT] = {
	"INSERT INTO address (address, object, type) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (address, object) DO NOTHING", NULL },
[S_EXTERNAL_NEW] = {
	"INSERT INTO external (system, name, object) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (system, name) DO UPDATE SET object = excluded.object"
	" WHERE external.object = excluded.object", NULL },
[S_EXTERNAL_ANY] = {
	"INSERT INTO external (system, name, object) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (system, name) DO UPDATE SET object = excluded.object", NULL },
[S_PARTY] = {
	"INSERT INTO party (object, record, role, type) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (object, record, role) DO NOTHING", NULL },
[S_QUEUE_ITEM] = {
	"INSERT INTO queue_item (queue, record, entered_us) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (queue, record) DO NOTHING", NULL },
[S_CLUE_NEW] = {
	"INSERT INTO clue (type, value, record) SELECT ?1, ?2, ?3"
	" WHERE NOT EXISTS (SELECT 1 FROM clue WHERE type = ?1 AND value = ?2)",
	"INSERT INTO clue (type, value, record) SELECT ?1::bigint, ?2::bytea, ?3::bytea"
	" WHERE NOT EXISTS (SELECT 1 FROM clue WHERE type = ?1 AND value = ?2)" },
[S_CLUE_ANY] = {
	"INSERT INTO clue (type, value, record) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (type, value, record) DO NOTHING", NULL },
[S_QUEUE_ITEM_DONE] = { "DELETE FROM queue_item WHERE queue = ?1 AND record = ?2", NULL },
[S_SHUN] = {
	"INSERT INTO shun (name, since_us) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING", NULL },
[S_SHUN_OFF] = { "DELETE FROM shun WHERE name = ?1", NULL },
[S_HELD] = { "SELECT held, body, kind FROM record WHERE id = ?1", NULL },
[S_FORGET_BODY] = {
	"DELETE FROM body WHERE sha = ?1 AND NOT EXISTS (SELECT 1 FROM record WHERE"
	" substr(body, 1, 8) = ?2 AND body = ?1)", NULL },
[S_FORGET_MARKS] = {
	"UPDATE mark SET state = CASE state WHEN 5 THEN 5 ELSE 1 END, record = NULL"
	" WHERE record = ?1 AND mailbox IN (SELECT mailbox FROM link WHERE record = ?1)", NULL },
[S_FORGET_ALERTS] = { "DELETE FROM alert WHERE scope = 4 AND detail = ?1", NULL },
[S_FORGET_SHADOWS] = {
	"DELETE FROM shadow WHERE (mailbox, link) IN (SELECT mailbox, id FROM link WHERE record = ?1)",
	NULL },
[S_FORGET_INTENTS] = { "DELETE FROM intent WHERE record = ?1", NULL },
[S_FORGET_HISTORY] = { "DELETE FROM history WHERE record = ?1", NULL },
[S_FORGET_CONFLICTS] = { "DELETE FROM conflict WHERE record = ?1", NULL },
[S_FORGET_MOMENTS] = { "DELETE FROM moment WHERE record = ?1", NULL },
[S_FORGET_EDITS] = { "DELETE FROM edit WHERE record = ?1", NULL },
[S_FORGET_LINKS] = { "DELETE FROM link WHERE record = ?1", NULL },
[S_FORGET_PARTIES] = { "DELETE FROM party WHERE record = ?1", NULL },
[S_FORGET_QUEUE_ITEMS] = { "DELETE FROM queue_item WHERE record = ?1", NULL },
[S_FORGET_CLUES] = { "DELETE FROM clue WHERE record = ?1", NULL },
[S_FORGET_OUTGOING] = { "DELETE FROM outgoing WHERE record = ?1", NULL },
[S_FORGET_EXTERNALS] = { "DELETE FROM external WHERE object = ?1", NULL },
[S_FORGET_DECISIONS] = { "DELETE FROM decision WHERE record = ?1", NULL },
[S_FORGET_RECORD] = { "DELETE FROM record WHERE id = ?1", NULL },
[S_FORGET_REFERENCE] = { "DELETE FROM reference WHERE id = ?1", NULL },
[S_VISIT_NEW] = { VISIT_INSERT "DO NOTHING", NULL },
[S_VISIT_SET] = {
	VISIT_INSERT "DO UPDATE SET profile = excluded.profile, state = excluded.state,"
	" due_us = excluded.due_us, failures = excluded.failures, strikes = excluded.strikes,"
	" probes = excluded.probes, code = excluded.code, params = excluded.params,"
	" said = excluded.said WHERE visit.process IS NULL", NULL },
[S_WANT] = { "UPDATE visit SET wanted = wanted + 1 WHERE mailbox = ?1 AND lane = ?2", NULL },
[S_WANT_ALL] = { "UPDATE visit SET wanted = wanted + 1 WHERE mailbox = ?1", NULL },
[S_SETTLE] = {
	"UPDATE visit SET state = ?3,"
	" due_us = CASE WHEN wanted > wanted_claimed AND ?4 > ?10 THEN ?10 ELSE ?4 END,"
	" interval_ms = ?5, failures = ?6, strikes = ?7, probes = ?8, outcome = ?9,"
	" ended_us = ?10, started_us = ?11, items = ?12, items_failed = ?13, code = ?14,"
	" params = ?15, said = ?16, process = NULL"
	" WHERE id = ?1 AND token = ?2 AND process IS NOT NULL",
	"UPDATE visit SET state = ?3, due_us = CASE WHEN wanted > wanted_claimed"
	" THEN least(?4::bigint, ?10::bigint) ELSE ?4::bigint END,"
	" interval_ms = ?5, failures = ?6, strikes = ?7, probes = ?8, outcome = ?9,"
	" ended_us = ?10, started_us = ?11, items = ?12, items_failed = ?13, code = ?14,"
	" params = ?15, said = ?16, process = NULL"
	" WHERE id = ?1 AND token = ?2 AND process IS NOT NULL" },
[S_UNLINK] = {
	"UPDATE link SET live = NULL, version = version + 1"
	" WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3 AND live = 1", NULL },
[S_MARK] = {
	"INSERT INTO mark (mailbox, folder, remote_id, state, print, octets, seen_us, record)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (mailbox, folder, remote_id)"
	" DO UPDATE SET state = excluded.state, print = excluded.print, octets = excluded.octets,"
	" seen_us = excluded.seen_us, record = excluded.record", NULL },
[S_MARK_HAS] = {
	"SELECT 1 FROM mark WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3", NULL },
[S_MARK_REKEY] = {
	"UPDATE mark SET remote_id = ?4 WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3",
	NULL },
[S_LINK_HAS] = {
	"SELECT 1 FROM link WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3 AND live = 1",
	NULL },
[S_LINK_REKEY] = {
	"UPDATE link SET remote_id = ?4, version = version + 1"
	" WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3 AND live = 1", NULL },
[S_PARKED_REKEY] = {
	"UPDATE parked SET remote_id = ?4 WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3",
	NULL },
[S_DECISION] = {
	"INSERT INTO decision (mailbox, id, record, folder, remote_id, message_key, code, params)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", NULL },
[S_PARK] = {
	"INSERT INTO parked (mailbox, folder, remote_id, tries, next_us, code, params, said)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (mailbox, folder, remote_id)"
	" DO UPDATE SET tries = excluded.tries, next_us = excluded.next_us, code = excluded.code,"
	" params = excluded.params, said = excluded.said", NULL },
[S_UNPARK] = {
	"DELETE FROM parked WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3", NULL },
[S_CURSOR] = {
	"INSERT INTO cursor (" CURSOR_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (mailbox, folder) DO UPDATE SET value = excluded.value,"
	" moved_us = excluded.moved_us, lane = excluded.lane", NULL },
[S_STATE] = {
	"INSERT INTO state (mailbox, name, value) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (mailbox, name) DO UPDATE SET value = excluded.value", NULL },
[S_STATE_DROP] = { "DELETE FROM state WHERE mailbox = ?1 AND name = ?2", NULL },
[S_BODY] = {
	"INSERT INTO body (sha, seq, made_us, bytes) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (sha, seq) DO NOTHING", NULL },
[S_BODY_MORE] = {
	"INSERT INTO body (sha, seq, made_us, bytes) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS"
	" (SELECT 1 FROM record WHERE substr(body, 1, 8) = ?5 AND body = ?1)"
	" ON CONFLICT (sha, seq) DO NOTHING",
	"INSERT INTO body (sha, seq, made_us, bytes)"
	" SELECT ?1::bytea, ?2::bigint, ?3::bigint, ?4::bytea WHERE NOT EXISTS"
	" (SELECT 1 FROM record WHERE substr(body, 1, 8) = ?5 AND body = ?1)"
	" ON CONFLICT (sha, seq) DO NOTHING" },
[S_BODY_FRESH] = {
	"UPDATE body SET made_us = ?2 WHERE sha = ?1 AND made_us < ?3", NULL },
[S_BODY_IS] = { "SELECT 1 FROM body WHERE sha = ?1 AND seq = 0 AND bytes = ?2", NULL },
[S_BODY_USED] = {
	"SELECT 1 FROM record WHERE substr(body, 1, 8) = ?1 AND body = ?2", NULL },
[S_BODY_DROP] = { "DELETE FROM body WHERE sha = ?1", NULL },
[S_ALERT] = {
	"INSERT INTO alert (id, level, scope, object, detail, code, params, said, times, first_us,"
	" last_us, cleared_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10, 0)"
	" ON CONFLICT (scope, object, detail, code) WHERE cleared_us = 0 DO UPDATE SET"
	" level = excluded.level, params = excluded.params, said = excluded.said,"
	" times = alert.times + 1, last_us = excluded.last_us", NULL },
[S_CLEAR] = {
	"UPDATE alert SET cleared_us = ?3 WHERE scope = ?1 AND object = ?2 AND cleared_us = 0"
	" AND (?4 = '' OR code = ?4) AND (?5 = '' OR detail = ?5)", NULL },
[S_COUNT] = {
	"INSERT INTO counter (name, label, value) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (name, label) DO UPDATE SET value = counter.value + excluded.value", NULL },

[S_READ_STORE] = { "SELECT id, epoch, schema_number, key_check FROM store", NULL },
[S_READ_OWNER] = { "SELECT " OWNER_COLUMNS " FROM owner o WHERE o.id = ?1", NULL },
[S_READ_OWNER_NAMED] = {
	"SELECT " OWNER_COLUMNS " FROM owner o WHERE o.type = ?1 AND o.name = ?2", NULL },
[S_READ_OWNERS] = {
	"SELECT " OWNER_COLUMNS " FROM owner o WHERE o.id > ?1 ORDER BY o.id LIMIT ?2", NULL },
[S_READ_PROFILE] = { "SELECT " PROFILE_COLUMNS " FROM profile p WHERE p.id = ?1", NULL },
[S_READ_PROFILE_NAMED] = {
	"SELECT " PROFILE_COLUMNS " FROM profile p WHERE p.name = ?1", NULL },
[S_READ_PROFILES] = {
	"SELECT " PROFILE_COLUMNS " FROM profile p WHERE p.id > ?1 ORDER BY p.id LIMIT ?2", NULL },
[S_READ_MAILBOX] = { "SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE m.id = ?1", NULL },
[S_READ_MAILBOX_NAMED] = {
	"SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE (m.name = ?1 OR m.address = ?1)"
	" AND m.id > ?2 ORDER BY m.id LIMIT ?3", NULL },
[S_READ_MAILBOX_PROFILE] = {
	"SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE m.profile = ?1 AND m.id > ?2"
	" ORDER BY m.id LIMIT ?3", NULL },
[S_READ_MAILBOXES] = {
	"SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE m.id > ?1 ORDER BY m.id LIMIT ?2", NULL },
[S_READ_VISITS_OF] = {
	"SELECT " VISIT_COLUMNS " FROM visit v WHERE v.mailbox = ?1 AND (?2 = 0 OR v.lane = ?2)"
	" ORDER BY v.lane", NULL },
[S_READ_VISITS] = {
	"SELECT " VISIT_COLUMNS " FROM visit v WHERE v.id > ?1 AND (?2 = 0 OR v.lane = ?2)"
	" ORDER BY v.id LIMIT ?3", NULL },
[S_READ_RECORD] = { "SELECT " RECORD_COLUMNS " FROM record r WHERE r.id = ?1" SEEN("?2"), NULL },
[S_READ_RECORD_MESSAGE] = {
	"SELECT " RECORD_COLUMNS " FROM record r WHERE r.message_key = ?1 AND r.id > ?2" SEEN("?3")
	" ORDER BY r.id LIMIT ?4", NULL },
[S_READ_RECORD_CLUE] = {
	"SELECT " RECORD_COLUMNS " FROM clue k JOIN record r ON r.id = k.record WHERE k.type = ?1"
	" AND k.value = ?2" SEEN("?3") " ORDER BY k.record DESC LIMIT ?4", NULL },
[S_READ_RECORDS_THREAD] = RECORDS_CHOSEN("(r.id = ?1 OR r.thread = ?1)"),
[S_READ_RECORDS_PARTY] =
	RECORDS_CHOSEN("r.id IN (SELECT record FROM party WHERE object = ?1)"),
[S_READ_RECORDS_REGARDING] = RECORDS_CHOSEN("r.regarding = ?1"),
[S_READ_RECORDS_OF] = RECORDS_CHOSEN("r.id IN (SELECT record FROM link WHERE mailbox = ?1)"),
[S_READ_RECORDS] = { RECORDS("length(?1) >= 0"), NULL },
[S_READ_AGED] = {
	"SELECT " RECORD_COLUMNS " FROM record r WHERE r.sorted_us < ?1 AND r.kind = 1 AND NOT EXISTS (SELECT 1"
	" FROM outgoing o WHERE o.record = r.id AND o.state IN (6, 7, 9))"
	" ORDER BY r.sorted_us, r.id LIMIT ?2", NULL },
[S_RECORD_PLACE] = { "SELECT sorted_us FROM record WHERE id = ?1", NULL },
[S_READ_LINKS_RECORD] = {
	"SELECT " LINK_COLUMNS " FROM link WHERE record = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	NULL },
[S_READ_LINKS_OF] = {
	"SELECT " LINK_COLUMNS " FROM link WHERE mailbox = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	NULL },
[S_READ_LINKS_IN] = {
	"SELECT " LINK_COLUMNS " FROM link WHERE mailbox = ?1 AND folder = ?2 AND live = 1"
	" AND id > ?3 ORDER BY id LIMIT ?4", NULL },
[S_READ_MARK] = {
	"SELECT " MARK_COLUMNS " FROM mark WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3",
	NULL },
[S_READ_MARKS_STATE] = {
	"SELECT " MARK_COLUMNS " FROM mark WHERE mailbox = ?1 AND folder = ?2 AND state = ?3"
	" ORDER BY remote_id LIMIT ?4", NULL },
[S_READ_MARKS] = {
	"SELECT " MARK_COLUMNS " FROM mark WHERE mailbox = ?1 AND folder = ?2"
	" ORDER BY remote_id LIMIT ?3", NULL },
[S_READ_PRINTS] = {
	"SELECT " MARK_COLUMNS " FROM mark WHERE mailbox = ?1 AND substr(print, 1, 8) = ?2"
	" AND print = ?3 AND folder = ?4 AND state IN (1, 2, 4) ORDER BY remote_id LIMIT ?5",
	NULL },
[S_READ_DECISIONS_RECORD] = {
	"SELECT " DECISION_COLUMNS " FROM decision WHERE record = ?1 AND id < ?2"
	" ORDER BY id DESC LIMIT ?3", NULL },
[S_READ_DECISIONS_MESSAGE] = {
	"SELECT " DECISION_COLUMNS " FROM decision WHERE id < ?2 AND ("
	" (message_key = ?1 AND record IS NULL)"
	" OR record IN (SELECT id FROM record WHERE message_key = ?1))"
	" ORDER BY id DESC LIMIT ?3", NULL },
[S_READ_DECISIONS_ITEM] = {
	"SELECT " DECISION_COLUMNS " FROM decision WHERE mailbox = ?1 AND folder = ?2"
	" AND remote_id = ?3 AND id < ?4 ORDER BY id DESC LIMIT ?5", NULL },
[S_READ_DECISIONS_OF] = {
	"SELECT " DECISION_COLUMNS " FROM decision WHERE mailbox = ?1 AND id < ?2"
	" ORDER BY id DESC LIMIT ?3", NULL },
[S_READ_PARKED_OF] = {
	"SELECT " PARKED_COLUMNS " FROM parked WHERE mailbox = ?1 ORDER BY folder, remote_id"
	" LIMIT ?2", NULL },
[S_READ_PARKED] = {
	"SELECT " PARKED_COLUMNS " FROM parked ORDER BY mailbox, folder, remote_id LIMIT ?1", NULL },
[S_READ_ALERTS] = {
	"SELECT " ALERT_COLUMNS " FROM alert WHERE id < ?1 AND (?2 = 1 OR cleared_us = 0)"
	" ORDER BY id DESC LIMIT ?3", NULL },
[S_READ_ALERTS_OF] = {
	"SELECT " ALERT_COLUMNS " FROM alert WHERE object = ?1 AND id < ?2"
	" AND (?3 = 1 OR cleared_us = 0) ORDER BY id DESC LIMIT ?4", NULL },
[S_READ_COUNTERS] = {
	"SELECT name, label, value FROM counter ORDER BY name, label LIMIT ?1", NULL },
[S_READ_PROCESSES] = {
	"SELECT id, node, role, pid, joined_us FROM process WHERE id > ?1 ORDER BY id LIMIT ?2",
	NULL },
[S_READ_DUE] = { DUE_COLUMNS("INDEXED BY visit_wanted"), DUE_COLUMNS("") },
[S_CLAIMED_CURSORS] = {
	"SELECT " CURSOR_COLUMNS " FROM cursor WHERE mailbox = ?1 AND lane = ?2 ORDER BY folder",
	NULL },
[S_READ_CURSORS_OF] = {
	"SELECT " CURSOR_COLUMNS " FROM cursor WHERE mailbox = ?1 ORDER BY folder LIMIT ?2", NULL },
[S_READ_CURSORS] = {
	"SELECT " CURSOR_COLUMNS " FROM cursor ORDER BY mailbox, folder LIMIT ?1", NULL },
[S_READ_REFERENCE] = { "SELECT " REFERENCE_COLUMNS " FROM reference WHERE id = ?1", NULL },
[S_READ_REFERENCE_NAMED] = {
	"SELECT " REFERENCE_COLUMNS " FROM reference WHERE kind = ?1 AND name = ?2", NULL },
[S_READ_REFERENCES] = {
	"SELECT " REFERENCE_COLUMNS " FROM reference WHERE id > ?1 ORDER BY id LIMIT ?2", NULL },
[S_READ_ADDRESS] = {
	"SELECT a.address, a.type, a.object, coalesce(f.kind, '') FROM address a"
	" LEFT JOIN reference f ON a.type = 3 AND f.id = a.object WHERE a.address = ?1"
	" ORDER BY a.type, a.object LIMIT ?2", NULL },
[S_READ_ADDRESSES_OF] = {
	"SELECT a.address, a.type, a.object, coalesce(f.kind, '') FROM address a"
	" LEFT JOIN reference f ON a.type = 3 AND f.id = a.object WHERE a.object = ?1"
	" ORDER BY a.address LIMIT ?2", NULL },
[S_READ_ADDRESSES] = {
	"SELECT a.address, a.type, a.object, coalesce(f.kind, '') FROM address a"
	" LEFT JOIN reference f ON a.type = 3 AND f.id = a.object ORDER BY a.object, a.address"
	" LIMIT ?1", NULL },
[S_READ_EXTERNAL] = {
	"SELECT system, name, object FROM external WHERE system = ?1 AND name = ?2", NULL },
[S_READ_EXTERNALS_OF] = {
	"SELECT system, name, object FROM external WHERE object = ?1 ORDER BY system, name"
	" LIMIT ?2", NULL },
[S_READ_EXTERNALS] = {
	"SELECT system, name, object FROM external ORDER BY object, system, name LIMIT ?1", NULL },
[S_READ_PARTIES] = {
	"SELECT object, record, type, role FROM party WHERE record = ?1 ORDER BY role, object"
	" LIMIT ?2", NULL },
[S_READ_QUEUE_ITEMS] = {
	"SELECT queue, record, entered_us FROM queue_item WHERE queue = ?1 AND record > ?2"
	" ORDER BY record LIMIT ?3", NULL },
[S_READ_QUEUE_ITEMS_RECORD] = {
	"SELECT queue, record, entered_us FROM queue_item WHERE record = ?1 ORDER BY queue"
	" LIMIT ?2", NULL },
[S_READ_CLUES] = {
	"SELECT type, value, record FROM clue WHERE type = ?1 AND value = ?2"
	" ORDER BY record DESC LIMIT ?3", NULL },
[S_READ_CLUES_RECORD] = {
	"SELECT type, value, record FROM clue WHERE record = ?1 ORDER BY type, value LIMIT ?2",
	NULL },
[S_READ_OUTGOING] = { "SELECT " OUTGOING_COLUMNS " FROM outgoing WHERE record = ?1", NULL },
[S_READ_OUTGOING_OF] = { /* the states that the partial index knows are asked for by number */
	"SELECT " OUTGOING_COLUMNS " FROM outgoing WHERE mailbox = ?1 AND (?2 = 0 OR state = ?2)"
	" AND (?3 = 0 OR state <> 6 OR next_us <= ?3) AND record > ?4 ORDER BY record LIMIT ?5",
	NULL },
[S_READ_OUTGOING_OPEN] = {
	"SELECT " OUTGOING_COLUMNS " FROM outgoing WHERE mailbox = ?1 AND state IN (6, 7, 9)"
	" AND state = ?2 AND next_us <= ?3 AND record > ?4 ORDER BY next_us, record LIMIT ?5",
	NULL },
[S_READ_OUTGOING_ALL] = {
	"SELECT " OUTGOING_COLUMNS " FROM outgoing WHERE (?1 = 0 OR state = ?1) AND record > ?2"
	" ORDER BY record LIMIT ?3", NULL },
[S_READ_SHUNNED] = { "SELECT name, since_us FROM shun WHERE name = ?1", NULL },
[S_READ_ALL_SHUNNED] = { "SELECT name, since_us FROM shun ORDER BY since_us, name LIMIT ?1", NULL },
[S_COUNT_OWNERS] = { "SELECT count(*), 0 FROM owner", NULL },
[S_COUNT_PROFILES] = { "SELECT count(*), 0 FROM profile", NULL },
[S_COUNT_MAILBOXES] = { "SELECT count(*), 0 FROM mailbox", NULL },
[S_COUNT_RECORDS] = { "SELECT count(*), 0 FROM record", NULL },
[S_COUNT_LINKS] = { "SELECT count(*), 0 FROM link WHERE live = 1", NULL },
[S_COUNT_MARKS] = { "SELECT count(*), 0 FROM mark", NULL },
[S_COUNT_PARKED] = { "SELECT count(*), 0 FROM parked", NULL },
[S_COUNT_BODIES] = {
	"SELECT count(CASE seq WHEN 0 THEN 1 END), coalesce(sum(length(bytes)), 0) FROM body",
	"SELECT count(CASE seq WHEN 0 THEN 1 END), coalesce(sum(length(bytes)), 0)::bigint FROM body" },
[S_COUNT_RECORDS_OF] = {
	"SELECT count(DISTINCT record), 0 FROM link WHERE mailbox = ?1", NULL },
[S_COUNT_LINKS_OF] = {
	"SELECT count(*), 0 FROM link WHERE mailbox = ?1 AND live = 1", NULL },
[S_COUNT_MARKS_OF] = { "SELECT count(*), 0 FROM mark WHERE mailbox = ?1", NULL },
[S_COUNT_PARKED_OF] = { "SELECT count(*), 0 FROM parked WHERE mailbox = ?1", NULL },
[S_COUNT_BODIES_OF] = {
	"SELECT count(CASE seq WHEN 0 THEN 1 END), coalesce(sum(length(bytes)), 0) FROM body"
	" WHERE sha IN (SELECT body FROM record WHERE id IN"
	" (SELECT record FROM link WHERE mailbox = ?1))",
	"SELECT count(CASE seq WHEN 0 THEN 1 END), coalesce(sum(length(bytes)), 0)::bigint FROM body"
	" WHERE sha IN (SELECT body FROM record WHERE id IN"
	" (SELECT record FROM link WHERE mailbox = ?1))" },
[S_KNOWN] = {
	"SELECT remote_id, state FROM mark WHERE mailbox = ?1 AND folder = ?2", NULL },
[S_BODY_CHUNKS] = { "SELECT bytes FROM body WHERE sha = ?1 ORDER BY seq", NULL },

[S_CLAIM_WANTED] = { /* named, or SQLite walks all that are not wanted */
	"SELECT id, due_us FROM visit INDEXED BY visit_wanted WHERE profile = ?1 AND lane = ?2"
	" AND " FREE " AND wanted > wanted_claimed ORDER BY due_us LIMIT ?3",
	"SELECT id, due_us FROM visit WHERE profile = ?1 AND lane = ?2 AND " FREE
	" AND wanted > wanted_claimed ORDER BY due_us LIMIT ?3 FOR UPDATE SKIP LOCKED" },
[S_CLAIM_DUE] = {
	"SELECT id, due_us FROM visit WHERE profile = ?1 AND lane = ?2 AND " FREE
	" AND due_us <= ?4 AND NOT wanted > wanted_claimed ORDER BY due_us LIMIT ?3",
	"SELECT id, due_us FROM visit WHERE profile = ?1 AND lane = ?2 AND " FREE
	" AND due_us <= ?4 AND NOT wanted > wanted_claimed ORDER BY due_us LIMIT ?3"
	" FOR UPDATE SKIP LOCKED" },
[S_CLAIM_MAILBOX] = {
	"SELECT id, due_us, profile FROM visit WHERE mailbox = ?1 AND lane = ?2"
	" AND process IS NULL",
	"SELECT id, due_us, profile FROM visit WHERE mailbox = ?1 AND lane = ?2"
	" AND process IS NULL FOR UPDATE SKIP LOCKED" },
[S_CLAIM] = {
	"UPDATE visit SET token = token + 1, process = ?2, wanted_claimed = wanted"
	" WHERE id = ?1 AND process IS NULL", NULL },
[S_CLAIMED] = {
	"SELECT " VISIT_COLUMNS ", " MAILBOX_COLUMNS ", " OWNER_COLUMNS ", " PROFILE_COLUMNS
	" FROM visit v JOIN mailbox m ON m.id = v.mailbox JOIN owner o ON o.id = m.owner"
	" JOIN profile p ON p.id = v.profile WHERE v.id = ?1 AND v.process = ?2", NULL },
[S_CLAIMED_STATES] = { "SELECT mailbox, name, value FROM state WHERE mailbox = ?1", NULL },
[S_CLAIMED_PARKED] = {
	"SELECT " PARKED_COLUMNS " FROM parked WHERE mailbox = ?1 AND next_us <= ?2"
	" ORDER BY next_us LIMIT " STRING(BRG_CLAIMED_MAX), NULL },
[S_CLAIMED_DELETES] = {
	"SELECT " MARK_COLUMNS " FROM mark INDEXED BY mark_wanted WHERE mailbox = ?1 AND state = 4"
	" LIMIT " STRING(BRG_CLAIMED_MAX),
	"SELECT " MARK_COLUMNS " FROM mark WHERE mailbox = ?1 AND state = 4"
	" LIMIT " STRING(BRG_CLAIMED_MAX) },
[S_SLOT_PROFILE] = {
	"SELECT max_connections FROM profile WHERE id = ?1",
	"SELECT max_connections FROM profile WHERE id = ?1 FOR UPDATE" },
[S_SLOT_MINE] = { "SELECT held, asked FROM slot WHERE profile = ?1 AND process = ?2", NULL },
[S_SLOT_OTHERS] = {
	"SELECT coalesce(sum(held), 0), coalesce(sum(asked - held), 0) FROM slot"
	" WHERE profile = ?1 AND process <> ?2",
	"SELECT coalesce(sum(held), 0)::bigint, coalesce(sum(asked - held), 0)::bigint FROM slot"
	" WHERE profile = ?1 AND process <> ?2" },
[S_SLOT_SET] = {
	"INSERT INTO slot (profile, process, held, asked) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (profile, process) DO UPDATE SET held = excluded.held,"
	" asked = excluded.asked", NULL },
[S_SLOT_DROP] = { "DELETE FROM slot WHERE profile = ?1 AND process = ?2", NULL },
[S_PROCESS_NEW] = {
	"INSERT INTO process (id, node, role, pid, joined_us) VALUES (?1, ?2, ?3, ?4, ?5)", NULL },
[S_PROCESS_HAS] = { "SELECT 1 FROM process WHERE id = ?1", NULL },
[S_PROCESS_DROP] = { "DELETE FROM process WHERE id = ?1", NULL },
[S_LEAVE_VISITS] = {
	"UPDATE visit SET process = NULL, token = token + 1, outcome = 8, ended_us = ?2,"
	" due_us = CASE WHEN due_us > ?2 THEN ?2 ELSE due_us END WHERE process = ?1",
	"UPDATE visit SET process = NULL, token = token + 1, outcome = 8, ended_us = ?2,"
	" due_us = least(due_us, ?2) WHERE process = ?1" },
[S_LEAVE_SLOTS] = { "DELETE FROM slot WHERE process = ?1", NULL },

[S_PRUNE_BODIES] = { /* by two indexes alone; the bodies' pages are not touched */
	"SELECT b.sha FROM body b WHERE b.sha > ?1 AND b.seq = 0 AND NOT EXISTS (SELECT 1"
	" FROM record r WHERE substr(r.body, 1, 8) = substr(b.sha, 1, 8) AND r.body = b.sha)"
	" ORDER BY b.sha LIMIT ?2", NULL },
[S_PRUNE_BODY] = {
	"DELETE FROM body WHERE sha = ?1 AND NOT EXISTS (SELECT 1 FROM body b WHERE b.sha = ?1"
	" AND b.made_us >= ?2) AND NOT EXISTS (SELECT 1 FROM record WHERE"
	" substr(body, 1, 8) = ?3 AND body = ?1)", NULL },
[S_PRUNE_DECISIONS] = {
	"DELETE FROM decision WHERE (mailbox, id) IN (SELECT d.mailbox, d.id FROM mailbox m"
	" CROSS JOIN decision d WHERE d.mailbox = m.id AND d.id < ?1 LIMIT ?2)", NULL },
[S_PRUNE_ALERTS] = {
	"DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE cleared_us > 0"
	" AND cleared_us < ?1 LIMIT ?2)", NULL },
[S_PRUNE_MARKS] = {
	"DELETE FROM mark WHERE (mailbox, folder, remote_id) IN (SELECT mailbox, folder, remote_id"
	" FROM mark WHERE state = 5 AND seen_us < ?1 LIMIT ?2)", NULL },
};
/* clang-format on */

const char *sql_statement(int engine, int s)
{
	const struct sql_statement *st = s < S_SYNC_FIRST ? &statements[s]
							  : &sql_sync_statements[s - S_SYNC_FIRST];

	return engine == SQL_POSTGRES && st->postgres ? st->postgres : st->text;
}
