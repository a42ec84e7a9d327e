/* SPDX-License-Identifier: Apache-2.0
 *
 * The service "token" over the real embedded store and a scripted provider: who asks, when,
 * and that what was got is never lost.
 */
#include "core/token.h"

#include "core/effect.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/stream.h"
#include "core/token_store.h"
#include "core/visit.h"
#include "storage-kit.h"
#include "tests/unit/http_server.h"
#include "tests/unit/sqlite_plugin.h"

#include <check.h>

#define SECOND	INT64_C(1000000)
#define START	INT64_C(1795428000000000) /* Mon, 23 Nov 2026 10:00:00 GMT */
#define THREADS 8

static char root[64];
static struct engine engine;
static struct secrets *secrets;
static struct http_server http;
static struct brg_arena *arena;
static struct brg_err err;
static struct brg_oauth how;
static struct visit visit;
static struct host host;
static struct brg_str token;
static _Atomic int64_t the_time;
static atomic_int fail_commits; /* so many durable commits fail */
static struct brg_storage ops;

static const struct brg_id mailbox = { { 1 } }, profile = { { 2 } };

static int64_t now_us(struct engine *e)
{
	(void)e;
	return atomic_load(&the_time);
}

static int64_t storage_now(void *ctx)
{
	(void)ctx;
	return atomic_load(&the_time);
}

static const struct brg_host storage_host = { .size = sizeof(storage_host), .now_us = storage_now };

static int commit(void *self, const struct brg_step *step, size_t *failed, struct brg_err *e)
{
	if (step->durability == BRG_DURABLE && atomic_load(&fail_commits) > 0) {
		atomic_fetch_sub(&fail_commits, 1);
		return brg_fail(e, &fault_disk_full, "path=x\nreason=y");
	}
	return sqlite_plugin()->storage->commit(self, step, failed, e);
}

static void open_store(struct store *store)
{
	const struct brg_plugin *plugin = sqlite_plugin();

	*store = (struct store){ &ops, calloc(1, plugin->instance_size), plugin };
	ck_assert_int_eq(storage_kit_option(plugin, store->self, NULL, NULL), 0);
	ck_assert_int_eq(
		storage_kit_option(plugin, store->self, "path", keep_path(root, "brygga.db")), 0);
	ck_assert_int_eq(ops.open(store->self, &storage_host, BRG_OPEN_CREATE, &err), 0);
}

static void close_store(struct store *store)
{
	ops.close(store->self);
	free(store->self);
}

static void start_session(struct host *h, struct brg_arena *of)
{
	host_init(h, &engine, of, "test");
	h->visit = &visit;
	h->give_up_ms = board_now_ms() + 60000;
}

static void setup(void)
{
	err = (struct brg_err)BRG_ERR_INIT;
	(void)strcpy(root, "/tmp/brygga-token-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	atomic_store(&the_time, START);
	atomic_store(&fail_commits, 0);
	arena = arena_new();
	ck_assert_int_eq(net_init(&err), 0);
	ck_assert_int_eq(secrets_create(root, &err), 0);
	ck_assert_int_eq(secrets_open(root, true, &secrets, &err), 0);
	ops = *sqlite_plugin()->storage;
	ops.commit = commit;
	engine_init(&engine);
	engine.now_us = now_us;
	engine.secrets = secrets;
	open_store(&engine.store);
	ck_assert_int_eq(engine_join(&engine, "test", &err), 0);
	memset(&visit, 0, sizeof(visit));
	visit.claimed.mailbox.id = mailbox;
	visit.claimed.mailbox.name = brg_cstr("anna");
	visit.claimed.profile.id = profile;
	visit.claimed.profile.name = brg_cstr("office");
	start_session(&host, arena);
	memset(&http, 0, sizeof(http));
}

static void teardown(void)
{
	if (http.server.port)
		http_stop(&http);
	close_store(&engine.store);
	secrets_free(&secrets);
	arena_free(&arena);
	remove_tree(root);
}

/* ---- help -----------------------------------------------------------------------------------*/

static void serve(void)
{
	http_start(&http);
	how = (struct brg_oauth){
		.grant = BRG_OAUTH_SIGN_IN,
		.token_url = arena_printf(arena, "http://127.0.0.1:%d/token", http.server.port),
		.device_url = "",
		.client_id = "c",
		.client_secret = "",
		.scope = "",
		.ca_file = "",
	};
}

static int asked(void)
{
	return atomic_load(&http.n);
}

/* As `brygga auth login` does. */
static void sign_in(const char *kind, const struct brg_id *object, const char *access,
		    const char *refresh, int64_t lifetime_s)
{
	struct token_key key = token_key(&engine, &how, kind, object, arena);
	struct oauth_tokens tokens = { brg_cstr(access), brg_cstr(refresh), lifetime_s, 0 };
	struct token_row was, now = { .signed_us = 1 };

	ck_assert_int_eq(token_load(&engine.store, &key, arena, &was, &err), 0);
	ck_assert_int_eq(token_put(&engine, &key, &tokens, atomic_load(&the_time),
				   atomic_load(&the_time), 0, &now, arena, &err),
			 0);
	ck_assert_int_eq(token_swap(&engine.store, &key, &was, &now, BRG_DURABLE, arena, &err),
			 BRG_COMMITTED);
}

static int get(void)
{
	err = (struct brg_err)BRG_ERR_INIT;
	return token_service()->access(&host, &how, &token, &err);
}

static void must_get(const char *want)
{
	int rc = get();

	ck_assert_msg(rc == 0, "%d %s %s", rc, err.fault ? err.fault->code : "", err.params);
	ck_assert_msg(brg_str_eq(token, brg_cstr(want)), "%.*s", (int)token.len, token.ptr);
}

static void must_fail(const char *code)
{
	ck_assert_int_lt(get(), 0);
	ck_assert_str_eq(err.fault->code, code);
}

/* What the store holds for the mailbox. */
static const char *stored_refresh(void)
{
	struct token_key key = token_key(&engine, &how, "mailbox", &mailbox, arena);
	struct oauth_tokens tokens;
	struct token_row row;

	ck_assert_int_eq(token_load(&engine.store, &key, arena, &row, &err), 0);
	ck_assert_int_eq(token_open(&engine, &key, &row, arena, &tokens, &err), 0);
	return tokens.refresh.len ? arena_str(arena, tokens.refresh).ptr : "";
}

static void set_lock(const struct brg_id *process, int64_t until_us)
{
	struct token_key key = token_key(&engine, &how, "mailbox", &mailbox, arena);
	struct token_row was, now;

	ck_assert_int_eq(token_load(&engine.store, &key, arena, &was, &err), 0);
	now = was;
	now.lock_process = *process;
	now.lock_nonce = id_new(0);
	now.lock_until_us = until_us;
	ck_assert_int_eq(token_swap(&engine.store, &key, &was, &now, BRG_DURABLE, arena, &err),
			 BRG_COMMITTED);
}

static void pass(int64_t seconds)
{
	atomic_fetch_add(&the_time, seconds * SECOND);
}

#define GIVES(access, more)                                                        \
	HTTP_OK("{\"token_type\":\"Bearer\",\"access_token\":\"" access "\"," more \
		"\"expires_in\":3600}")
#define ROTATES(access, refresh) GIVES(access, "\"refresh_token\":\"" refresh "\",")
#define REFUSES(error)                                                             \
	"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{\"error\":\"" error \
	"\",\"error_description\":\"AADSTS: gone\"}"

/* ---- tests ----------------------------------------------------------------------------------*/

START_TEST(good_for_a_minute)
{
	http.answers[0] = ROTATES("a2", "r2");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 3600);
	must_get("a1");
	pass(3600 - 91);
	must_get("a1");
	ck_assert_int_eq(asked(), 0);
	pass(31); /* a minute is left, and nobody waits longer */
	must_get("a2");
	ck_assert_int_eq(asked(), 1);
	ck_assert_ptr_nonnull(strstr(http.forms[0], "refresh_token=r1&"));
	ck_assert_str_eq(stored_refresh(), "r2");
	must_get("a2");
	ck_assert_int_eq(asked(), 1);
}
END_TEST

START_TEST(short_lives)
{
	http.answers[0] =
		HTTP_OK("{\"token_type\":\"Bearer\",\"access_token\":\"a2\",\"expires_in\":40}");
	http.answers[1] = GIVES("a3", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	must_get("a2");
	pass(15);
	must_get("a2"); /* half of its life: no question for each visit */
	pass(6);
	must_get("a3");
	ck_assert_str_eq(stored_refresh(), "r1"); /* none was given */
}
END_TEST

START_TEST(refused_token)
{
	http.answers[0] = GIVES("a2", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 3600);
	must_get("a1");
	token_service()->refused(&host, &how, token);
	must_get("a2");
	must_get("a2");
	ck_assert_int_eq(asked(), 1);
	/* Another session that still had the old one finds the new one, and asks nobody. */
	start_session(&host, arena);
	token_service()->refused(&host, &how, brg_cstr("a1"));
	must_get("a2");
	ck_assert_int_eq(asked(), 1);
}
END_TEST

START_TEST(whose_sign_in)
{
	serve();
	must_fail("BRG-OAUTH-0010");
	ck_assert_str_eq(err.params, "name=anna");
	ck_assert_int_eq(err.code, BRG_EAUTH);
	ck_assert_int_eq(err.retry, BRG_RETRY_NEVER);
	sign_in("profile", &profile, "p1", "r1", 3600);
	must_get("p1");
	sign_in("mailbox", &mailbox, "m1", "r1", 3600);
	must_get("m1");
	/* Another client is another sign-in. */
	how.client_id = "d";
	must_fail("BRG-OAUTH-0010");
	ck_assert_int_eq(asked(), 0);
}
END_TEST

START_TEST(client_credentials)
{
	http.answers[0] = GIVES("a1", "");
	http.answers[1] = GIVES("a2", "");
	http.answers[2] = GIVES("b1", "");
	serve();
	how.grant = BRG_OAUTH_CLIENT;
	must_fail("BRG-OAUTH-0009");
	how.client_secret = "s";
	must_get("a1");
	must_get("a1");
	ck_assert_ptr_nonnull(strstr(http.forms[0], "grant_type=client_credentials"));
	pass(3600);
	must_get("a2");
	how.scope = "other";
	must_get("b1");
	ck_assert_int_eq(asked(), 3);
}
END_TEST

START_TEST(revoked)
{
	char text[300];

	http.answers[0] = REFUSES("invalid_grant");
	http.answers[1] = REFUSES("invalid_grant");
	http.answers[2] = GIVES("a2", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	for (int i = 0; i < 3; i++) { /* all hear the same from one question */
		must_fail("BRG-OAUTH-0011");
		ck_assert_int_eq(err.code, BRG_EAUTH);
		ck_assert_int_eq(err.retry, BRG_RETRY_NEVER);
		ck_assert_str_eq(err.said, "AADSTS: gone");
		err_render(&err, "en", text, sizeof(text));
		ck_assert_ptr_nonnull(strstr(text, "brygga auth login anna"));
	}
	ck_assert_int_eq(asked(), 1);
	ck_assert_str_eq(stored_refresh(), "r1"); /* a provider may change its mind */
	pass(6);
	must_fail("BRG-OAUTH-0011");
	pass(6);
	must_get("a2");
	ck_assert_int_eq(asked(), 3);
}
END_TEST

START_TEST(revoked_and_signed_in_again)
{
	http.answers[0] = REFUSES("invalid_grant");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	must_fail("BRG-OAUTH-0011");
	sign_in("mailbox", &mailbox, "b1", "s1", 3600);
	must_get("b1");
	ck_assert_int_eq(asked(), 1);
}
END_TEST

START_TEST(throttled)
{
	http.answers[0] = "HTTP/1.1 429 No\r\nRetry-After: 120\r\nConnection: close\r\n\r\n";
	http.answers[1] = GIVES("a2", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	must_fail("BRG-OAUTH-0005");
	ck_assert_uint_eq(err.retry_after_ms, 120000);
	pass(20);
	must_fail("BRG-OAUTH-0005");
	ck_assert_uint_eq(err.retry_after_ms, 100000);
	ck_assert_int_eq(asked(), 1);
	pass(101);
	must_get("a2");
}
END_TEST

/* A clock that was set back must not keep it from asking. */
START_TEST(failure_from_the_future)
{
	http.answers[0] = "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n";
	http.answers[1] = GIVES("a2", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	must_fail("BRG-OAUTH-0004");
	ck_assert_int_eq(err.scope, BRG_SCOPE_SERVER);
	pass(-86400);
	must_get("a1"); /* for all that this clock tells it is good */
	token_service()->refused(&host, &how, token);
	must_get("a2");
}
END_TEST

/* ---- clocks ---------------------------------------------------------------------------------*/

/* The provider's clock is an hour behind or ahead of ours. Its tokens live as long as
 * others. */
START_TEST(clock_skew)
{
	static const char *const dates[] = { "Mon, 23 Nov 2026 09:00:00 GMT",
					     "Mon, 23 Nov 2026 11:00:00 GMT",
					     "Mon, 23 Nov 2020 10:00:00 GMT", "Mon, 99 Foo" };

	http.answers[0] = arena_printf(arena,
				       "HTTP/1.1 200 OK\r\nDate: %s\r\nConnection: close\r\n\r\n"
				       "{\"token_type\":\"Bearer\",\"access_token\":\"a2\","
				       "\"expires_in\":3600}",
				       dates[_i]);
	http.answers[1] = GIVES("a3", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	must_get("a2");
	pass(3600 - 91);
	must_get("a2");
	ck_assert_int_eq(asked(), 1);
	pass(31);
	must_get("a3");
	ck_assert_int_eq(asked(), 2);
}
END_TEST

/* Another node, whose clock is right, got the token from a provider whose clock is wrong; or the
 * other way round. What this node knows of that provider itself is what counts. */
START_TEST(clocks_of_nodes)
{
	http.answers[0] = "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\n"
			  "Connection: close\r\n\r\n{\"token_type\":\"Bearer\","
			  "\"access_token\":\"a2\",\"expires_in\":3600}";
	http.answers[1] = GIVES("a4", "");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	must_get("a2"); /* the provider is an hour behind, this node knows now */
	{
		/* A node that is two hours ahead of the provider, one hour ahead of us, got this.
		 */
		struct token_key key = token_key(&engine, &how, "mailbox", &mailbox, arena);
		struct oauth_tokens tokens = { brg_cstr("a3"), brg_cstr("r1"), 3600,
					       (START - 3600 * SECOND) / SECOND };
		struct token_row was, now = { .signed_us = 1 };
		int64_t theirs = START + 3600 * SECOND;

		ck_assert_int_eq(token_load(&engine.store, &key, arena, &was, &err), 0);
		ck_assert_int_eq(
			token_put(&engine, &key, &tokens, theirs, theirs, 0, &now, arena, &err), 0);
		ck_assert_int_eq(
			token_swap(&engine.store, &key, &was, &now, BRG_DURABLE, arena, &err),
			BRG_COMMITTED);
	}
	pass(3600 - 91);
	must_get("a3");
	pass(31);
	must_get("a4");
}
END_TEST

/* ---- locks ----------------------------------------------------------------------------------*/

static void *one_session(void *arg)
{
	struct brg_arena *own = arena_new();
	struct brg_err e = BRG_ERR_INIT;
	struct brg_str got;
	struct host h;
	bool *good = arg;

	start_session(&h, own);
	*good = token_service()->access(&h, &how, &got, &e) == 0 && brg_str_eq(got, brg_cstr("a2"));
	arena_free(&own);
	return NULL;
}

START_TEST(many_at_once)
{
	pthread_t threads[THREADS];
	bool good[THREADS] = { false };

	http.answers[0] = ROTATES("a2", "r2");
	http.answers[1] = REFUSES("invalid_grant");
	http.delay_ms = 150;
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, one_session, &good[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		ck_assert(good[i]);
	ck_assert_int_eq(asked(), 1);
	ck_assert_str_eq(stored_refresh(), "r2");
}
END_TEST

START_TEST(lock_of_the_dead)
{
	const struct brg_id nobody = { { 9 } };

	http.answers[0] = ROTATES("a2", "r2");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	set_lock(&nobody, START + 200 * SECOND);
	must_get("a2");
}
END_TEST

/* What a living process holds is waited for, but not for ever, and not past the clock's reason. */
START_TEST(lock_of_the_living)
{
	struct engine other = engine;

	http.answers[0] = ROTATES("a2", "r2");
	serve();
	open_store(&other.store);
	ck_assert_int_eq(engine_join(&other, "other", &err), 0);
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	set_lock(&other.process, START + 200 * SECOND);
	host.give_up_ms = board_now_ms() + 300;
	must_fail("BRG-CORE-0004");
	ck_assert_int_eq(asked(), 0);
	host.give_up_ms = board_now_ms() + 60000;
	set_lock(&other.process, START + 20000 * SECOND); /* by a clock that is far ahead */
	must_get("a2");
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	set_lock(&other.process, START + 200 * SECOND);
	close_store(&other.store); /* it leaves */
	must_get("a2");
}
END_TEST

/* ---- between "received" and "stored" --------------------------------------------------------*/

static void on_effect(const char *name, uint64_t n)
{
	(void)n;
	if (strcmp(name, "token-received") != 0)
		return;
	effect_hook(NULL);
	sign_in("mailbox", &mailbox, "b1", "s1", 3600);
}

/* A person signs in while the old token is refreshed, well or badly: the new sign-in stays. */
START_TEST(signed_in_meanwhile)
{
	http.answers[0] = _i ? REFUSES("invalid_grant") : ROTATES("a2", "r2");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	effect_hook(on_effect);
	must_get("b1");
	effect_hook(NULL);
	ck_assert_str_eq(stored_refresh(), "s1");
	ck_assert_int_eq(asked(), 1);
}
END_TEST

START_TEST(full_disk)
{
	http.answers[0] = ROTATES("a2", "r2");
	http.answers[1] = REFUSES("invalid_grant");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	atomic_store(&fail_commits, 3);
	must_get("a2");
	ck_assert_int_eq(atomic_load(&fail_commits), 0);
	ck_assert_str_eq(stored_refresh(), "r2");
	ck_assert_int_eq(asked(), 1);
}
END_TEST

/* While the store cannot take it, the token is not handed out, even if the process must end. */
START_TEST(full_disk_at_the_end)
{
	http.answers[0] = ROTATES("a2", "r2");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	atomic_store(&fail_commits, 1000);
	http.delay_ms = 200;
	host.give_up_ms = board_now_ms() + 100;
	atomic_store(&engine.stopping, false);
	{
		pthread_t thread;
		bool good = true;

		pthread_create(&thread, NULL, one_session, &good);
		usleep(400000);
		atomic_store(&engine.stopping, true);
		pthread_join(thread, NULL);
		ck_assert(!good);
	}
	ck_assert_str_eq(stored_refresh(), "r1");
}
END_TEST

/* A question that was asked is heard to its end, whatever the visit's time. */
START_TEST(not_broken_off)
{
	http.answers[0] = ROTATES("a2", "r2");
	http.delay_ms = 300;
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	host.give_up_ms = board_now_ms() + 100;
	must_get("a2");
	ck_assert_str_eq(stored_refresh(), "r2");
}
END_TEST

START_TEST(not_begun_when_it_must_end)
{
	http.answers[0] = ROTATES("a2", "r2");
	serve();
	sign_in("mailbox", &mailbox, "a1", "r1", 0);
	atomic_store(&engine.stopping, true);
	must_fail("BRG-CORE-0003");
	ck_assert_int_eq(asked(), 0);
}
END_TEST

/* ---- what plugins see -----------------------------------------------------------------------*/

START_TEST(hidden_from_plugins)
{
	struct host_state state = { .name = brg_cstr(".oauth.x"), .value = brg_cstr("secret") };
	struct brg_str out;

	host.states = &state;
	ck_assert_int_eq(host.table.state_get(&host, ".oauth.x", &out, &err), 0);
	ck_assert_uint_eq(out.len, 0);
	host.table.state_set(&host, ".oauth.x", brg_cstr("y"));
	ck_assert_ptr_null(host.changed);
}
END_TEST

START_TEST(sealed_in_the_store)
{
	struct token_key key;
	struct token_row row;

	serve();
	sign_in("mailbox", &mailbox, "access-one", "refresh-one", 3600);
	key = token_key(&engine, &how, "mailbox", &mailbox, arena);
	ck_assert_int_eq(token_load(&engine.store, &key, arena, &row, &err), 0);
	ck_assert_ptr_null(memmem(row.raw.ptr, row.raw.len, "access-one", 10));
	ck_assert_ptr_null(memmem(row.raw.ptr, row.raw.len, "refresh-one", 11));
	/* What was sealed for one mailbox opens nothing for another. */
	{
		struct token_key other =
			token_key(&engine, &how, "mailbox", &(struct brg_id){ { 3 } }, arena);
		struct oauth_tokens tokens;

		ck_assert_int_lt(token_open(&engine, &other, &row, arena, &tokens, &err), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token");
	TCase *t = tcase_create("token");
	SRunner *runner;
	int failed;

	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, good_for_a_minute);
	tcase_add_test(t, short_lives);
	tcase_add_test(t, refused_token);
	tcase_add_test(t, whose_sign_in);
	tcase_add_test(t, client_credentials);
	tcase_add_test(t, revoked);
	tcase_add_test(t, revoked_and_signed_in_again);
	tcase_add_test(t, throttled);
	tcase_add_test(t, failure_from_the_future);
	tcase_add_loop_test(t, clock_skew, 0, 4);
	tcase_add_test(t, clocks_of_nodes);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, lock_of_the_dead);
	tcase_add_test(t, lock_of_the_living);
	tcase_add_loop_test(t, signed_in_meanwhile, 0, 2);
	tcase_add_test(t, full_disk);
	tcase_add_test(t, full_disk_at_the_end);
	tcase_add_test(t, not_broken_off);
	tcase_add_test(t, not_begun_when_it_must_end);
	tcase_add_test(t, hidden_from_plugins);
	tcase_add_test(t, sealed_in_the_store);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
