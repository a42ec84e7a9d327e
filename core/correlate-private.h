/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the rooms of correlate: correlate_subject.c reads what people and programs do to a
 * subject, correlate.c compares.
 */
#ifndef BRG_CORE_CORRELATE_PRIVATE_H
#define BRG_CORE_CORRELATE_PRIVATE_H

#include "core/correlate.h"

/* Add the subject's tokens to the clues, the last one first. */
void correlate_tokens(const struct correlate_rules *rules, struct brg_str subject,
		      struct brg_arena *arena, struct correlate_clues *out);
/* What the subject is about: tokens and leading "word:" groups taken off, case folded, one blank
 * between words. */
struct brg_str correlate_topic(const struct correlate_rules *rules, struct brg_str subject,
			       struct brg_arena *arena);

#endif
