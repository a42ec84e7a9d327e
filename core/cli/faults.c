/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands refuse, in the languages of people.
 */
#include "core/cli/faults.h"

#include "core/faults.h"

#define CLI_FAULT(ident, number, ...) REFUSAL(ident, "BRG-CLI-" number, __VA_ARGS__)

CLI_FAULT(cli_empty_option, "0001", "{option} is empty: give it a value or leave it out",
	  "{option} är tomt: ge det ett värde eller utelämna det",
	  "Where something is looked up, nothing would mean everything. A variable of a script may "
	  "be unset.");
CLI_FAULT(cli_empty_argument, "0002", "argument {number} of `brygga {command}` is empty",
	  "argument {number} till `brygga {command}` är tomt",
	  "Where something is looked up, nothing would mean everything. A variable of a script may "
	  "be unset; `brygga help` tells the arguments.");
CLI_FAULT(
	cli_for_administrator, "0003",
	"`brygga {command}` is for the administrator: leave out --as",
	"`brygga {command}` är för administratören: utelämna --as",
	"It concerns more than what is one user's. Without --as a command is the administrator's, "
	"who is whoever may read the state folder.");
CLI_FAULT(
	cli_others_mailbox, "0004",
	"{user} may not look into {mailbox}, nor change anything there: it is another's",
	"{user} får inte se in i {mailbox} eller ändra något där: den är någon annans",
	"With --as only the user's own mailboxes are looked at and changed, and those of queues of "
	"his team (team = in their sections) or of queues without a team.");
CLI_FAULT(cli_others_mail, "0005",
	  "{user} may not change {record}: it goes through another's mailbox",
	  "{user} får inte ändra {record}: det går genom någon annans brevlåda",
	  "With --as only mail that goes through the user's own mailboxes is changed, and through "
	  "those of queues of his team or of queues without a team.");
CLI_FAULT(cli_only_owner, "0006", "only its owner may look into {mailbox}: say --as USER",
	  "bara ägaren får se in i {mailbox}: ange --as ANVÄNDARE",
	  "What lies on a server untracked is its owner's; of a queue's mailbox its team's.");
CLI_FAULT(
	cli_lane_off, "0007",
	"the lane {lane} of mailbox {mailbox} is off: set {lane} = brygga in its section and apply "
	"the file",
	"{lane} för brevlådan {mailbox} är avstängt: sätt {lane} = brygga i dess avsnitt och "
	"tillämpa filen",
	"A lane that is off is not visited, by hand neither. `brygga mailbox show MAILBOX` has the "
	"settings, `brygga apply FILE` changes them.");
CLI_FAULT(
	cli_lane_client, "0008",
	"the lane {lane} of mailbox {mailbox} is off: {lane} = client in its section leaves it to a "
	"client",
	"{lane} för brevlådan {mailbox} är avstängt: {lane} = client i dess avsnitt lämnar det åt en "
	"klient",
	"Incoming mail is handed over by `brygga promote MAILBOX FILE.eml`. With {lane} = brygga the "
	"daemon does it.");
CLI_FAULT(
	cli_not_there, "0009",
	"{item} has not been seen in {mailbox}, nor does an item of that name lie on the server now: "
	"`brygga mailbox browse {mailbox}` shows what does",
	"{item} har inte setts i {mailbox}, och inget med det namnet ligger på servern nu: `brygga "
	"mailbox browse {mailbox}` visar vad som gör det",
	"The first column of browse can be tracked; a Message-ID only when a visit has seen the mail "
	"and its header was read.");
CLI_FAULT(
	cli_when_ahead, "0010",
	"{option} takes a day such as 2026-01-31 (from midnight UTC), a moment such as "
	"2026-01-31T08:00 (UTC) or 2026-01-31T08:00+02:00, or a duration from now on such as 2d, not "
	"{value}",
	"{option} ska vara en dag som 2026-01-31 (från midnatt UTC), en tidpunkt som "
	"2026-01-31T08:00 (UTC) eller 2026-01-31T08:00+02:00, eller en tid från nu som 2d, inte "
	"{value}",
	"Durations are a whole number with s, m, h or d behind it.");
CLI_FAULT(
	cli_when_back, "0011",
	"{option} takes a day such as 2026-01-31 (from midnight UTC), a moment such as "
	"2026-01-31T08:00 (UTC) or 2026-01-31T08:00+02:00, or a duration back from now such as 2d, "
	"not {value}",
	"{option} ska vara en dag som 2026-01-31 (från midnatt UTC), en tidpunkt som "
	"2026-01-31T08:00 (UTC) eller 2026-01-31T08:00+02:00, eller en tid bakåt från nu som 2d, "
	"inte {value}",
	"Durations are a whole number with s, m, h or d behind it.");
CLI_FAULT(cli_bad_addresses, "0012",
	  "{option} takes addresses such as anna@example.org or 'Anna A <anna@example.org>', with "
	  "commas between them, not {value}",
	  "{option} ska vara adresser som anna@example.org eller 'Anna A <anna@example.org>', med "
	  "komman emellan, inte {value}",
	  "A name with a comma stands in double quotes. Nothing was sent.");
CLI_FAULT(cli_one_from, "0013", "--from takes one address, not {n}",
	  "--from ska vara en adress, inte {n}", "A mail that several wrote has one who sends it.");
CLI_FAULT(
	cli_with_file, "0014",
	"{option} does not go with a file: the mail in {path} says it itself",
	"{option} går inte ihop med en fil: brevet i {path} säger det själv",
	"A composed mail is sent as it is. --bcc adds recipients beside it; --as, --regarding and "
	"--not-before go with it too.");
CLI_FAULT(
	cli_undecided, "0015",
	"nothing has been decided in mailbox {mailbox} yet: `brygga mailbox show {mailbox}` tells how "
	"its visits went",
	"inget har avgjorts i brevlådan {mailbox} än: `brygga mailbox show {mailbox}` berättar hur "
	"besöken gick",
	"Each mail that a visit finds leaves a decision, which is kept as long as decisions in "
	"[retention] of brygga.conf says.");

CLI_FAULT(
	cli_others_queue, "0016",
	"{user} may not look into the queue {queue}: it is another team's",
	"{user} får inte se in i kön {queue}: den är ett annat teams",
	"With --as only queues of the user's team are shown (team = in their sections), and queues "
	"without a team.");

CLI_FAULT(
	cli_no_filter, "0050", "there is no filter {name}: `brygga filter list` shows them",
	"det finns inget filter {name}: `brygga filter list` visar dem",
	"A filter is named by its name, or USER/NAME or TYPE/NAME. With --as those of the user are known, and "
	"those that hold for all.");
CLI_FAULT(cli_many_filters, "0051",
	  "{n} filters have the name {name}: write USER/{name} or TYPE/{name}",
	  "{n} filter heter {name}: skriv ANVÄNDARE/{name} eller TYP/{name}",
	  "Copies of a template have its name. As in anna/NAME, system-filter/NAME or "
	  "filter-template/NAME; `brygga filter list` shows users and types.");
CLI_FAULT(cli_filter_or_where, "0052",
	  "filter test takes the name of a filter, or --where EXPRESSION and --kind KIND",
	  "filter test tar namnet på ett filter, eller --where UTTRYCK och --kind SLAG",
	  "As in: brygga filter test --kind task --where 'owner = me' --as anna");
CLI_FAULT(cli_act_kind, "0053", "--kind takes contact, task or appointment, not {value}",
	  "--kind ska vara contact, task eller appointment, inte {value}",
	  "Only records of these kinds are kept in step with mailboxes, so that only they have "
	  "filters.");
CLI_FAULT(cli_others_filter, "0054", "{user} may not see the filters of {other}",
	  "{user} får inte se filtren för {other}",
	  "With --as only the user's own filters are shown, and those that hold for all.");

CLI_FAULT(
	cli_no_equals, "0060", "{word} is no field=value", "{word} är inget fält=värde",
	"As in: brygga record new contact given=Bo surname=Berg 'company=Berg & Co' --owner anna. "
	"Nothing behind the equals sign takes the value away.");
CLI_FAULT(cli_no_field, "0061", "there is no field {field} of {kind}: {hint}",
	  "det finns inget fält {field} hos {kind}: {hint}",
	  "`brygga field list KIND` shows the fields, those of the organisation among them.");
CLI_FAULT(
	cli_bad_value, "0062", "{field} of {kind} takes {expected}, not {value}",
	"{field} hos {kind} ska vara {expected}, inte {value}",
	"A time without a zone is in the zone that the field has, else in that of the record's owner "
	"(time-zone in his section). Nothing was changed.");
CLI_FAULT(cli_field_twice, "0063", "{field} is there twice", "{field} finns två gånger",
	  "Nobody can know which value holds. Nothing was changed.");
CLI_FAULT(cli_no_owner, "0064", "whose is it to be? Say --owner USER, or --as USER",
	  "vems ska det vara? Ange --owner ANVÄNDARE eller --as ANVÄNDARE",
	  "A contact, task or appointment belongs to a user. Nothing was made.");
CLI_FAULT(cli_others_record, "0065", "{user} may not change {record}: it is another's",
	  "{user} får inte ändra {record}: det är någon annans",
	  "With --as only the user's own records are made and changed.");
CLI_FAULT(
	cli_fields_or_words, "0066",
	"give field=value ..., or --fields FILE with JSON (- for standard input), one of them",
	"ange fält=värde ..., eller --fields FIL med JSON (- för standard in), ett av dem",
	"The JSON is an object, { \"given\": \"Bo\" }, as `brygga record show --json` has in fields.");
CLI_FAULT(cli_bad_version, "0067", "{option} takes the number of a version, not {value}",
	  "{option} ska vara numret på en version, inte {value}",
	  "`brygga record show RECORD` tells the version, `brygga explain RECORD` all of them.");
CLI_FAULT(
	cli_no_conflict, "0070", "there is no conflict {name}: `brygga conflict list` shows them",
	"det finns ingen konflikt {name}: `brygga conflict list` visar dem",
	"A conflict is named by its id, or by its record's and, where that has several, the group.");
CLI_FAULT(cli_settled, "0071", "the conflict is over already: {side} was taken",
	  "konflikten är redan över: {side} togs", "`brygga explain RECORD` tells how it went.");
CLI_FAULT(cli_ours_or_theirs, "0072",
	  "whose value holds? Say --ours (the record's) or --theirs (the mailbox's)",
	  "vems värde gäller? Ange --ours (registrets) eller --theirs (brevlådans)",
	  "`brygga conflict show` has both side by side. Nothing was changed.");
CLI_FAULT(
	cli_no_plan, "0073", "there is no plan {name}: `brygga plan list` shows those that wait",
	"det finns ingen plan {name}: `brygga plan list` visar dem som väntar",
	"A plan is named by its id, or by its mailbox: then the newest one that speaks is meant.");
CLI_FAULT(cli_plan_over, "0074", "the plan is {state}: there is nothing to decide any more",
	  "planen är {state}: det finns inget mer att avgöra",
	  "A plan is done when a visit has carried it out, and stale when the mailbox or the rules "
	  "have changed since; then the next visit makes another one, if one is needed.");
CLI_FAULT(cli_undo_what, "0075",
	  "what is to be undone? Name a record, or a visit or command with --visit ID",
	  "vad ska ångras? Ange ett register, eller ett besök eller kommando med --visit ID",
	  "`brygga explain RECORD --json` has the id of the visit or command in run.");
CLI_FAULT(cli_no_history, "0076", "there is nothing of {what} in the history to be undone",
	  "det finns inget om {what} i historiken att ångra",
	  "Only what changed contacts, tasks and appointments is kept there.");

CLI_FAULT(
	cli_no_folder, "0077",
	"{mailbox} has no folder of mail {folder} below its inbox: `brygga folder list {mailbox}` "
	"shows which there are",
	"{mailbox} har ingen mapp för post {folder} under inkorgen: `brygga folder list {mailbox}` "
	"visar vilka som finns",
	"A folder is named by its path below the inbox, as in Projects/Fjord, or by its id.");
CLI_FAULT(cli_untracked_folder, "0078", "{folder} is no tracked folder of {mailbox}",
	  "{folder} är ingen spårad mapp i {mailbox}",
	  "`brygga folder list` names them as they were last seen.");
CLI_FAULT(cli_queue_folder, "0079", "{mailbox} is of a queue: only users have tracked folders",
	  "{mailbox} hör till en kö: bara användare har spårade mappar",
	  "Mail of a queue is taken by its rule (accept).");
CLI_FAULT(cli_many_folders, "0080",
	  "{mailbox} may have {most} tracked folders, and has them: let go of one, or raise "
	  "tracked-folders",
	  "{mailbox} får ha {most} spårade mappar, och har dem: släpp en, eller höj "
	  "tracked-folders",
	  "tracked-folders stands in [email] of brygga.conf; 0 allows none.");

const struct brg_fault *const cli_faults[] = {
	&cli_empty_option,
	&cli_empty_argument,
	&cli_for_administrator,
	&cli_others_mailbox,
	&cli_others_mail,
	&cli_only_owner,
	&cli_lane_off,
	&cli_lane_client,
	&cli_not_there,
	&cli_when_ahead,
	&cli_when_back,
	&cli_bad_addresses,
	&cli_one_from,
	&cli_with_file,
	&cli_undecided,
	&cli_others_queue,
	&cli_no_filter,
	&cli_many_filters,
	&cli_filter_or_where,
	&cli_act_kind,
	&cli_others_filter,
	&cli_no_equals,
	&cli_no_field,
	&cli_bad_value,
	&cli_field_twice,
	&cli_no_owner,
	&cli_others_record,
	&cli_fields_or_words,
	&cli_bad_version,
	&cli_no_conflict,
	&cli_settled,
	&cli_ours_or_theirs,
	&cli_no_plan,
	&cli_plan_over,
	&cli_undo_what,
	&cli_no_history,
	&cli_no_folder,
	&cli_untracked_folder,
	&cli_queue_folder,
	&cli_many_folders,
	NULL,
};
