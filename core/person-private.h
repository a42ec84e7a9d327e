/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the rooms of person: person.c finds, person_text.c reads, person_forget.c removes.
 */
#ifndef BRG_CORE_PERSON_PRIVATE_H
#define BRG_CORE_PERSON_PRIVATE_H

#include "core/person.h"

#include "core/recipients.h"
#include "core/settings.h"

/* Is this address (folded) one of his? */
bool person_has(const struct person *person, struct brg_str address);
/* Does the text name him: one of the addresses in any case, not as a part of another? */
bool person_named(const struct person *person, struct brg_str text);
/* The same of the bytes of a mail: of its header, or of all that is in it, decoded too. 1: it
 * does. A body that is gone names nobody. */
int person_in_mail(struct engine *engine, const struct person *person, const struct brg_sha *body,
		   bool whole, struct brg_err *err);
/* The words of servers that name him, of recipients and of the row; true: there were some, and
 * `row` is without them. In the arena. */
bool person_hush(const struct person *person, struct brg_outgoing_row *row,
		 struct brg_arena *arena);
/* His addresses out of a list of senders; true: there were some, and *json is without them. */
bool person_unlist(const struct person *person, struct brg_str *json, struct brg_arena *arena);

#endif
