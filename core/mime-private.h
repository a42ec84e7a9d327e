/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the rooms of mime. Only mime.c knows GMime, whose GLib composes letters.
 */
#ifndef BRG_CORE_MIME_PRIVATE_H
#define BRG_CORE_MIME_PRIVATE_H

#include "core/mime.h"

/* No text; its pointer may be read from. */
#define MIME_NONE ((struct brg_str){ "", 0 })

/* ---- mime_split.c: a header block is lines --------------------------------------------------*/

/* A field that is wanted; name in lower case. */
struct mime_field {
	const char *name;
	size_t len, max; /* bytes of the value that are kept */
	size_t row;	 /* the values of all fields that gather there, with LF between; 0: no */
};
#define MIME_FIELD(text, limit)                  \
	{                                        \
		text, sizeof(text) - 1, limit, 0 \
	}
#define MIME_GATHERED(text, row) MIME_JOINED(text, MIME_GATHER, row)
#define MIME_JOINED(text, limit, row)              \
	{                                          \
		text, sizeof(text) - 1, limit, row \
	}
#define MIME_GATHER 4096 /* bytes of what is gathered */

/* A blank or a tab. */
bool mime_blank(char c);
/* Behind the field that starts at p: its last line's end. */
const char *mime_field_end(const char *p, const char *end);
/* Without any LF, CR ends lines: then a copy that has LF instead. */
struct brg_str mime_with_lines(struct brg_str block, struct brg_arena *arena);
/* The block behind empty lines before it, if there are any and fields follow. */
struct brg_str mime_block(struct brg_str s);
/* Take the next field, folds and all, from *rest. False: the block is over, and *rest is what
 * follows its empty line, or begins where the header ends without one. */
bool mime_next_field(struct brg_str *rest, struct brg_str *field);
/* The first of each wanted field on one line, a NUL behind it; ptr NULL: there is none. Returns a
 * bit (1 << i) for each field of which the block has more than that: it is longer than may be
 * kept, or stands once more, or the block goes on behind the bound. */
uint64_t mime_split(struct brg_str block, const struct mime_field *wanted, size_t n,
		    struct brg_arena *arena, struct brg_str *out);
/* One line of valid UTF-8 without control characters; what is invalid becomes U+FFFD. */
struct brg_str mime_clean(struct brg_str s, struct brg_arena *arena);
/* Nothing but printable ASCII. */
bool mime_plain(struct brg_str s);

/* ---- mime_reader.c: a whole message is lines ------------------------------------------------*/

struct mime_reader {
	struct brg_blob *raw;
	struct brg_err *err;
	int rc;
	char *room;    /* the window; NULL: all is in memory */
	const char *p; /* the bytes at..at+n */
	uint64_t at;
	size_t n;
	uint64_t len;
	bool cr; /* CR ends lines, and is seen as LF */
};
void mime_reader_open(struct mime_reader *r, struct brg_blob *raw, struct brg_arena *scratch,
		      struct brg_err *err);
/* What is at `at`: at least `want` bytes unless the end is nearer. */
struct brg_str mime_look(struct mime_reader *r, uint64_t at, size_t want);
/* A line of any length. */
struct mime_line {
	uint64_t next; /* behind it */
	size_t end;    /* bytes of its line end, all CRs included */
	bool nul;
};
struct mime_line mime_line(struct mime_reader *r, uint64_t at);
/* Bytes of the line end in front of `at`. */
size_t mime_end_before(struct mime_reader *r, uint64_t at);

/* ---- mime_signs.c: what needs no decoding ---------------------------------------------------*/

/* What is between <>, if there are any: of the first that is not empty. */
struct brg_str mime_first_id(struct brg_str raw, struct brg_arena *arena);
struct brg_str mime_all_ids(struct brg_str raw, struct brg_arena *arena);
/* Does the value begin with this word, whatever its case? */
bool mime_is_word(struct brg_str value, const char *word);
struct brg_str mime_lower(struct brg_str s, struct brg_arena *arena);
/* The first word in lower case. */
struct brg_str mime_keyword(struct brg_str raw, struct brg_arena *arena);
/* "type/subtype" in lower case, without parameters; empty: it is none (RFC 2045 section 5.1). */
struct brg_str mime_type(struct brg_str raw, struct brg_arena *arena);
/* How many @ are in it. */
size_t mime_ats(struct brg_str s);
/* Keep those with an address, each once; how many they are. */
size_t mime_each_once(struct mime_address *at, size_t n);
/* A decoded name as it may be given to a file: no path, no dots in front. */
struct brg_str mime_file_name(struct brg_str name, struct brg_arena *arena);
struct brg_str mime_without_blanks(struct brg_str raw, struct brg_arena *arena);

/* ---- mime_date.c ----------------------------------------------------------------------------*/

/* Microseconds since 1970; 0: it is no moment, or one before. */
int64_t mime_date(const char *text);

/* ---- mime_words.c ---------------------------------------------------------------------------*/

bool mime_is_utf8(struct brg_str s);
/* Bytes as UTF-8, by the charset that is told (may be empty) if they fit it. */
struct brg_str mime_read(struct brg_str bytes, struct brg_str charset, struct brg_arena *arena);
/* Bytes of a header that say nothing of themselves as UTF-8, if they are none: by the charset of
 * the body (may be empty). */
struct brg_str mime_undeclared(struct brg_str raw, struct brg_str charset, struct brg_arena *arena);
/* Encoded words as text, clean. */
struct brg_str mime_decode(struct brg_str raw, struct brg_arena *arena);
/* Of an encoded word at p without '?' in its text, so that no other can begin in it; 0: none. */
size_t mime_word_length(const char *p, const char *end);

/* ---- mime_param.c ---------------------------------------------------------------------------*/

/* The first of this name; empty: there is none. Text: encoded words are read. */
struct brg_str mime_parameter(struct brg_str raw, const char *name, bool is_text,
			      struct brg_arena *arena);
/* A value as it is meant: quotes undone, without blanks around. */
struct brg_str mime_unquoted(struct brg_str value, struct brg_arena *arena);

/* ---- mime_address.c -------------------------------------------------------------------------*/

/* A list, or several with LF between. */
void mime_addresses(struct brg_str raw, struct brg_arena *arena, struct mime_address **at,
		    size_t *n);

/* ---- mime.c ---------------------------------------------------------------------------------*/

/* What the fields of a part say of it. */
struct mime_kind {
	struct brg_str type; /* lower case; empty: not told, or no type */
	struct brg_str charset, encoding, boundary, name, content_id, smime;
	bool told;	  /* there is a Content-Type */
	bool attachment;  /* Content-Disposition says so */
	bool flowed, del; /* format=flowed, delsp=yes (RFC 3676) */
};
extern const struct mime_kind mime_no_kind;
void mime_kind(struct brg_str block, struct brg_arena *arena, struct mime_kind *out);

/* ---- mime_transfer.c ------------------------------------------------------------------------*/

#define MIME_TRANSFER_MORE 320 /* room needed for what was held back before */

enum mime_way { MIME_AS_IS, MIME_BASE64, MIME_QUOTED, MIME_UU };
struct mime_transfer {
	enum mime_way way;
	bool bad; /* it is not what it says it is */
	bool begun, over;
	unsigned bits;
	size_t n;
	char held[256];
};
void mime_transfer_open(struct mime_transfer *t, struct brg_str encoding);
/* Bytes written to out, at most n + MIME_TRANSFER_MORE. */
size_t mime_transfer_put(struct mime_transfer *t, const char *in, size_t n, char *out);
size_t mime_transfer_end(struct mime_transfer *t, char *out);
/* The value of a hex digit; -1: it is none. */
int mime_digit16(char c);

/* ---- mime_out.c: bytes on their way out -----------------------------------------------------*/

struct mime_out {
	struct brg_blob *blob;
	struct brg_err *err;
	int rc;
	char last; /* the byte written last */
	size_t n;
	char buf[8192];
};
/* In the scratch; mime_out_end() says how it went. */
struct mime_out *mime_out_new(struct brg_blob *blob, struct brg_arena *scratch,
			      struct brg_err *err);
int mime_out_end(struct mime_out *o);
/* Lines end with CRLF, whatever they ended with. */
void mime_put(struct mime_out *o, const char *p, size_t n);
void mime_puts(struct mime_out *o, const char *text);
void mime_put_base64(struct mime_out *o, const char *p, size_t n);
/* Encoded words, a line each (RFC 2047). */
void mime_put_words(struct mime_out *o, struct brg_str s);
/* May it stand in a header as it is? */
bool mime_is_writable(struct brg_str s);
/* A whole field. The value is made one line first, so it can never be two fields. */
void mime_put_text_field(struct mime_out *o, const char *name, struct brg_str value,
			 struct brg_arena *scratch);
void mime_put_address_field(struct mime_out *o, const char *name, const struct mime_address *at,
			    size_t n, struct brg_arena *scratch);
void mime_put_id_field(struct mime_out *o, const char *name, struct brg_str ids,
		       struct brg_arena *scratch);
void mime_put_date(struct mime_out *o, int64_t us);

/* ---- mime_content.c -------------------------------------------------------------------------*/

/* How the text of this part has to be read: its charset, MIME_* that it shows. Reads at most
 * MIME_TEXT_MAX of it. */
int mime_judge(struct brg_blob *raw, const struct mime_part *part, char charset[64],
	       unsigned *defects, struct brg_err *err);

/* ---- mime_text.c ----------------------------------------------------------------------------*/

/* Those of these parts that the HTML refers to (RFC 2392) are shown in it and are no files. */
int mime_show_pictures(struct brg_blob *raw, struct mime_message *m, const int *parts, size_t n,
		       struct brg_err *err);

#endif
