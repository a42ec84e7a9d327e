/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of sections and settings, and brygga.conf: what is read, and what people are told.
 */
#include "core/config.h"

#include "core/faults.h"
#include "core/ini.h"
#include "core/mailbox.h"
#include "core/state.h"
#include "tests/unit/problem_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct brg_arena *arena;
static struct problems problems;

static void setup(void)
{
	arena = arena_new();
	problems_init(&problems, arena);
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct ini_file *read_ini(struct brg_str text)
{
	struct ini_file *ini;

	(void)ini_read(text, "f", arena, &ini, &problems);
	return ini;
}

static struct config *read_config(const char *text)
{
	struct config *config = NULL;

	(void)config_parse(brg_cstr(text), "f", arena, &config, &problems);
	return config;
}

/* ---- ini ------------------------------------------------------------------------------------*/

#define T60  "123456789 123456789 123456789 123456789 123456789 123456789 "
#define T200 T60 T60 T60 "123456789 123456789 "

static const struct text_case ini_cases[] = {
	{ "", "" },
	{ "# nothing\n; here\n\n   \t\n", "" },
	{ "[a]\nk = v\n", "" },
	{ "[a]\nk\n", "f:2: this is neither [section] nor name = value: k\n" },
	{ "[a]\npassword hunter2\n",
	  "f:2: this is neither [section] nor name = value: password\n" },
	{ "[a]\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
	  "f:2: this is neither [section] nor name = value: MIIEvQIBADANBgkq\n" },
	{ "k = v\n[a]\n", "f:1: k stands before the first [section]\n" },
	{ "[a\nk = v\n",
	  "f:1: a section is written [type] or [type name] and nothing after it: [a\n" },
	{ "[a] # comment\nk = v\n",
	  "f:1: a section is written [type] or [type name] and nothing after it: [a] # comment\n" },
	{ "[]\n", "f:1: a section is written [type] or [type name] and nothing after it: []\n" },
	{ "[A b]\n",
	  "f:1: a section is written [type] or [type name] and nothing after it: [A b]\n" },
	{ "[a b/c]\n", "f:1: a section's name is at most 200 bytes without [ ] \" / \\: b/c\n" },
	{ "[a " T200 "x]\n",
	  "f:1: a section's name is at most 200 bytes without [ ] \" / \\: 123456789 123456789 "
	  "123456789 123456789 123456789 1234567...\n" },
	{ "[a]\nKey = v\n", "f:2: a setting's name has lower-case letters, digits and hyphens, at "
			    "most 32: Key\n" },
	{ "[a]\na b = v\n", "f:2: a setting's name has lower-case letters, digits and hyphens, at "
			    "most 32: a b\n" },
	{ "[a]\n= v\n", "f:2: a setting's name has lower-case letters, digits and hyphens, at "
			"most 32: \n" },
	{ "[a]\nabcdefghijklmnopqrstuvwxyz-0123456 = v\n",
	  "f:2: a setting's name has lower-case letters, digits and hyphens, at most 32: "
	  "abcdefghijklmnopqrstuvwxyz-0123456\n" },
	{ "[a]\nk = 1\nj = 2\nk = 3\n", "f:4: k is set twice in [a]: first in line 2\n" },
	{ "[a x]\nk = 1\n[a y]\nk = 1\n[a x]\n", "f:5: [a x] stands twice: first in line 1\n" },
	{ "[a]\nk = 1\n[b]\n[a]\nk = 1\n[a]\n",
	  "f:4: [a] stands twice: first in line 1\nf:6: [a] stands twice: first in line 4\n" },
	{ "[a]\nk = \xE5\n", "f:2: byte 5 of this line is not UTF-8: save the file as UTF-8\n" },
	{ "[a]\nk = \xC0\xAF\n",
	  "f:2: byte 5 of this line is not UTF-8: save the file as UTF-8\n" },
	{ "[a]\nk = \xED\xA0\x80\n",
	  "f:2: byte 5 of this line is not UTF-8: save the file as UTF-8\n" },
	{ "\xFF\xFE[\n", "f:1: byte 1 of this line is not UTF-8: save the file as UTF-8\n" },
	{ "[a]\nk = \x01v\n",
	  "f:2: byte 5 of this line is the control character U+0001: remove it\n" },
	{ "[a]\rk = v\r", "f:1: byte 4 of this line is the control character U+000D: remove it\n" },
	{ "[a]\nk = \xC2\x85\n",
	  "f:2: byte 5 of this line is the control character U+0085: remove it\n" },
	{ "[a]\nk = v\x7F\n",
	  "f:2: byte 6 of this line is the control character U+007F: remove it\n" },
	{ "[a\nk = 1\nk = 2\n[b]\nz = 1\nz = 2\n",
	  "f:1: a section is written [type] or [type name] and nothing after it: [a\n"
	  "f:6: z is set twice in [b]: first in line 5\n" },
};

START_TEST(ini_says)
{
	(void)read_ini(brg_cstr(ini_cases[_i].text));
	expect_problems(&problems, &ini_cases[_i]);
}
END_TEST

/* What is written between = and the line's end comes out, but for blanks around it. */
static const char *const values[] = {
	"abc ;def", "abc #def",	     "; first",
	"# first",  "a = b = c",     "a: b",
	"[x]",	    "\"quoted\"",    "",
	"0",	    "ends in \\",    "\xC3\xA5\xC3\xA4\xC3\xB6 \xE2\x82\xAC \xF0\x9F\x9A\xA2",
	"a\tb",	    T200 T200 "end",
};

START_TEST(ini_keeps_values)
{
	const char *forms[] = { "[a]\nk = %s\n", "[a]\r\nk=%s\r\n",
				"\xEF\xBB\xBF[a]\n  k   =\t%s  \nz = 1\n", "[a]\nk = %s" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char *text = NULL;
		const struct ini_file *ini;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		ck_assert_int_gt(asprintf(&text, forms[i], values[_i]), 0);
#pragma GCC diagnostic pop
		ini = read_ini(brg_cstr(text));
		ck_assert_uint_eq(problems.n, 0);
		ck_assert_uint_eq(ini->n, 1);
		ck_assert_str_eq(ini->sections[0].entries[0].value.ptr, values[_i]);
		ck_assert_uint_eq(ini->sections[0].entries[0].value.len, strlen(values[_i]));
		free(text);
	}
}
END_TEST

START_TEST(ini_keeps_a_megabyte)
{
	size_t n = 1 << 20;
	char *text = xcalloc(n + 32, 1);
	const struct ini_file *ini;

	(void)sprintf(text, "[a]\nk = ");
	memset(text + 8, 'x', n);
	(void)strcpy(text + 8 + n, "\nlast = 1\n");
	ini = read_ini(brg_cstr(text));
	ck_assert_uint_eq(problems.n, 0);
	ck_assert_uint_eq(ini->sections[0].entries[0].value.len, n);
	ck_assert_int_eq(ini->sections[0].entries[1].line, 3);
	free(text);
}
END_TEST

START_TEST(ini_structure)
{
	const struct ini_file *ini =
		read_ini(brg_cstr("# 1\n[empty]\n\n[mailbox  Anna S. @ Nord ]\n"
				  "k = 1\n\n; 7\n  l = 2\n[last]\n"));

	ck_assert_uint_eq(problems.n, 0);
	ck_assert_uint_eq(ini->n, 3);
	ck_assert_str_eq(ini->sections[0].type, "empty");
	ck_assert_str_eq(ini->sections[0].name, "");
	ck_assert_uint_eq(ini->sections[0].n, 0);
	ck_assert_str_eq(ini->sections[1].type, "mailbox");
	ck_assert_str_eq(ini->sections[1].name, "Anna S. @ Nord");
	ck_assert_int_eq(ini->sections[1].line, 4);
	ck_assert_int_eq(ini_find(&ini->sections[1], "l")->line, 8);
	ck_assert_ptr_null(ini_find(&ini->sections[1], "m"));
	ck_assert_int_eq(ini->sections[2].line, 9);
}
END_TEST

START_TEST(ini_nul)
{
	static const struct text_case c = {
		"[a]\nk = v<NUL>w\n",
		"f:2: byte 6 of this line is the control character U+0000: remove it\n"
	};

	(void)read_ini((struct brg_str){ "[a]\nk = v\0w\n", 12 });
	expect_problems(&problems, &c);
}
END_TEST

START_TEST(ini_stops_at_a_wrong_file)
{
	char *text = xcalloc(4000, 1), *said;

	for (int i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "x?\n", 3);
	(void)read_ini(brg_cstr(text));
	ck_assert_uint_eq(problems.n, 51);
	said = problem_text(&problems, "sv");
	ck_assert_ptr_nonnull(strstr(said, "fler än 50 fel"));
	free(said);
	free(text);
}
END_TEST

START_TEST(ini_many_sections)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	const struct ini_file *ini;

	for (int i = 0; i < 20000; i++)
		(void)fprintf(f, "[mailbox m%d]\nk = %d\n", i, i);
	(void)fclose(f);
	ini = read_ini((struct brg_str){ text, n });
	ck_assert_uint_eq(problems.n, 0);
	ck_assert_uint_eq(ini->n, 20000);
	ck_assert_str_eq(ini->sections[19999].name, "m19999");
	ck_assert_str_eq(ini->sections[19999].entries[0].value.ptr, "19999");
	free(text);
}
END_TEST

/* ---- brygga.conf ----------------------------------------------------------------------------*/

#define STORE "[storage]\nplugin = sqlite\n"

static const struct text_case config_cases[] = {
	{ STORE, "" },
	{ STORE "path = /x ; y\n[connector pop3]\n[role outgoing]\n", "" },
	{ "", "f: no storage is named: add [storage] with plugin = sqlite\n" },
	{ "[storage]\n", "f:1: no storage is named: add [storage] with plugin = sqlite\n" },
	{ STORE "[storag]\n", "f:3: there is no section [storag]: did you mean [storage]?\n" },
	{ STORE "[weather]\n", "f:3: there is no section [weather]; known are: core, storage, "
			       "connector, role, schedule, email, contact, task, appointment, "
			       "sync, field, retention\n" },
	{ STORE "[role incomming]\n",
	  "f:3: there is no section [role incomming]: did you mean [role incoming]?\n" },
	{ STORE "[email]\nblock = a@b, not a domain!\ntoken-prefix = CRM1\n",
	  "f:4: senders takes addresses and domains such as anna@example.org or example.org, "
	  "not \"domain!\"\n" },
	{ STORE "[email]\ntoken-prefix = CRM1\n",
	  "f:4: token-prefix takes 1 to 20 printable ASCII characters that do not end with a "
	  "digit, not \"CRM1\"\n" },
	{ STORE "[role painting]\n",
	  "f:3: there is no section [role painting]; known are: incoming, outgoing, act\n" },
	{ STORE "[role act]\nthreads = 0\nprocesses = 2\n", "" },
	{ STORE "[role act]\nvisit-timeout = 20s\n",
	  "f:4: visit-time must not be longer than visit-timeout\n" },
	{ STORE "[role]\n", "f:3: [role] needs a name, as in [role incoming]\n" },
	{ STORE "[connector]\n", "f:3: [connector] needs a name, as in [connector pop3]\n" },
	{ STORE "[core main]\n", "f:3: [core main] is written [core]: there is only one\n" },
	{ STORE "[core]\nlangage = sv\n",
	  "f:4: [core] has no setting langage: did you mean language?\n" },
	{ STORE "[core]\ncolour = red\n",
	  "f:4: [core] has no setting colour; it has: state, plugins, language, log\n" },
	{ STORE "[core]\nlanguage = dk\n", "f:4: language takes one of en, sv, not \"dk\"\n" },
	{ STORE "[core]\nstate = here\n",
	  "f:4: state takes a path that begins with /, not \"here\"\n" },
	{ STORE "[core]\nstate =\n", "f:4: state takes a path that begins with /, not \"\"\n" },
	{ STORE "[role incoming]\nthreads = many\n",
	  "f:4: threads takes a whole number from 0 to 512, not \"many\"\n" },
	{ STORE "[role incoming]\nthreads = 1025\n",
	  "f:4: threads takes a whole number from 0 to 512, not \"1025\"\n" },
	{ STORE "[role incoming]\nthreads = -1\nprocesses = 0x10\n",
	  "f:4: threads takes a whole number from 0 to 512, not \"-1\"\n"
	  "f:5: processes takes a whole number from 1 to 30, not \"0x10\"\n" },
	{ STORE "[role incoming]\nvisit-time = 30\n",
	  "f:4: visit-time takes a time from 1s to 1h with its unit, such as 30s or 5m, not "
	  "\"30\"\n" },
	{ STORE "[role incoming]\nvisit-time = 10m\n",
	  "f:4: visit-time must not be longer than visit-timeout\n" },
	{ STORE "[role incoming]\nprocess = 2\n",
	  "f:4: [role incoming] has no setting process: did you mean processes?\n" },
	{ STORE "[retention]\nthreads = 2\n",
	  "f:4: [retention] has no setting threads; it has: received, sent, decisions\n" },
	{ STORE "[schedule]\nfastest = 6m\n", "f:4: fastest must not be longer than normal\n" },
	{ STORE "[schedule]\nslowest = 4m\nnormal = 6m\n",
	  "f:5: normal must not be longer than slowest\n" },
	{ STORE "[schedule]\nprobe = 99999999999999999999h\n",
	  "f:4: probe takes a time from 1s to 1d with its unit, such as 30s or 5m, not "
	  "\"99999999999999999999h\"\n" },
	{ "[core]\nlog = loud\nbad line\n[storage]\nplugin = sqlite\nplugin = postgres\n",
	  "f:2: log takes one of error, warning, info, debug, not \"loud\"\n"
	  "f:3: this is neither [section] nor name = value: bad\n"
	  "f:6: plugin is set twice in [storage]: first in line 5\n" },
};

START_TEST(config_says)
{
	struct config *config = read_config(config_cases[_i].text);

	expect_problems(&problems, &config_cases[_i]);
	ck_assert_int_eq(config != NULL, problems.n == 0);
}
END_TEST

START_TEST(config_defaults)
{
	const struct config *c = read_config(STORE);

	ck_assert_str_eq(c->state, STATE_DIR);
	ck_assert_str_eq(c->plugins, PLUGIN_DIR);
	ck_assert_str_eq(config_language(c), "en");
	ck_assert_int_eq(config_log_level(c), BRG_LOG_INFO);
	ck_assert_str_eq(c->storage.name, "sqlite");
	ck_assert_uint_eq(c->storage.settings.n, 0);
	ck_assert_int_eq(c->roles[ROLE_INCOMING].visit_time_ms, 30000);
	ck_assert_int_eq(c->roles[ROLE_INCOMING].visit_steps, 400);
	ck_assert_int_eq(c->schedule.normal_ms, 300000);
	ck_assert_int_eq(c->schedule.fastest_ms, 120000);
	ck_assert_int_eq(c->schedule.slowest_ms, 720000);
	ck_assert_int_eq(c->schedule.retry_ms, 300000);
	ck_assert_int_eq(c->schedule.retries, 10);
	ck_assert_int_eq(c->schedule.probe_ms, 900000);
	ck_assert_int_eq(c->schedule.probe_max_ms, 86400000);
}
END_TEST

START_TEST(config_values)
{
	const char *text =
		STORE "path = /x ;y\n[core]\nstate = /srv/b\nlanguage = sv\nlog = debug\n"
		      "[connector pop3]\nread-timeout = 10s\n[connector null]\n"
		      "[role incoming]\nprocesses = 3\nthreads = 0\n";
	const struct config *c = read_config(text);

	ck_assert_str_eq(c->text.ptr, text);
	ck_assert_str_eq(c->state, "/srv/b");
	ck_assert_str_eq(config_language(c), "sv");
	ck_assert_int_eq(config_log_level(c), BRG_LOG_DEBUG);
	ck_assert_uint_eq(c->storage.settings.n, 1);
	ck_assert_str_eq(c->storage.settings.at[0].value.ptr, "/x ;y");
	ck_assert_int_eq(c->storage.lines[0], 3);
	ck_assert_uint_eq(c->n_connectors, 2);
	ck_assert_str_eq(config_connector(c, brg_cstr("pop3"))->settings.at[0].name.ptr,
			 "read-timeout");
	ck_assert_ptr_null(config_connector(c, brg_cstr("exchange")));
	ck_assert_int_eq(c->roles[ROLE_INCOMING].processes, 3);
	ck_assert_int_eq(c->roles[ROLE_INCOMING].threads, 0);
}
END_TEST

START_TEST(config_of_no_file)
{
	static const struct text_case c = {
		"no file",
		"/nowhere/brygga.conf: cannot read /nowhere/brygga.conf: No such file or "
		"directory\n"
	};
	struct config *config = NULL;

	ck_assert_int_lt(config_load("/nowhere/brygga.conf", arena, &config, &problems), 0);
	expect_problems(&problems, &c);
	problems_init(&problems, arena);
	ck_assert_int_lt(config_load("/", arena, &config, &problems), 0);
	ck_assert_ptr_null(config);
}
END_TEST

/* Every sample that is shipped is right. */
START_TEST(config_samples)
{
	static const char *const names[] = { "brygga.conf" };
	const char *srcdir = getenv("srcdir") ? getenv("srcdir") : ".";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = arena_printf(arena, "%s/config/%s", srcdir, names[i]);
		struct config *config = NULL;
		char *text;

		(void)config_load(path, arena, &config, &problems);
		text = problem_text(&problems, "en");
		ck_assert_str_eq(text, "");
		free(text);
	}
}
END_TEST

/* The sample names every setting of the core with its default. */
START_TEST(config_sample_is_whole)
{
	const char *srcdir = getenv("srcdir") ? getenv("srcdir") : ".";
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str text;

	ck_assert_int_eq(
		ini_load(arena_printf(arena, "%s/config/brygga.conf", srcdir), arena, &text, &err),
		0);
	for (const struct config_section *s = config_sections; s->heading; s++) {
		ck_assert_ptr_nonnull(strstr(text.ptr, arena_printf(arena, "[%s]\n", s->heading)));
		for (const struct brg_option *o = s->options; o->name; o++)
			/* The two folders depend on where it was installed. */
			if (o->dflt[0] != '/')
				ck_assert_msg(strstr(text.ptr,
						     arena_printf(arena, "\n#%s =%s%s\n", o->name,
								  *o->dflt ? " " : "", o->dflt)) !=
						      NULL,
					      "[%s] %s = %s is not in the sample", s->heading,
					      o->name, o->dflt);
	}
}
END_TEST

static bool named(const char *page, const char *word)
{
	/* As a word of its own in bold: ".B word", or a part of ".BR a ", " b". */
	for (const char *p = page; (p = strstr(p, word)); p++)
		if ((p[-1] == ' ' || p[-1] == '"') && strchr(" \n\"", p[strlen(word)]))
			return true;
	return false;
}

/* The manual page names every setting of the core and of a mailbox. */
START_TEST(config_manual_is_whole)
{
	const char *srcdir = getenv("srcdir") ? getenv("srcdir") : ".";
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str page;

	ck_assert_int_eq(
		ini_load(arena_printf(arena, "%s/docs/brygga.conf.5", srcdir), arena, &page, &err),
		0);
	for (const struct config_section *s = config_sections; s->heading; s++)
		for (const struct brg_option *o = s->options; o->name; o++)
			ck_assert_msg(named(page.ptr, o->name), "%s is not in brygga.conf(5)",
				      o->name);
	for (const struct brg_option *o = mailbox_options; o->name; o++)
		ck_assert_msg(named(page.ptr, o->name), "%s is not in brygga.conf(5)", o->name);
	for (const struct brg_option *o = owner_options; o->name; o++)
		ck_assert_msg(named(page.ptr, o->name), "%s is not in brygga.conf(5)", o->name);
}
END_TEST

/* ---- problems -------------------------------------------------------------------------------*/

START_TEST(nearest)
{
	static const char *const names[] = { "port",  "host",	"tls", "max-connections",
					     "retry", "retries" };
	static const struct {
		const char *word, *near;
	} cases[] = {
		{ "prot", "port" },
		{ "hots", "host" },
		{ "tsl", "tls" },
		{ "url", NULL },
		{ "", NULL },
		{ "max-conections", "max-connections" },
		{ "maxconnections", "max-connections" },
		{ "retrys", "retry" },
		{ "connections", "max-connections" },
		{ "x", NULL },
		{ "retrie", "retries" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *near = problems_nearest(brg_cstr(cases[i].word), names, 6);

		if (cases[i].near)
			ck_assert_msg(near && strcmp(near, cases[i].near) == 0, "%s: %s",
				      cases[i].word, near ? near : "-");
		else
			ck_assert_msg(!near, "%s: %s", cases[i].word, near);
	}
}
END_TEST

static int sound(void *arg, const struct brg_fault *row)
{
	(void)arg;
	if (strncmp(row->code, "BRG-CONF", 8) != 0 && strncmp(row->code, "BRG-LOAD", 8) != 0)
		return 0;
	ck_assert_msg(row->en && row->en[0] && row->sv && row->sv[0] && row->help && row->help[0],
		      "%s lacks a text", row->code);
	ck_assert_msg(strcmp(row->en, row->sv) != 0, "%s is not translated", row->code);
	for (const char *p = row->en; (p = strchr(p, '{')); p++) {
		char *name = strndup(p, (size_t)(strchr(p, '}') - p) + 1);

		ck_assert_msg(strstr(row->sv, name) != NULL, "%s lacks %s in Swedish", row->code,
			      name);
		free(name);
	}
	ck_assert_msg(fault_find(brg_cstr(row->code)) == row, "%s stands twice", row->code);
	return 0;
}

START_TEST(sentences)
{
	faults_each(sound, NULL);
}
END_TEST

/* ---- the state folder -----------------------------------------------------------------------*/

static char dir[64];

static void make_dir(void)
{
	setup();
	(void)strcpy(dir, "/tmp/brygga-state-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/bryggad.lock", dir);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
	teardown();
}

static const char *said(const struct brg_err *err)
{
	char buf[600];

	return arena_str(arena, brg_cstr(err_render(err, "en", buf, sizeof(buf)))).ptr;
}

START_TEST(state_is_checked)
{
	struct brg_err err = BRG_ERR_INIT;
	char path[128], text[300];

	ck_assert_int_eq(state_check(dir, &err), 0);
	(void)chmod(dir, 0770);
	ck_assert_int_eq(state_check(dir, &err), BRG_EINVAL);
	(void)snprintf(text, sizeof(text),
		       "others can write to the state folder %s (mode 0770): chmod go-w %s", dir,
		       dir);
	ck_assert_str_eq(said(&err), text);
	(void)chmod(dir, 0700);
	(void)snprintf(path, sizeof(path), "%s/nothing", dir);
	ck_assert_int_eq(state_check(path, &err), BRG_ENOTFOUND);
	(void)snprintf(text, sizeof(text),
		       "the state folder %s cannot be used: No such file or directory", path);
	ck_assert_str_eq(said(&err), text);
	ck_assert_int_eq(state_check("/dev/null", &err), BRG_EINVAL);
	ck_assert_str_eq(said(&err), "the state folder /dev/null is not a folder");
}
END_TEST

START_TEST(state_of_another)
{
	struct brg_err err = BRG_ERR_INIT;
	char text[300];

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, 4711, (gid_t)-1), 0);
	ck_assert_int_eq(state_check(dir, &err), BRG_EINVAL);
	(void)snprintf(text, sizeof(text),
		       "the state folder %s belongs to user id 4711, and this runs as 0", dir);
	ck_assert_str_eq(said(&err), text);
}
END_TEST

START_TEST(state_on_a_network)
{
	ck_assert_str_eq(state_network(0x6969), "nfs");
	ck_assert_str_eq(state_network((unsigned long)(int)0xFF534D42), "cifs");
	ck_assert_ptr_null(state_network(0xEF53));
	ck_assert_ptr_null(state_network(0x9123683E));
}
END_TEST

START_TEST(state_is_locked_once)
{
	struct brg_err err = BRG_ERR_INIT;
	char text[300];
	int fd = -1, second, status;
	pid_t child;

	ck_assert_int_eq(state_lock(dir, &fd, &err), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	/* Another open file of the same process is as another process to flock(). */
	ck_assert_int_eq(state_lock(dir, &second, &err), BRG_EBUSY);
	(void)snprintf(text, sizeof(text),
		       "another daemon (process %ld) works on the state folder %s: stop it first",
		       (long)getpid(), dir);
	ck_assert_str_eq(said(&err), text);
	(void)close(fd);
	/* Whoever dies gives it back. */
	child = fork();
	if (child == 0)
		_exit(state_lock(dir, &second, &err) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(state_lock(dir, &fd, &err), 0);
	(void)close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("files");
	TCase *state = tcase_create("state");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, ini_says, 0, sizeof(ini_cases) / sizeof(ini_cases[0]));
	tcase_add_loop_test(t, ini_keeps_values, 0, sizeof(values) / sizeof(values[0]));
	tcase_add_test(t, ini_keeps_a_megabyte);
	tcase_add_test(t, ini_structure);
	tcase_add_test(t, ini_nul);
	tcase_add_test(t, ini_stops_at_a_wrong_file);
	tcase_add_test(t, ini_many_sections);
	tcase_add_loop_test(t, config_says, 0, sizeof(config_cases) / sizeof(config_cases[0]));
	tcase_add_test(t, config_defaults);
	tcase_add_test(t, config_values);
	tcase_add_test(t, config_of_no_file);
	tcase_add_test(t, config_samples);
	tcase_add_test(t, config_sample_is_whole);
	tcase_add_test(t, config_manual_is_whole);
	tcase_add_test(t, nearest);
	tcase_add_test(t, sentences);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(state, make_dir, remove_dir);
	tcase_add_test(state, state_is_checked);
	tcase_add_test(state, state_of_another);
	tcase_add_test(state, state_on_a_network);
	tcase_add_test(state, state_is_locked_once);
	suite_add_tcase(s, state);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
