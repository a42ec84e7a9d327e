/* SPDX-License-Identifier: Apache-2.0
 *
 * What can go wrong with a database server, for the person who keeps it.
 */
#include "postgres.h"

#define FAULT(name, number, class, when, english, swedish, words)            \
	const struct brg_fault pg_##name = { .code = "BRG-POSTGRES-" number, \
					     .cls = class,                   \
					     .scope = BRG_SCOPE_STORE,       \
					     .retry = BRG_RETRY_##when,      \
					     .en = english,                  \
					     .sv = swedish,                  \
					     .help = words }

/* clang-format off */
FAULT(away, "0001", BRG_EIO, LATER,
	"the database server does not answer: check that it runs and that it can be reached",
	"databasservern svarar inte: kontrollera att den körs och att den går att nå",
	"The server's own words follow. Nothing is lost: what was not committed is done again "
	"when the server is back.");
FAULT(login, "0002", BRG_EAUTH, LATER,
	"the database server refuses the connection: check `database`, the role and pg_hba.conf",
	"databasservern avvisar anslutningen: kontrollera `database`, rollen och pg_hba.conf",
	"The role needs the right to log in, and to make a schema in the database. A password "
	"belongs into a file that `passfile=` names, or ~/.pgpass.");
FAULT(full, "0003", BRG_EFULL, LATER,
	"the database server is out of space: nothing was stored, free some",
	"databasservern har slut på utrymme: ingenting lagrades, frigör utrymme",
	"The step was not done at all, and is tried again by itself.");
FAULT(readonly, "0004", BRG_EREADONLY, LATER,
	"the database cannot be written: it is a standby, or opened for reading only",
	"databasen kan inte skrivas: den är en standby, eller bara öppnad för läsning",
	"Name the primary in `database`; `target_session_attrs=read-write` finds it among several "
	"hosts.");
FAULT(old, "0005", BRG_ENOTSUP, NEVER,
	"the database server is version {version}; Brygga needs 14 or newer",
	"databasservern har version {version}; Brygga kräver 14 eller nyare",
	"Tested with PostgreSQL 15.");
FAULT(busy, "0006", BRG_ECONFLICT, LATER,
	"the database server made this step give way {times} times",
	"databasservern lät det här steget vika {times} gånger",
	"Others wrote the same rows each time. The step was not done, and is tried again.");
FAULT(not_joined, "0007", BRG_EFENCED, NEVER,
	"this process does not take part: it never joined, or was silent so long that it was taken "
	"for dead",
	"den här processen deltar inte: den gick aldrig med, eller var tyst så länge att den togs "
	"för död",
	"Its leases were given to others. It is started again by its supervisor and joins anew.");
FAULT(unknown, "0008", BRG_EIO, LATER,
	"the connection was lost while a step was committed, and the server does not say whether it was",
	"anslutningen bröts medan ett steg skrevs, och servern säger inte om det blev skrivet",
	"The next visit reads what the store holds and goes on from there; a step is never done "
	"twice.");
FAULT(internal, "0009", BRG_EINTERNAL, LATER,
	"the database server refused a statement ({state})",
	"databasservern avvisade en sats ({state})",
	"A bug in Brygga, or somebody changed its tables. Please report it with the server's words.");
/* clang-format on */

const struct brg_fault *const pg_faults[] = {
	&pg_away,	&pg_login,   &pg_full,	   &pg_readonly, &pg_old, &pg_busy,
	&pg_not_joined, &pg_unknown, &pg_internal, SQL_FAULTS,	 NULL,
};
