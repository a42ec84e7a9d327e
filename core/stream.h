/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_STREAM_H
#define BRG_CORE_STREAM_H

#include <brygga/host.h>

/* The service "stream" 1 over core/net, for sessions whose host is a struct host. */
const struct brg_stream_service *stream_service(void);

#endif
