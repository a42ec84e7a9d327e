/* SPDX-License-Identifier: Apache-2.0
 *
 * The state folder: is it fit to be trusted with the store, and is it ours alone?
 */
#ifndef BRG_CORE_STATE_H
#define BRG_CORE_STATE_H

#include <brygga/err.h>

/* The folder must be there, be ours, be closed to others' writing, lie on a local file system
 * that can be written. One clear line otherwise. */
int state_check(const char *dir, struct brg_err *err);
/* Take <dir>/bryggad.lock for this process. *fd keeps it, close-on-exec; the kernel gives it
 * back at death. A second daemon gets BRG_EBUSY with the pid of the first. */
int state_lock(const char *dir, int *fd, struct brg_err *err);
/* The name of a network file system by statfs(2)'s f_type; NULL: a local one. */
const char *state_network(unsigned long type);

extern const struct brg_fault *const state_faults[];

#endif
