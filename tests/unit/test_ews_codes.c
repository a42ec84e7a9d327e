/* SPDX-License-Identifier: Apache-2.0
 *
 * Each response code in the class that it was given, and what the core makes of the class.
 */
#include "plugins/connector/exchange/codes.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	enum code_class class;
	const char *codes; /* blanks between them */
} classes[] = {
	{ CODE_BUSY, "ErrorServerBusy" },
	{ CODE_TROUBLE,
	  "ErrorTimeoutExpired ErrorADUnavailable ErrorADOperation ErrorADSessionFilter "
	  "ErrorServiceUnavailable ErrorConnectionFailed ErrorConnectionFailedTransientError "
	  "ErrorInsufficientResources ErrorInternalServerTransientError ErrorInternalServerError "
	  "ErrorMailboxFailover ErrorMailboxMoveInProgress ErrorMailboxStoreUnavailable "
	  "ErrorNotEnoughMemory ErrorTooManyObjectsOpened ErrorProxyRequestProcessingFailed "
	  "ErrorProxyCallFailed ErrorProxyTokenExpired ErrorNoRespondingCASInDestinationSite "
	  "ErrorCrossSiteRequest ErrorMessageTrackingTransientError ErrorTeamMailboxErrorUnknown "
	  "ErrorBatchProcessingStopped ErrorClientDisconnected" },
	{ CODE_TOO_MUCH, "ErrorExceededConnectionCount ErrorExceededFindCountLimit "
			 "ErrorExceededSubscriptionCount ErrorSubmissionQuotaExceeded "
			 "ErrorDataSizeLimitExceeded" },
	{ CODE_CONFLICT, "ErrorIrresolvableConflict ErrorStaleObject ErrorInvalidChangeKey "
			 "ErrorChangeKeyRequired ErrorChangeKeyRequiredForWriteOperations" },
	{ CODE_STATE, "ErrorInvalidSyncStateData" },
	{ CODE_FOLDER, "ErrorSyncFolderNotFound ErrorFolderNotFound" },
	{ CODE_WATCH, "ErrorSubscriptionNotFound ErrorInvalidSubscription ErrorExpiredSubscription "
		      "ErrorInvalidWatermark ErrorMissedNotificationEvents ErrorReadEventsFailed" },
	{ CODE_GONE, "ErrorItemNotFound ErrorCalendarOccurrenceIsDeletedFromRecurrence "
		     "ErrorCannotDeleteObject" },
	{ CODE_LOGIN, "ErrorPasswordExpired ErrorPasswordChangeRequired ErrorAccountDisabled "
		      "ErrorMailboxLogonFailed ErrorInvalidAuthorizationContext "
		      "ErrorInvalidSerializedAccessToken ErrorInvalidToken ErrorAccountSuspend" },
	{ CODE_DENIED,
	  "ErrorAccessDenied ErrorCreateItemAccessDenied ErrorImpersonateUserDenied "
	  "ErrorImpersonationDenied ErrorImpersonationFailed "
	  "ErrorInvalidExchangeImpersonationHeaderData ErrorNonExistentMailbox "
	  "ErrorNonPrimarySmtpAddress ErrorInvalidLicense ErrorOrganizationAccessBlocked "
	  "ErrorInvalidServerVersion ErrorIncorrectSchemaVersion" },
	{ CODE_FULL, "ErrorQuotaExceeded ErrorMessagePerFolderCountReceiveQuotaExceeded" },
	{ CODE_ITEM,
	  "ErrorSchemaValidation ErrorInvalidPropertySet ErrorInvalidRecipients "
	  "ErrorMissingRecipients ErrorCalendarEndDateIsEarlierThanStartDate "
	  "ErrorMessageSizeExceeded ErrorItemSave ErrorItemCorrupt ErrorCorruptData "
	  "ErrorMimeContentInvalid ErrorPropertyValidationFailure ErrorUnsupportedRecurrence "
	  "ErrorThatNobodyKnows Error NoErrorAtAll" },
	{ CODE_FINE, "NoError" },
};

/* What the core does by it. */
static const struct {
	enum code_class class;
	int cls, scope, retry;
} meanings[] = {
	{ CODE_BUSY, BRG_ELIMIT, BRG_SCOPE_MAILBOX, BRG_RETRY_LATER },
	{ CODE_TROUBLE, BRG_EIO, BRG_SCOPE_MAILBOX, BRG_RETRY_LATER },
	{ CODE_TOO_MUCH, BRG_EBUSY, BRG_SCOPE_MAILBOX, BRG_RETRY_LATER },
	{ CODE_CONFLICT, BRG_ECONFLICT, BRG_SCOPE_ITEM, BRG_RETRY_NOW },
	{ CODE_STATE, BRG_ECURSOR, BRG_SCOPE_FOLDER, BRG_RETRY_NOW },
	{ CODE_FOLDER, BRG_ENOTFOUND, BRG_SCOPE_FOLDER, BRG_RETRY_LATER },
	{ CODE_WATCH, BRG_ECURSOR, BRG_SCOPE_MAILBOX, BRG_RETRY_NOW },
	{ CODE_GONE, BRG_ENOTFOUND, BRG_SCOPE_ITEM, BRG_RETRY_NEVER },
	{ CODE_LOGIN, BRG_EAUTH, BRG_SCOPE_MAILBOX, BRG_RETRY_NEVER },
	{ CODE_DENIED, BRG_EAUTH, BRG_SCOPE_MAILBOX, BRG_RETRY_NEVER },
	{ CODE_FULL, BRG_EFULL, BRG_SCOPE_MAILBOX, BRG_RETRY_LATER },
	{ CODE_ITEM, BRG_EINVAL, BRG_SCOPE_ITEM, BRG_RETRY_NEVER },
	{ CODE_FINE, BRG_EPROTO, BRG_SCOPE_MAILBOX, BRG_RETRY_LATER },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void assert_class(struct brg_str code, size_t which)
{
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_msg(code_class(code) == classes[which].class, "%.*s is of class %d",
		      (int)code.len, code.ptr, code_class(code));
	ck_assert_int_eq(code_fail(code, brg_cstr("its words"), 0, "GetItem", &err),
			 meanings[which].cls);
	ck_assert_int_eq(err.scope, meanings[which].scope);
	ck_assert_int_eq(err.retry, meanings[which].retry);
	ck_assert_str_eq(err.said, "its words");
	ck_assert_ptr_nonnull(memmem(err.params, strlen(err.params), code.ptr, code.len));
}

START_TEST(every_code)
{
	const char *p = classes[_i].codes;
	size_t which = 0;

	ck_assert_uint_eq(N(classes), N(meanings));
	while (meanings[which].class != classes[_i].class)
		which++;
	ck_assert_uint_eq(which, (size_t)_i);
	while (*p) {
		size_t n = strcspn(p, " ");

		assert_class((struct brg_str){ p, n }, which);
		p += n + strspn(p + n, " ");
	}
}
END_TEST

/* Whatever it is called, a pause that was asked for is kept. */
START_TEST(a_pause_is_a_pause)
{
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_int_eq(code_fail(brg_cstr("ErrorInternalServerError"), brg_cstr(""), 297749,
				   "GetItem", &err),
			 BRG_ELIMIT);
	ck_assert_uint_eq(err.retry_after_ms, 297749);
}
END_TEST

START_TEST(no_code)
{
	ck_assert_int_eq(code_class(brg_cstr("")), CODE_ITEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ews codes");
	TCase *t = tcase_create("codes");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, every_code, 0, (int)N(classes));
	tcase_add_test(t, a_pause_is_a_pause);
	tcase_add_test(t, no_code);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
