/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/simserver.h"

#include <stdlib.h>

struct sim_server *sim_server;

static const struct brg_fault refused = {
	.code = "BRG-SIM-0001",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_SERVER,
	.en = "the simulated server refuses",
	.sv = "den simulerade servern vägrar",
	.help = "Only in simulations.",
};
static const struct brg_fault hung_up = {
	.code = "BRG-SIM-0002",
	.cls = BRG_EIO,
	.en = "the simulated server hung up",
	.sv = "den simulerade servern lade på",
	.help = "Only in simulations.",
};
static const struct brg_fault sick = {
	.code = "BRG-SIM-0003",
	.cls = BRG_EPROTO,
	.scope = BRG_SCOPE_ITEM,
	.en = "the simulated message is sick",
	.sv = "det simulerade meddelandet är sjukt",
	.help = "Only in simulations.",
};
static const struct brg_fault gone = {
	.code = "BRG-SIM-0004",
	.cls = BRG_ENOTFOUND,
	.scope = BRG_SCOPE_ITEM,
	.en = "gone",
	.sv = "borta",
	.help = "Only in simulations.",
};
static const struct brg_fault *const faults[] = { &refused, &hung_up, &sick, &gone, NULL };

struct sim {
	int64_t box; /* option */
	const struct brg_host *host;
	struct sim_box *at;
	uint32_t commands;
	bool deleted[SIM_MESSAGES]; /* DELE in this session */
	uint32_t *todo;		    /* indexes that this pass has to bring */
	uint32_t n_todo, next_todo;
	bool header_first;
	char cursor[64];
	bool listed;
};

void sim_deliver(uint32_t box, uint32_t lines, uint8_t sickness)
{
	struct sim_box *b = &sim_server->boxes[box];
	struct sim_message *m;

	if (b->n == SIM_MESSAGES)
		return;
	m = &b->messages[b->n++];
	*m = (struct sim_message){ .number = ++sim_server->delivered,
				   .lines = lines,
				   .uid = ++b->next_uid,
				   .there = true,
				   .sick = sickness };
}

void sim_rename(uint32_t box)
{
	struct sim_box *b = &sim_server->boxes[box];

	b->next_uid += 1000;
	for (uint32_t i = 0; i < b->n; i++)
		b->messages[i].uid = ++b->next_uid;
}

size_t sim_text(const struct sim_message *m, char *buf, size_t room, size_t *header_len)
{
	size_t at;

	at = (size_t)snprintf(buf, room,
			      "From: person%u@example.org\r\nTo: box@example.com\r\n"
			      "Subject: number %u\r\nMessage-ID: <%u@sim.example>\r\n"
			      "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n",
			      m->number % 7, m->number, m->number);
	*header_len = at;
	at += (size_t)snprintf(buf ? buf + at : NULL, room > at ? room - at : 0, "\r\n");
	for (uint32_t i = 0; i < m->lines; i++)
		at += (size_t)snprintf(buf ? buf + at : NULL, room > at ? room - at : 0,
				       "line %u of message %u, %u\r\n", i, m->number,
				       (i * 2654435761u) ^ m->number);
	return at;
}

/* Every exchange with the server; it may find the line dead. */
static int command(struct sim *s, struct brg_err *err)
{
	s->commands++;
	if (s->host->canceled(s->host->ctx))
		return s->host->stopped(s->host->ctx, err);
	if (sim_server->faults.hang_up_at && s->commands >= sim_server->faults.hang_up_at)
		return brg_fail(err, &hung_up, "%s", "");
	return 0;
}

static int sim_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct sim *s = self;

	s->host = host;
	s->at = &sim_server->boxes[s->box];
	if (sim_server->faults.refuse)
		return brg_fail(err, &refused, "%s", "");
	return command(s, err);
}

static void sim_close(void *self)
{
	struct sim *s = self;

	free(s->todo);
}

static bool listed(const struct sim *s, uint32_t i)
{
	return s->at->messages[i].there && !s->deleted[i];
}

static struct brg_str uid_text(char out[24], uint32_t uid)
{
	(void)snprintf(out, 24, "U%u", uid);
	return brg_cstr(out);
}

/* The listing, its cursor, and what of it is new. */
static int list(struct sim *s, const struct brg_pull *req, struct brg_batch *out,
		struct brg_err *err)
{
	struct brg_known_answer answer = { .size = sizeof(answer) };
	uint64_t digest = 1469598103934665603u;
	struct brg_str ids[SIM_MESSAGES];
	uint8_t states[SIM_MESSAGES];
	uint32_t index[SIM_MESSAGES];
	size_t n = 0;
	int rc;

	rc = command(s, err);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < s->at->n; i++) {
		char text[24];

		if (!listed(s, i))
			continue;
		digest = (digest ^ s->at->messages[i].uid) * 1099511628211u;
		ids[n] = uid_text(text, s->at->messages[i].uid);
		ids[n] = s->host->dup(out->arena, ids[n].ptr, ids[n].len);
		index[n++] = i;
	}
	(void)snprintf(s->cursor, sizeof(s->cursor), "%zu %llx", n, (unsigned long long)digest);
	s->listed = true;
	if (brg_str_eq(req->cursor, brg_cstr(s->cursor)))
		return 0;
	rc = s->host->known(s->host->ctx, req->folder, ids, n, states, &answer, err);
	if (rc < 0)
		return rc;
	s->header_first = answer.missing > 0;
	s->todo = calloc(n + 1, sizeof(*s->todo));
	for (size_t i = 0; i < n; i++)
		if (states[i] == BRG_UNKNOWN || states[i] == BRG_DELETED)
			s->todo[s->n_todo++] = index[i];
	return 0;
}

static struct brg_blob *body(struct sim *s, const struct sim_message *m, struct brg_arena *arena)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_blob *blob = s->host->blob_new(s->host->ctx, arena);
	size_t header, n = sim_text(m, NULL, 0, &header);
	char *text = malloc(n + 1);

	sim_text(m, text, n + 1, &header);
	if (s->host->blob_add(blob, text, n, &err) < 0)
		abort();
	free(text);
	sim_server->retrieved++;
	return blob;
}

static const struct brg_err *item_error(struct sim *s, struct brg_arena *arena)
{
	struct brg_err *err = s->host->alloc(arena, sizeof(*err));

	err->size = sizeof(*err);
	brg_fail(err, &sick, "%s", "");
	return err;
}

static int fill(struct sim *s, const struct brg_pull *req, struct brg_batch *out, uint32_t i,
		struct brg_err *err)
{
	struct sim_message *m = &s->at->messages[i];
	struct brg_envelope *e = out->add(out);
	char text[24], buf[512];
	size_t header;
	int rc;

	rc = command(s, err);
	if (rc < 0)
		return rc;
	e->remote_id = uid_text(text, m->uid);
	e->remote_id = s->host->dup(out->arena, e->remote_id.ptr, e->remote_id.len);
	e->octets = sim_text(m, NULL, 0, &header);
	if (m->sick) {
		m->sick--;
		e->err = item_error(s, out->arena);
		return 0;
	}
	sim_text(m, buf, sizeof(buf), &header);
	if (req->want)
		e->header = s->host->dup(out->arena, buf, header);
	if ((req->want & BRG_WANT_BODY) && !s->header_first)
		e->body = body(s, m, out->arena);
	return 0;
}

static int sim_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		    struct brg_err *err)
{
	struct sim *s = self;
	uint32_t n = 0;
	int rc = 0;

	if (!s->listed) {
		rc = list(s, req, out, err);
		if (rc == 0 && sim_server->meanwhile) {
			void (*fn)(void) = sim_server->meanwhile;

			sim_server->meanwhile = NULL;
			fn();
		}
	}
	while (rc == 0 && s->next_todo < s->n_todo && n < req->max_items) {
		rc = fill(s, req, out, s->todo[s->next_todo++], err);
		n++;
	}
	out->more = s->next_todo < s->n_todo;
	out->next_cursor =
		out->more ? req->cursor : s->host->dup(out->arena, s->cursor, strlen(s->cursor));
	return rc;
}

static struct sim_message *find(struct sim *s, struct brg_str id, uint32_t *index)
{
	char text[24];

	for (uint32_t i = 0; i < s->at->n; i++)
		if (listed(s, i) && brg_str_eq(uid_text(text, s->at->messages[i].uid), id)) {
			*index = i;
			return &s->at->messages[i];
		}
	return NULL;
}

static int sim_get(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err)
{
	struct sim *s = self;
	int rc = 0;

	for (size_t i = 0; i < req->n && rc == 0; i++) {
		struct brg_item item = { .size = sizeof(item), .request = (uint32_t)i };
		struct sim_message *m;
		struct brg_err *lost;
		uint32_t index;

		rc = command(s, err);
		if (rc < 0)
			break;
		m = find(s, req->ids[i], &index);
		if (!m) {
			lost = s->host->alloc(out->arena, sizeof(*lost));
			brg_fail(lost, &gone, "%s", "");
			item.err = lost;
		} else if (m->sick) {
			m->sick--;
			item.err = item_error(s, out->arena);
		} else {
			item.body = body(s, m, out->arena);
		}
		rc = out->item(out, &item, err);
	}
	return rc;
}

static int sim_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		    struct brg_err *err)
{
	struct sim *s = self;
	int rc = 0;

	(void)arena;
	for (size_t i = 0; i < n && rc == 0; i++) {
		uint32_t index;

		s->host->effect(s->host->ctx, "sim.dele");
		rc = command(s, err);
		if (rc == 0 && find(s, ops[i].remote_id, &index)) {
			s->deleted[index] = true;
			if (sim_server->faults.eager)
				s->at->messages[index].there = false;
		}
	}
	return rc;
}

static int sim_finish(void *self, struct brg_err *err)
{
	struct sim *s = self;
	int rc;

	s->host->effect(s->host->ctx, "sim.quit");
	rc = command(s, err);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < s->at->n; i++)
		if (s->deleted[i])
			s->at->messages[i].there = false;
	s->host->effect(s->host->ctx, "sim.quit-answered");
	return sim_server->faults.lose_answer ? brg_fail(err, &hung_up, "%s", "") : 0;
}

static const struct brg_option options[] = {
	{ "box", BRG_OPT_INT, 0, offsetof(struct sim, box), "0", NULL, 0, SIM_BOXES - 1,
	  "Number of the box." },
	BRG_OPTION_END,
};

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.caps = BRG_CAP_COMPLETE | BRG_CAP_FINISH | BRG_CAP_HEADER_FIRST,
	.open = sim_open,
	.close = sim_close,
	.pull = sim_pull,
	.get = sim_get,
	.push = sim_push,
	.finish = sim_finish,
};

const struct brg_plugin sim_plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "sim",
	.version = "0",
	.summary = "a simulated mail server",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct sim),
	.options = options,
	.faults = faults,
	.connector = &connector,
};
