/* SPDX-License-Identifier: Apache-2.0
 *
 * A mail server like POP3 in shared memory, which outlives the processes that are killed
 * around it, and the connector "sim" that speaks to it. Its habits: it loses answers,
 * hangs up, fails on one message, renames its ids.
 */
#ifndef BRG_TEST_SIMSERVER_H
#define BRG_TEST_SIMSERVER_H

#include <brygga/plugin.h>

#define SIM_BOXES    3
#define SIM_MESSAGES 96

struct sim_message {
	uint32_t number; /* of all times, from 1: makes header and body */
	uint32_t lines;	 /* of the body */
	uint32_t uid;
	bool there;   /* not deleted */
	uint8_t sick; /* so many RETR of it fail first */
};

struct sim_box {
	struct sim_message messages[SIM_MESSAGES];
	uint32_t n;
	uint32_t next_uid;
};

/* Faults of the coming session, by the dice of the simulation; 0: none. */
struct sim_faults {
	uint32_t refuse;      /* open fails */
	uint32_t hang_up_at;  /* the n-th command finds the connection closed */
	uint32_t lose_answer; /* finish does its work, the answer is lost */
	uint32_t eager;	      /* a delete stands at once, whatever RFC 1939 section 6 says */
};

struct sim_server {
	struct sim_box boxes[SIM_BOXES];
	struct sim_faults faults;
	uint32_t delivered; /* messages of all times */
	uint32_t retrieved; /* bodies handed out */
	/* Called inside the first pull of a session, once: somebody else comes in between. */
	void (*meanwhile)(void);
};

/* Everybody's server. The caller puts it into shared memory. */
extern struct sim_server *sim_server;
extern const struct brg_plugin sim_plugin;

void sim_deliver(uint32_t box, uint32_t lines, uint8_t sick);
/* The server gives all its mail of the box new ids. */
void sim_rename(uint32_t box);
/* The message as it is on the wire; returns its length. buf NULL: only the length. */
size_t sim_text(const struct sim_message *m, char *buf, size_t room, size_t *header_len);

#endif
