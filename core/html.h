/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML as text that people can read: paragraphs, lists, quotes, table cells, where links lead.
 * Any bytes are HTML; time grows with their number and memory does not.
 */
#ifndef BRG_CORE_HTML_H
#define BRG_CORE_HTML_H

#include "core/arena.h"

/* At most `max` bytes come out. */
struct html *html_open(size_t max, struct brg_arena *arena);
/* Whole characters of UTF-8. */
void html_put(struct html *html, const char *p, size_t n);
/* *cut: there was more. */
struct brg_str html_end(struct html *html, bool *cut);

/* html_names.c: the character that a name stands for ("auml"), 0: none (HTML 4.01 section 24). */
uint32_t html_entity(const char *name, size_t n);

#endif
