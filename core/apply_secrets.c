/* SPDX-License-Identifier: Apache-2.0
 *
 * The secrets of a directory on their way from where they lie into the store, sealed.
 */
#include "core/apply-private.h"

#include "core/id.h"
#include "core/options.h"
#include "core/secrets.h"
#include "core/utf8.h"

#include <unistd.h>

static const struct brg_fault no_key = {
	.code = "BRG-CONF-0132",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no key to seal the secrets of {name} with",
	.sv = "det finns ingen nyckel att försegla hemligheterna för {name} med",
	.help = "Nothing was changed. The key is made in the state folder together with the store.",
};
static const struct brg_fault bad_fd = {
	.code = "BRG-CONF-0133",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot read the secret {key} of {name} from descriptor {fd}, or it is empty",
	.sv = "hemligheten {key} för {name} kan inte läsas från fildeskriptor {fd}, eller är tom",
	.help = "Nothing was changed. A descriptor can be read only once: name each in one place.",
};
static const struct brg_fault not_text = {
	.code = "BRG-CONF-0136",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the secret {key} of {name} is no text in UTF-8",
	.sv = "hemligheten {key} för {name} är ingen text i UTF-8",
	.help = "Nothing was changed. Secrets are kept as text; write the file anew in UTF-8.",
};

const struct brg_fault apply_no_terminal = {
	.code = "BRG-CONF-0190",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no terminal to ask for the {what}; use file: or fd:",
	.sv = "det finns ingen terminal att fråga på om {what}; använd file: eller fd:",
	.help = "`prompt` asks on the terminal. In a script put the secret in a file that "
		"only you can read (file:PATH) or hand over a descriptor (fd:N).",
};

const struct brg_fault *const apply_secret_faults[] = { &no_key, &bad_fd, &not_text,
							&apply_no_terminal, NULL };

static int read_fd(struct applier *a, const struct directory_secret *s, const char *what,
		   struct brg_str *out, struct brg_err *err)
{
	int fd = directory_fd(s->form);
	char buf[65536];
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buf + n, sizeof(buf) - n)) > 0)
		n += (size_t)got;
	if (n && buf[n - 1] == '\n')
		n--;
	if (got == 0 && n && !memchr(buf, '\0', n))
		*out = arena_dup(a->arena, buf, n);
	explicit_bzero(buf, sizeof(buf));
	return out->len ? 0 : brg_fail(err, &bad_fd, "key=%s\nname=%s\nfd=%d", s->name, what, fd);
}

static int resolve(struct applier *a, const struct directory_secret *s, const char *what,
		   struct brg_str *out, struct brg_err *err)
{
	*out = (struct brg_str){ 0 };
	if (s->form.len > 3 && memcmp(s->form.ptr, "fd:", 3) == 0)
		return read_fd(a, s, what, out, err);
	if (!brg_str_eq(s->form, brg_cstr("prompt")))
		return option_resolve(s->form, a->arena, out, err);
	return a->io->prompt(a->io->ctx, arena_printf(a->arena, "%s (%s)", s->name, what), a->arena,
			     out, err);
}

static bool is_text(struct brg_str s)
{
	uint32_t point;

	for (size_t i = 0, len; i < s.len; i += len) {
		len = utf8_char((const unsigned char *)s.ptr + i, s.len - i, &point);
		if (len == 0)
			return false;
	}
	return true;
}

/* All secrets of a row as one JSON object. */
static int gather(struct applier *a, const struct directory_secret *secrets, size_t n,
		  const char *what, struct brg_str *out, struct brg_err *err)
{
	struct settings all = { 0 };
	struct brg_str value;

	if (n == 0)
		return 0;
	if (!a->secrets)
		return brg_fail(err, &no_key, "name=%s", what);
	for (size_t i = 0; i < n; i++) {
		if (resolve(a, &secrets[i], what, &value, err) < 0)
			return err->code;
		if (!is_text(value)) {
			explicit_bzero((void *)(uintptr_t)value.ptr, value.len);
			settings_wipe(&all);
			return brg_fail(err, &not_text, "key=%s\nname=%s", secrets[i].name, what);
		}
		settings_add(&all, a->arena, brg_cstr(secrets[i].name), value);
		explicit_bzero((void *)(uintptr_t)value.ptr, value.len);
		all.at[all.n - 1].secret = true;
	}
	*out = settings_to_json(&all, a->arena);
	settings_wipe(&all);
	return 0;
}

int apply_gather(struct applier *a, struct brg_err *err)
{
	const struct directory *d = a->dir;
	int rc = 0;

	a->profile_plain = arena_alloc(a->arena, (d->n_profiles + 1) * sizeof(struct brg_str));
	a->mailbox_plain = arena_alloc(a->arena, (d->n_mailboxes + 1) * sizeof(struct brg_str));
	for (size_t i = 0; i < d->n_profiles && rc == 0; i++)
		rc = gather(a, d->profiles[i].secrets, d->profiles[i].n_secrets,
			    arena_printf(a->arena, "profile %s", d->profiles[i].name),
			    &a->profile_plain[i], err);
	for (size_t i = 0; i < d->n_mailboxes && rc == 0; i++)
		rc = gather(a, d->mailboxes[i].secrets, d->mailboxes[i].n_secrets,
			    arena_printf(a->arena, "mailbox %s", d->mailboxes[i].name),
			    &a->mailbox_plain[i], err);
	return rc;
}

void apply_wipe(struct brg_str *plain, size_t n)
{
	for (size_t i = 0; plain && i < n; i++)
		if (plain[i].len)
			explicit_bzero((void *)(uintptr_t)plain[i].ptr, plain[i].len);
}

/* Is the secret the one that the row had? The note is a keyed hash, so that it can be told
 * without the private key, and of the row's own, so that equal secrets do not show. */
void apply_note_secret(struct applier *a, const char *kind, const struct brg_id *id,
		       struct brg_str plain, struct settings *settings)
{
	unsigned char hash[16];
	char uuid[ID_TEXT], hex[33];
	char *text;

	if (plain.len == 0)
		return;
	text = arena_printf(a->scratch, "%s:%s\n%s", kind, id_format(id, uuid), plain.ptr);
	secrets_hash(a->secrets, "secret", brg_cstr(text), hash);
	explicit_bzero(text, strlen(text));
	id_hex(hash, sizeof(hash), hex);
	settings_add(settings, a->scratch, brg_cstr(".secret"), brg_cstr(hex));
}

int apply_seal(struct applier *a, const char *kind, const struct brg_id *id, struct brg_str plain,
	       struct brg_str *out, struct brg_err *err)
{
	char uuid[ID_TEXT];

	*out = (struct brg_str){ 0 };
	if (plain.len == 0)
		return 0;
	return secrets_seal(a->secrets, plain,
			    brg_cstr(arena_printf(a->scratch, "%s:%s", kind, id_format(id, uuid))),
			    a->scratch, out, err);
}
