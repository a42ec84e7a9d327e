/* SPDX-License-Identifier: Apache-2.0 */
#include "core/http_pool.h"

#include "core/arena.h"
#include "core/net-private.h"

#include <pthread.h>
#include <stdlib.h>

struct waiting {
	struct waiting *next;
	struct brg_id profile;
	struct brg_sha key;
	struct net_http *http;
	int64_t since_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct waiting *pool; /* the last to come first: the longest may be cut off already */

static void drop(struct waiting *list)
{
	while (list) {
		struct waiting *next = list->next;

		net_http_free(&list->http);
		free(list);
		list = next;
	}
}

static struct waiting *unlink_at(struct waiting **at)
{
	struct waiting *w = *at;

	*at = w->next;
	w->next = NULL;
	return w;
}

struct net_http *http_pool_take(const struct brg_id *profile, const struct brg_sha *key)
{
	struct waiting **like = NULL, **last = NULL, *w = NULL;
	struct net_http *found = NULL;

	pthread_mutex_lock(&lock);
	for (struct waiting **at = &pool; *at && !like; at = &(*at)->next) {
		if (!brg_id_eq(&(*at)->profile, profile))
			continue;
		last = at;
		if (memcmp(&(*at)->key, key, sizeof(*key)) == 0)
			like = at;
	}
	if (last)
		w = unlink_at(like ? like : last);
	pthread_mutex_unlock(&lock);
	if (w && like) {
		found = w->http;
		w->http = NULL;
	}
	drop(w);
	return found;
}

void http_pool_give(const struct brg_id *profile, const struct brg_sha *key, struct net_http *http)
{
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->profile = *profile;
	w->key = *key;
	w->http = http;
	w->since_ms = net_now_ms();
	pthread_mutex_lock(&lock);
	w->next = pool;
	pool = w;
	pthread_mutex_unlock(&lock);
}

void http_pool_drop(const struct brg_id *profile)
{
	struct waiting *gone = NULL;

	pthread_mutex_lock(&lock);
	for (struct waiting **at = &pool; *at;) {
		struct waiting *w;

		if (!brg_id_eq(&(*at)->profile, profile)) {
			at = &(*at)->next;
			continue;
		}
		w = unlink_at(at);
		w->next = gone;
		gone = w;
	}
	pthread_mutex_unlock(&lock);
	drop(gone);
}

void http_pool_tidy(int64_t now_ms)
{
	struct waiting **at = &pool, *gone;

	pthread_mutex_lock(&lock);
	while (*at && now_ms - (*at)->since_ms <= HTTP_POOL_IDLE_MS)
		at = &(*at)->next;
	gone = *at; /* and all behind it came earlier still */
	*at = NULL;
	pthread_mutex_unlock(&lock);
	drop(gone);
}

uint32_t http_pool_waiting(const struct brg_id *profile)
{
	uint32_t n = 0;

	pthread_mutex_lock(&lock);
	for (const struct waiting *w = pool; w; w = w->next)
		n += brg_id_eq(&w->profile, profile);
	pthread_mutex_unlock(&lock);
	return n;
}
