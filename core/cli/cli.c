/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/cli.h"

#include "core/faults.h"
#include "core/id.h"
#include "core/state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* One line without control characters: what mail says must not steer a terminal. */
static void make_plain(char *p)
{
	for (; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c == 0x7f)
			*p = ' ';
		/* C1 controls in UTF-8: C2 80..9F. */
		if (c == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0)
			p[0] = p[1] = ' ';
	}
}

BRG_PRINTF(3, 0)
static void print_line(FILE *out, const char *before, const char *fmt, va_list ap)
{
	char *line = NULL;

	if (vasprintf(&line, fmt, ap) < 0)
		abort(); /* out of memory */
	make_plain(line);
	fprintf(out, "%s%s\n", before, line);
	free(line);
}

int cli_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line(stderr, "brygga: ", fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

void cli_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line(stderr, "brygga: ", fmt, ap);
	va_end(ap);
}

int cli_error(const struct cli *cli, const struct brg_err *err)
{
	char text[1024];

	return cli_fail("%s [%s]",
			err_render(err, cli->lang ? cli->lang : "en", text, sizeof(text)),
			err->fault ? err->fault->code : "-");
}

int cli_refuse(const struct cli *cli, const struct brg_fault *row, const char *fmt, ...)
{
	struct brg_err err = BRG_ERR_INIT;
	char params[sizeof(err.params)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(params, sizeof(params), fmt, ap);
	va_end(ap);
	brg_fail(&err, row, "%s", params);
	return cli_error(cli, &err);
}

const char *cli_show(struct cli *cli, const char *typed)
{
	return problems_show(cli->arena, brg_cstr(typed));
}

int cli_read_config(struct cli *cli, struct problems *problems)
{
	problems_init(problems, cli->arena);
	if (access(cli->config_path, F_OK) != 0 && errno == ENOENT)
		return cli_fail("there is no configuration %s; name one with -c FILE or in the "
				"variable BRYGGA_CONFIG",
				cli->config_path);
	if (config_load(cli->config_path, cli->arena, &cli->config, problems) < 0)
		return CLI_FAILED;
	if (!cli->lang)
		cli->lang = config_language(cli->config);
	return CLI_OK;
}

int cli_config(struct cli *cli)
{
	struct problems problems;
	int status = cli_read_config(cli, &problems);

	problems_print(&problems, stderr, cli->lang ? cli->lang : "en");
	return status;
}

int cli_open(struct cli *cli, unsigned flags)
{
	struct brg_err err = BRG_ERR_INIT;

	if (cli_config(cli) != CLI_OK)
		return CLI_FAILED;
	if (state_check(cli->config->state, &err) < 0)
		return cli_error(cli, &err);
	cli->open = true;
	if (setup_open(&cli->setup, cli->config, flags, &err) < 0)
		return cli_error(cli, &err);
	return cli_find_viewer(cli) ? CLI_OK : CLI_FAILED;
}

/* ---- JSON values ----------------------------------------------------------------------------*/

json_t *cli_str(struct brg_str s)
{
	json_t *v = json_stringn(s.len ? s.ptr : "", s.len);

	return v ? v : json_string("(not UTF-8)");
}

json_t *cli_id(const struct brg_id *id)
{
	char text[ID_TEXT];

	return brg_id_is_nil(id) ? json_null() : json_string(id_format(id, text));
}

json_t *cli_time(int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;
	char text[64];

	if (us <= 0 || us == INT64_MAX || !gmtime_r(&t, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

json_t *cli_sentence(const struct cli *cli, struct brg_str code, struct brg_str params)
{
	const struct brg_fault *fault = fault_find(code);
	char text[1024];

	if (!fault)
		return cli_str(code);
	fault_render(fault, params, cli->lang ? cli->lang : "en", text, sizeof(text));
	return cli_str(brg_cstr(text));
}

/* ---- printing -------------------------------------------------------------------------------*/

static char *plain(const json_t *v, struct brg_arena *arena);

static char *joined(const json_t *array, struct brg_arena *arena)
{
	char *out = plain(json_array_get(array, 0), arena);

	for (size_t i = 1; i < json_array_size(array); i++)
		out = arena_printf(arena, "%s, %s", out, plain(json_array_get(array, i), arena));
	return out;
}

static char *plain(const json_t *v, struct brg_arena *arena)
{
	const char *s;
	char *out;

	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		s = json_string_value(v);
		break;
	case JSON_INTEGER:
		return arena_printf(arena, "%lld", (long long)json_integer_value(v));
	case JSON_TRUE:
		return arena_printf(arena, "yes");
	case JSON_FALSE:
		return arena_printf(arena, "no");
	case JSON_ARRAY:
		if (json_is_string(json_array_get(v, 0)))
			return joined(v, arena);
		/* fallthrough */
	case JSON_OBJECT: {
		char *dump = json_dumps(v, JSON_COMPACT);

		out = arena_printf(arena, "%s", dump ? dump : "");
		free(dump);
		return out;
	}
	default:
		return arena_printf(arena, "-");
	}
	out = arena_printf(arena, "%s", s);
	make_plain(out);
	return out;
}

static size_t width(const char *s)
{
	wchar_t wide[1024];
	size_t n = mbstowcs(wide, s, sizeof(wide) / sizeof(wide[0]));
	int w;

	if (n == (size_t)-1 || n >= sizeof(wide) / sizeof(wide[0]))
		return strlen(s);
	w = wcswidth(wide, n);
	return w < 0 ? n : (size_t)w;
}

static void print_cell(const char *s, size_t room, bool last)
{
	size_t w = width(s), bytes = strlen(s);

	while (w > room && bytes) { /* cut whole characters */
		char *cut;

		do
			bytes--;
		while (bytes && ((unsigned char)s[bytes] & 0xc0) == 0x80);
		cut = strndup(s, bytes);
		w = cut ? width(cut) : 0;
		free(cut);
	}
	fwrite(s, 1, bytes, stdout);
	for (; !last && w < room + 2; w++)
		putchar(' ');
}

static size_t screen_width(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 40)
		return size.ws_col;
	return 10000;
}

static void print_table(json_t *array, const struct cli_column *columns)
{
	struct brg_arena *arena = arena_new();
	size_t n = 0, rows = json_array_size(array), *widths, total = 0, most = screen_width();

	while (columns[n].key)
		n++;
	widths = arena_alloc(arena, n * sizeof(*widths));
	for (size_t c = 0; c < n; c++) {
		widths[c] = strlen(columns[c].title);
		for (size_t r = 0; r < rows; r++) {
			size_t w = width(plain(
				json_object_get(json_array_get(array, r), columns[c].key), arena));

			if (w > widths[c])
				widths[c] = w;
		}
		total += widths[c] + 2;
	}
	total -= 2;
	/* The widest gives first, so that none is cut more than it must be. */
	for (; total > most; total--) {
		size_t widest = n;

		for (size_t c = 0; c < n; c++)
			if (columns[c].flexible && widths[c] > 12 &&
			    (widest == n || widths[c] > widths[widest]))
				widest = c;
		if (widest == n)
			break;
		widths[widest]--;
	}
	for (size_t c = 0; c < n; c++)
		print_cell(columns[c].title, widths[c], c + 1 == n);
	putchar('\n');
	for (size_t r = 0; r < rows; r++) {
		for (size_t c = 0; c < n; c++)
			print_cell(plain(json_object_get(json_array_get(array, r), columns[c].key),
					 arena),
				   widths[c], c + 1 == n);
		putchar('\n');
	}
	arena_free(&arena);
}

static int dump(json_t *v)
{
	json_dumpf(v, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(v);
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int cli_list(const struct cli *cli, json_t *array, const struct cli_column *columns,
	     const char *if_empty)
{
	if (cli->json)
		return dump(array);
	if (json_array_size(array) == 0)
		puts(if_empty);
	else
		print_table(array, columns);
	json_decref(array);
	return CLI_OK;
}

/* A line a member; what has members of its own is indented below its name. */
static void print_members(json_t *object, int indent, struct brg_arena *arena)
{
	const char *key;
	json_t *v, *part;
	size_t i;

	json_object_foreach(object, key, v)
	{
		bool list = json_is_array(v) && json_is_object(json_array_get(v, 0));

		if (!json_is_object(v) && !list) {
			printf("%*s%-*s %s\n", indent, "", 16 - indent, key, plain(v, arena));
			continue;
		}
		if (!list) {
			printf("%*s%s\n", indent, "", key);
			print_members(v, indent + 2, arena);
			continue;
		}
		json_array_foreach(v, i, part)
		{
			printf("%*s%s\n", indent, "", key);
			print_members(part, indent + 2, arena);
		}
	}
}

int cli_object(const struct cli *cli, json_t *object)
{
	struct brg_arena *arena;

	if (cli->json)
		return dump(object);
	arena = arena_new();
	print_members(object, 0, arena);
	arena_free(&arena);
	json_decref(object);
	return CLI_OK;
}

int cli_done(const struct cli *cli, json_t *result, const char *fmt, ...)
{
	va_list ap;

	if (cli->json)
		return dump(result);
	json_decref(result);
	if (!fmt)
		return CLI_OK;
	va_start(ap, fmt);
	print_line(stdout, "", fmt, ap);
	va_end(ap);
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

/* ---- reading --------------------------------------------------------------------------------*/

struct brg_query cli_query(int what)
{
	return (struct brg_query){ .size = sizeof(struct brg_query), .what = what };
}

struct brg_row *cli_read(struct cli *cli, const struct brg_query *q, size_t *n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows = NULL;

	if (store_all(&cli->setup.engine.store, q, cli->arena, &rows, n, &err) < 0) {
		cli_error(cli, &err);
		return NULL;
	}
	return rows ? rows : arena_alloc(cli->arena, sizeof(*rows));
}

bool cli_find_mailbox(struct cli *cli, const char *name, struct brg_mailbox_row *out)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n;

	/* The log names mailboxes by id. */
	if (!cli_parse_id(name, &q.id))
		q.text = brg_cstr(name);
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return false;
	if (n == 0) {
		cli_fail(
			"no mailbox has the name, address or id %s; `brygga mailbox list` shows them",
			name);
		return false;
	}
	*out = rows[0].u.mailbox;
	return true;
}

static const char *const lanes[] = { "-", "incoming", "outgoing", "act" };

const char *cli_lane(int lane)
{
	return lane > 0 && lane < 4 ? lanes[lane] : lanes[0];
}

int cli_lane_of(const char *name)
{
	for (int i = 1; i < 4; i++)
		if (strcmp(lanes[i], name) == 0)
			return i;
	return 0;
}
