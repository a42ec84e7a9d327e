/* SPDX-License-Identifier: Apache-2.0
 *
 * A session of the connector "sim" over the fake host, and short words for its calls.
 */
#ifndef BRG_TEST_SIMMAIL_SESSION_H
#define BRG_TEST_SIMMAIL_SESSION_H

#include <check.h>
#include <fakehost.h>
#include <simmail.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct simmail *sim;
static struct fakehost *fh;
static void *self;
static struct brg_err err;
static int bo, eva; /* mailboxes */
static const struct brg_connector *ops;

static inline void *memory(void)
{
	void *p =
		mmap(NULL, SIMMAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert(p != MAP_FAILED);
	return p;
}

static inline int session_open(void)
{
	self = fakehost_instance(fh, &simmail_plugin, "box=bo@example.com\n");
	ck_assert_ptr_nonnull(self);
	err = (struct brg_err)BRG_ERR_INIT;
	return ops->open(self, &fh->host, &err);
}

static inline void session_close(void)
{
	ops->close(self);
	fakehost_drop(self);
}

static inline void again(void)
{
	session_close();
	ck_assert_int_eq(session_open(), 0);
}

static inline void setup(void)
{
	sim = simmail_world = simmail_init(memory(), SIMMAIL_SIZE, 1);
	ck_assert_ptr_nonnull(sim);
	bo = simmail_add_box(sim, "bo@example.com");
	eva = simmail_add_box(sim, "eva@example.com");
	ck_assert(bo == 0 && eva == 1);
	fh = fakehost_new();
	ops = simmail_plugin.connector;
	ck_assert_int_eq(session_open(), 0);
}

static inline void teardown(void)
{
	session_close();
	fakehost_free(fh);
	munmap(sim, SIMMAIL_SIZE);
}

static inline void habits(const char *words)
{
	ck_assert_ptr_null(simmail_set_habits(&sim->boxes[bo].habits, words));
}

/* ---- calls ----------------------------------------------------------------------------------*/

static char cursor[64];

static inline int pull(const char *role, const char *from, uint32_t most)
{
	int folder = simmail_find_folder(sim, bo, brg_cstr(role));
	struct brg_pull req = { .size = sizeof(req),
				.folder = brg_cstr(sim->boxes[bo].folders[folder].id),
				.cursor = brg_cstr(from),
				.max_items = most,
				.want = BRG_WANT_FIELDS };
	struct brg_batch *batch = fakehost_batch(fh);
	int rc = ops->pull(self, &req, batch, &err);

	if (rc == 0)
		(void)snprintf(cursor, sizeof(cursor), "%.*s", (int)batch->next_cursor.len,
			       batch->next_cursor.ptr);
	return rc;
}

static inline struct brg_str id_of(int item)
{
	static char text[SIMMAIL_ID_MAX];

	return simmail_id(bo, simmail_at(sim, bo, item)->id, text);
}

/* The item by get(); NULL: it answered with an error (err). */
static inline const struct brg_item *get_of(struct brg_str id)
{
	struct brg_get req = { .size = sizeof(req), .want = BRG_WANT_FIELDS, .ids = &id, .n = 1 };
	int rc = ops->get(self, &req, fakehost_sink(fh), &err);

	if (rc < 0 || fh->n_items != 1)
		return NULL;
	if (fh->items[0].failed) {
		err = fh->items[0].err;
		return NULL;
	}
	return &fh->items[0].item;
}

static inline const struct brg_item *get(int item)
{
	return get_of(id_of(item));
}

static inline struct brg_field *fields_new(size_t n)
{
	return fh->host.alloc(fakehost_arena(fh), n * sizeof(struct brg_field));
}

static inline struct brg_field text(int kind, const char *name, const char *value)
{
	return (struct brg_field){ .id = fakehost_field(fh, kind, name),
				   .type = BRG_TEXT,
				   .presence = value ? BRG_VALUE : BRG_NULL,
				   .u.text = brg_cstr(value) };
}

static inline struct brg_field wall(const char *name, const char *local)
{
	return (struct brg_field){ .id = fakehost_field(fh, BRG_APPOINTMENT, name),
				   .type = BRG_WALL,
				   .presence = BRG_VALUE,
				   .u.wall = { brg_cstr(local), brg_cstr("Europe/Stockholm") } };
}

static inline struct brg_push push_of(int type, int kind, struct brg_str id, struct brg_str version)
{
	return (struct brg_push){ .size = sizeof(struct brg_push),
				  .type = (uint16_t)type,
				  .kind = (uint16_t)kind,
				  .remote_id = id,
				  .version = version };
}

static inline int push(struct brg_push *op)
{
	err = (struct brg_err)BRG_ERR_INIT;
	return ops->push(self, op, 1, fakehost_arena(fh), &err);
}

/* A push that sets one text. */
static inline struct brg_push with_text(struct brg_push op, const char *name, const char *value)
{
	struct brg_field *f = fields_new(1);

	*f = text(op.kind, name, value);
	op.fields = (struct brg_fields){ f, 1 };
	return op;
}

static const struct brg_stamp a_stamp = {
	.store = { { 1 } }, .mailbox = { { 2 } }, .record = { { 3 } }, .attempt = 77
};

static inline struct brg_push new_contact(const char *name)
{
	const struct brg_str none = { NULL, 0 };
	struct brg_push op =
		with_text(push_of(BRG_CREATE, BRG_CONTACT, none, none), "full_name", name);

	op.stamp = &a_stamp;
	return op;
}

static inline const char *value(int item, const char *path)
{
	static char out[SIMMAIL_CONTENT];

	simmail_value(simmail_at(sim, bo, item), path, out, sizeof(out));
	return out;
}

static inline int contact(const char *lines)
{
	int item = simmail_user_create(sim, bo, BRG_CONTACT, lines);

	ck_assert_int_ge(item, 0);
	return item;
}

/* For find(). */
static inline int count_found(void *arg, size_t which, const struct brg_envelope *found)
{
	ck_assert_uint_eq(which, 0);
	ck_assert_ptr_nonnull(found->stamp);
	++*(int *)arg;
	return 0;
}

#endif
