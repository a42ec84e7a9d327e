/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/libgone.h"

__attribute__((visibility("default"))) int libgone_answer(void)
{
	return 42;
}
