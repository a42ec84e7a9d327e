/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets of a directory file: never themselves, only where they are.
 */
#include "core/directory-private.h"

#include "core/options.h"

#include <fcntl.h>
#include <stdlib.h>

const struct brg_fault directory_literal = {
	.code = "BRG-CONF-0094",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} is a secret: write {key} = file:/path, env:NAME, fd:N or prompt, not the secret "
	      "itself",
	.sv = "{key} är en hemlighet: skriv {key} = file:/sökväg, env:NAMN, fd:N eller prompt, inte "
	      "hemligheten själv",
	.help = "Files are copied, shown and kept in version control; secrets should not be. file: "
		"takes it from a file, fd: from an open descriptor, prompt asks.",
};
const struct brg_fault directory_no_fd = {
	.code = "BRG-CONF-0095",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "descriptor {fd} is not open for reading",
	.sv = "fildeskriptor {fd} är inte öppen för läsning",
	.help = "As in: brygga apply FILE 3< secret-file, with password = fd:3.",
};

static bool begins(struct brg_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len > n && memcmp(s.ptr, prefix, n) == 0;
}

int directory_fd(struct brg_str form)
{
	char *end;
	long fd;

	if (!begins(form, "fd:") || form.ptr[3] < '0' || form.ptr[3] > '9')
		return -1;
	fd = strtol(form.ptr + 3, &end, 10);
	return *end || fd > 65535 ? -1 : (int)fd;
}

void directory_check_secret(struct parser *p, const struct ini_entry *e)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_arena *scratch;
	struct brg_str value = { 0 };
	int fd, flags;

	if (begins(e->value, "fd:")) {
		fd = directory_fd(e->value);
		flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
		if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
			SAY(p, e->line, &directory_no_fd, "fd=%s",
			    problems_show(p->arena,
					  (struct brg_str){ e->value.ptr + 3, e->value.len - 3 }));
	} else if (begins(e->value, "file:") || begins(e->value, "env:")) {
		scratch = arena_new();
		if (option_resolve(e->value, scratch, &value, &err) < 0)
			directory_complain(p, e->line, &err);
		else
			explicit_bzero((void *)(uintptr_t)value.ptr, value.len);
		arena_free(&scratch);
	} else if (!brg_str_eq(e->value, brg_cstr("prompt"))) {
		SAY(p, e->line, &directory_literal, "key=%s", e->key);
	}
}
