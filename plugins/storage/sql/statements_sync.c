/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements for records both ways; rules as in statements.c.
 *
 * The feed: a place in it is taken by the transaction that changes the record. SQLite has one
 * writer, so numbers become visible in their order. PostgreSQL's do not; there a place begins
 * with the transaction's number, and nothing is told from the oldest one on that still runs.
 */
#include "statements.h"

/* clang-format off */
/* Word for word the partial indexes' conditions. */
#define LINK_LIVE "live = 1 AND kind > 0"
#define LINK_DIRTY LINK_LIVE " AND (record_now <> seen_version OR recheck <> 0)"
#define LINK_MISSING "live = 1 AND missing > 0"

#define SHADOW_COLUMNS "s.mailbox, s.link, s.base_record, s.base_item, s.pushed"
#define INBOX_COLUMNS \
	"mailbox, folder, remote_id, version, kind, op, flags, pass, round, tries, modified_us, uid," \
	" stamp, match_key"
#define INTENT_COLUMNS \
	"mailbox, id, record, link, type, kind, attempt, mails_out, made_us, record_version, folder," \
	" remote_id, remote_version, fields"
#define HISTORY_COLUMNS "id, record, mailbox, run, version, who, code, params, changes"
#define CONFLICT_COLUMNS \
	"id, record, mailbox, link, group_name, base, ours, theirs, opened_us, closed_us," \
	" resolution, who"
#define PLAN_COLUMNS \
	"id, mailbox, version, state, made_us, decided_us, who, code, params, counts, basis"
#define PLAN_LINE_COLUMNS \
	"plan, seq, side, effect, kind, mails_out, record, folder, remote_id"
#define FILTER_COLUMNS "id, owner, version, type, kind, active, name, condition"
#define EDIT_COLUMNS \
	"number, op, kind, owner, record, expect, fields, who, state, code, params," \
	" reason"

#define PLAN_INSERT \
	"INSERT INTO plan (id, mailbox, state, made_us, decided_us, who, code, params, counts," \
	" basis, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1) ON CONFLICT "
#define TRACKED_COLUMNS "mailbox, folder, version, state, relink, regarding, made_us, name"
#define TRACKED_INSERT \
	"INSERT INTO tracked_folder (mailbox, folder, state, relink, regarding, made_us, name," \
	" version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) ON CONFLICT "
#define FILTER_INSERT \
	"INSERT INTO filter (id, owner, type, kind, active, name, condition, version)" \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) ON CONFLICT "
#define ACT(from, where) \
	"SELECT " RECORD_COLUMNS " FROM record r" from " WHERE r.kind > 1 AND (?5 = 0 OR r.kind = ?5)" \
	where " AND (r.deleted_us > 0) = (?6 = 1)" SEEN("?4")
#define ZONED(from, other) \
	"SELECT " RECORD_COLUMNS " FROM record r" from " WHERE r.zones IS NOT NULL AND r.zones " other
#define TOUCHED \
	"SELECT record, min(at_us) AS at_us FROM moment WHERE field = ?1 AND at_us > ?2" \
	" AND at_us <= ?3 GROUP BY record"

const struct sql_statement sql_sync_statements[SQL_STATEMENTS - S_SYNC_FIRST] = {
#define AT(s) [(s) - S_SYNC_FIRST]
AT(S_FEED_EPOCH) = { /* positions of another life of the store mean nothing */
	"UPDATE feed SET generation = generation + 1 WHERE NOT EXISTS"
	" (SELECT 1 FROM store WHERE epoch = ?1)", NULL },
AT(S_FEED_NEXT) = { "UPDATE feed SET number = number + ?1", NULL },
AT(S_CHANGE) = {
	"INSERT INTO change (record, number, kind, version, gone_us)"
	" SELECT r.id, f.number, r.kind, r.version, r.deleted_us FROM feed f CROSS JOIN record r"
	" WHERE r.id = ?1 ON CONFLICT (record) DO UPDATE SET number = excluded.number,"
	" kind = excluded.kind, version = excluded.version, gone_us = excluded.gone_us",
	"INSERT INTO change (record, xid, number, kind, version, gone_us)"
	" SELECT r.id, pg_current_xact_id(), nextval('feed_number'), r.kind, r.version, r.deleted_us"
	" FROM record r WHERE r.id = ?1 ON CONFLICT (record) DO UPDATE SET xid = excluded.xid,"
	" number = excluded.number, kind = excluded.kind, version = excluded.version,"
	" gone_us = excluded.gone_us" },
AT(S_CHANGE_GONE) = {
	"UPDATE change SET number = (SELECT number FROM feed), gone_us = ?2 WHERE record = ?1",
	"UPDATE change SET xid = pg_current_xact_id(), number = nextval('feed_number'),"
	" gone_us = ?2 WHERE record = ?1" },
AT(S_LINKS_CHANGED) = {
	"UPDATE link SET record_now = (SELECT version FROM record WHERE id = ?1)"
	" WHERE record = ?1 AND kind > 0", NULL },
AT(S_SHADOW) = {
	"INSERT INTO shadow (mailbox, link, base_record, base_item, pushed)"
	" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (mailbox, link) DO UPDATE SET"
	" base_record = excluded.base_record, base_item = excluded.base_item,"
	" pushed = excluded.pushed", NULL },
AT(S_SHADOW_DROP) = { "DELETE FROM shadow WHERE mailbox = ?1 AND link = ?2", NULL },
AT(S_INBOX) = {
	"INSERT INTO inbox (" INBOX_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	" ?11, ?12, ?13, ?14) ON CONFLICT (mailbox, folder, remote_id) DO UPDATE SET"
	" version = excluded.version, kind = excluded.kind, op = excluded.op,"
	" flags = excluded.flags, pass = excluded.pass, round = excluded.round,"
	" tries = excluded.tries, modified_us = excluded.modified_us, uid = excluded.uid,"
	" stamp = excluded.stamp, match_key = excluded.match_key", NULL },
AT(S_INBOX_DONE) = {
	"DELETE FROM inbox WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3 AND version = ?4"
	" AND op = ?5 AND pass = ?6", NULL },
AT(S_INTENT) = {
	"INSERT INTO intent (" INTENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	" ?11, ?12, ?13, ?14)", NULL },
AT(S_INTENT_DONE) = { "DELETE FROM intent WHERE mailbox = ?1 AND id = ?2", NULL },
AT(S_HISTORY) = {
	"INSERT INTO history (" HISTORY_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	NULL },
AT(S_HISTORY_BLANK) = {
	"UPDATE history SET changes = '{}' WHERE record = ?1", NULL },
AT(S_CONFLICT_BLANK) = { "DELETE FROM conflict WHERE record = ?1", NULL },
AT(S_CONFLICT) = {
	"INSERT INTO conflict (" CONFLICT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	" ?10, ?11, ?12)", NULL },
AT(S_CONFLICT_AGAIN) = {
	"UPDATE conflict SET base = ?3, ours = ?4, theirs = ?5, closed_us = ?6, resolution = ?7,"
	" who = ?8 WHERE link = ?1 AND group_name = ?2 AND closed_us = 0", NULL },
AT(S_PLAN_NEW) = { PLAN_INSERT "DO NOTHING", NULL },
AT(S_PLAN_ANY) = {
	PLAN_INSERT "(id) DO UPDATE SET mailbox = excluded.mailbox, state = excluded.state,"
	" made_us = excluded.made_us, decided_us = excluded.decided_us, who = excluded.who,"
	" code = excluded.code, params = excluded.params, counts = excluded.counts,"
	" basis = excluded.basis, version = plan.version + 1", NULL },
AT(S_PLAN_AT) = {
	"UPDATE plan SET mailbox = ?2, state = ?3, made_us = ?4, decided_us = ?5, who = ?6,"
	" code = ?7, params = ?8, counts = ?9, basis = ?10, version = version + 1"
	" WHERE id = ?1 AND version = ?11", NULL },
AT(S_PLAN_LINE) = {
	"INSERT INTO plan_line (" PLAN_LINE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	NULL },
AT(S_FILTER_NEW) = { FILTER_INSERT "DO NOTHING", NULL },
AT(S_FILTER_ANY) = {
	FILTER_INSERT "(id) DO UPDATE SET owner = excluded.owner, type = excluded.type,"
	" kind = excluded.kind, active = excluded.active, name = excluded.name,"
	" condition = excluded.condition, version = filter.version + 1", NULL },
AT(S_FILTER_AT) = {
	"UPDATE filter SET owner = ?2, type = ?3, kind = ?4, active = ?5, name = ?6,"
	" condition = ?7, version = version + 1 WHERE id = ?1 AND version = ?8", NULL },
AT(S_FILTER_DROP) = { "DELETE FROM filter WHERE id = ?1", NULL },
AT(S_TRACKED_NEW) = { TRACKED_INSERT "DO NOTHING", NULL },
AT(S_TRACKED_ANY) = {
	TRACKED_INSERT "(mailbox, folder) DO UPDATE SET state = excluded.state,"
	" relink = excluded.relink, regarding = excluded.regarding, made_us = excluded.made_us,"
	" name = excluded.name, version = tracked_folder.version + 1", NULL },
AT(S_TRACKED_AT) = {
	"UPDATE tracked_folder SET state = ?3, relink = ?4, regarding = ?5, made_us = ?6, name = ?7,"
	" version = version + 1 WHERE mailbox = ?1 AND folder = ?2 AND version = ?8", NULL },
AT(S_TRACKED_DROP) = { "DELETE FROM tracked_folder WHERE mailbox = ?1 AND folder = ?2", NULL },
AT(S_TRACKED_DROP_CURSOR) = { "DELETE FROM cursor WHERE mailbox = ?1 AND folder = ?2", NULL },
AT(S_FORGET_TRACKED) = {
	"UPDATE tracked_folder SET regarding = NULL, version = version + 1 WHERE regarding = ?1",
	NULL },
AT(S_DERIVED) = {
	"UPDATE record SET zones = ?3, sorted_us = ?4, keys = ?5 WHERE id = ?1 AND version = ?2",
	NULL },
AT(S_DERIVED_SAME) = { "UPDATE record SET zones = ?3 WHERE id = ?1 AND version = ?2", NULL },
AT(S_MOMENT_DROP) = { "DELETE FROM moment WHERE record = ?1", NULL },
AT(S_MOMENT) = {
	"INSERT INTO moment (field, at_us, record) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (field, at_us, record) DO NOTHING", NULL },
AT(S_PARTY_DROP) = { "DELETE FROM party WHERE record = ?1", NULL },
AT(S_CLUE_DROP) = { "DELETE FROM clue WHERE record = ?1 AND type = ?2", NULL },
AT(S_TOUCH_CHANGES) = {
	"INSERT INTO change (record, number, kind, version, gone_us)"
	" SELECT r.id, f.number + row_number() OVER (ORDER BY m.at_us, m.record), r.kind, r.version,"
	" 0 FROM feed f CROSS JOIN (" TOUCHED ") m CROSS JOIN record r WHERE r.id = m.record"
	" AND r.deleted_us = 0 AND (?4 = 0 OR r.kind = ?4)"
	" ON CONFLICT (record) DO UPDATE SET number = excluded.number",
	"INSERT INTO change (record, xid, number, kind, version, gone_us)"
	" SELECT r.id, pg_current_xact_id(), nextval('feed_number'), r.kind, r.version, 0"
	" FROM (" TOUCHED ") m JOIN record r ON r.id = m.record"
	" WHERE r.deleted_us = 0 AND (?4 = 0 OR r.kind = ?4) ORDER BY m.at_us, m.record"
	" ON CONFLICT (record) DO UPDATE SET xid = excluded.xid, number = excluded.number" },
AT(S_TOUCH_LINKS) = {
	"UPDATE link SET recheck = 1, version = version + 1 WHERE " LINK_LIVE
	" AND (?4 = 0 OR kind = ?4) AND record IN (SELECT record FROM moment"
	" WHERE field = ?1 AND at_us > ?2 AND at_us <= ?3)", NULL },
AT(S_RECHECK_MAILBOX) = {
	"UPDATE link INDEXED BY link_act SET recheck = 1, version = version + 1"
	" WHERE mailbox = ?1 AND " LINK_LIVE " AND (?2 = 0 OR kind = ?2)",
	"UPDATE link SET recheck = 1, version = version + 1"
	" WHERE mailbox = ?1 AND " LINK_LIVE " AND (?2 = 0 OR kind = ?2)" },
AT(S_RECHECK_RECORD) = {
	"UPDATE link SET recheck = 1, version = version + 1 WHERE record = ?1 AND " LINK_LIVE,
	NULL },
AT(S_MISSING) = {
	"UPDATE link INDEXED BY link_act SET missing = ?4, version = version + 1"
	" WHERE mailbox = ?1 AND folder = ?2 AND " LINK_LIVE " AND pass < ?3 AND missing = 0",
	"UPDATE link SET missing = ?4, version = version + 1"
	" WHERE mailbox = ?1 AND folder = ?2 AND " LINK_LIVE " AND pass < ?3 AND missing = 0" },
AT(S_EDIT) = {
	"INSERT INTO edit (op, kind, owner, record, expect, fields, who)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", NULL },
AT(S_EDIT_DONE) = {
	"UPDATE edit SET state = ?2, code = ?3, params = ?4, record = coalesce(?5, record),"
	" done_us = ?6, reason = ?7 WHERE number = ?1 AND state = 0", NULL },

AT(S_READ_LINKS_DIRTY) = { /* named, or SQLite walks all of the mailbox */
	"SELECT " LINK_COLUMNS " FROM link INDEXED BY link_dirty WHERE mailbox = ?1 AND id > ?2"
	" AND " LINK_DIRTY " ORDER BY id LIMIT ?3",
	"SELECT " LINK_COLUMNS " FROM link WHERE mailbox = ?1 AND id > ?2"
	" AND " LINK_DIRTY " ORDER BY id LIMIT ?3" },
AT(S_READ_LINKS_MISSING) = {
	"SELECT " LINK_COLUMNS " FROM link INDEXED BY link_missing WHERE mailbox = ?1 AND id > ?2"
	" AND " LINK_MISSING " AND (?3 = 0 OR missing <= ?3) ORDER BY id LIMIT ?4",
	"SELECT " LINK_COLUMNS " FROM link WHERE mailbox = ?1 AND id > ?2"
	" AND " LINK_MISSING " AND (?3 = 0 OR missing <= ?3) ORDER BY id LIMIT ?4" },
AT(S_READ_LINK) = {
	"SELECT " LINK_COLUMNS " FROM link WHERE mailbox = ?1 AND id = ?2", NULL },
AT(S_READ_LINK_ITEM) = { /* the living one first */
	"SELECT " LINK_COLUMNS " FROM link INDEXED BY sqlite_autoindex_link_2 WHERE mailbox = ?1"
	" AND folder = ?2 AND remote_id = ?3 ORDER BY coalesce(live, 0) DESC, id DESC LIMIT ?4",
	"SELECT " LINK_COLUMNS " FROM link WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3"
	" ORDER BY coalesce(live, 0) DESC, id DESC LIMIT ?4" },
AT(S_READ_LINK_RECORD) = {
	"SELECT " LINK_COLUMNS " FROM link WHERE record = ?2 AND mailbox = ?1"
	" ORDER BY id DESC LIMIT ?3", NULL },
AT(S_READ_LINK_COUNTS) = {
	"SELECT 'links', CAST(kind AS TEXT), count(*) FROM link INDEXED BY link_act"
	" WHERE mailbox = ?1 AND " LINK_LIVE " GROUP BY kind UNION ALL"
	" SELECT 'missing', CAST(kind AS TEXT), count(*) FROM link INDEXED BY link_missing"
	" WHERE mailbox = ?1 AND " LINK_MISSING " GROUP BY kind",
	"SELECT 'links', CAST(kind AS TEXT), count(*) FROM link"
	" WHERE mailbox = ?1 AND " LINK_LIVE " GROUP BY kind UNION ALL"
	" SELECT 'missing', CAST(kind AS TEXT), count(*) FROM link"
	" WHERE mailbox = ?1 AND " LINK_MISSING " GROUP BY kind" },
AT(S_READ_SHADOW) = {
	"SELECT " SHADOW_COLUMNS " FROM shadow s WHERE s.mailbox = ?1 AND s.link = ?2", NULL },
AT(S_READ_SHADOWS_RECORD) = {
	"SELECT " SHADOW_COLUMNS " FROM link l CROSS JOIN shadow s WHERE l.record = ?1"
	" AND s.mailbox = l.mailbox AND s.link = l.id ORDER BY l.id LIMIT ?2", NULL },
AT(S_READ_INBOX) = {
	"SELECT " INBOX_COLUMNS " FROM inbox WHERE mailbox = ?1 AND (folder, remote_id) > (?2, ?3)"
	" ORDER BY folder, remote_id LIMIT ?4", NULL },
AT(S_READ_INBOX_MATCH) = {
	"SELECT " INBOX_COLUMNS " FROM inbox INDEXED BY inbox_match WHERE mailbox = ?1"
	" AND match_key = ?2 ORDER BY folder, remote_id LIMIT ?3",
	"SELECT " INBOX_COLUMNS " FROM inbox WHERE mailbox = ?1 AND match_key = ?2"
	" ORDER BY folder, remote_id LIMIT ?3" },
AT(S_READ_INBOX_ONE) = {
	"SELECT " INBOX_COLUMNS " FROM inbox WHERE mailbox = ?1 AND folder = ?2 AND remote_id = ?3",
	NULL },
AT(S_READ_INTENTS_OF) = {
	"SELECT " INTENT_COLUMNS " FROM intent WHERE mailbox = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	NULL },
AT(S_READ_INTENTS) = {
	"SELECT " INTENT_COLUMNS " FROM intent WHERE id > ?1 ORDER BY id LIMIT ?2", NULL },
AT(S_READ_HISTORY_RECORD) = {
	"SELECT " HISTORY_COLUMNS " FROM history WHERE record = ?1 AND id < ?2"
	" ORDER BY id DESC LIMIT ?3", NULL },
AT(S_READ_HISTORY_OF) = {
	"SELECT " HISTORY_COLUMNS " FROM history WHERE mailbox = ?1 AND id < ?2"
	" ORDER BY id DESC LIMIT ?3", NULL },
AT(S_READ_HISTORY_RUN) = {
	"SELECT " HISTORY_COLUMNS " FROM history WHERE run = ?1 AND id < ?2"
	" ORDER BY id DESC LIMIT ?3", NULL },
AT(S_READ_CONFLICT) = { "SELECT " CONFLICT_COLUMNS " FROM conflict WHERE id = ?1", NULL },
AT(S_READ_CONFLICTS_RECORD) = {
	"SELECT " CONFLICT_COLUMNS " FROM conflict WHERE record = ?1 AND id > ?2"
	" AND (?3 = 1 OR closed_us = 0) ORDER BY id LIMIT ?4", NULL },
AT(S_READ_CONFLICTS_OF) = {
	"SELECT " CONFLICT_COLUMNS " FROM conflict WHERE mailbox = ?1 AND id > ?2"
	" AND (?3 = 1 OR closed_us = 0) ORDER BY id LIMIT ?4", NULL },
AT(S_READ_CONFLICTS_OPEN) = {
	"SELECT " CONFLICT_COLUMNS " FROM conflict INDEXED BY conflict_open WHERE closed_us = 0"
	" AND id > ?1 ORDER BY id LIMIT ?2",
	"SELECT " CONFLICT_COLUMNS " FROM conflict WHERE closed_us = 0 AND id > ?1"
	" ORDER BY id LIMIT ?2" },
AT(S_READ_CONFLICTS) = {
	"SELECT " CONFLICT_COLUMNS " FROM conflict WHERE id > ?1 ORDER BY id LIMIT ?2", NULL },
AT(S_READ_PLAN) = { "SELECT " PLAN_COLUMNS " FROM plan WHERE id = ?1", NULL },
AT(S_READ_PLANS_OF) = {
	"SELECT " PLAN_COLUMNS " FROM plan WHERE mailbox = ?1 AND id < ?2 AND (?3 = 0 OR state = ?3)"
	" ORDER BY id DESC LIMIT ?4", NULL },
AT(S_READ_PLANS_STATE) = {
	"SELECT " PLAN_COLUMNS " FROM plan WHERE state = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
	NULL },
AT(S_READ_PLANS) = {
	"SELECT " PLAN_COLUMNS " FROM plan WHERE id < ?1 ORDER BY id DESC LIMIT ?2", NULL },
AT(S_READ_PLAN_LINES) = {
	"SELECT " PLAN_LINE_COLUMNS " FROM plan_line WHERE plan = ?1 AND seq > ?2 ORDER BY seq"
	" LIMIT ?3", NULL },
AT(S_READ_TRACKED) = {
	"SELECT " TRACKED_COLUMNS " FROM tracked_folder WHERE mailbox = ?1 AND folder = ?2", NULL },
AT(S_READ_TRACKED_OF) = {
	"SELECT " TRACKED_COLUMNS " FROM tracked_folder WHERE mailbox = ?1 ORDER BY name LIMIT ?2",
	NULL },
AT(S_READ_TRACKED_ALL) = {
	"SELECT " TRACKED_COLUMNS " FROM tracked_folder ORDER BY mailbox, name LIMIT ?1", NULL },
AT(S_READ_FILTER) = { "SELECT " FILTER_COLUMNS " FROM filter WHERE id = ?1", NULL },
AT(S_READ_FILTERS_OF) = {
	"SELECT " FILTER_COLUMNS " FROM filter WHERE (owner = ?1 OR ?2 = 1 AND type = 2)"
	" AND id > ?3 ORDER BY id LIMIT ?4", NULL },
AT(S_READ_FILTERS) = {
	"SELECT " FILTER_COLUMNS " FROM filter WHERE id > ?1 ORDER BY id LIMIT ?2", NULL },
AT(S_READ_CHANGES) = { /* generation, transaction, number: the position */
	"SELECT " CHANGE_COLUMNS " FROM change c WHERE " CHANGED_SINCE
	" AND (?4 = 0 OR c.kind = ?4) ORDER BY c.number LIMIT ?5",
	"SELECT " PG_CHANGE_COLUMNS " FROM change c WHERE " PG_CHANGED_SINCE
	" AND (?4 = 0 OR c.kind = ?4) ORDER BY c.xid, c.number LIMIT ?5" },
AT(S_READ_CHANGES_LAST) = {
	"SELECT " CHANGE_COLUMNS " FROM change c ORDER BY c.number DESC LIMIT 1",
	"SELECT " PG_CHANGE_COLUMNS " FROM change c WHERE " FEED_SETTLED
	" ORDER BY c.xid DESC, c.number DESC LIMIT 1" },
AT(S_READ_EDITS_NEW) = { /* word for word the partial index's condition */
	"SELECT " EDIT_COLUMNS " FROM edit WHERE state = 0 AND ?1 = 0 AND number > ?2"
	" ORDER BY number LIMIT ?3", NULL },
AT(S_READ_EDITS) = {
	"SELECT " EDIT_COLUMNS " FROM edit WHERE (?1 < 0 OR state = ?1) AND number > ?2"
	" ORDER BY number LIMIT ?3", NULL },
AT(S_READ_RECORDS_ACT) = { /* named: the index of all records is mostly mail */
	ACT(" INDEXED BY record_act", " AND length(?1) >= 0")
	" AND (r.sorted_us, r.id) < (?2, ?3) ORDER BY r.sorted_us DESC, r.id DESC LIMIT ?7",
	ACT("", " AND length(?1) >= 0")
	" AND (r.sorted_us, r.id) < (?2, ?3) ORDER BY r.sorted_us DESC, r.id DESC LIMIT ?7" },
AT(S_READ_RECORDS_ACT_OF) = {
	ACT("", " AND r.owner = ?1")
	" AND (+r.sorted_us, +r.id) < (?2, ?3) ORDER BY +r.sorted_us DESC, +r.id DESC LIMIT ?7",
	ACT("", " AND r.owner = ?1")
	" AND (r.sorted_us, r.id) < (?2, ?3) ORDER BY r.sorted_us DESC, r.id DESC LIMIT ?7" },
AT(S_READ_SCHEDULE) = {
	"SELECT " RECORD_COLUMNS " FROM moment m CROSS JOIN record r WHERE m.field = ?1"
	" AND m.at_us >= ?2 AND m.at_us < ?3 AND r.id = m.record AND r.deleted_us = 0" SEEN("?4")
	" ORDER BY m.at_us, m.record LIMIT ?5", NULL },
AT(S_READ_ZONED) = { /* two ranges, or all of the index is looked at when nothing is to be found */
	ZONED(" INDEXED BY record_zones", "< ?1") " UNION ALL "
	ZONED(" INDEXED BY record_zones", "> ?1 AND ?2 <> 1") " LIMIT ?3",
	"(" ZONED("", "< ?1") " ORDER BY r.zones, r.id LIMIT ?3) UNION ALL ("
	ZONED("", "> ?1 AND ?2 <> 1") " ORDER BY r.zones, r.id LIMIT ?3) LIMIT ?3" },
AT(S_COUNT_CONFLICTS) = { "SELECT count(*), 0 FROM conflict WHERE closed_us = 0", NULL },
AT(S_COUNT_PLANS) = { "SELECT count(*), 0 FROM plan WHERE state = 1", NULL },
AT(S_COUNT_INTENTS) = { "SELECT count(*), 0 FROM intent", NULL },
AT(S_COUNT_INBOX) = { "SELECT count(*), 0 FROM inbox", NULL },
AT(S_COUNT_CONFLICTS_OF) = {
	"SELECT count(*), 0 FROM conflict WHERE mailbox = ?1 AND closed_us = 0", NULL },
AT(S_COUNT_PLANS_OF) = {
	"SELECT count(*), 0 FROM plan WHERE mailbox = ?1 AND state = 1", NULL },
AT(S_COUNT_INTENTS_OF) = { "SELECT count(*), 0 FROM intent WHERE mailbox = ?1", NULL },
AT(S_COUNT_INBOX_OF) = { "SELECT count(*), 0 FROM inbox WHERE mailbox = ?1", NULL },
};
/* clang-format on */
