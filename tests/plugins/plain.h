/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a connector that does nothing, for plugins that are wrong in one thing only.
 */
#ifndef BRG_TEST_PLAIN_H
#define BRG_TEST_PLAIN_H

#include <brygga/plugin.h>

static const struct brg_fault plain_fault = {
	.code = "BRG-TEST-0001",
	.cls = BRG_ENOTSUP,
	.retry = BRG_RETRY_NEVER,
	.en = "{what} is not done here",
	.sv = "{what} görs inte här",
	.help = "A test.",
};
static const struct brg_fault *const plain_faults[] = { &plain_fault, NULL };

static int plain_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	(void)self;
	(void)host;
	return brg_fail(err, &plain_fault, "what=open");
}

static void plain_close(void *self)
{
	(void)self;
}

static int plain_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		      struct brg_err *err)
{
	(void)self;
	(void)req;
	(void)out;
	return brg_fail(err, &plain_fault, "what=pull");
}

static const struct brg_connector plain_connector = {
	.size = sizeof(plain_connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
};

#define PLAIN_MEMBERS(called)                                                              \
	.name = (called), .version = "0", .summary = "for tests", .license = "Apache-2.0", \
	.instance_size = 8, .faults = plain_faults, .connector = &plain_connector

#endif
