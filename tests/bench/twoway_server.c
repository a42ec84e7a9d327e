/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/twoway_server.h"

#include <time.h>

static struct brg_connector real;
static double spent, since;
static int (*item_of_engine)(struct brg_sink *sink, const struct brg_item *item,
			     struct brg_err *err);

double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double server_cpu(void)
{
	return spent;
}

static void start(void)
{
	since = cpu_now();
}

static int stop(int rc)
{
	spent += cpu_now() - since;
	return rc;
}

static int on_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	int rc;

	stop(0);
	rc = item_of_engine(sink, item, err);
	start();
	return rc;
}

static int apart_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	start();
	return stop(real.open(self, host, err));
}

static void apart_close(void *self)
{
	start();
	real.close(self);
	stop(0);
}

static int apart_identity(void *self, struct brg_str *out, struct brg_err *err)
{
	start();
	return stop(real.identity(self, out, err));
}

static int apart_folders(void *self, int (*each)(void *arg, const struct brg_folder *f), void *arg,
			 struct brg_err *err)
{
	start();
	return stop(real.folders(self, each, arg, err));
}

static int apart_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		      struct brg_err *err)
{
	start();
	return stop(real.pull(self, req, out, err));
}

static int apart_get(void *self, const struct brg_get *req, struct brg_sink *out,
		     struct brg_err *err)
{
	int rc;

	item_of_engine = out->item;
	out->item = on_item;
	start();
	rc = stop(real.get(self, req, out, err));
	out->item = item_of_engine;
	return rc;
}

static int apart_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		      struct brg_err *err)
{
	start();
	return stop(real.push(self, ops, n, arena, err));
}

static int apart_find(void *self, unsigned kinds, const struct brg_stamp *stamps, size_t n,
		      struct brg_arena *arena,
		      int (*each)(void *arg, size_t which, const struct brg_envelope *found),
		      void *arg, struct brg_err *err)
{
	start();
	return stop(real.find(self, kinds, stamps, n, arena, each, arg, err));
}

void server_apart(struct brg_connector *connector)
{
	real = *connector;
	connector->open = apart_open;
	connector->close = apart_close;
	connector->identity = apart_identity;
	connector->folders = apart_folders;
	connector->pull = apart_pull;
	connector->get = apart_get;
	connector->push = apart_push;
	connector->find = apart_find;
}
