/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_LOG_H
#define BRG_CORE_LOG_H

#include "core/arena.h"
#include <brygga/host.h>

/* One line an event on standard error: "<6>worker.ready pid=12 threads=16". The <N> is
 * journald's priority (sd-daemon(3)); on a terminal the time stands there instead.
 * Values with spaces are quoted by log_quote(). No secret, address or subject, ever. */
void log_init(int level, const char *prefix);
void log_event(int level, const char *event, const char *fmt, ...) BRG_PRINTF(3, 4);
void log_vevent(int level, const char *event, const char *context, const char *fmt, va_list ap)
	BRG_PRINTF(4, 0);
/* An error in the words of the catalogue: code=BRG-POP3-0004 reason="..." said="...", with
 * "(address)" for every word that holds an @. */
const char *log_err(const struct brg_err *err, char *out, size_t n);
#define LOG_ERR_TEXT 1024
/* The same text with "(address)" for every word that holds an @; as it is where none does. */
struct brg_str log_hide(struct brg_str text, struct brg_arena *arena);
/* A line for an error of something that is tried all the time: told once a minute, with how
 * often it was not told in between. `event` is a literal. Any thread. */
void log_failure(int level, const char *event, const struct brg_err *err);

#endif
