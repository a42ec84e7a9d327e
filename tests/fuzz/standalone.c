/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target over files, so that `make check` replays the corpus, and every
 * input that once broke something, with any compiler.
 *
 *	fuzz_NAME [FILE|FOLDER]...	(default: the corpus of the target)
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef FUZZ_CORPUS
#define FUZZ_CORPUS "tests/fuzz/corpus/" FUZZ_NAME
#endif

static unsigned long runs;

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t n = 0, got;

	if (!f) {
		perror(path);
		return 1;
	}
	do {
		bytes = realloc(bytes, n + 65536);
		if (!bytes)
			abort();
		got = fread(bytes + n, 1, 65536, f);
		n += got;
	} while (got);
	(void)fclose(f);
	LLVMFuzzerTestOneInput(bytes, n);
	free(bytes);
	runs++;
	return 0;
}

static int run_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[4096];
	int rc = 0;

	if (!dir)
		return run_file(path);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		rc |= run_file(name);
	}
	(void)closedir(dir);
	return rc;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char corpus[4096];
	int rc = 0;

	for (int i = 1; i < argc; i++)
		rc |= run_path(argv[i]);
	if (argc == 1) {
		(void)snprintf(corpus, sizeof(corpus), "%s/" FUZZ_CORPUS, srcdir ? srcdir : ".");
		rc = run_path(corpus);
	}
	printf("%lu inputs\n", runs);
	return rc || runs == 0;
}
