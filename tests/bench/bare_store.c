/* SPDX-License-Identifier: Apache-2.0
 *
 * bare_store: the cheapest durable way to keep what bare fetches: rows of mailbox, id and
 * bytes in SQLite (WAL, synchronous FULL), 100 to a commit, by a thread of its own so that
 * the network never waits for the disk.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/bench/bare_store.h"

#define BATCH	    100
#define QUEUE_BYTES (64u << 20)

struct row {
	struct row *next;
	const char *mailbox, *id, *bytes; /* in text[] */
	size_t len;
	char text[];
};

struct bare_store {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	struct row *first, **last;
	size_t queued, bytes;
	bool ending, failed;
	sqlite3 *db;
	sqlite3_stmt *insert;
};

static int exec(struct bare_store *s, const char *sql)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	fprintf(stderr, "bare: %s: %s\n", sql, sqlite3_errmsg(s->db));
	s->failed = true;
	return -1;
}

static void insert(struct bare_store *s, const struct row *row)
{
	sqlite3_bind_text(s->insert, 1, row->mailbox, -1, SQLITE_STATIC);
	sqlite3_bind_text(s->insert, 2, row->id, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(s->insert, 3, row->bytes, row->len, SQLITE_STATIC);
	if (sqlite3_step(s->insert) != SQLITE_DONE) {
		fprintf(stderr, "bare: insert: %s\n", sqlite3_errmsg(s->db));
		s->failed = true;
	}
	sqlite3_reset(s->insert);
}

/* Take a full batch, or what there is at the end. */
static struct row *take(struct bare_store *s)
{
	struct row *first, *row;
	int n;

	pthread_mutex_lock(&s->lock);
	while (s->queued < BATCH && !s->ending && s->bytes < QUEUE_BYTES)
		pthread_cond_wait(&s->more, &s->lock);
	first = row = s->first;
	for (n = 1; row && n < BATCH && row->next; n++)
		row = row->next;
	if (row) {
		s->first = row->next;
		row->next = NULL;
		if (!s->first)
			s->last = &s->first;
		for (row = first; row; row = row->next) {
			s->queued--;
			s->bytes -= row->len;
		}
		pthread_cond_broadcast(&s->less);
	}
	pthread_mutex_unlock(&s->lock);
	return first;
}

static void *committer(void *arg)
{
	struct bare_store *s = arg;
	struct row *row, *next;

	while ((row = take(s))) {
		exec(s, "BEGIN IMMEDIATE");
		for (; row; row = next) {
			next = row->next;
			insert(s, row);
			free(row);
		}
		exec(s, "COMMIT");
	}
	return NULL;
}

struct bare_store *bare_store_open(const char *path)
{
	struct bare_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	unlink(path);
	s->last = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	pthread_cond_init(&s->less, NULL);
	if (sqlite3_open(path, &s->db) != SQLITE_OK ||
	    exec(s,
		 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		 "CREATE TABLE m (n INTEGER PRIMARY KEY, mailbox TEXT, id TEXT, bytes BLOB)") < 0 ||
	    sqlite3_prepare_v2(s->db, "INSERT INTO m (mailbox, id, bytes) VALUES (?1, ?2, ?3)", -1,
			       &s->insert, NULL) != SQLITE_OK ||
	    pthread_create(&s->thread, NULL, committer, s) != 0) {
		fprintf(stderr, "bare: %s: %s\n", path, sqlite3_errmsg(s->db));
		return NULL;
	}
	return s;
}

void bare_store_put(struct bare_store *s, const char *mailbox, const char *id, const char *bytes,
		    size_t len)
{
	size_t m = strlen(mailbox) + 1, i = strlen(id) + 1;
	struct row *row = malloc(sizeof(*row) + m + i + len);

	if (!row)
		abort();
	row->next = NULL;
	row->mailbox = memcpy(row->text, mailbox, m);
	row->id = memcpy(row->text + m, id, i);
	row->bytes = memcpy(row->text + m + i, bytes, len);
	row->len = len;
	pthread_mutex_lock(&s->lock);
	while (s->bytes >= QUEUE_BYTES)
		pthread_cond_wait(&s->less, &s->lock);
	*s->last = row;
	s->last = &row->next;
	s->queued++;
	s->bytes += len;
	if (s->queued >= BATCH || s->bytes >= QUEUE_BYTES)
		pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

int bare_store_close(struct bare_store *s)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	sqlite3_finalize(s->insert);
	sqlite3_close(s->db);
	rc = s->failed ? -1 : 0;
	free(s);
	return rc;
}
