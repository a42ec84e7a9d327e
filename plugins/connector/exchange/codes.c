/* SPDX-License-Identifier: Apache-2.0 */
#include "codes.h"

#include "exchange.h"

#include <stdlib.h>

/* In the order of strcmp(). Sources: Microsoft's list of ResponseCode (web-service-reference), and
 * what clients have met beside it. */
static const struct known {
	const char *code;
	enum code_class class;
} known[] = {
	{ "ErrorADOperation", CODE_TROUBLE },
	{ "ErrorADSessionFilter", CODE_TROUBLE },
	{ "ErrorADUnavailable", CODE_TROUBLE },
	{ "ErrorAccessDenied", CODE_DENIED },
	{ "ErrorAccountDisabled", CODE_LOGIN },
	{ "ErrorAccountSuspend", CODE_LOGIN },
	{ "ErrorBatchProcessingStopped", CODE_TROUBLE },
	{ "ErrorCalendarOccurrenceIsDeletedFromRecurrence", CODE_GONE },
	{ "ErrorCannotDeleteObject", CODE_GONE },
	{ "ErrorChangeKeyRequired", CODE_CONFLICT },
	{ "ErrorChangeKeyRequiredForWriteOperations", CODE_CONFLICT },
	{ "ErrorClientDisconnected", CODE_TROUBLE },
	{ "ErrorConnectionFailed", CODE_TROUBLE },
	{ "ErrorConnectionFailedTransientError", CODE_TROUBLE },
	{ "ErrorCreateItemAccessDenied", CODE_DENIED },
	{ "ErrorCrossSiteRequest", CODE_TROUBLE },
	{ "ErrorDataSizeLimitExceeded", CODE_TOO_MUCH },
	{ "ErrorExceededConnectionCount", CODE_TOO_MUCH },
	{ "ErrorExceededFindCountLimit", CODE_TOO_MUCH },
	{ "ErrorExceededSubscriptionCount", CODE_TOO_MUCH },
	{ "ErrorExpiredSubscription", CODE_WATCH },
	{ "ErrorFolderNotFound", CODE_FOLDER },
	{ "ErrorImpersonateUserDenied", CODE_DENIED },
	{ "ErrorImpersonationDenied", CODE_DENIED },
	{ "ErrorImpersonationFailed", CODE_DENIED },
	{ "ErrorIncorrectSchemaVersion", CODE_DENIED },
	{ "ErrorInsufficientResources", CODE_TROUBLE },
	{ "ErrorInternalServerError", CODE_TROUBLE },
	{ "ErrorInternalServerTransientError", CODE_TROUBLE },
	{ "ErrorInvalidAuthorizationContext", CODE_LOGIN },
	{ "ErrorInvalidChangeKey", CODE_CONFLICT },
	{ "ErrorInvalidExchangeImpersonationHeaderData", CODE_DENIED },
	{ "ErrorInvalidLicense", CODE_DENIED },
	{ "ErrorInvalidSerializedAccessToken", CODE_LOGIN },
	{ "ErrorInvalidServerVersion", CODE_DENIED },
	{ "ErrorInvalidSubscription", CODE_WATCH },
	{ "ErrorInvalidSyncStateData", CODE_STATE },
	{ "ErrorInvalidToken", CODE_LOGIN },
	{ "ErrorInvalidWatermark", CODE_WATCH },
	{ "ErrorIrresolvableConflict", CODE_CONFLICT },
	{ "ErrorItemNotFound", CODE_GONE },
	{ "ErrorMailboxFailover", CODE_TROUBLE },
	{ "ErrorMailboxLogonFailed", CODE_LOGIN },
	{ "ErrorMailboxMoveInProgress", CODE_TROUBLE },
	{ "ErrorMailboxStoreUnavailable", CODE_TROUBLE },
	{ "ErrorMessagePerFolderCountReceiveQuotaExceeded", CODE_FULL },
	{ "ErrorMessageTrackingTransientError", CODE_TROUBLE },
	{ "ErrorMissedNotificationEvents", CODE_WATCH },
	{ "ErrorNoRespondingCASInDestinationSite", CODE_TROUBLE },
	{ "ErrorNonExistentMailbox", CODE_DENIED },
	{ "ErrorNonPrimarySmtpAddress", CODE_DENIED },
	{ "ErrorNotEnoughMemory", CODE_TROUBLE },
	{ "ErrorOrganizationAccessBlocked", CODE_DENIED },
	{ "ErrorPasswordChangeRequired", CODE_LOGIN },
	{ "ErrorPasswordExpired", CODE_LOGIN },
	{ "ErrorProxyCallFailed", CODE_TROUBLE },
	{ "ErrorProxyRequestProcessingFailed", CODE_TROUBLE },
	{ "ErrorProxyTokenExpired", CODE_TROUBLE },
	{ "ErrorQuotaExceeded", CODE_FULL },
	{ "ErrorReadEventsFailed", CODE_WATCH },
	{ "ErrorServerBusy", CODE_BUSY },
	{ "ErrorServiceUnavailable", CODE_TROUBLE },
	{ "ErrorStaleObject", CODE_CONFLICT },
	{ "ErrorSubmissionQuotaExceeded", CODE_TOO_MUCH },
	{ "ErrorSubscriptionNotFound", CODE_WATCH },
	{ "ErrorSyncFolderNotFound", CODE_FOLDER },
	{ "ErrorTeamMailboxErrorUnknown", CODE_TROUBLE },
	{ "ErrorTimeoutExpired", CODE_TROUBLE },
	{ "ErrorTooManyObjectsOpened", CODE_TROUBLE },
	{ "NoError", CODE_FINE },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static int by_code(const void *key, const void *row)
{
	const struct brg_str *code = key;
	const struct known *k = row;
	size_t n = strlen(k->code);
	int c = memcmp(code->ptr, k->code, code->len < n ? code->len : n);

	return c ? c : (code->len > n) - (code->len < n);
}

enum code_class code_class(struct brg_str code)
{
	const struct known *k =
		code.len ? bsearch(&code, known, KNOWN, sizeof(known[0]), by_code) : NULL;

	return k ? k->class : CODE_ITEM;
}

int code_fail(struct brg_str code, struct brg_str said, uint32_t back_off_ms, const char *operation,
	      struct brg_err *err)
{
	static const struct brg_fault *const faults[] = {
		[CODE_FINE] = &ews_odd,		 [CODE_BUSY] = &ews_busy,
		[CODE_TROUBLE] = &ews_trouble,	 [CODE_TOO_MUCH] = &ews_too_much,
		[CODE_CONFLICT] = &ews_conflict, [CODE_STATE] = &ews_state,
		[CODE_FOLDER] = &ews_folder,	 [CODE_WATCH] = &ews_watch,
		[CODE_GONE] = &ews_gone,	 [CODE_LOGIN] = &ews_login,
		[CODE_DENIED] = &ews_denied,	 [CODE_FULL] = &ews_full,
		[CODE_ITEM] = &ews_item,
	};

	/* A pause that it asks for is one, whatever it is called. */
	(void)brg_fail(err, back_off_ms ? &ews_busy : faults[code_class(code)],
		       "operation=%s\ncode=%.*s", operation, code.len < 80 ? (int)code.len : 80,
		       code.ptr);
	err->retry_after_ms = back_off_ms;
	return said.len ? brg_said(err, said) : err->code;
}
