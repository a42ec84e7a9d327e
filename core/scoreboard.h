/* SPDX-License-Identifier: Apache-2.0
 *
 * The scoreboard: shared memory in which each worker thread writes what it is doing, so
 * that the supervisor can end what overruns and knows whom to blame for a death. The
 * supervisor makes it; every process inherits its descriptor. Obituaries travel the other
 * way: written by the supervisor, put into the store by the keeper.
 */
#ifndef BRG_CORE_SCOREBOARD_H
#define BRG_CORE_SCOREBOARD_H

#include <brygga/abi.h>
#include <stdatomic.h>
#include <sys/types.h>

#define BOARD_PROCESSES	 32
#define BOARD_THREADS	 512
#define BOARD_OBITUARIES 64
#define BOARD_ITEM	 256

/* One thread of one process; written by that thread only, but for overrun. */
struct board_slot {
	_Atomic int busy;	     /* a visit runs; the rest is valid */
	_Atomic int fault;	     /* signal that this thread died of */
	_Atomic int overrun;	     /* the supervisor ended the process because of this one */
	_Atomic int progress;	     /* the visit has committed a step */
	_Atomic int64_t deadline_ms; /* monotonic; 0: none */
	struct brg_id visit, mailbox;
	char folder[BOARD_ITEM];
	char item[BOARD_ITEM]; /* remote id being worked on; empty: none */
};

struct board_process {
	_Atomic int ready;
	struct brg_id id; /* as it joined the store */
	/* Visits that ran when a former process in this place died, nobody knows of whom. */
	_Atomic int suspects;
	struct brg_id suspect[BOARD_THREADS];
	struct board_slot slots[BOARD_THREADS];
};

enum board_cause { BOARD_CRASH = 1, BOARD_HANG = 2, BOARD_OUTSIDE = 3, BOARD_UNKNOWN = 4 };

struct board_obituary {
	_Atomic int state; /* 0 free, 1 written, 2 taken */
	int cause;	   /* enum board_cause */
	int signal;
	bool progress;
	struct brg_id process, visit, mailbox; /* visit nil: nobody is to blame */
	char folder[BOARD_ITEM], item[BOARD_ITEM];
};

struct scoreboard {
	struct board_process processes[BOARD_PROCESSES];
	struct board_obituary obituaries[BOARD_OBITUARIES];
	_Atomic uint64_t told;	 /* see board_tells() */
	_Atomic uint32_t deaths; /* how many processes were buried: news for the keeper */
};

/* Make one (fd inherited by children), or map an inherited one. NULL with errno. */
struct scoreboard *board_create(int *fd);
struct scoreboard *board_map(int fd);

/* Monotonic milliseconds, the clock of deadlines. */
int64_t board_now_ms(void);

/* Is it news? False if a process on this board told the same within the last minute. */
bool board_tells(struct scoreboard *b, const char *what);

/* On a worker thread: this slot is mine; a fatal signal or exit() here is written to it.
 * The first call in a process installs the handlers. */
void board_attach(struct board_slot *slot);
/* At the end of that thread. */
void board_detach(void);
void board_begin(struct board_slot *slot, const struct brg_id *visit, const struct brg_id *mailbox,
		 int64_t timeout_ms);
void board_item(struct board_slot *slot, struct brg_str folder, struct brg_str item);
void board_end(struct board_slot *slot);
/* This visit has ended and the process lives. One thread at a time. */
void board_clear_suspect(struct board_process *p, const struct brg_id *visit);

/* The supervisor's side. A thread past its deadline, or NULL. */
struct board_slot *board_overrun(struct board_process *p, int64_t now_ms);
/* Write the obituary of a dead process (wait status) and clear its slots. Returns the slot
 * that is to blame or NULL, with the cause; of BOARD_UNKNOWN all that ran become suspects. */
const struct board_slot *board_bury(struct scoreboard *b, struct board_process *p, int status,
				    int *cause);
/* The keeper's side: the next obituary to handle, NULL if none; then give it back. */
struct board_obituary *board_next_obituary(struct scoreboard *b, size_t *at);
void board_done_obituary(struct board_obituary *o);

#endif
