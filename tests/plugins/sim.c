/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated mail system of the test kit as a plugin, for tests with processes that know
 * nothing of each other: its mailboxes lie in a file, which simctl makes and edits.
 */
#include <simmail.h>

BRG_PLUGIN(sim, simmail_plugin);
