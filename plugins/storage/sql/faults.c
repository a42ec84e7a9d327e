/* SPDX-License-Identifier: Apache-2.0
 *
 * What can go wrong in the same way on every engine.
 */
#include "sql.h"

/* clang-format off */
const struct brg_fault sql_foreign = {
	.code = "BRG-SQL-0001", .cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE, .retry = BRG_RETRY_NEVER,
	.en = "{where} is the database of another program; name a new one in the storage section",
	.sv = "{where} är ett annat programs databas; ange en ny i avsnittet storage",
	.help = "There are tables in it, but not those of a Brygga store. Nothing was changed.",
};
const struct brg_fault sql_newer = {
	.code = "BRG-SQL-0002", .cls = BRG_ENOTSUP,
	.scope = BRG_SCOPE_STORE, .retry = BRG_RETRY_NEVER,
	.en = "{where} has schema {schema}, newer than {mine}, the newest that this release "
	      "knows: upgrade Brygga",
	.sv = "{where} har schema {schema}, nyare än {mine}, det nyaste som den här versionen "
	      "känner till: uppgradera Brygga",
	.help = "A later release has used this store. Going back needs the backup that was made "
		"before the upgrade. Nothing was changed.",
};
const struct brg_fault sql_empty = {
	.code = "BRG-SQL-0003", .cls = BRG_ENOTFOUND,
	.scope = BRG_SCOPE_STORE, .retry = BRG_RETRY_NEVER,
	.en = "there is no store at {where} yet",
	.sv = "det finns ännu inget lager på {where}",
	.help = "The daemon makes it at its first start, and so does `brygga apply`. If there "
		"was one, check the path in the storage section.",
};
const struct brg_fault sql_no_body = {
	.code = "BRG-SQL-0004", .cls = BRG_ENOTFOUND,
	.scope = BRG_SCOPE_ITEM, .retry = BRG_RETRY_NEVER,
	.en = "the body of this record is not in the store",
	.sv = "innehållet till den här posten finns inte i lagret",
	.help = "A record without a body (a contact, a task), or one whose body was removed.",
};
const struct brg_fault sql_bad_call = {
	.code = "BRG-SQL-0005", .cls = BRG_EINTERNAL,
	.scope = BRG_SCOPE_STORE, .retry = BRG_RETRY_LATER,
	.en = "the store was asked for something that it cannot do: {what}",
	.sv = "lagret ombads att göra något som det inte kan: {what}",
	.help = "A mistake in the program, or no memory left. Please report it with the log.",
};
/* clang-format on */
