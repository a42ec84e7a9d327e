/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of test_correlate.c, which says how they are read. Sections are those of the model.
 */
/* clang-format off */
#ifdef CLUE_ROWS

/* ---- 4.4 In-Reply-To, then References from the last to the first ----------------------------*/
{ "rtis", "", "", "" },
{ "rtis", "Subject: x\nFrom: a@b\n", "", "" },
{ "rtis", "In-Reply-To: <a@x>\n", "a@x |", "" },
{ "rtis", "References: <a@x>\n", "| a@x", "" },
{ "rtis", "References: <a@x> <b@x> <c@x>\n", "| c@x b@x a@x", "" },
{ "rtis", "References: <a@x>\n <b@x>\n\t<c@x>\n", "| c@x b@x a@x", "" },
{ "rtis", "In-Reply-To: <a@x>\nReferences: <b@x> <c@x>\n", "a@x | c@x b@x", "" },
{ "rtis", "In-Reply-To: <c@x>\nReferences: <a@x> <c@x>\n", "c@x | a@x", "" },
{ "rtis", "References: <a@x> <b@x> <a@x> <b@x>\n", "| b@x a@x", "" },
{ "rtis", "In-Reply-To: your mail of Monday <a@x>\n", "a@x |", "" },
{ "rtis", "In-Reply-To: <a@x> <b@x>\n", "a@x |", "" },
{ "rtis", "In-Reply-To: a@x\n", "a@x |", "" },
{ "rtis", "In-Reply-To:\nReferences:\n", "", "" },
{ "rtis", "In-Reply-To: <>\nReferences: <> <a@x>\n", "| a@x", "" },
{ "rtis", "in-reply-to: <A@X>\nREFERENCES: <a@x>\n", "A@X | a@x", "" },
/* Nothing answers itself. */
{ "rtis", "Message-ID: <m@x>\nIn-Reply-To: <m@x>\nReferences: <a@x> <m@x>\n", "| a@x", "" },
{ "rtis", "Message-ID: <m@x>\nReferences: <m@x>\n", "", "" },
{ "rtis", "Message-ID: <m@x>\nIn-Reply-To: <M@x>\n", "M@x |", "" },
/* Each way can be turned off. */
{ "tis", "In-Reply-To: <a@x>\nReferences: <b@x>\n", "", "" },
{ "", "In-Reply-To: <a@x>\nSubject: hello CRM:0000000042\nThread-Index: " INDEX "\n", "", "" },
/* ---- 4.4 the conversation index -------------------------------------------------------------*/
{ "i", "Thread-Index: " INDEX "\n", "", HEAD },
{ "i", "Thread-Index: " INDEX "==\n", "", HEAD },
{ "i", "Thread-Index: " INDEX "==\nIn-Reply-To: <a@x>\n", "", HEAD },
{ "rts", "Thread-Index: " INDEX "==\n", "", "" },
/* Every letter of the alphabet. */
{ "i", "Thread-Index: AZaz09+/AZaz09+/AZaz09+/AZaz0w==\n", "", "0196b3d3dfbf0196b3d3dfbf0196b3d3dfbf0196b3d3" },
/* One answer, and two: the same conversation. */
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnopABCDEF\n", "", HEAD },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnopABCDEFGHIJKLM=\n", "", HEAD },
/* Folded, and cut behind the head. */
{ "i", "Thread-Index: AQHZ0123456789\n abcdefghijklmnopABCDEF\n", "", HEAD },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnopABC\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnopABCD\n", "", HEAD },
/* Too short, or no base64. */
{ "i", "Thread-Index:\n", "", "" },
{ "i", "Thread-Index: AQHZ\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmno\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmn==\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklm*opABCDEF\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnopABCD*F\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnop=ABCDE\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmnop====\n", "", "" },
{ "i", "Thread-Index: " INDEX "===\n", "", "" },
{ "i", "Thread-Index: =\n", "", "" },
{ "i", "Thread-Index: AQHZ0123456789abcdefghijklmn\xc3\xa5pABCDEF\n", "", "" },

#endif
#ifdef CHOICE_ROWS

/* ---- nothing to choose from -----------------------------------------------------------------*/
{ "rtis", "erik anna", "", "None" },
{ "", "erik anna", "", "Skipped" },
{ "r", "erik anna", "", "None" },
{ "t", "erik anna", "", "None" },
{ "i", "erik anna", "", "None" },
{ "s", "erik anna", "", "None" },
{ "", "erik anna", "reply0@9:erik,anna token0@9:erik,anna", "Skipped" },

/* ---- 4.4 the order of the ways --------------------------------------------------------------*/
{ "rtis", "erik anna", "reply0@1:erik,anna", "InReplyTo 0 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply1@1:erik,anna", "InReplyTo 0 0040 References" },
{ "rtis", "erik anna", "token0@1:erik,anna", "TrackingToken 0 0041" },
{ "rtis", "erik anna", "index0@1:erik,anna", "ConversationIndex 0 0042" },
{ "rtis", "erik anna", "smart0@1:erik,anna", "SmartMatching 0 0043" },
{ "rtis", "erik anna", "smart0@9:erik,anna index0@9:erik,anna token0@9:erik,anna reply0@1:erik,anna", "InReplyTo 3 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@1:erik,anna token0@9:erik,anna", "InReplyTo 0 0040 In-Reply-To" },
{ "rtis", "erik anna", "index0@9:erik,anna token0@1:erik,anna", "TrackingToken 1 0041" },
{ "rtis", "erik anna", "smart0@9:erik,anna index0@1:erik,anna", "ConversationIndex 1 0042" },
{ "rtis", "erik anna", "token1@9:erik,anna reply9@1:erik,anna", "InReplyTo 1 0040 References" },
/* Each can be turned off, and then the next counts. */
{ "tis", "erik anna", "reply0@9:erik,anna token0@1:erik,anna", "TrackingToken 1 0041" },
{ "ris", "erik anna", "token0@9:erik,anna index0@1:erik,anna", "ConversationIndex 1 0042" },
{ "rts", "erik anna", "index0@9:erik,anna smart0@9:erik,anna", "SmartMatching 1 0043" },
{ "rti", "erik anna", "smart0@9:erik,anna", "None" },
{ "r", "erik anna", "token0@9:erik,anna index0@9:erik,anna", "None" },
/* What a caller should not ask for is not found. */
{ "rtis", "erik anna", "none0@9:erik,anna", "None" },
{ "rtis", "erik anna", "header0@9:erik,anna", "None" },
{ "rtis", "erik anna", "skipped0@9:erik,anna", "None" },

/* ---- In-Reply-To before References, the last of those before the first ----------------------*/
{ "rtis", "erik anna", "reply1@9:erik,anna reply0@1:erik,anna", "InReplyTo 1 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply2@1:erik,anna reply1@1:erik,anna reply3@9:erik,anna", "InReplyTo 1 0040 References" },
/* An id needs no witness: programs write it. */
{ "rtis", "erik anna", "reply0@1:lisa,bo", "InReplyTo 0 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@1:", "InReplyTo 0 0040 In-Reply-To" },
/* Of several mails with one id that of the same people, then the newest. */
{ "rtis", "erik anna", "reply0@1:erik,anna reply0@2:erik,anna", "InReplyTo 1 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@2:erik,anna reply0@1:erik,anna", "InReplyTo 0 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@1:erik,anna reply0@9:lisa,anna", "InReplyTo 0 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@9:lisa,anna reply0@1:erik,anna", "InReplyTo 1 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply1@1:erik,anna reply0@9:lisa,anna", "InReplyTo 1 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@5:erik,anna reply0@5:erik,anna", "InReplyTo 0 0040 In-Reply-To" },

/* ---- 4.5 tokens are reused, copied and mistyped: somebody else must be in both mails --------*/
{ "rtis", "erik anna", "token0@1:anna,erik", "TrackingToken 0 0041" },
{ "rtis", "erik anna", "token0@1:anna,erik,lisa", "TrackingToken 0 0041" },
{ "rtis", "erik anna lisa", "token0@1:bo,lisa", "TrackingToken 0 0041" },
{ "rtis", "erik anna", "token0@1:anna,lisa", "None 0044" },
{ "rtis", "erik anna", "token0@1:bo,lisa", "None 0044" },
{ "rtis", "erik anna", "token0@1:anna", "None 0044" },
{ "rtis", "erik anna", "token0@1:", "None 0044" },
{ "rtis", "", "token0@1:erik,anna", "None 0044" },
/* The reader's other address is no witness either; a colleague is one. */
{ "rtis", "erik anna2", "token0@1:anna,lisa", "None 0044" },
{ "rtis", "erik anna anna2", "token0@1:anna,anna2,lisa", "None 0044" },
{ "rtis", "erik anna bo", "token0@1:bo,lisa", "TrackingToken 0 0041" },
/* Of one number used twice: the people decide, then the newest. */
{ "rtis", "erik anna", "token0@9:anna,lisa token0@1:anna,erik", "TrackingToken 1 0041" },
{ "rtis", "erik anna", "token0@1:anna,erik token0@9:anna,lisa", "TrackingToken 0 0041" },
{ "rtis", "erik anna", "token0@1:anna,erik token0@9:anna,erik", "TrackingToken 1 0041" },
{ "rtis", "erik anna", "token0@9:anna,erik token0@1:anna,erik", "TrackingToken 0 0041" },
/* The last token in the subject is the newest; one that does not count gives way. */
{ "rtis", "erik anna", "token1@9:anna,erik token0@1:anna,erik", "TrackingToken 1 0041" },
{ "rtis", "erik anna", "token0@1:anna,lisa token1@9:anna,erik", "TrackingToken 1 0041" },
{ "rtis", "erik anna", "token0@9:anna,lisa index0@1:anna,lisa", "ConversationIndex 1 0042" },

/* ---- the conversation -----------------------------------------------------------------------*/
{ "rtis", "erik anna", "index0@1:anna,erik index0@2:anna,erik", "ConversationIndex 1 0042" },
{ "rtis", "erik anna", "index0@2:anna,erik index0@1:anna,erik", "ConversationIndex 0 0042" },
{ "rtis", "erik anna", "index0@1:lisa,bo", "ConversationIndex 0 0042" },
{ "rtis", "erik anna", "index0@1:anna,erik index0@2:lisa,bo", "ConversationIndex 0 0042" },

/* ---- reports and automatic answers are nobody's parents -------------------------------------*/
{ "rtis", "erik anna", "reply0@1:erik,anna!", "None 0045" },
{ "rtis", "erik anna", "token0@1:erik,anna!", "None 0045" },
{ "rtis", "erik anna", "index0@1:erik,anna!", "None 0045" },
{ "rtis", "erik anna", "smart0@1:erik,anna!", "None 0045" },
{ "rtis", "erik anna", "reply0@9:erik,anna! reply1@1:erik,anna", "InReplyTo 1 0040 References" },
{ "rtis", "erik anna", "reply0@9:erik,anna! token0@1:erik,anna", "TrackingToken 1 0041" },
{ "rtis", "erik anna", "index0@9:erik,anna! index0@1:erik,anna", "ConversationIndex 1 0042" },
{ "tis", "erik anna", "reply0@1:erik,anna!", "None" },

/* ---- a mail of ours, or one that came -------------------------------------------------------*/
{ "rtis", "erik anna", "reply0@1:erik,anna<", "InReplyTo 0 0040 In-Reply-To" },
{ "rtis", "erik anna", "reply0@1:erik,anna< reply0@2:erik,anna", "InReplyTo 1 0040 In-Reply-To" },

#endif
#ifdef SMART_ROWS

/* ---- 4.5 smart matching ---------------------------------------------------------------------*/
/* All words, in any order and case; marks of answers do not count. */
{ "The crane", "erik anna", "The crane", "erik anna", 1, 0, 2, true },
{ "Re: The crane", "erik anna", "The crane", "anna erik", 1, 0, 2, true },
{ "SV: FW: the CRANE", "erik anna", "Re: The crane", "anna erik", 1, 0, 2, true },
{ "crane the", "erik anna", "The crane", "anna erik", 1, 0, 2, true },
{ "the the crane", "erik anna", "The crane", "anna erik", 1, 0, 2, true },
{ "Re: The crane", "erik anna", "The crane CRM:0000000042", "anna erik", 1, 0, 2, true },
{ "\xc3\x84rende", "erik anna", "\xc3\xa4rende", "anna erik", 1, 0, 2, true },
{ "The crane", "erik anna", "The boat", "anna erik", 1, 0, 2, false },
{ "The crane", "erik anna", "The crane today", "anna erik", 1, 0, 2, false },
{ "The crane today", "erik anna", "The crane", "anna erik", 1, 0, 2, false },
{ "Re:", "erik anna", "Re:", "anna erik", 1, 0, 2, false },
{ "", "erik anna", "", "anna erik", 1, 0, 2, false },
{ "The crane", "erik anna", "", "anna erik", 1, 9, 2, false },
/* As many words may differ as the setting says: one more, one less, one for another. */
{ "The crane today", "erik anna", "The crane", "anna erik", 1, 1, 2, true },
{ "The crane", "erik anna", "The crane today", "anna erik", 1, 1, 2, true },
{ "The crane", "erik anna", "The boat", "anna erik", 1, 1, 2, false },
{ "The crane", "erik anna", "The boat", "anna erik", 1, 2, 2, true },
{ "a b c d", "erik anna", "a b", "anna erik", 1, 1, 2, false },
/* Only the first 20 words are looked at. */
{ "a b c d e f g h i j k l m n o p q r s t u", "erik anna", "a b c d e f g h i j k l m n o p q r s t x y", "anna erik", 1, 0, 2, true },
{ "a b c d e f g h i j k l m n o p q r s t", "erik anna", "x b c d e f g h i j k l m n o p q r s t", "anna erik", 1, 0, 2, false },
/* At least two people in common; the reader is one of them, and one only. */
{ "The crane", "erik anna", "The crane", "anna lisa", 1, 0, 2, false },
{ "The crane", "erik anna", "The crane", "lisa bo", 1, 0, 2, false },
{ "The crane", "erik lisa", "The crane", "lisa erik", 1, 0, 2, true },
{ "The crane", "anna anna2", "The crane", "anna anna2", 1, 0, 2, false },
{ "The crane", "erik anna2", "The crane", "anna erik", 1, 0, 2, true },
{ "The crane", "erik anna anna2", "The crane", "anna anna2 erik", 1, 0, 3, false },
{ "The crane", "erik anna lisa", "The crane", "anna erik lisa", 1, 0, 3, true },
{ "The crane", "erik anna", "The crane", "erik erik erik", 1, 0, 2, false },
{ "The crane", "erik erik", "The crane", "erik bo", 1, 0, 2, false },
{ "The crane", "erik anna", "The crane", "", 1, 0, 2, false },
{ "The crane", "erik anna", "The crane", "anna lisa", 1, 0, 1, false },
{ "The crane", "erik anna", "The crane", "erik lisa", 1, 0, 1, true },
/* Not what is older than 90 days. */
{ "The crane", "erik anna", "The crane", "anna erik", 0, 0, 2, true },
{ "The crane", "erik anna", "The crane", "anna erik", 89, 0, 2, true },
{ "The crane", "erik anna", "The crane", "anna erik", 90, 0, 2, true },
{ "The crane", "erik anna", "The crane", "anna erik", 91, 0, 2, false },
{ "The crane", "erik anna", "The crane", "anna erik", -1, 0, 2, true },

#endif
/* clang-format on */
