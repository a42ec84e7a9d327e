/* SPDX-License-Identifier: Apache-2.0
 *
 * An SQLite VFS on which a power cut can happen. It passes everything on to the system's
 * VFS and keeps, beside each file F, what a disk would surely hold: F.disk, brought up to
 * date by xSync only. A cut keeps or drops each unsynced sector by the dice.
 */
#ifndef BRG_TEST_POWERCUT_H
#define BRG_TEST_POWERCUT_H

#include <stdint.h>

#define POWERCUT_VFS	"powercut"
#define POWERCUT_SECTOR 512

/* Register the VFS in this process. 0, or an SQLite error. */
int powercut_register(void);
/* With no process left that has the files open: the power fails. */
void powercut_strike(const char *folder, uint64_t *dice);
/* The power does not fail for now: the system has written everything out in between. */
void powercut_settle(const char *folder);

/* splitmix64: the dice of all simulations. */
uint64_t dice_roll(uint64_t *dice);
/* 0 .. n-1 */
uint64_t dice_below(uint64_t *dice, uint64_t n);

#endif
