/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CLI_STORY_H
#define BRG_CLI_STORY_H

#include "core/cli/cli.h"

/* The story of a contact, task or appointment across both sides, oldest first: who changed what
 * when, from what to what, why it won, and what lost. `decisions`: what explain has of it. */
int cli_story(struct cli *cli, const struct brg_record_row *record, json_t *decisions);

#endif
