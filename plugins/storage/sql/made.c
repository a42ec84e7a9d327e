/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements whose text is made when they are asked for: each connection keeps the last few
 * prepared.
 */
#include "statements.h"

#include <stdlib.h>

int sql_make(struct sql_db *db, char *text)
{
	size_t oldest = 0, i;

	for (i = 0; i < SQL_MADE; i++) {
		if (db->made[i] && strcmp(db->made[i], text) == 0) {
			free(text);
			db->used[i] = ++db->uses;
			return SQL_STATEMENTS + (int)i;
		}
		if (db->used[i] < db->used[oldest])
			oldest = i;
	}
	if (db->made[oldest])
		db->driver->drop(db, SQL_STATEMENTS + (int)oldest);
	free(db->made[oldest]);
	db->made[oldest] = text;
	db->used[oldest] = ++db->uses;
	return SQL_STATEMENTS + (int)oldest;
}

const char *sql_text(const struct sql_db *db, int s)
{
	if (s >= SQL_STATEMENTS)
		return db->made[s - SQL_STATEMENTS];
	return sql_statement(db->driver->engine, s);
}

void sql_made_free(struct sql_db *db)
{
	for (size_t i = 0; i < SQL_MADE; i++)
		free(db->made[i]);
}
