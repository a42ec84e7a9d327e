/* SPDX-License-Identifier: Apache-2.0
 *
 * Blame: who is named for which death.
 */
#include "core/scoreboard.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scoreboard *board;
static const struct brg_id visits[3] = { { { 1 } }, { { 2 } }, { { 3 } } };

static void setup(void)
{
	int fd;

	board = board_create(&fd);
	ck_assert_ptr_nonnull(board);
	close(fd);
}

static void *idle(void *arg)
{
	board_attach(arg);
	pause();
	return NULL;
}

/* A worker with three visits; the main thread, on slot 1, ends as told. */
static int run_worker(void (*end)(void))
{
	struct board_process *p = &board->processes[0];
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		pthread_t t;

		for (size_t i = 0; i < 3; i++)
			board_begin(&p->slots[i], &visits[i], &visits[i], 60000);
		if (pthread_create(&t, NULL, idle, &p->slots[0]) != 0)
			_exit(1);
		board_attach(&p->slots[1]);
		board_item(&p->slots[1], brg_cstr(""), brg_cstr("item-7"));
		end();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void by_segv(void)
{
	raise(SIGSEGV);
}

static void by_abort(void)
{
	abort();
}

static void by_exit(void)
{
	exit(3);
}

static void by_kill(void)
{
	kill(getpid(), SIGKILL);
}

static const struct {
	void (*end)(void);
	bool blamed;
	int cause;
} deaths[] = {
	{ by_segv, true, BOARD_CRASH },
	{ by_abort, true, BOARD_CRASH },
	{ by_exit, true, BOARD_CRASH },
	{ by_kill, false, BOARD_OUTSIDE },
};

START_TEST(blame_falls_on_the_thread_that_did_it)
{
	int cause, status = run_worker(deaths[_i].end);
	const struct board_slot *guilty = board_bury(board, &board->processes[0], status, &cause);
	struct board_obituary *o;
	size_t at = 0;

	ck_assert_int_eq(cause, deaths[_i].cause);
	o = board_next_obituary(board, &at);
	if (!deaths[_i].blamed) {
		ck_assert_ptr_null(guilty);
		ck_assert_ptr_null(o);
		return;
	}
	ck_assert_ptr_nonnull(guilty);
	ck_assert_ptr_nonnull(o);
	ck_assert(brg_id_eq(&o->visit, &visits[1]));
	ck_assert_str_eq(o->item, "item-7");
	board_done_obituary(o);
	at = 0;
	ck_assert_ptr_null(board_next_obituary(board, &at));
}
END_TEST

START_TEST(an_overrun_is_found_and_blamed)
{
	struct board_process *p = &board->processes[0];
	struct board_slot *late;
	int cause;

	board_begin(&p->slots[0], &visits[0], &visits[0], 60000);
	board_begin(&p->slots[2], &visits[2], &visits[2], 1000);
	ck_assert_ptr_null(board_overrun(p, board_now_ms()));
	late = board_overrun(p, board_now_ms() + 2000);
	ck_assert_ptr_eq(late, &p->slots[2]);
	atomic_store(&late->overrun, 1);
	ck_assert_ptr_eq(board_bury(board, p, SIGKILL, &cause), late);
	ck_assert_int_eq(cause, BOARD_HANG);
}
END_TEST

static void by_quit(void)
{
	_exit(3);
}

START_TEST(of_an_unknown_death_all_are_suspects)
{
	struct board_process *p = &board->processes[0];
	int cause, status = run_worker(by_quit);

	ck_assert_ptr_null(board_bury(board, p, status, &cause));
	ck_assert_int_eq(cause, BOARD_UNKNOWN);
	ck_assert_int_eq(atomic_load(&p->suspects), 3);
	board_clear_suspect(p, &visits[0]);
	board_clear_suspect(p, &visits[0]);
	ck_assert_int_eq(atomic_load(&p->suspects), 2);
	/* Alone there is no doubt. */
	board_begin(&p->slots[1], &visits[1], &visits[1], 0);
	ck_assert_ptr_eq(board_bury(board, p, status, &cause), &p->slots[1]);
	ck_assert_int_eq(cause, BOARD_CRASH);
	board_clear_suspect(p, &visits[1]);
	board_clear_suspect(p, &visits[2]);
	ck_assert_int_eq(atomic_load(&p->suspects), 0);
}
END_TEST

START_TEST(the_same_is_told_once)
{
	ck_assert(board_tells(board, "the disk is full"));
	ck_assert(!board_tells(board, "the disk is full"));
	ck_assert(board_tells(board, "the key is wrong"));
	ck_assert(board_tells(board, "the disk is full"));
}
END_TEST

START_TEST(an_item_that_does_not_fit_is_not_named)
{
	struct board_slot *slot = &board->processes[0].slots[0];
	char name[BOARD_ITEM + 1];

	memset(name, 'x', sizeof(name));
	board_begin(slot, &visits[0], &visits[0], 0);
	board_item(slot, brg_cstr(""), (struct brg_str){ name, sizeof(name) });
	ck_assert_str_eq(slot->item, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scoreboard");
	TCase *t = tcase_create("scoreboard");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, blame_falls_on_the_thread_that_did_it, 0,
			    sizeof(deaths) / sizeof(deaths[0]));
	tcase_add_test(t, an_overrun_is_found_and_blamed);
	tcase_add_test(t, the_same_is_told_once);
	tcase_add_test(t, of_an_unknown_death_all_are_suspects);
	tcase_add_test(t, an_item_that_does_not_fit_is_not_named);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
