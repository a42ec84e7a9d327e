/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_HTTP_H
#define BRG_CORE_HTTP_H

#include <brygga/http.h>

/* The service "http" 1 over core/net_http, for sessions whose host is a struct host. */
const struct brg_http_service *http_service(void);

#endif
