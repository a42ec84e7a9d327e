/* SPDX-License-Identifier: Apache-2.0
 *
 * The region: mailboxes, their folders and items, and what their feeds tell. Every change of a
 * mailbox has a number; it is the version of the item that changed and its place in the feed.
 */
#include "simmail-private.h"

#define MAGIC UINT64_C(0x42525953494d0001)

struct simmail *simmail_world;

uint64_t simmail_roll(uint64_t *dice)
{
	uint64_t z = (*dice += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t simmail_below(uint64_t *dice, uint32_t n)
{
	return n ? (uint32_t)(simmail_roll(dice) % n) : 0;
}

struct simmail *simmail_init(void *memory, size_t size, uint64_t seed)
{
	struct simmail *sim = memory;

	if (size < sizeof(*sim))
		return NULL;
	memset(sim, 0, offsetof(struct simmail, late));
	for (int i = 0; i < SIMMAIL_BOXES; i++) {
		struct simmail_box *box = &sim->boxes[i];

		memset(box, 0, offsetof(struct simmail_box, now));
		memset(&box->now, 0, offsetof(struct simmail_state, entries));
		memset(&box->then, 0, offsetof(struct simmail_state, entries));
	}
	sim->magic = MAGIC;
	sim->size = sizeof(*sim);
	sim->dice = seed;
	sim->now_us = INT64_C(1796000000000000);
	sim->late_calls = 8;
	return sim;
}

void simmail_copy_text(struct simmail_text *to, const struct simmail_text *from)
{
	memmove(to, from, offsetof(struct simmail_text, bytes) + from->length);
}

static void copy_item(struct simmail_item *to, const struct simmail_item *from)
{
	memcpy(to, from, offsetof(struct simmail_item, content));
	simmail_copy_text(&to->content, &from->content);
}

static void copy_state(struct simmail_state *to, const struct simmail_state *from)
{
	memcpy(to, from, offsetof(struct simmail_state, entries));
	memcpy(to->entries, from->entries, from->n_entries * sizeof(from->entries[0]));
	for (uint32_t i = 0; i < from->n_items; i++)
		copy_item(&to->items[i], &from->items[i]);
}

void simmail_copy(struct simmail *to, const struct simmail *from)
{
	memcpy(to, from, offsetof(struct simmail, late));
	for (uint32_t i = 0; i < from->n_late; i++) {
		memcpy(&to->late[i], &from->late[i], offsetof(struct simmail_op, changes));
		simmail_copy_text(&to->late[i].changes, &from->late[i].changes);
	}
	for (int i = 0; i < SIMMAIL_BOXES; i++) {
		memcpy(&to->boxes[i], &from->boxes[i], offsetof(struct simmail_box, now));
		copy_state(&to->boxes[i].now, &from->boxes[i].now);
		copy_state(&to->boxes[i].then, &from->boxes[i].then);
	}
}

/* ---- mailboxes and folders ------------------------------------------------------------------*/

struct simmail_box *simmail_get_box(struct simmail *sim, int box)
{
	return &sim->boxes[box];
}

int64_t simmail_server_time(const struct simmail *sim, int box)
{
	return sim->now_us + sim->boxes[box].skew_us;
}

int simmail_add_folder(struct simmail *sim, int box, const char *name, uint32_t kinds)
{
	struct simmail_folder *folders = sim->boxes[box].folders;

	for (int i = 0; i < SIMMAIL_FOLDERS; i++) {
		if (folders[i].id[0])
			continue;
		folders[i] = (struct simmail_folder){ .kinds = kinds };
		(void)snprintf(folders[i].id, sizeof(folders[i].id), "F%d-%d", box, i);
		(void)snprintf(folders[i].name, sizeof(folders[i].name), "%s", name);
		return i;
	}
	return -1;
}

static void add_usual(struct simmail *sim, int box, const char *name, const char *role,
		      uint32_t kinds)
{
	int i = simmail_add_folder(sim, box, name, kinds);

	(void)snprintf(sim->boxes[box].folders[i].role, sizeof(sim->boxes[box].folders[i].role),
		       "%s", role);
}

int simmail_add_box(struct simmail *sim, const char *address)
{
	for (int i = 0; i < SIMMAIL_BOXES; i++) {
		struct simmail_box *box = &sim->boxes[i];

		if (box->address[0])
			continue;
		(void)snprintf(box->address, sizeof(box->address), "%s", address);
		(void)snprintf(box->guid, sizeof(box->guid), "5f3e0c1a-0000-4000-8000-%012d", i);
		add_usual(sim, i, "Calendar", "calendar", BRG_KIND_BIT(BRG_APPOINTMENT));
		add_usual(sim, i, "Contacts", "contacts", BRG_KIND_BIT(BRG_CONTACT));
		add_usual(sim, i, "Tasks", "tasks", BRG_KIND_BIT(BRG_TASK));
		add_usual(sim, i, "Deleted Items", "deleted",
			  BRG_KIND_BIT(BRG_CONTACT) | BRG_KIND_BIT(BRG_TASK) |
				  BRG_KIND_BIT(BRG_APPOINTMENT));
		return i;
	}
	return -1;
}

int simmail_find_box(const struct simmail *sim, const char *name)
{
	for (int i = 0; i < SIMMAIL_BOXES; i++)
		if (sim->boxes[i].address[0] && strcmp(sim->boxes[i].address, name) == 0)
			return i;
	if (name[0] < '0' || name[0] >= '0' + SIMMAIL_BOXES || name[1])
		return -1;
	return sim->boxes[name[0] - '0'].address[0] ? name[0] - '0' : -1;
}

int simmail_find_folder(const struct simmail *sim, int box, struct brg_str name)
{
	const struct simmail_folder *folders = sim->boxes[box].folders;

	for (int i = 0; i < SIMMAIL_FOLDERS; i++)
		if (folders[i].id[0] &&
		    (brg_str_eq(brg_cstr(folders[i].id), name) ||
		     (folders[i].role[0] && brg_str_eq(brg_cstr(folders[i].role), name))))
			return i;
	return -1;
}

int simmail_home(int kind)
{
	return kind == BRG_CONTACT ? SIMMAIL_CONTACTS
	       : kind == BRG_TASK  ? SIMMAIL_TASKS
				   : SIMMAIL_CALENDAR;
}

/* ---- ids ------------------------------------------------------------------------------------*/

static const char letters[] = "AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz";

struct brg_str simmail_id(int box, uint32_t id, char out[SIMMAIL_ID_MAX])
{
	int n = 0;

	/* By hand: every look for an item makes as many as there are. */
	out[n++] = 'S';
	out[n++] = (char)('0' + box);
	out[n++] = '-';
	do {
		out[n++] = letters[id % 52];
		id /= 52;
	} while (id);
	out[n] = '\0';
	return simmail_str(out, (size_t)n);
}

struct brg_str simmail_version(uint32_t version, char out[SIMMAIL_ID_MAX])
{
	int n = snprintf(out, SIMMAIL_ID_MAX, "CQAAAB%u", version);

	return simmail_str(out, (size_t)n);
}

/* Only what simmail_id() says. */
static bool read_id(int box, struct brg_str id, uint32_t *out)
{
	char text[SIMMAIL_ID_MAX];
	uint64_t n = 0;
	size_t at = id.len;

	if (id.len >= sizeof(text))
		return false;
	for (; at > 0 && id.ptr[at - 1] != '-'; at--) {
		const char *letter = memchr(letters, id.ptr[at - 1], 52);

		if (!letter)
			return false;
		n = n * 52 + (uint64_t)(letter - letters);
	}
	*out = (uint32_t)n;
	return brg_str_eq(simmail_id(box, *out, text), id);
}

/* Every item has one line in the listings that says where it is. */
int simmail_find_item(const struct simmail *sim, int box, struct brg_str id)
{
	const struct simmail_state *now = &sim->boxes[box].now;
	uint32_t number;

	if (!read_id(box, id, &number))
		return -1;
	for (uint32_t i = 0; i < now->n_entries; i++)
		if (now->entries[i].id == number && !now->entries[i].gone)
			return (int)now->entries[i].item;
	return -1;
}

int simmail_by_uid(const struct simmail *sim, int box, const char *uid)
{
	const struct simmail_state *now = &sim->boxes[box].now;

	for (uint32_t i = 0; uid[0] && i < now->n_items; i++)
		if (now->items[i].used && now->items[i].folder != SIMMAIL_DELETED &&
		    strcmp(now->items[i].uid, uid) == 0)
			return (int)i;
	return -1;
}

void simmail_new_uid(struct simmail *sim, struct simmail_item *item)
{
	(void)snprintf(item->uid, sizeof(item->uid), "040000008200E00074C5B7101A82E008-%06u",
		       ++sim->uids);
}

/* ---- listings -------------------------------------------------------------------------------*/

/* The oldest of what is gone makes room; cursors from before it are lost. */
static void forget_oldest(struct simmail_box *box)
{
	struct simmail_state *now = &box->now;
	uint32_t oldest = now->n_entries;

	for (uint32_t i = 0; i < now->n_entries; i++)
		if (now->entries[i].gone &&
		    (oldest == now->n_entries ||
		     now->entries[i].changed < now->entries[oldest].changed))
			oldest = i;
	box->folders[now->entries[oldest].folder].forgotten = now->entries[oldest].changed;
	now->entries[oldest] = now->entries[--now->n_entries];
}

/* An item that was there before under this id (it came back) has its old line. */
static struct simmail_entry *entry(struct simmail_box *box, int folder, uint32_t id, bool make)
{
	struct simmail_state *now = &box->now;

	for (uint32_t i = 0; i < now->n_entries; i++)
		if (now->entries[i].folder == folder && now->entries[i].id == id)
			return &now->entries[i];
	if (!make)
		return NULL;
	if (now->n_entries == SIMMAIL_ENTRIES)
		forget_oldest(box);
	now->entries[now->n_entries] =
		(struct simmail_entry){ .id = id, .folder = (uint8_t)folder };
	return &now->entries[now->n_entries++];
}

static void list(struct simmail_box *box, int item, bool gone)
{
	const struct simmail_item *it = &box->now.items[item];
	struct simmail_entry *e = entry(box, it->folder, it->id, true);

	e->changed = box->changes;
	e->item = (uint32_t)item;
	e->kind = it->kind;
	e->gone = gone;
}

void simmail_changed(struct simmail *sim, int box, int item)
{
	struct simmail_item *it = &sim->boxes[box].now.items[item];

	it->version = ++sim->boxes[box].changes;
	it->modified_us = simmail_server_time(sim, box);
	list(&sim->boxes[box], item, false);
}

int simmail_new_item(struct simmail *sim, int box, int kind, int folder)
{
	struct simmail_state *now = &sim->boxes[box].now;
	struct simmail_item *it;
	uint32_t i = 0;

	if (now->n_free == 0 && now->n_items == SIMMAIL_ITEMS)
		return -1;
	if (now->n_free == 0) {
		i = now->n_items++;
	} else {
		while (now->items[i].used)
			i++;
		now->n_free--;
	}
	it = &now->items[i];
	memset(it, 0, offsetof(struct simmail_item, content));
	it->content.length = 0;
	it->used = 1;
	it->kind = (uint8_t)kind;
	it->folder = (uint8_t)folder;
	it->id = ++sim->boxes[box].ids;
	it->created_us = simmail_server_time(sim, box);
	if (kind == BRG_APPOINTMENT)
		simmail_new_uid(sim, it);
	simmail_changed(sim, box, (int)i);
	return (int)i;
}

void simmail_put_into(struct simmail *sim, int box, int item, int folder)
{
	struct simmail_box *b = &sim->boxes[box];
	struct simmail_item *it = &b->now.items[item];

	b->changes++;
	list(b, item, true);
	it->folder = (uint8_t)folder;
	if (!(b->habits.flags & SIMMAIL_IMMUTABLE_ID))
		it->id = ++b->ids;
	simmail_changed(sim, box, item);
}

void simmail_purge(struct simmail *sim, int box, int item)
{
	struct simmail_box *b = &sim->boxes[box];

	b->changes++;
	list(b, item, true);
	b->now.items[item].used = 0;
	b->now.n_free++;
}

/* ---- trouble of whole mailboxes -------------------------------------------------------------*/

void simmail_expire(struct simmail *sim, int box, int folder)
{
	sim->boxes[box].folders[folder].generation++;
}

static void expire_all(struct simmail *sim, int box)
{
	for (int i = 0; i < SIMMAIL_FOLDERS; i++)
		simmail_expire(sim, box, i);
}

void simmail_snapshot(struct simmail *sim, int box)
{
	copy_state(&sim->boxes[box].then, &sim->boxes[box].now);
	sim->boxes[box].has_snapshot = 1;
}

/* Numbers of changes and ids go on, so that none is given twice. */
bool simmail_restore(struct simmail *sim, int box)
{
	if (!sim->boxes[box].has_snapshot)
		return false;
	copy_state(&sim->boxes[box].now, &sim->boxes[box].then);
	expire_all(sim, box);
	return true;
}

void simmail_empty(struct simmail *sim, int box, bool told)
{
	struct simmail_state *now = &sim->boxes[box].now;

	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used)
			simmail_purge(sim, box, (int)i);
	if (!told) {
		now->n_entries = 0;
		expire_all(sim, box);
	}
}

void simmail_unmap_folder(struct simmail *sim, int box, int folder, bool unmapped)
{
	sim->boxes[box].folders[folder].unmapped = unmapped;
}

void simmail_set_guid(struct simmail *sim, int box, const char *guid)
{
	(void)snprintf(sim->boxes[box].guid, sizeof(sim->boxes[box].guid), "%s", guid);
}

void simmail_touch(struct simmail *sim, int box, int item)
{
	sim->boxes[box].touches++;
	simmail_changed(sim, box, item);
}

void simmail_poison(struct simmail *sim, int box, int item, uint8_t n)
{
	sim->boxes[box].now.items[item].poison = n;
}
