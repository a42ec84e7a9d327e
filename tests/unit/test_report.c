/* SPDX-License-Identifier: Apache-2.0
 *
 * Mails about mail: every message of tests/reports/corpus says what tests/reports/expected holds.
 */
#include "core/blob.h"
#include "core/report.h"

#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct brg_arena *arena;
static const char *folder; /* tests/reports */
static char **names;
static int n_names;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

/* ---- the corpus -----------------------------------------------------------------------------*/

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_corpus(void)
{
	DIR *dir = opendir(arena_printf(arena, "%s/corpus", folder));
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char *end = strstr(e->d_name, ".eml");

		if (!end)
			continue;
		names = xrealloc(names, (size_t)n_names + 1, sizeof(*names));
		names[n_names] = xstrdup(e->d_name);
		names[n_names++][end - e->d_name] = '\0';
	}
	if (dir)
		closedir(dir);
	if (n_names)
		qsort(names, (size_t)n_names, sizeof(*names), by_name);
}

static struct brg_blob *load(const char *path)
{
	struct brg_blob *blob = blob_new(arena);
	struct brg_err err = BRG_ERR_INIT;
	FILE *f = fopen(path, "rb");
	char piece[4096];
	size_t n;

	ck_assert_msg(f != NULL, "%s cannot be read", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		ck_assert_int_eq(blob_add(blob, piece, n, &err), 0);
	(void)fclose(f);
	return blob;
}

static void header_of(struct brg_blob *raw, struct mime_header *out)
{
	struct brg_err err = BRG_ERR_INIT;
	char *head = arena_alloc(arena, MIME_HEADER_MAX);
	int64_t n = blob_read(raw, 0, head, MIME_HEADER_MAX, &err);

	ck_assert_int_ge(n, 0);
	mime_header((struct brg_str){ head, (size_t)n }, arena, out);
}

/* ---- what is expected -----------------------------------------------------------------------*/

/* A value, or one of {"any": [...]}. */
static bool fits(const json_t *want, const char *have)
{
	const json_t *any = json_object_get(want, "any"), *one;
	size_t i;

	json_array_foreach(any, i, one)
	{
		if (fits(one, have))
			return true;
	}
	return json_is_string(want) && strcmp(json_string_value(want), have) == 0;
}

static const char *text(struct brg_str s)
{
	return arena_str(arena, s).ptr;
}

/* In any order: programs list their recipients as they like. */
static bool recipients_fit(const json_t *want, const struct report *r)
{
	const json_t *any = json_object_get(want, "any"), *one;
	bool used[REPORT_RECIPIENTS_MAX] = { false };
	size_t i;

	json_array_foreach(any, i, one)
	{
		if (recipients_fit(one, r))
			return true;
	}
	if (!json_is_array(want) || json_array_size(want) != r->n_recipients)
		return false;
	json_array_foreach(want, i, one)
	{
		size_t k;

		for (k = 0; k < r->n_recipients; k++)
			if (!used[k] &&
			    fits(json_object_get(one, "address"), text(r->recipients[k].address)) &&
			    fits(json_object_get(one, "state"),
				 report_state_name(r->recipients[k].state)) &&
			    fits(json_object_get(one, "status"), text(r->recipients[k].status)))
				break;
		if (k == r->n_recipients)
			return false;
		used[k] = true;
	}
	return true;
}

static bool about_fits(const json_t *want, bool first_only, const struct report *r)
{
	const json_t *any = json_object_get(want, "any"), *one;
	size_t n = json_array_size(want), i;

	json_array_foreach(any, i, one)
	{
		if (about_fits(one, first_only, r))
			return true;
	}
	if (any || (first_only ? (n > 0) != (r->n_about > 0) : n != r->n_about))
		return false;
	for (i = 0; i < n && (i == 0 || !first_only); i++)
		if (!fits(json_array_get(want, i), text(r->about[i])))
			return false;
	return true;
}

static bool said_fits(const json_t *want, const struct report *r)
{
	const json_t *one;
	size_t i, k;

	json_array_foreach(want, i, one)
	{
		for (k = 0; k < r->n_recipients; k++)
			if (strstr(text(r->recipients[k].said), json_string_value(one)))
				break;
		if (k == r->n_recipients)
			return false;
	}
	return true;
}

static const char *show(const struct report *r)
{
	char *out = arena_printf(arena, "%s (%s) about", report_kind_name(r->kind), r->shape);

	for (size_t i = 0; i < r->n_about; i++)
		out = arena_printf(arena, "%s <%s>", out, text(r->about[i]));
	for (size_t i = 0; i < r->n_recipients && i < 5; i++)
		out = arena_printf(arena, "%s\n  %s %s \"%s\" said \"%s\"", out,
				   text(r->recipients[i].address),
				   report_state_name(r->recipients[i].state),
				   text(r->recipients[i].status), text(r->recipients[i].said));
	return arena_printf(arena, "%s\n  subject \"%s\"", out, text(r->original_subject));
}

START_TEST(corpus)
{
	const char *name = names[_i];
	struct brg_blob *raw = load(arena_printf(arena, "%s/corpus/%s.eml", folder, name));
	json_t *want =
		json_load_file(arena_printf(arena, "%s/expected/%s.json", folder, name), 0, NULL);
	const json_t *recipients = json_object_get(want, "recipients");
	const json_t *least = json_object_get(want, "recipients_at_least");
	const json_t *subject = json_object_get(want, "original_subject");
	struct brg_err err = BRG_ERR_INIT;
	struct mime_header header;
	struct report r, answer;

	ck_assert_msg(want != NULL, "%s: nothing is expected of it", name);
	header_of(raw, &header);
	ck_assert_int_eq(report_read(raw, &header, arena, &r, &err), 0);
	ck_assert_msg(fits(json_object_get(want, "kind"), report_kind_name(r.kind)), "%s: kind: %s",
		      name, show(&r));
	if (r.kind == REPORT_NONE) {
		ck_assert_msg(r.n_about == 0 && r.n_recipients == 0, "%s: %s", name, show(&r));
		json_decref(want);
		return;
	}
	ck_assert_msg(about_fits(json_object_get(want, "about"),
				 json_is_true(json_object_get(want, "about_first")), &r),
		      "%s: about: %s", name, show(&r));
	ck_assert_msg(!recipients || recipients_fit(recipients, &r), "%s: recipients: %s", name,
		      show(&r));
	ck_assert_msg(!least || (json_int_t)r.n_recipients >= json_integer_value(least),
		      "%s: at least: %s", name, show(&r));
	ck_assert_msg(!subject || fits(subject, text(r.original_subject)), "%s: subject: %s", name,
		      show(&r));
	ck_assert_msg(said_fits(json_object_get(want, "said_has"), &r), "%s: said: %s", name,
		      show(&r));
	/* What needs its body to be known is fetched whole; what does not is known without. */
	ck_assert_int_eq(report_read(NULL, &header, arena, &answer, &err), 0);
	if (r.kind == REPORT_DELIVERY || r.kind == REPORT_DISPOSITION)
		ck_assert_msg(report_likely(&header, arena), "%s: not likely", name);
	else if (!report_likely(&header, arena))
		ck_assert_msg(answer.kind == r.kind, "%s: without its body: %s", name,
			      show(&answer));
	json_decref(want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("corpus");
	SRunner *runner = srunner_create(s);
	int failed;

	struct brg_arena *own = arena_new();
	const char *srcdir = getenv("srcdir");

	mime_init();
	arena = own;
	folder = arena_printf(own, "%s/tests/reports", srcdir ? srcdir : ".");
	list_corpus();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, corpus, 0, n_names);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner) + (n_names == 0);
	srunner_free(runner);
	for (int i = 0; i < n_names; i++)
		free(names[i]);
	free(names);
	arena_free(&own);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
