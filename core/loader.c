/* SPDX-License-Identifier: Apache-2.0
 *
 * libltdl behind one function. It says "file not found" when a plugin's library is missing,
 * binds lazily so that an undefined function is met a week later, and searches folders that
 * nobody named. So: an absolute path only, the file looked at before it is mapped, bound at
 * once by the linker itself, whose reason is the true one; then libltdl opens what is
 * already there. What a descriptor must be is in lint.c.
 */
#include "core/loader.h"

#include "core/arena.h"
#include "core/faults.h"
#include "core/lint.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <ltdl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct brg_fault bad_name = {
	.code = "BRG-LOAD-0001",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "\"{name}\" cannot be a plugin: a name has lower-case letters, digits and hyphens",
	.sv = "\"{name}\" kan inte vara ett tillägg: ett namn har små bokstäver, siffror och "
	      "bindestreck",
	.help = "A plugin is named as its file is, without .so.",
};
static const struct brg_fault not_absolute = {
	.code = "BRG-LOAD-0002",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "the plugin folder {path} is not an absolute path",
	.sv = "tilläggsmappen {path} är ingen absolut sökväg",
	.help = "Set plugins in [core] to a path that begins with /.",
};
static const struct brg_fault not_installed = {
	.code = "BRG-LOAD-0003",
	.cls = BRG_ENOTFOUND,
	.retry = BRG_RETRY_NEVER,
	.en = "{kind} {name} is not installed in {folder}; the package brygga-{kind}-{name} has "
	      "it; installed: {found}",
	.sv = "{kind} {name} är inte installerad i {folder}; den finns i paketet "
	      "brygga-{kind}-{name}; installerade: {found}",
	.help = "Install the package, correct the name, or set plugins in [core] to the folder "
		"where the plugins are.",
};
static const struct brg_fault open_to_others = {
	.code = "BRG-LOAD-0004",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is not loaded because others can write it (mode {mode}): chmod go-w {path}",
	.sv = "{path} läses inte in eftersom andra kan skriva till den (läge {mode}): chmod go-w "
	      "{path}",
	.help = "Whoever can change a plugin or its folder can run code as the daemon.",
};
static const struct brg_fault not_ours = {
	.code = "BRG-LOAD-0005",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is not loaded because it belongs to user id {owner}, neither root nor us: "
	      "chown root {path}",
	.sv = "{path} läses inte in eftersom den tillhör användar-id {owner}, varken root eller "
	      "oss: chown root {path}",
	.help = "Whoever owns a plugin or its folder can run code as the daemon.",
};
static const struct brg_fault not_elf = {
	.code = "BRG-LOAD-0006",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is no shared object: install the plugin again",
	.sv = "{path} är inget delat objekt: installera om tillägget",
	.help = "The file is empty, cut off or something else than a plugin.",
};
static const struct brg_fault other_machine = {
	.code = "BRG-LOAD-0007",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} was built for another kind of machine (ELF machine {machine}, {bits} bits): "
	      "install the package for this one",
	.sv = "{path} är byggd för en annan sorts maskin (ELF-maskin {machine}, {bits} bitar): "
	      "installera paketet för den här",
	.help = "Compare `file PLUGIN.so` with `uname -m`.",
};
static const struct brg_fault will_not_load = {
	.code = "BRG-LOAD-0008",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} does not load: {reason}",
	.sv = "{path} går inte att läsa in: {reason}",
	.help = "The reason is the dynamic linker's own: a library that is not installed, or a "
		"symbol that no library has. Install the package that the plugin needs, or the "
		"plugin's version that belongs to this system.",
};
static const struct brg_fault no_entry = {
	.code = "BRG-LOAD-0009",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} has no entry {entry}: it is no plugin of Brygga, or its file was renamed",
	.sv = "{path} saknar {entry}: filen är inget tillägg till Brygga, eller har bytt namn",
	.help = "A plugin exports one function, made by BRG_PLUGIN(name, descriptor), and its "
		"file keeps that name.",
};
static const struct brg_fault cannot_look = {
	.code = "BRG-LOAD-0010",
	.cls = BRG_EIO,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot look at {path}: {reason}",
	.sv = "{path} kan inte undersökas: {reason}",
	.help = "The user of the daemon must be able to read the plugin folder and its files.",
};

const struct brg_fault *const loader_faults[] = {
	&bad_name,	&not_absolute,	&not_installed, &open_to_others, &not_ours, &not_elf,
	&other_machine, &will_not_load, &no_entry,	&cannot_look,	 NULL,
};

/* What was loaded, for the life of the process. */
struct loaded {
	struct loaded *next;
	const struct brg_plugin *given; /* as the plugin made it */
	struct brg_plugin copy;
};
static struct loaded *loaded;

static const struct brg_plugin **builtins;
static size_t n_builtins;

const char *loader_kind(int kind)
{
	return kind == BRG_CONNECTOR ? "connector" : kind == BRG_STORAGE ? "storage" : NULL;
}

void loader_add_builtin(const struct brg_plugin *plugin)
{
	builtins = xrealloc(builtins, n_builtins + 1, sizeof(*builtins));
	builtins[n_builtins++] = plugin;
}

int loader_check(const struct brg_plugin *plugin, int kind, const char *name, const char *path,
		 struct brg_err *err)
{
	return lint_plugin(plugin, kind, name, path, err);
}

/* Only root or we may be able to change it. */
static int check_trust(const char *path, const struct stat *st, struct brg_err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return brg_fail(err, &not_ours, "path=%s\nowner=%u", path, (unsigned)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return brg_fail(err, &open_to_others, "path=%s\nmode=%04o", path,
				(unsigned)st->st_mode & 07777);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the plugins of a kind, sorted, each once. */
static size_t names_of(const char *dir, int kind, struct brg_arena *arena, const char ***out)
{
	const char *folder = arena_printf(arena, "%s/%s", dir, loader_kind(kind));
	DIR *d = opendir(folder);
	size_t n = 0, room = n_builtins + 16, kept = 0;
	const char **names = xcalloc(room, sizeof(*names));
	struct dirent *e;

	for (size_t i = 0; i < n_builtins; i++)
		if ((int)builtins[i]->kind == kind)
			names[n++] = builtins[i]->name;
	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len < 4 || strcmp(e->d_name + len - 3, ".so") != 0)
			continue;
		if (n == room)
			names = xrealloc(names, room *= 2, sizeof(*names));
		names[n++] = arena_dup(arena, e->d_name, len - 3).ptr;
	}
	if (d)
		(void)closedir(d);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(names[i], names[kept - 1]) != 0)
			names[kept++] = names[i];
	*out = names;
	return kept;
}

static int say_not_installed(const char *dir, int kind, const char *name, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	const char **names, *found = "";
	size_t n = names_of(dir, kind, arena, &names);
	int rc;

	for (size_t i = 0; i < n; i++)
		found = arena_printf(arena, "%s%s%s", found, i ? ", " : "", names[i]);
	rc = brg_fail(err, &not_installed, "kind=%s\nname=%s\nfolder=%s/%s\nfound=%s",
		      loader_kind(kind), name, dir, loader_kind(kind), n ? found : "-");
	free(names);
	arena_free(&arena);
	return rc;
}

/* Would the linker survive it? A file that was cut off kills by SIGBUS when it is mapped. */
static int check_elf(const char *path, const struct stat *st, struct brg_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC),
	    self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) eh = { 0 }, ours = { 0 };
	ElfW(Phdr) ph;
	bool whole, same;
	int rc = 0;

	if (fd < 0)
		rc = brg_fail(err, &cannot_look, "path=%s\nreason=%s", path, strerror(errno));
	whole = fd >= 0 && pread(fd, &eh, sizeof(eh), 0) == (ssize_t)sizeof(eh) &&
		memcmp(eh.e_ident, ELFMAG, SELFMAG) == 0;
	same = self < 0 || pread(self, &ours, sizeof(ours), 0) != (ssize_t)sizeof(ours) ||
	       (memcmp(eh.e_ident, ours.e_ident, EI_DATA + 1) == 0 &&
		eh.e_machine == ours.e_machine);
	if (whole && !same)
		rc = brg_fail(err, &other_machine, "path=%s\nmachine=%u\nbits=%d", path,
			      (unsigned)eh.e_machine, eh.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32);
	whole = whole && (!same || (eh.e_type == ET_DYN && eh.e_phentsize == sizeof(ph)));
	for (unsigned i = 0; whole && same && i < eh.e_phnum; i++)
		whole = pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) ==
				(ssize_t)sizeof(ph) &&
			(ph.p_type != PT_LOAD ||
			 (ph.p_offset <= (uint64_t)st->st_size &&
			  ph.p_filesz <= (uint64_t)st->st_size - ph.p_offset));
	if (rc == 0 && !whole)
		rc = brg_fail(err, &not_elf, "path=%s", path);
	if (fd >= 0)
		(void)close(fd);
	if (self >= 0)
		(void)close(self);
	return rc;
}

/* Folder, kind's folder and file: there, and safe to run. */
static int check_file(const char *dir, int kind, const char *name, const char *path,
		      struct brg_err *err)
{
	char folder[PATH_MAX];
	struct stat st;
	int rc = 0;

	(void)snprintf(folder, sizeof(folder), "%s/%s", dir, loader_kind(kind));
	if (stat(dir, &st) == 0)
		rc = check_trust(dir, &st, err);
	if (rc == 0 && stat(folder, &st) == 0)
		rc = check_trust(folder, &st, err);
	if (rc < 0)
		return rc;
	if (stat(path, &st) != 0 && errno == ENOENT)
		return say_not_installed(dir, kind, name, err);
	if (stat(path, &st) != 0)
		return brg_fail(err, &cannot_look, "path=%s\nreason=%s", path, strerror(errno));
	rc = check_trust(path, &st, err);
	if (rc == 0 && !S_ISREG(st.st_mode))
		return brg_fail(err, &not_elf, "path=%s", path);
	return rc < 0 ? rc : check_elf(path, &st, err);
}

/* The linker's reason, without the path that stands in the sentence already. */
static int say_will_not_load(const char *path, const char *reason, struct brg_err *err)
{
	size_t n = strlen(path);

	if (!reason)
		reason = "?";
	if (strncmp(reason, path, n) == 0 && strncmp(reason + n, ": ", 2) == 0)
		reason += n + 2;
	return brg_fail(err, &will_not_load, "path=%s\nreason=%s", path, reason);
}

static int open_file(const char *path, const char *name, const struct brg_plugin **out,
		     struct brg_err *err)
{
	brg_plugin_entry_fn *entry;
	char symbol[128];
	lt_dladvise advise;
	lt_dlhandle handle;
	void *sym;
	size_t i;

	/* All symbols now, not at their first call; the handle is kept for ever. */
	if (!dlopen(path, RTLD_NOW | RTLD_LOCAL))
		return say_will_not_load(path, dlerror(), err);
	if (lt_dlinit() != 0 || lt_dladvise_init(&advise) != 0)
		return say_will_not_load(path, lt_dlerror(), err);
	handle = lt_dladvise_local(&advise) == 0 && lt_dladvise_resident(&advise) == 0
			 ? lt_dlopenadvise(path, advise)
			 : NULL;
	(void)lt_dladvise_destroy(&advise);
	if (!handle)
		return say_will_not_load(path, lt_dlerror(), err);
	sym = lt_dlsym(handle, "brg_plugin_entry");
	if (!sym) {
		(void)snprintf(symbol, sizeof(symbol), "%s_LTX_brg_plugin_entry", name);
		for (i = 0; symbol[i]; i++)
			if (symbol[i] == '-')
				symbol[i] = '_';
		return brg_fail(err, &no_entry, "path=%s\nentry=%s", path, symbol);
	}
	memcpy(&entry, &sym, sizeof(entry));
	*out = entry();
	return 0;
}

/* Keep our own copy, as long as both sides know: what the plugin is too old to have is zero. */
static const struct brg_plugin *keep(const struct brg_plugin *given)
{
	struct loaded *l = xcalloc(1, sizeof(*l));
	size_t n = given->size < sizeof(l->copy) ? given->size : sizeof(l->copy);

	l->given = given;
	memcpy(&l->copy, given, n);
	l->next = loaded;
	loaded = l;
	faults_add(l->copy.faults);
	return &l->copy;
}

int loader_load(const char *plugin_dir, int kind, const char *name, const struct brg_plugin **out,
		struct brg_err *err)
{
	const struct brg_plugin *given = NULL;
	char path[PATH_MAX];
	int rc = 0;

	if (!lint_word(name))
		return brg_fail(err, &bad_name, "name=%.64s", name);
	for (struct loaded *l = loaded; l; l = l->next)
		if ((int)l->copy.kind == kind && strcmp(l->copy.name, name) == 0) {
			*out = &l->copy;
			return 0;
		}
	for (size_t i = 0; i < n_builtins && !given; i++)
		if ((int)builtins[i]->kind == kind && strcmp(builtins[i]->name, name) == 0)
			given = builtins[i];
	(void)snprintf(path, sizeof(path), "%s/%s/%s.so", plugin_dir, loader_kind(kind), name);
	if (!given && plugin_dir[0] != '/')
		return brg_fail(err, &not_absolute, "path=%s", plugin_dir);
	if (!given) {
		rc = check_file(plugin_dir, kind, name, path, err);
		if (rc == 0)
			rc = open_file(path, name, &given, err);
	}
	if (rc == 0)
		rc = lint_plugin(given, kind, name, path, err);
	if (rc == 0)
		*out = keep(given);
	return rc;
}

int loader_list(const char *plugin_dir, int kind,
		int (*each)(void *arg, const char *name, const struct brg_plugin *plugin,
			    const struct brg_err *why),
		void *arg, struct brg_err *err)
{
	struct brg_arena *arena;
	const char **names;
	size_t n;
	int stop = 0;

	if (plugin_dir[0] != '/')
		return brg_fail(err, &not_absolute, "path=%s", plugin_dir);
	arena = arena_new();
	n = names_of(plugin_dir, kind, arena, &names);
	for (size_t i = 0; i < n && !stop; i++) {
		const struct brg_plugin *plugin = NULL;
		struct brg_err why = BRG_ERR_INIT;

		if (loader_load(plugin_dir, kind, names[i], &plugin, &why) < 0)
			stop = each(arg, names[i], NULL, &why);
		else
			stop = each(arg, names[i], plugin, NULL);
	}
	free(names);
	arena_free(&arena);
	return 0;
}
