/* SPDX-License-Identifier: Apache-2.0
 *
 * A fuzz target is one function over bytes, as libFuzzer calls it. It aborts where a
 * promise is broken; sanitizers see the rest.
 */
#ifndef BRG_FUZZ_H
#define BRG_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define PROMISE(what)                                                                            \
	do {                                                                                     \
		if (!(what)) {                                                                   \
			(void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                                 \
		}                                                                                \
	} while (0)

#endif
