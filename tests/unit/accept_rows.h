/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of test_accept.c, which says how they are read. Sections are those of the model.
 */
/* clang-format off */

/* ---- 4.2 the five methods, and the list -----------------------------------------------------*/
/* All mail, whoever sent it and whatever it answers. */
{ "all", "from:x@stranger.example to:anna", "", "+0001 AcceptAll" },
{ "all", "from:erik to:anna", "", "+0001 AcceptAll" },
{ "all", "from:lisa to:anna", "answer", "+0001 AcceptAll" },
{ "all", "from:crane to:anna", "", "+0001 AcceptAll" },
{ "all", "from:bo to:anna", "", "+0001 AcceptAll" },
{ "all", "from:support to:anna", "", "+0001 AcceptAll" },
/* Answers to what the store has. */
{ "replies", "from:x@stranger.example to:anna", "answer", "+0021? CorrelationMatch" },
{ "replies", "from:x@stranger.example to:anna", "", "-0022? NoCorrelationMatch" },
{ "replies", "from:erik to:anna", "answer", "+0021? CorrelationMatch" },
{ "replies", "from:erik to:anna", "", "-0022? NoCorrelationMatch" },
{ "replies", "from:bo to:anna", "answer", "+0021? CorrelationMatch" },
{ "replies", "from:bo to:anna", "", "-0022? NoCorrelationMatch" },
{ "replies", "from:crane to:anna", "", "-0022? NoCorrelationMatch" },
/* Contacts, leads and accounts, and nobody else. */
{ "contacts", "from:erik to:anna", "", "+0024 SenderMatch" },
{ "contacts", "from:lisa to:anna", "", "+0024 SenderMatch" },
{ "contacts", "from:firm to:anna", "", "+0024 SenderMatch" },
{ "contacts", "from:crane to:anna", "", "-0025 Unknown" },
{ "contacts", "from:boat to:anna", "", "-0025 Unknown" },
{ "contacts", "from:bo to:anna", "", "-0025 Unknown" },
{ "contacts", "from:support to:anna", "", "-0025 Unknown" },
{ "contacts", "from:x@stranger.example to:anna", "", "-0025 Unknown" },
{ "contacts", "from:x@stranger.example to:anna", "answer", "-0025 Unknown" },
{ "contacts", "from:erik to:anna", "answer", "+0024 SenderMatch" },
/* The sender is who wrote it: not who sent it on, not who is to be answered, not who else got it. */
{ "contacts", "from:x@stranger.example sender:erik to:anna", "", "-0025 Unknown" },
{ "contacts", "from:x@stranger.example reply-to:erik to:anna", "", "-0025 Unknown" },
{ "contacts", "from:x@stranger.example to:anna cc:erik", "", "-0025 Unknown" },
{ "contacts", "from:erik sender:x@stranger.example to:anna", "", "+0024 SenderMatch" },
/* Anything that the directory has. */
{ "records", "from:erik to:anna", "", "+0026 SenderMatch" },
{ "records", "from:lisa to:anna", "", "+0026 SenderMatch" },
{ "records", "from:firm to:anna", "", "+0026 SenderMatch" },
{ "records", "from:crane to:anna", "", "+0026 SenderMatch" },
{ "records", "from:boat to:anna", "", "+0026 SenderMatch" },
{ "records", "from:bo to:anna", "", "+0026 SenderMatch" },
{ "records", "from:support to:anna", "", "+0026 SenderMatch" },
{ "records", "from:x@stranger.example to:anna", "", "-0027 Unknown" },
{ "records", "from:x@stranger.example to:anna cc:crane", "", "-0027 Unknown" },
{ "records", "from:x@stranger.example to:anna", "answer", "-0027 Unknown" },
/* Never by itself. */
{ "none", "from:erik to:anna", "", "-0002 Unknown" },
{ "none", "from:erik to:anna", "answer", "-0002 Unknown" },
{ "none", "from:x@stranger.example to:x@stranger.example", "", "-0002 Unknown" },
{ "none", "from: to:anna", "", "-0002 Unknown" },
/* A mailbox whose rule nobody has looked up takes nothing. */
{ "usual", "from:erik to:anna", "answer", "-0002 Unknown" },
/* The list of ours: addresses and domains, in any case, no subdomains. */
{ "senders customer.example", "from:erik to:anna", "", "+0003 SenderMatch" },
{ "senders erik@customer.example", "from:erik to:anna", "", "+0003 SenderMatch" },
{ "senders erik@customer.example", "from:lisa to:anna", "", "-0004 Unknown" },
{ "senders other.example erik@customer.example", "from:ERIK@Customer.Example to:anna", "", "+0003 SenderMatch" },
{ "senders customer.example", "from:a@mail.customer.example to:anna", "", "-0004 Unknown" },
{ "senders customer.example", "from:a@notcustomer.example to:anna", "", "-0004 Unknown" },
{ "senders customer.example", "from:x@stranger.example to:anna", "answer", "-0004 Unknown" },
{ "senders customer.example", "from:x@stranger.example sender:erik to:anna", "", "-0004 Unknown" },
{ "senders", "from:erik to:anna", "", "-0004 Unknown" },

/* ---- 4.2 by hand, past every rule -----------------------------------------------------------*/
{ "none", "from:erik to:anna", "hand", "+0020 AcceptAll" },
{ "replies", "from:x@stranger.example to:anna", "hand", "+0020 AcceptAll" },
{ "replies", "from: to:x@stranger.example", "hand", "+0020 AcceptAll" },
{ "replies", "from:spam@bad.example to:anna", "hand block:bad.example", "+0020 AcceptAll" },
{ "replies", "from:bo to:anna", "hand sent-copy", "+0020 AcceptAll" },
{ "replies", "from:erik to:anna", "hand automatic", "+0020 AcceptAll" },
{ "replies", "from:erik to:anna", "hand forgotten", "+0020 AcceptAll" },
{ "replies", "from:anna to:erik", "hand own-id", "+0020 AcceptAll" },

/* ---- 4.3.1 what is here already -------------------------------------------------------------*/
{ "all", "from:anna to:anna", "own-id", "-0033 Duplicate" },
{ "replies", "from:anna to:erik bcc:anna", "own-id answer", "-0033 Duplicate" },
{ "contacts", "from:erik to:anna", "own-id", "-0033 Duplicate" },
{ "none", "from:erik to:anna", "own-id", "-0033 Duplicate" },
{ "all", "from:spam@bad.example to:anna", "own-id block:bad.example", "-0033 Duplicate" },

/* ---- 4.3.2 for whom -------------------------------------------------------------------------*/
/* Each field can name him. */
{ "records", "from:erik to:anna", "", "+0026 SenderMatch" },
{ "records", "from:erik to:x@else.example cc:anna", "", "+0026 SenderMatch" },
{ "records", "from:erik to:x@else.example bcc:anna", "", "+0026 SenderMatch" },
{ "records", "from:erik to:list@lists.example delivered:anna", "", "+0026 SenderMatch" },
{ "records", "from:erik to:x@else.example to:y@else.example cc:z@else.example cc:anna", "", "+0026 SenderMatch" },
/* Blind copies, lists, aliases that nobody has written down: the mailbox itself says who reads. */
{ "replies", "from:erik to:list@lists.example bcc:anna", "answer", "+0021? CorrelationMatch" },
{ "replies", "from:erik bcc:anna", "", "-0022? NoCorrelationMatch" },
{ "contacts", "from:erik bcc:anna", "", "+0024 SenderMatch" },
{ "contacts", "from:x@stranger.example bcc:anna", "", "-0025 Unknown" },
{ "senders customer.example", "from:erik to:list@lists.example bcc:anna", "", "+0003 SenderMatch" },
{ "all", "from:x@stranger.example to:list@lists.example bcc:anna", "", "+0001 AcceptAll" },
/* Somebody else of ours is enough: whose mailbox it lies in may not be named at all. */
{ "records", "from:erik to:bo", "", "+0026 SenderMatch" },
{ "records", "from:erik to:support", "", "+0026 SenderMatch" },
{ "records", "from:erik delivered:sales", "", "+0026 SenderMatch" },
/* Nobody of ours. */
{ "replies", "from:erik to:x@else.example", "answer", "-0029 NoRecipientMatch" },
{ "contacts", "from:erik to:x@else.example cc:y@else.example", "", "-0029 NoRecipientMatch" },
{ "records", "from:erik to:x@else.example delivered:x@else.example", "", "-0029 NoRecipientMatch" },
{ "senders customer.example", "from:erik to:x@else.example", "", "-0029 NoRecipientMatch" },
{ "records", "from:erik", "", "-0029 NoRecipientMatch" },
{ "records", "", "", "-0029 NoRecipientMatch" },
{ "all", "from:erik to:x@else.example", "", "+0001 AcceptAll" },
{ "all", "from:erik", "", "+0001 AcceptAll" },
/* Contacts and things are no recipients, nor are those whom From, Sender and Reply-To name. */
{ "records", "from:erik to:lisa cc:crane", "", "-0029 NoRecipientMatch" },
{ "records", "from:anna to:x@else.example", "", "-0029 NoRecipientMatch" },
{ "records", "from:erik sender:anna to:x@else.example", "", "-0029 NoRecipientMatch" },
{ "records", "from:erik reply-to:anna to:x@else.example", "", "-0029 NoRecipientMatch" },

/* ---- 4.3.2 an address that several have -----------------------------------------------------*/
{ "contacts", "from:erik+ from:lisa+ to:anna", "", "+0024 SenderMatch" },
{ "contacts", "from:crane+ from:erik+ to:anna", "", "+0024 SenderMatch" },
{ "contacts", "from:crane+ from:bo+ to:anna", "", "-0025 Unknown" },
{ "contacts", "from:erik+ from:lisa+ to:anna", "several-none", "-0025 Unknown" },
{ "records", "from:crane+ from:bo+ to:anna", "", "+0026 SenderMatch" },
{ "records", "from:crane+ from:bo+ to:anna", "several-none", "-0027 Unknown" },
{ "records", "from:erik to:bo+ to:carl+", "", "+0026 SenderMatch" },
{ "records", "from:erik to:bo+ to:carl+", "several-none", "-0029 NoRecipientMatch" },
{ "replies", "from:erik to:support+ to:sales+", "several-none answer", "-0029 NoRecipientMatch" },
{ "records", "from:erik to:bo+ to:carl+ cc:sales", "several-none", "+0026 SenderMatch" },
{ "all", "from:erik to:bo+ to:carl+", "several-none", "+0001 AcceptAll" },
/* The list is about addresses, whoever has them. */
{ "senders customer.example", "from:erik+ from:lisa+ to:anna", "several-none", "+0003 SenderMatch" },
/* The reader is known by his mailbox, though others have his address too. */
{ "records", "from:erik to:anna+ to:boat+", "several-none", "+0026 SenderMatch" },

/* ---- 4.3.3 whose rule -----------------------------------------------------------------------*/
/* Only the reader's, if nothing else is said. */
{ "none", "from:erik to:anna to:bo=all cc:support=all", "", "-0002 Unknown" },
{ "replies", "from:erik to:anna to:bo=contacts", "", "-0022? NoCorrelationMatch" },
/* Everybody's: the reader first, then queues, then users, each in the order of the fields. */
{ "contacts", "from:erik to:bo=all cc:anna to:support=all", "all-rules", "+0024 SenderMatch" },
{ "none", "from:erik to:anna to:bo=all cc:support=all", "all-rules", "+0032 AcceptAll support" },
{ "none", "from:erik to:anna to:bo=all cc:support=none", "all-rules", "+0032 AcceptAll bo" },
{ "none", "from:erik to:anna to:sales=all cc:support=all", "all-rules", "+0032 AcceptAll sales" },
{ "none", "from:erik to:anna to:carl=all cc:bo=all", "all-rules", "+0032 AcceptAll carl" },
{ "none", "from:erik to:anna bcc:support=all cc:carl=all", "all-rules", "+0032 AcceptAll support" },
{ "none", "from:erik to:anna delivered:bo=records", "all-rules", "+0032 SenderMatch bo" },
{ "contacts", "from:x@stranger.example to:anna to:bo=contacts cc:carl=records", "all-rules", "-0025 Unknown" },
{ "replies", "from:erik to:anna to:bo=contacts", "all-rules", "+0032? SenderMatch bo" },
{ "replies", "from:erik to:anna to:bo=contacts", "all-rules answer", "+0021? CorrelationMatch" },
{ "contacts", "from:x@stranger.example to:anna to:bo", "all-rules answer", "+0032? CorrelationMatch bo" },
{ "contacts", "from:x@stranger.example to:anna to:bo", "all-rules", "-0025? Unknown" },
{ "contacts", "from:x@stranger.example to:anna to:bo", "answer", "-0025 Unknown" },
{ "contacts", "from:erik to:anna to:bo", "all-rules", "+0024 SenderMatch" },
{ "none", "from:erik to:anna to:bo=senders", "all-rules", "+0032 SenderMatch bo" },
{ "none", "from:x@stranger.example to:anna to:bo=senders", "all-rules", "-0002 Unknown" },
{ "none", "from:erik to:anna to:crane=all", "all-rules", "-0002 Unknown" },
{ "none", "from:bo=all to:anna", "all-rules", "-0002 Unknown" },
{ "none", "from:erik reply-to:bo=all to:anna", "all-rules", "-0002 Unknown" },
{ "none", "from:crane to:anna to:bo=contacts cc:carl=records", "all-rules", "+0032 SenderMatch carl" },
{ "none", "from:crane to:anna to:support=contacts cc:sales=records to:bo=all", "all-rules", "+0032 SenderMatch sales" },
{ "none", "to:bo=all from:erik to:anna", "all-rules", "+0032 AcceptAll bo" },
/* His own address again is not another's rule. */
{ "none", "from:erik to:anna=all cc:anna=all", "all-rules", "-0002 Unknown" },
/* A rule that an ambiguous address leads to is nobody's, if such addresses are nobody's. */
{ "none", "from:erik to:anna to:bo+=all to:carl+=all", "all-rules", "+0032 AcceptAll bo" },
{ "none", "from:erik to:anna to:bo+=all to:carl+=all", "all-rules several-none", "-0002 Unknown" },
/* No rule takes what nobody may take. */
{ "none", "from:spam@bad.example to:anna to:bo=all", "all-rules block:bad.example", "-0028 Unknown" },
{ "none", "from:erik to:anna to:bo=all", "all-rules forgotten", "-0034 Unknown" },
/* A queue's mailbox. */
{ "all", "from:x@stranger.example to:support", "in:support", "+0001 AcceptAll support" },
{ "replies", "from:x@stranger.example to:support", "in:support", "-0022? NoCorrelationMatch support" },
{ "replies", "from:x@stranger.example to:support cc:anna=all", "in:support all-rules", "+0032? AcceptAll" },
{ "contacts", "from:erik to:list@lists.example bcc:support", "in:support", "+0024 SenderMatch support" },

/* ---- 4.3.4 mail between users ---------------------------------------------------------------*/
{ "all", "from:bo to:anna", "sent-copy", "-0030 InternalEmailReject" },
{ "records", "from:bo to:anna", "sent-copy", "-0030 InternalEmailReject" },
{ "replies", "from:bo to:anna", "sent-copy answer", "-0030? InternalEmailReject" },
{ "senders example.com", "from:bo to:anna cc:carl", "sent-copy", "-0030 InternalEmailReject" },
{ "all", "from:anna to:anna", "sent-copy", "-0030 InternalEmailReject" },
{ "all", "to:x@else.example from:bo to:anna", "sent-copy", "-0030 InternalEmailReject" },
{ "all", "from:bo to:x@else.example bcc:anna", "sent-copy", "-0030 InternalEmailReject" },
/* Who else got it changes nothing about its being one mail. */
{ "all", "from:bo to:anna cc:erik", "sent-copy", "-0030 InternalEmailReject" },
/* Where no rule takes it, that is why. */
{ "replies", "from:bo to:anna", "sent-copy", "-0022? NoCorrelationMatch" },
{ "none", "from:bo to:anna", "sent-copy", "-0002 Unknown" },
/* Two records, if so configured. */
{ "all", "from:bo to:anna", "sent-copy twice", "+0001 AcceptAll" },
{ "records", "from:bo to:anna", "sent-copy twice", "+0026 SenderMatch" },
/* The sender's own is not here: nothing would be left. */
{ "all", "from:bo to:anna", "", "+0001 AcceptAll" },
{ "records", "from:bo to:anna cc:carl", "", "+0026 SenderMatch" },
/* A queue wants its item. */
{ "all", "from:bo to:support", "in:support sent-copy", "+0001 AcceptAll support" },
{ "all", "from:bo to:anna cc:support", "sent-copy", "+0001 AcceptAll" },
{ "none", "from:bo to:anna cc:support=all", "sent-copy all-rules", "+0032 AcceptAll support" },
{ "none", "from:bo to:anna cc:carl=all", "sent-copy all-rules", "-0030 InternalEmailReject" },
{ "all", "from:bo to:anna cc:support+ cc:sales+", "sent-copy", "+0001 AcceptAll" },
{ "all", "from:bo to:anna cc:support+ cc:sales+", "sent-copy several-none", "-0030 InternalEmailReject" },
/* From a queue, a contact, a thing: not between users. */
{ "all", "from:support to:anna", "sent-copy", "+0001 AcceptAll" },
{ "all", "from:erik to:anna", "sent-copy", "+0001 AcceptAll" },
{ "all", "from:crane to:anna", "sent-copy", "+0001 AcceptAll" },
{ "all", "from:erik sender:bo to:anna", "sent-copy", "+0001 AcceptAll" },
/* A user who is a contact too. */
{ "contacts", "from:bo+ from:erik+ to:anna", "sent-copy", "-0030 InternalEmailReject" },
{ "all", "from:bo+ from:erik+ to:anna", "sent-copy several-none", "+0001 AcceptAll" },

/* ---- 4.3.5 no sender ------------------------------------------------------------------------*/
{ "replies", "from: to:anna", "answer", "-0031 InvalidSender" },
{ "replies", "to:anna", "answer", "-0031 InvalidSender" },
{ "contacts", "from:undisclosed to:anna", "", "-0031 InvalidSender" },
{ "records", "from:MAILER-DAEMON to:anna", "", "-0031 InvalidSender" },
{ "senders customer.example", "from:@customer.example to:anna", "", "-0031 InvalidSender" },
{ "records", "from:erik@ to:anna", "", "-0031 InvalidSender" },
{ "records", "from:@ to:anna", "", "-0031 InvalidSender" },
{ "senders customer.example", "from:Erik~Ek@customer.example to:anna", "", "-0031 InvalidSender" },
{ "senders customer.example", "from:erik@no~customer.example to:anna", "", "-0031 InvalidSender" },
{ "senders customer.example", "from:\"Erik~Ek\"@customer.example to:anna", "", "+0003 SenderMatch" },
{ "senders customer.example", "from:\"Erik~Ek@customer.example to:anna", "", "-0031 InvalidSender" },
{ "senders customer.example", "from:\"~\"@customer.example to:anna", "", "+0003 SenderMatch" },
{ "records", "sender:erik to:anna", "", "-0031 InvalidSender" },
{ "all", "from: to:anna", "", "+0001 AcceptAll" },
{ "all", "to:anna", "", "+0001 AcceptAll" },
{ "all", "from:undisclosed to:anna", "", "+0001 AcceptAll" },
{ "none", "from:undisclosed to:anna to:bo=all", "all-rules", "+0032 AcceptAll bo" },
{ "none", "from:undisclosed to:anna to:bo=records", "all-rules", "-0002 Unknown" },
{ "replies", "from:undisclosed to:anna to:bo=all", "all-rules", "+0032 AcceptAll bo" },

/* ---- the blocklist --------------------------------------------------------------------------*/
{ "all", "from:spam@bad.example to:anna", "block:bad.example", "-0028 Unknown" },
{ "all", "from:SPAM@Bad.Example to:anna", "block:bad.example", "-0028 Unknown" },
{ "all", "from:spam@bad.example to:anna", "block:other.example block:spam@bad.example", "-0028 Unknown" },
{ "all", "from:ham@bad.example to:anna", "block:spam@bad.example", "+0001 AcceptAll" },
{ "all", "from:spam@very.bad.example to:anna", "block:bad.example", "+0001 AcceptAll" },
{ "replies", "from:spam@bad.example to:anna", "block:bad.example answer", "-0028 Unknown" },
{ "contacts", "from:erik to:anna", "block:customer.example", "-0028 Unknown" },
{ "senders customer.example", "from:erik to:anna", "block:erik@customer.example", "-0028 Unknown" },
{ "none", "from:spam@bad.example to:anna", "block:bad.example", "-0028 Unknown" },
{ "all", "from:bulk@bad.example to:x@else.example", "block:bad.example in:support", "-0028 Unknown support" },
/* In another's name is no way past it; being written to is no reason. */
{ "all", "from:erik sender:spam@bad.example to:anna", "block:bad.example", "-0028 Unknown" },
{ "all", "from:erik to:anna cc:spam@bad.example", "block:bad.example", "+0001 AcceptAll" },
{ "all", "from:erik reply-to:spam@bad.example to:anna", "block:bad.example", "+0001 AcceptAll" },
{ "all", "from: to:anna", "block:bad.example", "+0001 AcceptAll" },

/* ---- who asked to be forgotten --------------------------------------------------------------*/
{ "all", "from:x@stranger.example to:anna", "forgotten", "-0034 Unknown" },
{ "replies", "from:x@stranger.example to:anna", "forgotten answer", "-0034 Unknown" },

/* ---- automatic mail never starts a loop -----------------------------------------------------*/
{ "replies", "from:erik to:anna", "automatic answer", "-0023 NoCorrelationMatch" },
{ "replies", "from:erik to:anna", "automatic", "-0023 NoCorrelationMatch" },
{ "replies", "from:erik to:anna to:bo", "automatic answer all-rules", "-0023 NoCorrelationMatch" },
{ "replies", "from:erik to:anna to:bo=all", "automatic answer all-rules", "+0032 AcceptAll bo" },
/* It is mail like any other for every other rule. */
{ "all", "from:erik to:anna", "automatic answer", "+0001 AcceptAll" },
{ "contacts", "from:erik to:anna", "automatic answer", "+0024 SenderMatch" },
{ "records", "from:crane to:anna", "automatic", "+0026 SenderMatch" },
{ "senders customer.example", "from:erik to:anna", "automatic", "+0003 SenderMatch" },
{ "contacts", "from:x@stranger.example to:anna", "automatic answer", "-0025 Unknown" },
{ "none", "from:erik to:anna", "automatic answer", "-0002 Unknown" },
{ "all", "from: to:anna", "automatic", "+0001 AcceptAll" },

/* clang-format on */
