/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

int main(void)
{
	log_init(BRG_LOG_INFO, "");
	return 2;
}
