/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays the people and the server of a simulated mail system in a file, from a shell:
 *
 *	simctl FILE make BOX...
 *	simctl FILE list BOX
 *	simctl FILE dump [BOX]				JSON, a line for each item
 *	simctl FILE create BOX KIND PATH=VALUE...	prints the id
 *	simctl FILE edit BOX ID PATH=VALUE...
 *	simctl FILE delete|purge BOX ID
 *	simctl FILE move|copy BOX ID FOLDER		id or role; prints the new id
 *	simctl FILE private|public|track|untrack BOX ID
 *	simctl FILE respond BOX ID accepted|tentative|declined
 *	simctl FILE random BOX SEED N			prints what was done
 *	simctl FILE folder BOX NAME KIND...		prints its id
 *	simctl FILE hide|show BOX FOLDER
 *	simctl FILE habits BOX WORDS...
 *	simctl FILE fault BOX CALL FAULT [N]		at the N-th such call
 *	simctl FILE trouble PER-MILLE
 *	simctl FILE expire BOX FOLDER
 *	simctl FILE snapshot|restore|empty|lose BOX	lose: empty, and the feed does not tell
 *	simctl FILE guid BOX TEXT
 *	simctl FILE settle				late work is done now
 *	simctl FILE mails				who was mailed because of meetings
 *	simctl FILE counts [BOX]			what struck, or what was called
 *
 * BOX is an address or a number. Values are those of simmail.h. The clock is the system's.
 */
#include <simmail.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>

struct call {
	struct simmail *sim;
	char **argv; /* behind the command */
	int argc;
	int box, item; /* where the command has them */
};

static const char *const kinds[] = { "", "email", "contact", "task", "appointment" };

static BRG_PRINTF(1, 2) _Noreturn void die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("simctl: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

static int kind_named(const char *name)
{
	for (int i = BRG_CONTACT; i <= BRG_APPOINTMENT; i++)
		if (strcmp(kinds[i], name) == 0)
			return i;
	die("no such kind: %s (contact, task, appointment)", name);
}

static int folder_named(const struct call *c, const char *name)
{
	int folder = simmail_find_folder(c->sim, c->box, brg_cstr(name));

	if (folder < 0)
		die("no such folder: %s", name);
	return folder;
}

/* Arguments from `first` on as lines. */
static char *lines_of(const struct call *c, int first)
{
	size_t n = 1;
	char *out;

	for (int i = first; i < c->argc; i++)
		n += strlen(c->argv[i]) + 1;
	out = calloc(1, n);
	if (!out)
		die("no memory");
	for (int i = first; i < c->argc; i++) {
		(void)strcat(out, c->argv[i]);
		(void)strcat(out, "\n");
	}
	return out;
}

static void print_id(const struct call *c, int item)
{
	char id[SIMMAIL_ID_MAX];

	simmail_id(c->box, simmail_at(c->sim, c->box, item)->id, id);
	(void)puts(id);
}

/* ---- looking --------------------------------------------------------------------------------*/

static void print_item(const struct call *c, int box, int item, bool json)
{
	static char text[8 * SIMMAIL_CONTENT];
	const struct simmail_box *b = &c->sim->boxes[box];
	const struct simmail_item *it = simmail_at(c->sim, box, item);
	const char *folder = b->folders[it->folder].role[0] ? b->folders[it->folder].role
							    : b->folders[it->folder].id;
	char id[SIMMAIL_ID_MAX], version[SIMMAIL_ID_MAX];

	simmail_id(box, it->id, id);
	simmail_version(it->version, version);
	if (!json) {
		simmail_value(it, it->kind == BRG_CONTACT ? "full_name" : "subject", text,
			      sizeof(text));
		(void)printf("%s\t%s\t%s\t%s%s%s\t%s\n", id, kinds[it->kind], folder,
			     it->tracked ? "t" : "-", simmail_is_private(it) ? "p" : "-",
			     it->stamped ? "s" : "-", text);
		return;
	}
	simmail_json(it, text, sizeof(text));
	(void)printf("{\"box\":\"%s\",\"id\":\"%s\",\"version\":\"%s\",\"kind\":\"%s\","
		     "\"folder\":\"%s\",\"tracked\":%s,\"private\":%s,\"stamped\":%s,"
		     "\"uid\":\"%s\",\"modified_us\":%lld,\"fields\":%s}\n",
		     b->address, id, version, kinds[it->kind], folder,
		     it->tracked ? "true" : "false", simmail_is_private(it) ? "true" : "false",
		     it->stamped ? "true" : "false", it->uid, (long long)it->modified_us, text);
}

static void print_box(const struct call *c, int box, bool json)
{
	for (uint32_t i = 0; i < c->sim->boxes[box].now.n_items; i++)
		if (simmail_at(c->sim, box, (int)i)->used)
			print_item(c, box, (int)i, json);
}

static void do_list(struct call *c)
{
	print_box(c, c->box, false);
}

static void do_dump(struct call *c)
{
	for (int i = 0; i < SIMMAIL_BOXES; i++)
		if (c->sim->boxes[i].address[0] &&
		    (c->argc == 0 || simmail_find_box(c->sim, c->argv[0]) == i))
			print_box(c, i, true);
}

static void do_mails(struct call *c)
{
	static const char *const what[] = { "", "invited", "updated", "cancelled", "responded" };
	uint32_t from = c->sim->n_mailed > SIMMAIL_MAILED ? c->sim->n_mailed - SIMMAIL_MAILED : 0;

	for (uint32_t i = from; i < c->sim->n_mailed; i++) {
		const struct simmail_mail *m = &c->sim->mailed[i % SIMMAIL_MAILED];

		(void)printf("%s\t%s\t%s\t%s\t%u\n", c->sim->boxes[m->box].address, what[m->what],
			     m->to, m->by_push ? "push" : "person", m->allowed);
	}
}

static void do_counts(struct call *c)
{
	int box = c->argc ? simmail_find_box(c->sim, c->argv[0]) : -1;
	const struct simmail_box *b = &c->sim->boxes[box < 0 ? 0 : box];

	if (box < 0) {
		simmail_print_faults(c->sim, stdout);
		return;
	}
	for (int i = 0; i < SIMMAIL_CALLS; i++)
		(void)printf("%s %u\n", simmail_call_name(i), b->calls[i]);
	(void)printf("created %u\nupdated %u\ndeleted %u\nmoved %u\nmarked %u\nconflicts %u\n"
		     "private-reads %u\n",
		     b->pushed[BRG_CREATE], b->pushed[BRG_UPDATE], b->pushed[BRG_DELETE],
		     b->pushed[BRG_MOVE], b->pushed[BRG_MARK], b->conflicts, b->private_reads);
}

/* ---- people ---------------------------------------------------------------------------------*/

static void do_create(struct call *c)
{
	char *lines = lines_of(c, 2);
	int item = simmail_user_create(c->sim, c->box, kind_named(c->argv[1]), lines);

	if (item < 0)
		die("a line is wrong, or there is no room");
	free(lines);
	print_id(c, item);
}

static void do_edit(struct call *c)
{
	char *lines = lines_of(c, 2);

	if (!simmail_user_edit(c->sim, c->box, c->item, lines))
		die("a line is wrong, or there is no room");
	free(lines);
}

static void do_delete(struct call *c)
{
	simmail_user_delete(c->sim, c->box, c->item, false);
}

static void do_purge(struct call *c)
{
	simmail_user_delete(c->sim, c->box, c->item, true);
}

static void do_move(struct call *c)
{
	if (!simmail_user_move(c->sim, c->box, c->item, folder_named(c, c->argv[2])))
		die("it cannot go there");
	print_id(c, c->item);
}

static void do_copy(struct call *c)
{
	int copy = simmail_user_copy(c->sim, c->box, c->item, folder_named(c, c->argv[2]));

	if (copy < 0)
		die("there is no room");
	print_id(c, copy);
}

static void do_private(struct call *c)
{
	simmail_user_private(c->sim, c->box, c->item, true);
}

static void do_public(struct call *c)
{
	simmail_user_private(c->sim, c->box, c->item, false);
}

static void do_track(struct call *c)
{
	simmail_user_track(c->sim, c->box, c->item, true);
}

static void do_untrack(struct call *c)
{
	simmail_user_track(c->sim, c->box, c->item, false);
}

static void do_respond(struct call *c)
{
	if (!simmail_user_respond(c->sim, c->box, c->item, c->argv[2]))
		die("it is not a meeting of somebody else's");
}

static void do_random(struct call *c)
{
	uint64_t dice = strtoull(c->argv[1], NULL, 10);
	char said[1024];

	for (long n = strtol(c->argv[2], NULL, 10); n > 0; n--)
		if (simmail_user_random(c->sim, c->box, &dice, said, sizeof(said)))
			(void)puts(said);
}

/* ---- the server -----------------------------------------------------------------------------*/

static void do_make(struct call *c)
{
	for (int i = 0; i < c->argc; i++)
		if (simmail_find_box(c->sim, c->argv[i]) < 0 &&
		    simmail_add_box(c->sim, c->argv[i]) < 0)
			die("there is no room for another mailbox");
}

static void do_folder(struct call *c)
{
	uint32_t bits = 0;
	int folder;

	for (int i = 2; i < c->argc; i++)
		bits |= BRG_KIND_BIT(kind_named(c->argv[i]));
	folder = simmail_add_folder(c->sim, c->box, c->argv[1], bits);
	if (folder < 0)
		die("there is no room for another folder");
	(void)puts(c->sim->boxes[c->box].folders[folder].id);
}

static void do_hide(struct call *c)
{
	simmail_unmap_folder(c->sim, c->box, folder_named(c, c->argv[1]), true);
}

static void do_show(struct call *c)
{
	simmail_unmap_folder(c->sim, c->box, folder_named(c, c->argv[1]), false);
}

static void do_habits(struct call *c)
{
	char *words = lines_of(c, 1);
	const char *wrong;

	for (char *s = words; *s; s++)
		if (*s == '\n')
			*s = ' ';
	wrong = simmail_set_habits(&c->sim->boxes[c->box].habits, words);
	if (wrong)
		die("no such habit: %s", wrong);
	free(words);
}

static int word_of(const char *word, const char *(*name)(int), int n, const char *what)
{
	for (int i = 0; i < n; i++)
		if (strcmp(name(i), word) == 0)
			return i;
	die("no such %s: %s", what, word);
}

static void do_fault(struct call *c)
{
	int call = word_of(c->argv[1], simmail_call_name, SIMMAIL_CALLS, "call");
	int fault = word_of(c->argv[2], simmail_fault_name, SIMMAIL_FAULTS, "fault");
	long n = c->argc > 3 ? strtol(c->argv[3], NULL, 10) : 1;

	if (!simmail_script(c->sim, c->box, call, fault, (uint32_t)n))
		die("that fault is none of that call, or there is no room");
}

static void do_trouble(struct call *c)
{
	simmail_trouble(c->sim, (uint16_t)strtoul(c->argv[0], NULL, 10));
}

static void do_expire(struct call *c)
{
	simmail_expire(c->sim, c->box, folder_named(c, c->argv[1]));
}

static void do_snapshot(struct call *c)
{
	simmail_snapshot(c->sim, c->box);
}

static void do_restore(struct call *c)
{
	if (!simmail_restore(c->sim, c->box))
		die("there is no snapshot");
}

static void do_empty(struct call *c)
{
	simmail_empty(c->sim, c->box, true);
}

static void do_lose(struct call *c)
{
	simmail_empty(c->sim, c->box, false);
}

static void do_guid(struct call *c)
{
	simmail_set_guid(c->sim, c->box, c->argv[1]);
}

static void do_settle(struct call *c)
{
	(void)printf("%u\n", simmail_settle(c->sim));
}

/* ---- commands -------------------------------------------------------------------------------*/

enum { NO_BOX, A_BOX, AN_ITEM }; /* what the first arguments are */

static const struct command {
	const char *name;
	int target, least; /* arguments */
	void (*run)(struct call *c);
} commands[] = {
	{ "make", NO_BOX, 1, do_make },	       { "list", A_BOX, 1, do_list },
	{ "dump", NO_BOX, 0, do_dump },	       { "create", A_BOX, 2, do_create },
	{ "edit", AN_ITEM, 3, do_edit },       { "delete", AN_ITEM, 2, do_delete },
	{ "purge", AN_ITEM, 2, do_purge },     { "move", AN_ITEM, 3, do_move },
	{ "copy", AN_ITEM, 3, do_copy },       { "private", AN_ITEM, 2, do_private },
	{ "public", AN_ITEM, 2, do_public },   { "track", AN_ITEM, 2, do_track },
	{ "untrack", AN_ITEM, 2, do_untrack }, { "respond", AN_ITEM, 3, do_respond },
	{ "random", A_BOX, 3, do_random },     { "folder", A_BOX, 3, do_folder },
	{ "hide", A_BOX, 2, do_hide },	       { "show", A_BOX, 2, do_show },
	{ "habits", A_BOX, 2, do_habits },     { "fault", A_BOX, 3, do_fault },
	{ "trouble", NO_BOX, 1, do_trouble },  { "expire", A_BOX, 2, do_expire },
	{ "snapshot", A_BOX, 1, do_snapshot }, { "restore", A_BOX, 1, do_restore },
	{ "empty", A_BOX, 1, do_empty },       { "lose", A_BOX, 1, do_lose },
	{ "guid", A_BOX, 2, do_guid },	       { "settle", NO_BOX, 0, do_settle },
	{ "mails", NO_BOX, 0, do_mails },      { "counts", NO_BOX, 0, do_counts },
};

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	die("no such command: %s", name);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct call c = { .argv = argv + 3, .argc = argc - 3 };
	struct timespec now;
	int fd;

	if (argc < 3)
		die("simctl FILE COMMAND ...");
	command = command_named(argv[2]);
	if (c.argc < command->least)
		die("%s wants more arguments", command->name);
	c.sim = simmail_map(argv[1], strcmp(command->name, "make") == 0, 1, &fd);
	if (!c.sim)
		die("%s: %s", argv[1], strerror(errno));
	(void)flock(fd, LOCK_EX);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	c.sim->now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (command->target != NO_BOX && (c.box = simmail_find_box(c.sim, c.argv[0])) < 0)
		die("no such mailbox: %s", c.argv[0]);
	if (command->target == AN_ITEM &&
	    (c.item = simmail_find_item(c.sim, c.box, brg_cstr(c.argv[1]))) < 0)
		die("no such item: %s", c.argv[1]);
	command->run(&c);
	simmail_unmap(c.sim, fd);
	return 0;
}
