/* SPDX-License-Identifier: Apache-2.0
 *
 * Waking sleeping processes of this node: a datagram socket for each in <state>/run. A lost
 * datagram only makes work later: everybody also looks by himself.
 */
#ifndef BRG_CORE_WAKE_H
#define BRG_CORE_WAKE_H

/* A socket for this process, close-on-exec and non-blocking; -1 with errno. */
int wake_open(const char *state_dir, const char *role);
/* Take what has arrived. */
void wake_drain(int fd);
/* Remove the socket from the folder. */
void wake_close(int fd, const char *state_dir, const char *role);
/* Wake every process of this role; removes sockets that nobody holds any more. */
void wake_all(const char *state_dir, const char *role);

#endif
