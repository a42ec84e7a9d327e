/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of what the commands refuse; brygga adds them to the catalogue when it starts.
 */
#ifndef BRG_CLI_FAULTS_H
#define BRG_CLI_FAULTS_H

#include <brygga/err.h>

extern const struct brg_fault cli_empty_option, cli_empty_argument, cli_for_administrator,
	cli_others_mailbox, cli_others_mail, cli_only_owner, cli_lane_off, cli_lane_client,
	cli_not_there, cli_no_folder, cli_untracked_folder, cli_queue_folder, cli_many_folders,
	cli_when_ahead, cli_when_back, cli_bad_addresses, cli_one_from, cli_with_file,
	cli_undecided, cli_others_queue, cli_no_filter, cli_many_filters, cli_filter_or_where,
	cli_act_kind, cli_others_filter, cli_no_equals, cli_no_field, cli_bad_value,
	cli_field_twice, cli_no_owner, cli_others_record, cli_fields_or_words, cli_bad_version,
	cli_no_conflict, cli_settled, cli_ours_or_theirs, cli_no_plan, cli_plan_over, cli_undo_what,
	cli_no_history;
extern const struct brg_fault *const cli_faults[];

#endif
