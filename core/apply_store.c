/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as an attempt finds it, sorted, so that everything of the file is looked up fast.
 */
#include "core/apply-private.h"

#include <stdlib.h>

static const struct brg_row *find(const struct brg_row *rows, size_t n,
				  const struct brg_row *wanted,
				  int (*order)(const void *, const void *))
{
	return n ? bsearch(wanted, rows, n, sizeof(*rows), order) : NULL;
}

static int compare(struct brg_str a, struct brg_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return d ? d : a.len < b.len ? -1 : a.len > b.len;
}

static int order_owners(const void *x, const void *y)
{
	const struct brg_owner_row *a = &((const struct brg_row *)x)->u.owner;
	const struct brg_owner_row *b = &((const struct brg_row *)y)->u.owner;

	return a->type != b->type ? a->type - b->type : compare(a->name, b->name);
}

static int order_references(const void *x, const void *y)
{
	const struct brg_reference_row *a = &((const struct brg_row *)x)->u.reference;
	const struct brg_reference_row *b = &((const struct brg_row *)y)->u.reference;
	int d = compare(a->kind, b->kind);

	return d ? d : compare(a->name, b->name);
}

static int order_addresses(const void *x, const void *y)
{
	const struct brg_address_row *a = &((const struct brg_row *)x)->u.address;
	const struct brg_address_row *b = &((const struct brg_row *)y)->u.address;

	return memcmp(&a->object, &b->object, sizeof(a->object));
}

static int order_externals(const void *x, const void *y)
{
	const struct brg_external_row *a = &((const struct brg_row *)x)->u.external;
	const struct brg_external_row *b = &((const struct brg_row *)y)->u.external;

	return memcmp(&a->object, &b->object, sizeof(a->object));
}

static int order_keys(const void *x, const void *y)
{
	const struct brg_external_row *a = &((const struct brg_row *)x)->u.external;
	const struct brg_external_row *b = &((const struct brg_row *)y)->u.external;
	int d = compare(a->system, b->system);

	return d ? d : compare(a->key, b->key);
}

static int order_profiles(const void *x, const void *y)
{
	return compare(((const struct brg_row *)x)->u.profile.name,
		       ((const struct brg_row *)y)->u.profile.name);
}

static int order_mailboxes(const void *x, const void *y)
{
	return compare(((const struct brg_row *)x)->u.mailbox.name,
		       ((const struct brg_row *)y)->u.mailbox.name);
}

static int order_visits(const void *x, const void *y)
{
	const struct brg_visit_row *a = &((const struct brg_row *)x)->u.visit;
	const struct brg_visit_row *b = &((const struct brg_row *)y)->u.visit;
	int d = memcmp(&a->mailbox, &b->mailbox, sizeof(a->mailbox));

	return d ? d : a->lane - b->lane;
}

static int order_filters(const void *x, const void *y)
{
	const struct brg_filter_row *a = &((const struct brg_row *)x)->u.filter;
	const struct brg_filter_row *b = &((const struct brg_row *)y)->u.filter;
	int d = a->type != b->type ? a->type - b->type
				   : memcmp(&a->owner, &b->owner, sizeof(a->owner));

	return d ? d : compare(a->name, b->name);
}

static int read_rows(struct applier *a, int what, struct brg_row **rows, size_t *n,
		     int (*order)(const void *, const void *), struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = what };
	int rc = store_all(a->store, &q, a->scratch, rows, n, err);

	if (rc == 0 && *n)
		qsort(*rows, *n, sizeof(**rows), order);
	return rc;
}

int apply_read(struct applier *a, struct brg_err *err)
{
	const struct {
		int what;
		struct brg_row **rows;
		size_t *n;
		int (*order)(const void *, const void *);
	} kinds[] = {
		{ BRG_READ_OWNERS, &a->owners, &a->n_owners, order_owners },
		{ BRG_READ_REFERENCES, &a->references, &a->n_references, order_references },
		{ BRG_READ_ADDRESSES, &a->addresses, &a->n_addresses, order_addresses },
		{ BRG_READ_EXTERNALS, &a->externals, &a->n_externals, order_externals },
		{ BRG_READ_EXTERNALS, &a->keys, &a->n_keys, order_keys },
		{ BRG_READ_PROFILES, &a->profiles, &a->n_profiles, order_profiles },
		{ BRG_READ_MAILBOXES, &a->mailboxes, &a->n_mailboxes, order_mailboxes },
		{ BRG_READ_VISITS, &a->visits, &a->n_visits, order_visits },
		{ BRG_READ_FILTERS, &a->filters, &a->n_filters, order_filters },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && rc == 0; i++)
		rc = read_rows(a, kinds[i].what, kinds[i].rows, kinds[i].n, kinds[i].order, err);
	return rc;
}

const struct brg_row *apply_was_owner(const struct applier *a, int type, const char *name)
{
	struct brg_row key = { .u.owner = { .type = type, .name = brg_cstr(name) } };

	return find(a->owners, a->n_owners, &key, order_owners);
}

const struct brg_row *apply_was_reference(const struct applier *a, const char *kind,
					  const char *name)
{
	struct brg_row key = { .u.reference = { .kind = brg_cstr(kind), .name = brg_cstr(name) } };

	return find(a->references, a->n_references, &key, order_references);
}

const struct brg_row *apply_was_external(const struct applier *a,
					 const struct directory_external *key)
{
	struct brg_row row = { .u.external = { .system = key->system, .key = key->key } };

	return find(a->keys, a->n_keys, &row, order_keys);
}

const struct brg_row *apply_was_profile(const struct applier *a, const char *name)
{
	struct brg_row key = { .u.profile.name = brg_cstr(name) };

	return find(a->profiles, a->n_profiles, &key, order_profiles);
}

const struct brg_row *apply_was_mailbox(const struct applier *a, const char *name)
{
	struct brg_row key = { .u.mailbox.name = brg_cstr(name) };

	return find(a->mailboxes, a->n_mailboxes, &key, order_mailboxes);
}

const struct brg_visit_row *apply_was_visit(const struct applier *a, const struct brg_id *mailbox,
					    int lane)
{
	struct brg_row key = { .u.visit = { .mailbox = *mailbox, .lane = lane } };
	const struct brg_row *row = find(a->visits, a->n_visits, &key, order_visits);

	return row ? &row->u.visit : NULL;
}

const struct brg_row *apply_was_filter(const struct applier *a, int type,
				       const struct brg_id *owner, const char *name)
{
	struct brg_row key = { .u.filter = { .type = type, .name = brg_cstr(name) } };

	key.u.filter.owner = *owner;
	return find(a->filters, a->n_filters, &key, order_filters);
}

/* The first row of an object among those that are sorted by it. */
static size_t first_of(const struct brg_row *rows, size_t n, const struct brg_row *key,
		       int (*order)(const void *, const void *))
{
	const struct brg_row *found = find(rows, n, key, order);
	size_t i = found ? (size_t)(found - rows) : n;

	while (i > 0 && i < n && order(&rows[i - 1], key) == 0)
		i--;
	return i;
}

static bool has_address(const struct directory_known *known, struct brg_str address)
{
	for (size_t i = 0; i < known->n_addresses; i++)
		if (brg_str_eq(known->addresses[i], address))
			return true;
	return false;
}

static bool has_external(const struct directory_known *known, const struct brg_external_row *row)
{
	for (size_t i = 0; i < known->n_externals; i++)
		if (brg_str_eq(known->externals[i].system, row->system) &&
		    brg_str_eq(known->externals[i].key, row->key))
			return true;
	return false;
}

bool apply_known_differs(const struct applier *a, const struct brg_id *object,
			 const struct directory_known *known, const char **what)
{
	struct brg_row key = { .u.address.object = *object };
	struct brg_row ext = { .u.external.object = *object };
	size_t n = 0, m = 0;
	bool same = true, same_ext = true;

	for (size_t i = first_of(a->addresses, a->n_addresses, &key, order_addresses);
	     i < a->n_addresses && order_addresses(&a->addresses[i], &key) == 0; i++, n++)
		same = same && has_address(known, a->addresses[i].u.address.address);
	for (size_t i = first_of(a->externals, a->n_externals, &ext, order_externals);
	     i < a->n_externals && order_externals(&a->externals[i], &ext) == 0; i++)
		m += has_external(known, &a->externals[i].u.external);
	same = same && n == known->n_addresses;
	/* Names that the file does not have stay: other programs give them too. */
	same_ext = m == known->n_externals;
	*what = same ? "external" : same_ext ? "addresses" : "addresses, external";
	return !same || !same_ext;
}
