/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands of brygga(1) share. A command builds JSON; the same JSON is printed as
 * it is with --json, or as a table or text for people.
 */
#ifndef BRG_CLI_H
#define BRG_CLI_H

#include "core/cli/faults.h"
#include "core/mailbox.h"
#include "core/mime.h"
#include "core/options.h"
#include "core/setup.h"

#include <jansson.h>

struct cli {
	const char *config_path;
	bool json;
	const char *lang;
	const char *lane;				   /* --lane */
	int64_t limit;					   /* --limit; 0: the command's own */
	bool yes;					   /* --yes */
	const char *as;					   /* --as: the user for whom it is done */
	const char *from, *to, *cc, *bcc, *subject, *text; /* of a mail that is written */
	const char *since, *regarding, *not_before, *reply_to;
	const char *where, *kind; /* of a filter that is tried, of records that are listed */
	const char *owner, *fields, *if_version; /* of a record that is made or changed */
	const char *visit;			 /* --visit: of what is undone */
	const char *trace;			 /* --trace: a file for what goes over HTTP */
	bool ours, theirs, dry_run, force;
	struct brg_arena *arena;
	struct config *config;
	struct setup setup;
	bool open;
	const struct brg_owner_row
		*viewer; /* --as, once the store is open; NULL: the administrator */
};

struct cli_command {
	const char *group, *verb; /* "mailbox", "list"; verb NULL: the group stands alone */
	const char *args;	  /* for the usage line */
	const char *help;
	int min_args, max_args;
	int (*run)(struct cli *cli, int argc, char **argv);
	bool for_users; /* --as is heeded; else it is refused */
};

/* One file a command, or a group of them. */
extern const struct cli_command cli_apply[], cli_auth[], cli_check[], cli_mailbox[], cli_visit[],
	cli_record[], cli_reference[], cli_send[], cli_explain[], cli_alert[], cli_outbox[],
	cli_track[], cli_browse[], cli_person[], cli_retention[], cli_content[], cli_status[],
	cli_plugin[], cli_queue[], cli_filter[], cli_edit[], cli_conflict[], cli_plan[], cli_undo[],
	cli_folder[], cli_help[];

/* Exit statuses: 0 done; 1 it could not be done; 2 wrong usage (sysexits are the daemon's). */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* The commands and options; returns CLI_OK for stdout, else CLI_USAGE. */
int cli_usage(FILE *out);
/* Read the configuration; problems are printed. */
int cli_config(struct cli *cli);
/* The same, problems go to the list. */
int cli_read_config(struct cli *cli, struct problems *problems);
/* The same, open the store (SETUP_* flags) and find the user of --as. */
int cli_open(struct cli *cli, unsigned flags);
/* Print an error as one line `brygga: sentence`; returns CLI_FAILED. */
int cli_error(const struct cli *cli, const struct brg_err *err);
int cli_fail(const char *fmt, ...) BRG_PRINTF(1, 2);
/* The same of a row of faults.h; fmt makes its parameters as for brg_fail(). What was typed goes
 * through cli_show(). */
int cli_refuse(const struct cli *cli, const struct brg_fault *row, const char *fmt, ...)
	BRG_PRINTF(3, 4);
/* A short piece of it, without control characters. */
const char *cli_show(struct cli *cli, const char *typed);
/* What is no failure: a word on standard error beside the output. */
void cli_note(const char *fmt, ...) BRG_PRINTF(1, 2);

/* What a visit would do, as { counts, lines }; and its print, which gives up the reference. */
struct plan;
json_t *cli_planned(struct cli *cli, const struct plan *plan);
int cli_print_planned(struct cli *cli, json_t *planned);

/* A column of a table: key of the object, title, and whether it is cut when lines are long. */
struct cli_column {
	const char *key, *title;
	bool flexible;
};
/* Print an array of objects and give up the reference. */
int cli_list(const struct cli *cli, json_t *array, const struct cli_column *columns,
	     const char *if_empty);
/* Print one object, one line a member, and give up the reference. */
int cli_object(const struct cli *cli, json_t *object);

/* The end of a command that changed something: `result` with --json, else the sentence (NULL:
 * none). Gives up the reference. */
int cli_done(const struct cli *cli, json_t *result, const char *fmt, ...) BRG_PRINTF(3, 4);

/* Values for the JSON. Texts from the wire are made safe for terminals when printed. */
json_t *cli_str(struct brg_str s);
json_t *cli_id(const struct brg_id *id); /* null when nil */
json_t *cli_time(int64_t us);		 /* RFC 3339 UTC; null when 0 */
json_t *cli_sentence(const struct cli *cli, struct brg_str code, struct brg_str params);

/* A query with its size set. */
struct brg_query cli_query(int what);
/* Read all rows; NULL after printing the error. *n is their number. */
struct brg_row *cli_read(struct cli *cli, const struct brg_query *q, size_t *n);
/* An id as people write it, or false. That of nothing is none. */
bool cli_parse_id(const char *text, struct brg_id *out);
/* The record of this id, if the viewer may see it, or the error printed and false. */
bool cli_find_record(struct cli *cli, const char *id, struct brg_record_row *out);
/* The reference KIND/NAME or SYSTEM:KEY, or the error printed and false. */
bool cli_find_reference(struct cli *cli, const char *text, struct brg_id *out);
/* The name of a mailbox; null when it is gone. */
json_t *cli_mailbox_name(struct cli *cli, const struct brg_id *id);
/* Does an item of this id lie on the server now? Reads the private key. False after printing the
 * error. */
bool cli_on_server(struct cli *cli, const struct brg_mailbox_row *m, const char *item, bool *there);
/* Durable, and whoever brings mail looks at once. CLI_OK, or the error printed. */
struct step;
int cli_commit_and_wake(struct cli *cli, struct step *step);
/* Its folders of mail, as the server has them now; as cli_on_server(). */
struct mail_folders;
bool cli_mail_folders(struct cli *cli, const struct brg_mailbox_row *m, struct mail_folders *out);
/* Whose it is. False after printing the error. */
bool cli_mailbox_owner(struct cli *cli, const struct brg_mailbox_row *m, struct brg_owner_row *out);
/* A record as JSON. */
json_t *cli_record_json(struct cli *cli, const struct brg_record_row *row);
/* The keys of a record or thing in other systems, as SYSTEM:KEY; and as a member, if there are. */
json_t *cli_externals(struct cli *cli, const struct brg_id *object);
void cli_add_externals(struct cli *cli, json_t *o, const char *key, const struct brg_id *object);
/* Who of ours takes part, by name. */
json_t *cli_parties(struct cli *cli, const struct brg_id *record);
/* record list and show of contacts, tasks and appointments: --kind, --where, --owner; of a mailbox
 * or NULL. */
int cli_list_act(struct cli *cli, const char *mailbox);
/* One without its fields. The owner stands there as an id, and as a name after the second: no read
 * takes place within a read. */
json_t *cli_act_head(const struct brg_record_row *row);
void cli_name_owner(struct cli *cli, json_t *o);
int cli_show_act(struct cli *cli, const struct brg_record_row *row);
/* An image for people: name -> value as it is written on a command line. Absent and empty fields
 * are left out. */
json_t *cli_values(struct cli *cli, int kind, const struct image *image);
/* For the history: the user of --as, or the administrator. */
struct brg_str cli_who(const struct cli *cli);
/* As cli_find_record(), if it is the viewer's own. */
bool cli_own_record(struct cli *cli, const char *id, struct brg_record_row *out);
/* The value of an option as the number of a version; without one 0. False: said. */
bool cli_version(struct cli *cli, const char *option, const char *text, int64_t *out);
/* A filter as written for records of this kind, on behalf of a user, bound to now. */
const struct brg_expr *cli_bind(struct cli *cli, int kind, struct brg_str text,
				const struct brg_owner_row *user, struct brg_err *err);
/* The user of this name, or the error printed and false. */
bool cli_find_user(struct cli *cli, const char *name, struct brg_owner_row *out);
/* The owner's name; null when he is gone. */
json_t *cli_owner_name(struct cli *cli, const struct brg_id *id);
/* Name or subject of a record that is no email. */
json_t *cli_title(const struct brg_record_row *row);
/* A mail of the outbox, and its recipients. */
json_t *cli_outgoing(struct cli *cli, const struct brg_outgoing_row *row);
json_t *cli_recipients(struct cli *cli, struct brg_str json);
/* A file, or standard input for "-", into a blob of the command's arena; false: said why. */
bool cli_read_file(struct cli *cli, const char *path, struct brg_blob **out);
/* A moment as people write it (moment.h); 0 with the error said. */
int64_t cli_moment(struct cli *cli, const char *option, const char *text, bool ahead);
/* The mailbox of this name or address, or the error printed and false. Whose it is does not
 * matter: most commands want cli_own_mailbox(). */
bool cli_find_mailbox(struct cli *cli, const char *name, struct brg_mailbox_row *out);

/* ---- who asks: everything is the administrator's; a user's is what is his or a queue's of his
 * team ---- */

/* By cli_open(): cli->viewer. False: there is no such user, said. */
bool cli_find_viewer(struct cli *cli);
/* As the viewer of a query for records. */
void cli_viewer(const struct cli *cli, struct brg_query *q);
bool cli_owns(struct cli *cli, const struct brg_id *owner);
bool cli_owns_mailbox(struct cli *cli, const struct brg_id *mailbox);
bool cli_sees_record(struct cli *cli, const struct brg_id *record);
bool cli_sees_reference(struct cli *cli, const struct brg_reference_row *reference);
/* As cli_find_mailbox(), if it is the viewer's. */
bool cli_own_mailbox(struct cli *cli, const char *name, struct brg_mailbox_row *out);
/* The viewer's mailboxes; NULL after printing the error. */
struct brg_row *cli_own_mailboxes(struct cli *cli, size_t *n);
/* Read for each of the viewer's mailboxes, for the administrator once for all, and add what `json`
 * makes of the rows. `of` is the member of the query that takes the mailbox; set, it is kept. No
 * more than --limit in the array, without it `most`; 0: all. False after printing the error. */
bool cli_gather(struct cli *cli, json_t *array, struct brg_query *q, struct brg_id *of,
		int64_t most, json_t *(*json)(struct cli *cli, const struct brg_row *row));

/* The workers of every role on this node look for what is wanted. */
void cli_wake(const struct cli *cli);
/* A lane that is disabled or in quarantine is forgiven, because a person asks for it. Durable. */
bool cli_forgive(struct cli *cli, const struct brg_visit_row *visit);
/* How a lane of a mailbox stands. NULL: it never had a visit. */
const struct brg_visit_row *cli_visit_row(struct cli *cli, const struct brg_mailbox_row *m,
					  int lane);
bool cli_mailbox_settings(struct cli *cli, const struct brg_mailbox_row *m,
			  struct mailbox_settings *out);
bool cli_lane_is_on(struct cli *cli, const struct brg_mailbox_row *m, int lane);
/* The same; if not, the setting that made it so is said. */
bool cli_lane_on(struct cli *cli, const struct brg_mailbox_row *m, int lane);
const char *cli_lane(int lane);
int cli_lane_of(const char *name); /* 0: no such lane */

#endif
