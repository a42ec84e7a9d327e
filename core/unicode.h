/* SPDX-License-Identifier: Apache-2.0
 *
 * The two normal forms in which text is kept and compared. The only room that includes ICU's
 * normalizer. Any thread.
 */
#ifndef BRG_CORE_UNICODE_H
#define BRG_CORE_UNICODE_H

#include "core/arena.h"

/* NFC (Unicode Standard Annex 15). Shares text that is in it; what is no UTF-8 stays as it is. */
struct brg_str unicode_nfc(struct brg_str text, struct brg_arena *arena);
/* NFKC_Casefold: compatible characters and upper and lower case made one; marks stay. */
struct brg_str unicode_casefold(struct brg_str text, struct brg_arena *arena);

#endif
