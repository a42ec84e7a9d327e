/* SPDX-License-Identifier: Apache-2.0
 *
 * What can go wrong with a database in a file, for the person who keeps the machine.
 */
#include "sqlite.h"

#define FAULT(name, number, class, when, english, swedish, words)              \
	const struct brg_fault sqlite_##name = { .code = "BRG-SQLITE-" number, \
						 .cls = class,                 \
						 .scope = BRG_SCOPE_STORE,     \
						 .retry = BRG_RETRY_##when,    \
						 .en = english,                \
						 .sv = swedish,                \
						 .help = words }

/* clang-format off */
FAULT(full, "0001", BRG_EFULL, LATER,
	"the disk that holds {path} is full: nothing was stored, free some space",
	"disken med {path} är full: ingenting lagrades, frigör utrymme",
	"The step was not done at all, and is tried again by itself. Room is needed for the "
	"database and, beside it, for its log (-wal).");
FAULT(readonly, "0002", BRG_EREADONLY, LATER,
	"the store {path} cannot be written: check its permissions, its folder's, and that the "
	"file system is not mounted read-only",
	"lagret {path} kan inte skrivas: kontrollera dess behörigheter, mappens, och att "
	"filsystemet inte är monterat skrivskyddat",
	"SQLite writes to the file and to its folder (-wal, -shm). Both must belong to the user "
	"that the daemon runs as.");
FAULT(corrupt, "0003", BRG_EIO, NEVER,
	"the store {path} is damaged: stop the daemon and restore a backup",
	"lagret {path} är skadat: stoppa demonen och återställ en säkerhetskopia",
	"SQLite found a page that cannot be right; most often the disk or memory is failing, or "
	"the file was copied while it was written. Keep the damaged file and its -wal: "
	"`sqlite3 FILE .recover` may save more than the backup has.");
FAULT(not_db, "0004", BRG_EINVAL, NEVER,
	"{path} is not an SQLite database; name a new file in the storage section",
	"{path} är ingen SQLite-databas; ange en ny fil i avsnittet storage",
	"Something else is in the file, or it is encrypted. Nothing was changed.");
FAULT(no_folder, "0005", BRG_ENOTFOUND, NEVER,
	"the folder {folder} for the store does not exist: make it, owned by the daemon's user",
	"mappen {folder} för lagret finns inte: skapa den, ägd av demonens användare",
	"The storage plugin makes the files in it, never the folder, so that a mistyped path or "
	"a disk that is not mounted does not start an empty store.");
FAULT(network, "0006", BRG_ENOTSUP, NEVER,
	"{path} is on a network file system ({type}), which SQLite cannot lock safely: use a "
	"local disk, or the postgres storage for several machines",
	"{path} ligger på ett nätverksfilsystem ({type}), som SQLite inte kan låsa säkert: "
	"använd en lokal disk, eller lagringen postgres för flera maskiner",
	"SQLite's write-ahead log needs shared memory between its processes and locks that "
	"hold. Network file systems have neither, and stores were lost that way.");
FAULT(held, "0007", BRG_EBUSY, LATER,
	"another program holds a lock on {path}",
	"ett annat program håller ett lås på {path}",
	"Brygga's own processes take turns and never meet. Look for a backup or an open "
	"sqlite3 shell with a transaction: `fuser FILE`.");
FAULT(denied, "0008", BRG_EINVAL, NEVER,
	"the store {path} cannot be opened: {reason}",
	"lagret {path} kan inte öppnas: {reason}",
	"Check that the path is a file, and that the daemon's user may read and write it and "
	"its folder.");
FAULT(io, "0009", BRG_EIO, LATER,
	"reading or writing the store {path} failed: {reason}",
	"läsning eller skrivning av lagret {path} misslyckades: {reason}",
	"The operating system reported an error. Look at the kernel's log for the disk.");
FAULT(internal, "0010", BRG_EINTERNAL, LATER,
	"SQLite refused a statement of the store {path}",
	"SQLite nekade en sats för lagret {path}",
	"A mistake in the program, or a schema that somebody changed by hand. Please report it "
	"with SQLite's words.");
FAULT(locks, "0011", BRG_EIO, LATER,
	"the lock file {path} cannot be used: {reason}",
	"låsfilen {path} kan inte användas: {reason}",
	"Processes take turns by lock files beside the database. They must be on a local file "
	"system and belong to the daemon's user; empty ones may be deleted while nothing runs.");
FAULT(no_vfs, "0012", BRG_EINVAL, NEVER,
	"SQLite has no VFS with the name {name}",
	"SQLite har ingen VFS med namnet {name}",
	"The option vfs is for tests. Leave it empty.");
FAULT(not_joined, "0013", BRG_EINTERNAL, NEVER,
	"a process that did not join asked the store for leases",
	"en process som inte anmält sig bad lagret om arbete",
	"A mistake in the program: join() comes before claim() and slots().");
FAULT(unsynced, "0014", BRG_EIO, LATER,
	"the disk failed to keep {path}: {reason}; nothing more is stored until the process is "
	"started again",
	"disken kunde inte spara {path}: {reason}; ingenting mer lagras förrän processen har "
	"startats om",
	"fsync() failed. What was written before may or may not be on the disk, and a second "
	"attempt would say yes without knowing. Look at the kernel's log for the disk first.");
/* clang-format on */

const struct brg_fault *const sqlite_faults[] = {
	&sqlite_full,	    &sqlite_readonly, &sqlite_corrupt, &sqlite_not_db,
	&sqlite_no_folder,  &sqlite_network,  &sqlite_held,    &sqlite_denied,
	&sqlite_io,	    &sqlite_internal, &sqlite_locks,   &sqlite_no_vfs,
	&sqlite_not_joined, &sqlite_unsynced, SQL_FAULTS,      NULL,
};
