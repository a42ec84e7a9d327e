/* SPDX-License-Identifier: Apache-2.0
 *
 * Identities. UUIDv7 keeps rows that are made together side by side in an index.
 */
#include "core/id.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last; /* milliseconds << 12 | counter */
static uint64_t seed; /* 0: real randomness */
static unsigned char pool[4096];
static size_t pool_left;

void id_seed(uint64_t s)
{
	seed = s;
	last = 0;
}

static uint64_t random64(void)
{
	uint64_t r;

	if (seed) { /* splitmix64 */
		r = (seed += 0x9e3779b97f4a7c15u);
		r = (r ^ (r >> 30)) * 0xbf58476d1ce4e5b9u;
		r = (r ^ (r >> 27)) * 0x94d049bb133111ebu;
		return r ^ (r >> 31);
	}
	if (pool_left < sizeof(r)) {
		if (RAND_bytes(pool, sizeof(pool)) != 1)
			abort();
		pool_left = sizeof(pool);
	}
	pool_left -= sizeof(r);
	memcpy(&r, pool + pool_left, sizeof(r));
	return r;
}

struct brg_id id_new(int64_t now_us)
{
	uint64_t ms = (uint64_t)(now_us / 1000), stamp, r;
	struct brg_id id;

	pthread_mutex_lock(&lock);
	stamp = ms << 12 | (uint64_t)(now_us % 1000) << 2;
	if (stamp <= last)
		stamp = last + 1;
	last = stamp;
	r = random64();
	pthread_mutex_unlock(&lock);
	ms = stamp >> 12;
	for (int i = 0; i < 6; i++)
		id.b[i] = (unsigned char)(ms >> (40 - 8 * i));
	id.b[6] = (unsigned char)(0x70 | (stamp >> 8 & 0x0f));
	id.b[7] = (unsigned char)stamp;
	for (int i = 0; i < 8; i++)
		id.b[8 + i] = (unsigned char)(r >> (8 * i));
	id.b[8] = (unsigned char)(0x80 | (id.b[8] & 0x3f));
	return id;
}

const char *id_format(const struct brg_id *id, char out[ID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	char *p = out;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[id->b[i] >> 4];
		*p++ = hex[id->b[i] & 15];
	}
	*p = '\0';
	return out;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int id_parse(struct brg_str text, struct brg_id *out)
{
	size_t at = 0;

	if (text.len != ID_TEXT - 1)
		return -1;
	for (int i = 0; i < 16; i++) {
		int high, low;

		if (i == 4 || i == 6 || i == 8 || i == 10) {
			if (text.ptr[at++] != '-')
				return -1;
		}
		high = nibble(text.ptr[at]);
		low = nibble(text.ptr[at + 1]);
		if (high < 0 || low < 0)
			return -1;
		out->b[i] = (unsigned char)(high << 4 | low);
		at += 2;
	}
	return 0;
}

int64_t id_time_us(const struct brg_id *id)
{
	int64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms * 1000;
}

void id_hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}
