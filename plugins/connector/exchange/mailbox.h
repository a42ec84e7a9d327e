/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector does, over EWS: one file for each call of the SDK.
 */
#ifndef BRG_EXCHANGE_MAILBOX_H
#define BRG_EXCHANGE_MAILBOX_H

#include "item.h"

/* folders.c */
int exchange_folders(void *self, int (*each)(void *arg, const struct brg_folder *f), void *arg,
		     struct brg_err *err);
/* A distinguished folder of the mailbox, whoever logs in. */
void mailbox_root(struct exchange *x, struct soap *s, const char *name);
/* All folders, into x->folders: as the server has them now ... */
int mailbox_read(struct exchange *x, struct brg_err *err);
/* ... or as they were a while ago (folders_kept.c). */
int mailbox_list(struct exchange *x, struct brg_err *err);
/* What is known of the folders may be wrong: a call has failed like that. */
void mailbox_doubt(struct exchange *x, const struct brg_err *err);
struct folder_words {
	struct brg_str id, parent, name, role;
	int kind;
};
void mailbox_add(struct exchange *x, const struct folder_words *w);
/* Is it told to the core? */
bool folder_is_told(const struct exchange *x, const struct folder *f);
void mailbox_forget(struct exchange *x);
/* NULL: it was not among them. */
const struct folder *mailbox_folder(const struct exchange *x, struct brg_str id);
/* Its kind; where the folders were not asked for, they are. 0: it is none that is kept in step. */
int mailbox_kind(struct exchange *x, struct brg_str folder, int *kind, struct brg_err *err);

/* folders_kept.c. folders_kept: x->folders and x->root are as they were; false: they are to be
 * asked for. */
bool folders_kept(struct exchange *x);
void folders_keep(struct exchange *x);
void folders_drop(struct exchange *x);

/* pull.c */
int exchange_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		  struct brg_err *err);

/* What each request for changes says behind its folder, and what each answer has: its changes;
 * next_cursor, more and server_us of the batch are filled. */
void pull_range(struct soap *s, const struct brg_pull *req);
/* An item that went; without an id it is nothing. */
void pull_gone(struct exchange *x, const xmlNode *change, int kind, struct brg_batch *out);
int pull_ask(struct exchange *x, struct soap *s, struct brg_batch *out, const xmlNode **changes,
	     struct brg_err *err);

/* get.c */
int exchange_get(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err);
/* What a message about one of several items reports: *own is the item's error, in the arena, NULL:
 * none. < 0: the error is not the item's alone. */
int exchange_item_check(struct exchange *x, const xmlNode *message, const char *operation,
			struct brg_arena *arena, const struct brg_err **own, struct brg_err *err);
/* Items that are asked for together, each with its answer; what the server refuses together is
 * asked for one by one. */
struct getting {
	struct exchange *x;
	const struct brg_get *req;
	struct brg_sink *out;
	int kind;
	void (*shape)(const struct getting *g, struct soap *s);
	/* One answer; < 0: an error that is not the item's. */
	int (*give)(struct getting *g, const xmlNode *message, size_t which, struct brg_err *err);
};
/* n of them, from this one on. */
int getting_some(struct getting *g, size_t from, size_t n, struct brg_err *err);
/* An error of one item, in the arena. */
const struct brg_err *exchange_item_error(struct exchange *x, struct brg_arena *arena,
					  const struct brg_err *err);

/* push.c */
int exchange_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		  struct brg_err *err);

/* find.c */
int exchange_find(void *self, unsigned kinds, const struct brg_stamp *stamps, size_t n,
		  struct brg_arena *arena,
		  int (*each)(void *arg, size_t which, const struct brg_envelope *found), void *arg,
		  struct brg_err *err);

#endif
