/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders of the last look, kept with the mailbox: most visits find nothing new, and have no
 * need to ask where. Ids hold the mailbox's GUID, so that another mailbox in its place does not
 * know them.
 */
#include "mailbox.h"

#include <stdlib.h>

#define NAME	  "folders"
#define FORM	  "2"
#define KEPT_MOST 4096 /* of a value that the host keeps for us */

/* What the list is of: another login or address may see another mailbox. */
static void write_key(const struct exchange *x, char *out, size_t room)
{
	(void)snprintf(out, room, "%s %s %s %d", x->url, x->login.user ? x->login.user : "",
		       x->mailbox, x->access);
}

/* ---- writing --------------------------------------------------------------------------------*/

static void put(char *text, size_t *n, const char *s, char end)
{
	for (; *s && *n + 2 < KEPT_MOST; s++)
		text[(*n)++] = *s == '\t' || *s == '\n' ? ' ' : *s;
	text[(*n)++] = end;
}

/* Ids of a mailbox begin alike, and are long: how much of the root's, and what follows. */
static void put_id(const struct exchange *x, char *text, size_t *n, const char *id)
{
	size_t same = 0;
	char number[24];

	while (id[same] && id[same] == x->root[same])
		same++;
	(void)snprintf(number, sizeof(number), "%zu", same);
	put(text, n, number, ':');
	put(text, n, id + same, '\t');
}

void folders_keep(struct exchange *x)
{
	char text[KEPT_MOST + 16], word[1024];
	size_t n = 0;

	if (!*x->root)
		return;
	put(text, &n, FORM, '\t');
	(void)snprintf(word, sizeof(word), "%lld", (long long)x->host->now_us(x->host->ctx));
	put(text, &n, word, '\t');
	write_key(x, word, sizeof(word));
	put(text, &n, word, '\t');
	put(text, &n, x->root, '\n');
	for (size_t i = 0; i < x->n_folders && n + 2 < KEPT_MOST; i++) {
		const struct folder *f = &x->folders[i];

		if (!folder_is_told(x, f))
			continue;
		put_id(x, text, &n, f->id);
		put_id(x, text, &n, f->parent);
		put(text, &n, f->name, '\t');
		put(text, &n, f->role, '\t');
		(void)snprintf(word, sizeof(word), "%d", f->kind);
		put(text, &n, word, '\n');
	}
	/* Too many to be kept: they are asked for each time. */
	if (n + 2 >= KEPT_MOST)
		n = 0;
	x->host->state_set(x->host->ctx, NAME, (struct brg_str){ text, n });
}

void folders_drop(struct exchange *x)
{
	x->host->state_set(x->host->ctx, NAME, (struct brg_str){ "", 0 });
}

/* ---- reading --------------------------------------------------------------------------------*/

static struct brg_str next(struct brg_str *rest, char end)
{
	const char *at = memchr(rest->ptr, end, rest->len);
	size_t n = at ? (size_t)(at - rest->ptr) : rest->len;
	struct brg_str word = { rest->ptr, n };

	rest->ptr += n + (at != NULL);
	rest->len -= n + (at != NULL);
	return word;
}

static struct brg_str next_id(const struct exchange *x, struct brg_str *rest, char *room,
			      size_t size)
{
	struct brg_str word = next(rest, '\t'), number = next(&word, ':');
	size_t same = strtoul(number.ptr, NULL, 10);
	int n = snprintf(room, size, "%.*s%.*s", (int)(same < sizeof(x->root) ? same : 0), x->root,
			 (int)word.len, word.ptr);

	return (struct brg_str){ room, n < 0 || (size_t)n >= size ? 0 : (size_t)n };
}

static bool is_of(const struct exchange *x, struct brg_str key)
{
	char now[1024], kept[1024];
	size_t n = 0;

	write_key(x, now, sizeof(now));
	put(kept, &n, now, '\0');
	return brg_str_eq(key, brg_cstr(kept));
}

bool folders_kept(struct exchange *x)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct brg_str text, root;
	int64_t age_us;

	if (x->host->state_get(x->host->ctx, NAME, &text, &ignored) < 0 ||
	    !brg_str_eq(next(&text, '\t'), brg_cstr(FORM)))
		return false;
	age_us = x->host->now_us(x->host->ctx) - strtoll(next(&text, '\t').ptr, NULL, 10);
	if (age_us < 0 || age_us >= x->folders_ms * 1000 || !is_of(x, next(&text, '\t')))
		return false;
	root = next(&text, '\n');
	(void)snprintf(x->root, sizeof(x->root), "%.*s", (int)root.len, root.ptr);
	mailbox_forget(x);
	x->folders_fresh = false;
	while (text.len) {
		char id[sizeof(x->root) + KEPT_MOST], parent[sizeof(x->root) + KEPT_MOST];
		struct folder_words w = { .id = next_id(x, &text, id, sizeof(id)) };

		w.parent = next_id(x, &text, parent, sizeof(parent));
		w.name = next(&text, '\t');
		w.role = next(&text, '\t');
		w.kind = atoi(next(&text, '\n').ptr);
		mailbox_add(x, &w);
	}
	return true;
}
