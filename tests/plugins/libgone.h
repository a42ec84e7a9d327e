/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_TEST_LIBGONE_H
#define BRG_TEST_LIBGONE_H

int libgone_answer(void);

#endif
