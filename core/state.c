/* SPDX-License-Identifier: Apache-2.0
 *
 * Locks and the write-ahead log of an embedded store need a local disk, and secrets need a
 * folder that only we can write. What does not hold is said before anything is opened, because
 * the errors that would follow later say nothing of the cause.
 */
#include "core/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct brg_fault missing = {
	.code = "BRG-CONF-0060",
	.cls = BRG_ENOTFOUND,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the state folder {path} cannot be used: {reason}",
	.sv = "tillståndsmappen {path} kan inte användas: {reason}",
	.help = "Make it and give it to the daemon's user: install -d -o brygga -m 0750 FOLDER. "
		"Or set state in [core].",
};
static const struct brg_fault no_folder = {
	.code = "BRG-CONF-0061",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the state folder {path} is not a folder",
	.sv = "tillståndsmappen {path} är ingen mapp",
	.help = "state in [core] names a folder that is Brygga's alone.",
};
static const struct brg_fault network = {
	.code = "BRG-CONF-0062",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the state folder {path} lies on a network file system ({type}): use a local disk",
	.sv = "tillståndsmappen {path} ligger på ett nätverksfilsystem ({type}): använd en lokal "
	      "disk",
	.help = "File locks and SQLite's log are not safe over a network; the store could be "
		"damaged. For several machines use the postgres storage.",
};
static const struct brg_fault read_only = {
	.code = "BRG-CONF-0063",
	.cls = BRG_EREADONLY,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the state folder {path} lies on a file system that is mounted read-only",
	.sv = "tillståndsmappen {path} ligger på ett filsystem som är monterat skrivskyddat",
	.help = "Mount it read-write. Linux also turns a disk read-only after errors: see the "
		"kernel's log.",
};
static const struct brg_fault not_ours = {
	.code = "BRG-CONF-0064",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the state folder {path} belongs to user id {owner}, and this runs as {ours}",
	.sv = "tillståndsmappen {path} tillhör användar-id {owner}, men detta körs som {ours}",
	.help = "Run the command as the daemon's user (sudo -u brygga ...), or give the folder to "
		"the user that runs it.",
};
static const struct brg_fault open_to_others = {
	.code = "BRG-CONF-0065",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "others can write to the state folder {path} (mode {mode}): chmod go-w {path}",
	.sv = "andra kan skriva i tillståndsmappen {path} (läge {mode}): chmod go-w {path}",
	.help = "Whoever can write there can replace the store and its key.",
};
static const struct brg_fault held = {
	.code = "BRG-CONF-0066",
	.cls = BRG_EBUSY,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "another daemon (process {pid}) works on the state folder {path}: stop it first",
	.sv = "en annan tjänst (process {pid}) arbetar i tillståndsmappen {path}: stoppa den först",
	.help = "One daemon serves one state folder. Give a second one a folder of its own.",
};
static const struct brg_fault no_lock = {
	.code = "BRG-CONF-0067",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot lock {path}: {reason}",
	.sv = "{path} kan inte låsas: {reason}",
	.help = "The file is made by the daemon in its state folder and must belong to its user.",
};

const struct brg_fault *const state_faults[] = {
	&missing,	 &no_folder, &network, &read_only, &not_ours,
	&open_to_others, &held,	     &no_lock, NULL,
};

const char *state_network(unsigned long type)
{
	static const struct {
		unsigned long type;
		const char *name;
	} known[] = {
		{ 0x6969, "nfs" },	  { 0xFF534D42, "cifs" },   { 0xFE534D42, "smb2" },
		{ 0x517B, "smb" },	  { 0x564C, "ncp" },	    { 0x5346414F, "afs" },
		{ 0x6B414653, "afs" },	  { 0x73757245, "coda" },   { 0x00C36400, "ceph" },
		{ 0x0BD00BD0, "lustre" }, { 0x47504653, "gpfs" },   { 0x7461636F, "ocfs2" },
		{ 0x01161970, "gfs2" },	  { 0x19830326, "beegfs" }, { 0x20030528, "orangefs" },
	};

	/* Not fuse and not 9p: containers have local disks behind both. */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].type == (type & 0xFFFFFFFF))
			return known[i].name;
	return NULL;
}

int state_check(const char *dir, struct brg_err *err)
{
	struct statfs fs;
	struct stat st;
	const char *type;

	if (stat(dir, &st) != 0 || statfs(dir, &fs) != 0)
		return brg_fail(err, &missing, "path=%s\nreason=%s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return brg_fail(err, &no_folder, "path=%s", dir);
	type = state_network((unsigned long)fs.f_type);
	if (type)
		return brg_fail(err, &network, "path=%s\ntype=%s", dir, type);
	if (fs.f_flags & ST_RDONLY)
		return brg_fail(err, &read_only, "path=%s", dir);
	if (st.st_uid != geteuid())
		return brg_fail(err, &not_ours, "path=%s\nowner=%u\nours=%u", dir,
				(unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return brg_fail(err, &open_to_others, "path=%s\nmode=%04o", dir,
				(unsigned)st.st_mode & 07777);
	if (faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
		return brg_fail(err, &missing, "path=%s\nreason=%s", dir, strerror(errno));
	return 0;
}

int state_lock(const char *dir, int *fd, struct brg_err *err)
{
	char path[PATH_MAX], pid[24] = "";
	int lock, rc;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/bryggad.lock", dir);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return brg_fail(err, &no_lock, "path=%s\nreason=%s", path, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
		/* The pid is only for people: without room for it the lock still holds. */
		if (ftruncate(lock, 0) == 0 && pwrite(lock, pid, (size_t)n, 0) == n)
			(void)0;
		*fd = lock;
		return 0;
	}
	if (errno == EWOULDBLOCK) {
		n = pread(lock, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? n : 0] = '\0';
		pid[strspn(pid, "0123456789")] = '\0';
		rc = brg_fail(err, &held, "pid=%s\npath=%s", pid[0] ? pid : "?", dir);
	} else {
		rc = brg_fail(err, &no_lock, "path=%s\nreason=%s", path, strerror(errno));
	}
	(void)close(lock);
	return rc;
}
