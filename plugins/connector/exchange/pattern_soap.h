/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_EXCHANGE_PATTERN_SOAP_H
#define BRG_EXCHANGE_PATTERN_SOAP_H

#include "pattern.h"
#include "soap.h"

/* Of <Recurrence>. False: it has a pattern that is not known. */
bool pattern_read(struct exchange *x, const xmlNode *recurrence, struct pattern *out);
/* <t:Recurrence>; first_day: "YYYY-MM-DD" in the zone of the series. */
void pattern_write(struct soap *s, const struct pattern *p, struct brg_str first_day);

#endif
