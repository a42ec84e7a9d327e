/* SPDX-License-Identifier: Apache-2.0
 *
 * How the cases of both conformance kits check: a case is a function of a kit that remembers that
 * it `failed`, and returns at the first check that does not hold.
 */
#ifndef BRG_KIT_CHECK_H
#define BRG_KIT_CHECK_H

/* fail: tells it, and sets failed. */
#define KIT_CHECK(fail, k, what)                            \
	do {                                                \
		if (!(what)) {                              \
			fail(k, __FILE__, __LINE__, #what); \
			return;                             \
		}                                           \
	} while (0)
/* After a helper that may have failed. */
#define CHECK_STILL(k)           \
	do {                     \
		if ((k)->failed) \
			return;  \
	} while (0)

#endif
