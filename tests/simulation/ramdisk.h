/* SPDX-License-Identifier: Apache-2.0
 *
 * An SQLite VFS in memory that processes share, on which a power cut can happen: a file is what
 * was written, and beside it what a disk would surely hold, brought up to date by xSync only. A
 * cut keeps or drops each unsynced sector by the dice. For one process at a time, with one thread;
 * so there are no locks.
 */
#ifndef BRG_TEST_RAMDISK_H
#define BRG_TEST_RAMDISK_H

#include <stddef.h>
#include <stdint.h>

#define RAMDISK_VFS "ramdisk"

struct ramdisk;

/* In shared memory; its files are found by the last part of their names. */
struct ramdisk *ramdisk_new(void);
/* The VFS works on this one, in this process or one that it forks: never in two at a time. 0, or an
 * SQLite error. */
int ramdisk_use(struct ramdisk *disk);
/* Everything is as on the other disk, synced. Those who have it open may have it open still. */
void ramdisk_copy(struct ramdisk *to, const struct ramdisk *from);
/* The power fails. Those who had files open may close them, and nothing else. */
void ramdisk_strike(struct ramdisk *disk, uint64_t *dice);
/* Bytes of a file; NULL: there is no such file. */
const char *ramdisk_bytes(const struct ramdisk *disk, int file, size_t *n);

#endif
