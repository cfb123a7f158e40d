/* SPDX-License-Identifier: MIT */
#ifndef HW_HEADWATER_H
#define HW_HEADWATER_H

/*
 * libheadwater: run a language model over a stream that never ends.
 *
 * Ownership, in one sentence: what you open you close; what a function fills
 * in your struct you release; what it returns by pointer is borrowed until the
 * next call on the same handle.
 *
 * The library never prints, never exits, and never aborts on data.  Handles
 * are independent of each other; one handle belongs to one thread at a time.
 * A model is immutable once open and may be shared by threads.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- status ------------------------------------------------------------- */

#if defined(__GNUC__)
#define HW_MUST __attribute__((warn_unused_result))
#define HW_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define HW_MUST
#define HW_PRINTF(f, a)
#endif

enum hw_status {
	/* Done as asked. */
	HW_OK = 0,

	/* Not an error: there is no more (the entry, the archive or the list
	 * is exhausted), or no more *yet*, where the function says so. */
	HW_END,

	/* The allocator refused.  Nothing was changed; the handle may be used
	 * or closed. */
	HW_NOMEM,

	/* The system refused: sys_errno says why.  What was read before it
	 * stays valid. */
	HW_IO,

	/* This is not the kind of thing that was asked for (no GGUF magic, no
	 * token stream).  Another reader may know it. */
	HW_FORMAT,

	/* It is the right kind of thing and it is broken: truncated, a checksum
	 * is wrong, a value lies outside its rule.  The message names the byte
	 * offset.  The handle gives nothing more. */
	HW_CORRUPT,

	/* It is well formed, and asks for something this version lacks (a
	 * tensor type, an architecture, a frame version). */
	HW_UNSUPPORTED,

	/* A stated cap was reached (record size, header size, memory). */
	HW_LIMIT,

	/* The caller's arguments make no sense together. */
	HW_USAGE,
};

/* Supplied by the caller, zeroed; the first failure fills it and later ones
 * do not overwrite it.  msg is one full sentence without program name or
 * final newline, its control characters escaped. */
struct hw_err {
	enum hw_status status;
	int sys_errno;
	char msg[256];
};

/* Bytes that somebody else owns. */
struct hw_view {
	const unsigned char *p;
	size_t n;
};

/* Where memory comes from; NULL anywhere means malloc.  alloc returns memory
 * aligned for any type, or NULL. */
struct hw_alloc {
	void *(*alloc)(void *ctx, size_t n);
	void (*release)(void *ctx, void *p);
	void *ctx;
};

const char *hw_version(void);

/* ---- vocabulary ----------------------------------------------------------
 * What each token id spells, as bytes.  Every stage knows it: from the model,
 * or from the stream's HELLO frame. */

enum hw_token_kind {
	HW_TOKEN_NORMAL,
	HW_TOKEN_SPECIAL, /* control: spells nothing a reader should see */
	HW_TOKEN_USER,    /* added by hand: text, matched before splitting */
	HW_TOKEN_UNUSED,
};

struct hw_vocab;
size_t hw_vocab_size(const struct hw_vocab *v);
struct hw_view hw_vocab_bytes(const struct hw_vocab *v, uint32_t id);
enum hw_token_kind hw_vocab_kind(const struct hw_vocab *v, uint32_t id);
/* What token i of a record's ids adds to its text: nothing if it is special,
 * and not the space that the tokenizer put there. */
struct hw_view hw_vocab_text(const struct hw_vocab *v, const uint32_t *ids,
    size_t i);
/* Whether a text, or a turn of it, ends with this token: a model may have
 * several.  A stream carries one of them. */
bool hw_vocab_is_end(const struct hw_vocab *v, uint32_t id);
/* A hash of all byte strings and kinds: equal vocabularies, equal streams. */
uint64_t hw_vocab_fingerprint(const struct hw_vocab *v);

/* ---- model -------------------------------------------------------------- */

struct hw_model;

struct hw_model_opts {
	const struct hw_alloc *alloc;
	bool vocab_only; /* accept a file without weights, bind none */
};

struct hw_model_info {
	const char *path;        /* as it was opened */
	const char *name, *arch; /* never NULL */
	int n_vocab, d_model, n_layers, n_heads, n_kv_heads, d_head, d_ffn;
	int n_ctx;               /* trained context length, tokens */
	int native_window, n_windowed; /* so many layers see so many tokens */
	bool own_sink;           /* its BOS was trained as a sink token */
	uint64_t n_params, bytes; /* parameters; size of its files */
	uint64_t unpacked;        /* bytes in memory that are not mapped */
	uint64_t digest;          /* of the header and the files' size */
	const char *format;       /* "gguf", "huggingface", ... */
	const char *tokenizer;    /* "gpt2" (byte-level BPE), "llama"
	                             (SentencePiece), "t5" (unigram), "none" */
	const char *pretokenizer; /* its GGUF name; "" if there is none */
};

/* What the tensors of one type come to. */
struct hw_model_type {
	const char *name; /* as ggml calls it */
	uint64_t tensors, params;
	uint64_t bytes;   /* 0 for a type that this version lacks */
};

/* Map the model at `path` and check all of its header; weights stay in the
 * file and are paged in when used.  HW_IO, HW_FORMAT (not a model), HW_CORRUPT
 * (with the offset), HW_UNSUPPORTED (what is missing), HW_LIMIT. */
HW_MUST enum hw_status hw_model_open(struct hw_model **out, const char *path,
    const struct hw_model_opts *opts, struct hw_err *e);
void hw_model_close(struct hw_model *m);
const struct hw_model_info *hw_model_info(const struct hw_model *m);
/* The i-th type among its tensors, the one of most parameters first; false:
 * there are fewer. */
bool hw_model_type(const struct hw_model *m, size_t i,
    struct hw_model_type *t);
const struct hw_vocab *hw_model_vocab(const struct hw_model *m);

/* ---- tokenizer ---------------------------------------------------------- */

struct hw_tok;

struct hw_tok_opts {
	const struct hw_alloc *alloc;
	bool special; /* text that spells a special token becomes that token */
};

HW_MUST enum hw_status hw_tok_open(struct hw_tok **out,
    const struct hw_model *m, const struct hw_tok_opts *opts,
    struct hw_err *e);
void hw_tok_close(struct hw_tok *t);

/* Encode n bytes (any bytes) by themselves, as the model's own tokenizer does
 * it.  Near-linear time; *ids is borrowed.  HW_NOMEM, HW_LIMIT (n >
 * HW_TOK_MAX). */
#define HW_TOK_MAX ((size_t)16 << 20)
HW_MUST enum hw_status hw_tok_encode(struct hw_tok *t, const void *bytes,
    size_t n, const uint32_t **ids, size_t *n_ids, struct hw_err *e);

/* Whether the ids of the last text spell it: a tokenizer may normalize, or have
 * no token for a byte. */
bool hw_tok_exact(const struct hw_tok *t);
/* Some vocabularies have no token for bytes that UTF-8 never holds, or for
 * rare control characters; '?' stands for those.  How many there were. */
uint64_t hw_tok_replaced(const struct hw_tok *t);

/* ---- input bytes ---------------------------------------------------------
 * A file descriptor's bytes: as they are, or unpacked by content (gzip, xz,
 * zstd, bzip2, lz4; tar, zip: each regular file an entry).  Plain input is
 * passed on as read() gives it, never held back to fill a block. */

struct hw_source;

struct hw_source_opts {
	const struct hw_alloc *alloc;
	/* Called when a read would block: flush what you owe, and wait for
	 * input as you like.  False: give up, which is HW_IO with EINTR. */
	bool (*before_block)(void *ctx);
	void *ctx;
	bool plain; /* never unpack */
	bool nul_ends; /* a record may end with NUL: hold none back that does
	                  (a tar header might begin so) */
};

HW_MUST enum hw_status hw_source_open(struct hw_source **out, int fd,
    const char *name, const struct hw_source_opts *opts, struct hw_err *e);
void hw_source_close(struct hw_source *s); /* leaves fd open */

/* Go to the first or next entry; HW_END after the last.  *name is borrowed:
 * the source's own, or "archive:entry".  After HW_CORRUPT, also of a read, the
 * call may be repeated: what is behind the damage and still can be read. */
HW_MUST enum hw_status hw_source_next(struct hw_source *s, const char **name,
    struct hw_err *e);

/* Read up to cap > 0 bytes of the entry; *n > 0 on HW_OK, HW_END at its end.
 * HW_CORRUPT: packed input is damaged here, or something else follows it; the
 * unpacker's whole blocks (of 64 KiB and more) before that were given.
 * HW_UNSUPPORTED: libarchive cannot be loaded, or was built without this kind
 * of packing. */
HW_MUST enum hw_status hw_source_read(struct hw_source *s, void *buf,
    size_t cap, size_t *n, struct hw_err *e);

/* ---- records -------------------------------------------------------------
 * Input bytes cut at a delimiter, which stays with its record. */

struct hw_split;

struct hw_split_opts {
	const struct hw_alloc *alloc;
	unsigned char delim;
	size_t max_record; /* a longer one comes in parts, 16 .. HW_TOK_MAX */
};

/* A record longer than max_record: every part but the first continues the
 * one before it, every part but the last has more to come. */
#define HW_RECORD_CONT 1u
#define HW_RECORD_MORE 2u
/* In a token stream: the SCORES of this record follow in the next frame, so a
 * reader that wants both knows whether to wait.  stream-infer sets it. */
#define HW_RECORD_SCORED 4u

struct hw_piece {
	struct hw_view bytes; /* with its delimiter, if there was one */
	uint64_t offset;      /* of its first byte in the entry */
	uint64_t line;        /* 1 for the first record of the entry */
	unsigned flags;       /* HW_RECORD_* */
};

HW_MUST enum hw_status hw_split_open(struct hw_split **out,
    const struct hw_split_opts *opts, struct hw_err *e);
void hw_split_close(struct hw_split *s);
/* Room for more input: read at most *cap bytes to the returned place, then
 * say how many.  Borrowed pieces end here. */
void *hw_split_space(struct hw_split *s, size_t *cap);
void hw_split_added(struct hw_split *s, size_t n);
/* So many bytes of the entry are passed over here: offsets count them. */
void hw_split_skip(struct hw_split *s, uint64_t n);
/* The next whole record (or full part); HW_END: needs more input. */
HW_MUST enum hw_status hw_split_next(struct hw_split *s, struct hw_piece *p);
/* End of the entry: what is left, if anything (HW_END: nothing), then count
 * offsets and lines from the start again. */
HW_MUST enum hw_status hw_split_finish(struct hw_split *s, struct hw_piece *p);

/* ---- records from lines ---------------------------------------------------
 * Lines that other programs wrapped, and records of several lines: what lies
 * between a hw_split and records where lines are not yet records. */

struct hw_lines;

enum hw_wrap {
	HW_WRAP_NONE,   /* a line is what was logged */
	HW_WRAP_TAIL,    /* tail -F of several files: "==> FILE <==" */
	HW_WRAP_JOURNAL, /* journalctl -o json */
	HW_WRAP_DOCKER,  /* the json-file driver */
	HW_WRAP_CRI,     /* Kubernetes' container logs */
	HW_WRAP_AUTO,    /* each line as what it looks like */
};

struct hw_lines_opts {
	const struct hw_alloc *alloc;
	size_t max_record;     /* as of hw_split_opts */
	enum hw_wrap wrap;
	const char *multiline; /* NULL: a line is a record.  "auto": what stack
	                          traces look like continues one.  Else a PCRE2
	                          that matches the lines that begin a record */
};
struct hw_lines_out {
	struct hw_piece piece;
	struct hw_view source; /* if p is not NULL: no record, but from here on
	                          lines are of the source of this name */
};

/* HW_USAGE: multiline is no pattern. */
HW_MUST enum hw_status hw_lines_open(struct hw_lines **out,
    const struct hw_lines_opts *o, struct hw_err *e);
void hw_lines_close(struct hw_lines *l);
/* A piece of a hw_split; then hw_lines_next until HW_END.  A record's line and
 * offset are those of its first line; they go back where one of parts is
 * complete after lines of the other stream.  HW_NOMEM. */
HW_MUST enum hw_status hw_lines_put(struct hw_lines *l,
    const struct hw_piece *p, struct hw_err *e);
HW_MUST enum hw_status hw_lines_next(struct hw_lines *l,
    struct hw_lines_out *out);
/* Something complete waits for what the next line says of it. */
bool hw_lines_holds(const struct hw_lines *l);
/* Wait no longer; then hw_lines_next until HW_END.  `end`: nothing follows,
 * so that what is unfinished is given too. */
void hw_lines_flush(struct hw_lines *l, bool end);

/* ---- redaction -----------------------------------------------------------
 * What must not leave (passwords, addresses, ...) is replaced by the name of
 * its class: <mail>; with a key, by a keyed hash of it, too (HMAC-SHA-256, 48
 * bits of it): <mail:0f3a...>, so that equal values stay equal. */

struct hw_redact;

/* Where the records of a source, in their order, have a private key that has
 * not ended; zeroed when it begins. */
struct hw_redact_at {
	unsigned lines, others; /* that may still be of it; without Base64 */
};

/* An empty key is none. */
HW_MUST enum hw_status hw_redact_open(struct hw_redact **out,
    struct hw_view key, const struct hw_alloc *a, struct hw_err *e);
void hw_redact_close(struct hw_redact *r);
/* Whether this names a built-in class, or is "all". */
bool hw_redact_is_class(const char *name, size_t n);
/* Add built-in classes, by their names with commas between; or the rules of a
 * text (tokenize(1) says how they are written), which is changed meanwhile.
 * Earlier ones win.  `where`, `name`: for messages.  HW_USAGE, HW_LIMIT. */
HW_MUST enum hw_status hw_redact_classes(struct hw_redact *r,
    const char *list, const char *where, struct hw_err *e);
HW_MUST enum hw_status hw_redact_rules(struct hw_redact *r, char *text,
    const char *name, struct hw_err *e);
/* A record without what must not leave: itself, or what is borrowed until the
 * next call.  One that cannot be searched to its end is hidden as a whole.
 * at: of its source; NULL: it stands alone. */
HW_MUST enum hw_status hw_redact(struct hw_redact *r, struct hw_redact_at *at,
    struct hw_view in, struct hw_view *out, struct hw_err *e);
/* How often a class was replaced so far; false: there is no i-th.  "hidden"
 * counts whole records. */
bool hw_redact_count(const struct hw_redact *r, size_t i, const char **name,
    uint64_t *count);

/* ---- engine --------------------------------------------------------------
 * A stream through a model: S sinks (its first tokens) and the R most recent
 * before the current one stay in the cache; everything else is forgotten.
 * Method: Xiao et al., arXiv 2309.17453; each token attends to S + R + itself
 * at positions inside the cache, exactly as if fed one by one. */

struct hw_stream;

/* I16: a token's key and value of a head are 16-bit integers with a scale
 * each; nearer to F32 than F16, and much the fastest but where the processor
 * multiplies BF16.  AUTO, the default: the faster of these two. */
enum hw_kv_type {
	HW_KVT_AUTO, HW_KVT_I16, HW_KVT_F16, HW_KVT_F32, HW_KVT_BF16,
	HW_KVT_Q8_0
};
/* "auto", "i16" ...; NULL where there is no such type. */
const char *hw_kv_name(enum hw_kv_type type);
/* False: no type has this name, and *type is what it was. */
bool hw_kv_named(enum hw_kv_type *type, const char *name);

/* What becomes of old tokens.  A stream is for SINK (with S = 0: window
 * attention); the others are what its paper compares with, to measure by. */
enum hw_cache_mode {
	HW_CACHE_SINK,  /* S sinks and the R most recent tokens */
	HW_CACHE_DENSE, /* all are kept; R + 1 are as many as it takes */
	HW_CACHE_RECOMPUTE, /* the R + 1 most recent (the vocabulary's BOS for
	                       the first of them) are read anew, from an
	                       empty cache, for each token */
};

struct hw_stream_opts {
	const struct hw_alloc *alloc;
	enum hw_cache_mode mode;
	int sample;           /* RECOMPUTE: of each so many tokens only the
	                         last is scored, others are NaN; 0: all are */
	int sinks;            /* S; < 0: the default; SINK only, else 0 */
	int window;           /* R >= 1 */
	int chunk;            /* most tokens through the layers together */
	int threads;          /* >= 1 */
	enum hw_kv_type kv;   /* of the window; sinks are kept in F32 */
	const char *cpu;      /* kernel level ("c", ..); NULL: the best */
	uint64_t start_index; /* true index of the first token, for tests */
	bool no_bos;          /* do not begin with the vocabulary's BOS */
};

/* Fill in what was left open: sinks < 0 becomes 4 (1 if the model has a sink
 * token of its own, 0 where the cache has none), and window, chunk and threads
 * that are 0: window = what the model's file advises, else
 * min(2048, n_ctx - S - 1) (DENSE: n_ctx - 1), chunk as measured best, a thread
 * a processor; kv AUTO, the type that it stands for. */
void hw_stream_defaults(struct hw_stream_opts *o, const struct hw_model *m);

/* Bytes that hw_stream_open will allocate. */
HW_MUST enum hw_status hw_stream_memory(const struct hw_model *m,
    const struct hw_stream_opts *o, size_t *bytes, struct hw_err *e);

/* After this nothing allocates.  HW_USAGE, HW_NOMEM, HW_UNSUPPORTED. */
HW_MUST enum hw_status hw_stream_open(struct hw_stream **out,
    const struct hw_model *m, const struct hw_stream_opts *o,
    struct hw_err *e);
void hw_stream_close(struct hw_stream *s);

/* Feed n tokens.  bits[i] = -log2 p(ids[i] | what the cache holds),
 * entropy[i] = entropy of that prediction, in bits.  The first token of a
 * stream without BOS was predicted by nothing: both are NaN.  The result does
 * not depend on how the tokens are spread over calls.
 * HW_USAGE: an id outside the vocabulary (nothing was fed).
 * HW_LIMIT: a dense cache is full: hw_stream_stats tells how many tokens it
 * took; the others' scores are NaN.
 * HW_CORRUPT: a score came out not finite: the model is broken. */
HW_MUST enum hw_status hw_stream_score(struct hw_stream *s,
    const uint32_t *ids, size_t n, float *bits, float *entropy,
    struct hw_err *e);

/* How the next token is chosen. */
struct hw_choice {
	double temperature; /* T > 0: by chance, as likely as p^(1/T) makes it;
	                       0: the most probable one */
	uint64_t seed;      /* of chance: equal seeds, equal tokens */
};

/* Go on by one token: choose it, and feed it.  Its scores are those that
 * hw_stream_score would have given, to rounding: a token by itself is
 * multiplied in other ways than many at a time.  HW_USAGE: nothing was fed that
 * it could follow, or the cache is of RECOMPUTE; HW_LIMIT: a dense cache is
 * full.  HW_CORRUPT as there. */
HW_MUST enum hw_status hw_stream_next(struct hw_stream *s,
    const struct hw_choice *how, uint32_t *id, float *bits, float *entropy,
    struct hw_err *e);

struct hw_stream_stats {
	uint64_t tokens;           /* fed so far, BOS not counted */
	int sinks, window, chunk, threads;
	int cached_sinks, cached_window; /* filled so far */
	size_t memory;             /* bytes allocated by the stream */
	const char *kernels;       /* "gemm_q8_0=avx512 attn_i16=avx512 ..." */
};
void hw_stream_stats(const struct hw_stream *s, struct hw_stream_stats *st);

/* ---- token stream frames -------------------------------------------------
 * tokstream(5) specifies them byte by byte. */

enum hw_frame_type {
	HW_FRAME_HELLO = 1,
	HW_FRAME_SOURCE = 2,
	HW_FRAME_RECORD = 3,
	HW_FRAME_SCORES = 4,
	HW_FRAME_WINDOW = 5,
	HW_FRAME_TURN = 6,
	HW_FRAME_GENERATED = 7,
	HW_FRAME_GAP = 8,
	HW_FRAME_NOTE = 9,
	HW_FRAME_END = 10,
	HW_FRAME_TEXT = 11, /* optional */
};
#define HW_FRAME_OPTIONAL 1u /* flag: forward it if you do not know it */

struct hw_frame {
	uint8_t type, flags;
	uint16_t channel;
	uint64_t seq;
	uint64_t offset; /* of its first byte in the stream */
	struct hw_view payload;
};

struct hw_hello {
	const struct hw_vocab *vocab; /* borrowed from the decoder */
	const char *model_name;
	uint64_t model_digest;
};
struct hw_source_note { /* SOURCE: names a source before its first record */
	uint32_t source;
	struct hw_view name;
};
struct hw_record {
	uint32_t source;
	unsigned flags;        /* HW_RECORD_* */
	uint64_t offset, line; /* in the source */
	int64_t arrival_ms;    /* Unix time; 0: not known */
	uint64_t template_id;  /* 0: not computed */
	size_t n;
	const uint32_t *ids;
};
struct hw_scores { /* of the record just before */
	size_t n;
	const float *bits, *entropy;
};
struct hw_gap {
	uint64_t records;
	struct hw_view reason;
};
struct hw_end {
	uint64_t records, tokens, bytes; /* of all RECORD frames before it */
};

/* Reading.  `name` is for messages.  With text set, the stream may be the text
 * form (--ids), and `vocab` stands in for the HELLO that it lacks; a binary one
 * is known by its first byte and brings its own. */
struct hw_dec;
struct hw_dec_opts {
	const struct hw_alloc *alloc;
	const char *name;
	bool text;
	const struct hw_vocab *vocab;
};
HW_MUST enum hw_status hw_dec_open(struct hw_dec **out,
    const struct hw_dec_opts *o, struct hw_err *e);
void hw_dec_close(struct hw_dec *d);
/* Room for more input: as hw_split_space.  HW_NOMEM. */
HW_MUST enum hw_status hw_dec_space(struct hw_dec *d, void **p, size_t *cap,
    struct hw_err *e);
void hw_dec_added(struct hw_dec *d, size_t n);
/* The next frame, checked; HW_END: needs more input (or, after the END frame,
 * there is none: hw_dec_done).  HW_FORMAT: no token stream; HW_CORRUPT with
 * the offset; HW_UNSUPPORTED: an unknown frame that is not optional.  Streams
 * of one vocabulary that were concatenated read as one: HELLO comes once, and
 * END once, with the sums, when the input has ended. */
HW_MUST enum hw_status hw_dec_next(struct hw_dec *d, struct hw_frame *f,
    struct hw_err *e);
bool hw_dec_done(const struct hw_dec *d); /* the END frame was given */
/* Input has ended: from now on hw_dec_next gives what is left, END last, or
 * HW_CORRUPT when the input ended before END. */
void hw_dec_finish(struct hw_dec *d);
/* The vocabulary of the HELLO read; NULL before it. */
const struct hw_vocab *hw_dec_vocab(const struct hw_dec *d);
/* Typed views of the frame just read.  Every id is < the vocabulary's size.
 * HW_CORRUPT, HW_NOMEM.  Strings are borrowed from the frame; a record's ids
 * stay until the next hw_dec_record (through its SCORES frame), scores and
 * windows until the next hw_dec_scores, hw_dec_window. */
HW_MUST enum hw_status hw_dec_hello(struct hw_dec *d, const struct hw_frame *f,
    struct hw_hello *h, struct hw_err *e);
HW_MUST enum hw_status hw_dec_source(struct hw_dec *d,
    const struct hw_frame *f, struct hw_source_note *s, struct hw_err *e);
HW_MUST enum hw_status hw_dec_record(struct hw_dec *d,
    const struct hw_frame *f, struct hw_record *r, struct hw_err *e);
HW_MUST enum hw_status hw_dec_scores(struct hw_dec *d,
    const struct hw_frame *f, struct hw_scores *s, struct hw_err *e);
HW_MUST enum hw_status hw_dec_gap(struct hw_dec *d, const struct hw_frame *f,
    struct hw_gap *g, struct hw_err *e);
HW_MUST enum hw_status hw_dec_end(struct hw_dec *d, const struct hw_frame *f,
    struct hw_end *n, struct hw_err *e);

/* Writing: frames are appended to the encoder's buffer; the caller writes
 * hw_enc_bytes() out and then drops them.  HW_NOMEM, HW_LIMIT. */
struct hw_enc;
struct hw_enc_opts {
	const struct hw_alloc *alloc;
	bool text;
};
HW_MUST enum hw_status hw_enc_open(struct hw_enc **out,
    const struct hw_enc_opts *o, struct hw_err *e);
void hw_enc_close(struct hw_enc *c);
struct hw_view hw_enc_bytes(const struct hw_enc *c);
void hw_enc_drop(struct hw_enc *c, size_t n); /* the first n were written */
HW_MUST enum hw_status hw_enc_hello(struct hw_enc *c, const struct hw_hello *h,
    struct hw_err *e);
HW_MUST enum hw_status hw_enc_source(struct hw_enc *c,
    const struct hw_source_note *s, struct hw_err *e);
HW_MUST enum hw_status hw_enc_record(struct hw_enc *c,
    const struct hw_record *r, struct hw_err *e);
HW_MUST enum hw_status hw_enc_scores(struct hw_enc *c,
    const struct hw_scores *s, struct hw_err *e);
HW_MUST enum hw_status hw_enc_gap(struct hw_enc *c, const struct hw_gap *g,
    struct hw_err *e);
HW_MUST enum hw_status hw_enc_note(struct hw_enc *c, struct hw_view text,
    struct hw_err *e);
/* The exact bytes of the next record, which its ids do not spell. */
HW_MUST enum hw_status hw_enc_text(struct hw_enc *c, struct hw_view bytes,
    struct hw_err *e);
/* Forward a frame of any type (a new sequence number, the rest unchanged). */
HW_MUST enum hw_status hw_enc_frame(struct hw_enc *c,
    const struct hw_frame *f, struct hw_err *e);
/* The last frame: the encoder counted the records that went out. */
HW_MUST enum hw_status hw_enc_end(struct hw_enc *c, struct hw_err *e);

/* ---- digest --------------------------------------------------------------
 * A window over records: exact counts by template, and the rows that matter.
 * summarize-window fills it, a WINDOW frame carries it, detokenize shows it. */

enum hw_row_kind {
	HW_ROW_NEW,  /* first sight of a template in the stream */
	HW_ROW_UP,   /* its rate rose against the windows before */
	HW_ROW_DOWN, /* its rate fell */
	HW_ROW_ODD,  /* a familiar line with an unexpected value or word */
	HW_ROW_RARE, /* known, and seldom seen */
	HW_ROW_GONE, /* it was regular and did not come */
	HW_N_ROW_KINDS,
};

enum hw_severity {
	HW_SEV_NONE, /* the line names none */
	HW_SEV_DEBUG,
	HW_SEV_INFO,
	HW_SEV_WARN,
	HW_SEV_ERROR,
	HW_SEV_FATAL,
	HW_N_SEVERITIES,
};

/* What they are called wherever they are written: "new", "error". */
extern const char *const hw_row_kind_names[HW_N_ROW_KINDS];
extern const char *const hw_severity_names[HW_N_SEVERITIES];

enum hw_closed_by {
	HW_CLOSED_LINES,
	HW_CLOSED_TOKENS,
	HW_CLOSED_BYTES,
	HW_CLOSED_TIME,
	HW_CLOSED_IDLE,
	HW_CLOSED_MATCH,
	HW_CLOSED_SIGNAL,
	HW_CLOSED_END,
	HW_N_CLOSED_BY,
};

struct hw_row {
	enum hw_row_kind kind;
	enum hw_severity severity;
	uint32_t source;         /* of the sample */
	uint64_t template_id;    /* hash of the template's text */
	struct hw_view template_text; /* the record, variable parts masked */
	uint64_t count, prev_count;   /* records in this window, the last */
	int64_t first_ms, last_ms;    /* Unix time; 0: not known */
	uint64_t first_line, last_line;
	uint64_t line;           /* of the sample */
	double score;            /* what ranked it, comparable in a window */
	double bits;             /* of the sample's tokens; NaN: not scored */
	double odd;              /* max of surprisal - entropy; NaN likewise */
	uint32_t odd_at, odd_len; /* odd bytes of the sample; 0: none */
	bool sample_cut;         /* the record went on after the sample */
	size_t n;                /* the sample, verbatim, as token ids */
	const uint32_t *ids;
};

struct hw_window {
	uint64_t index;          /* 1 for the first of the stream */
	enum hw_closed_by closed_by;
	bool partial;            /* cut short by a signal or the end */
	bool learning;           /* too early to call anything new */
	bool log_clock;          /* times are the log's own, else of arrival */
	int64_t start_ms, end_ms; /* Unix time; 0: not known */
	uint64_t records, bytes, tokens;
	uint64_t scored;         /* records that came with scores */
	double bits;             /* sum of the surprisals of scored tokens */
	uint64_t first_line, last_line;
	uint64_t prev_records;   /* of the window before */
	int64_t prev_ms;         /* its duration; 0: there was none */
	uint64_t severity[HW_N_SEVERITIES];
	uint64_t groups;         /* templates in this window */
	uint64_t kinds[HW_N_ROW_KINDS]; /* templates a kind, shown or not */
	uint64_t templates;      /* in the table */
	uint64_t forgotten;      /* dropped from the table so far, in all */
	uint64_t cut;            /* records that came in parts */
	uint64_t lost;           /* records that GAP frames say were left out */
	uint64_t late;           /* records of an interval before this one */
	size_t n_rows;           /* in the order of news */
	const struct hw_row *rows;
};

/* Reads records, cuts windows.  Everything is allocated by hw_digest_open; the
 * table of templates outlives the windows, and forgets the least recently
 * seen when it is full (counted, never silent). */
struct hw_digest;

struct hw_digest_opts {
	const struct hw_alloc *alloc;
	const struct hw_vocab *vocab; /* of the ids; outlives the handle */
	size_t max_templates;  /* 0: HW_DIGEST_TEMPLATES */
	size_t max_record;     /* bytes looked at of a record; 0: 64 KiB */
	int top;               /* most rows in a window; 0: HW_DIGEST_TOP */
	/* A window ends when the first of these is reached; 0: not asked. */
	uint64_t every_records, every_tokens, every_bytes;
	int64_t every_ms;      /* intervals begin at multiples of it */
	int64_t idle_ms;       /* so long without a record */
	const char *on;        /* PCRE2: a match begins a window */
	bool arrival_clock;    /* never use the log's own clock */
	/* Stamps without zone: the Unix time in ms at which clocks on the
	 * wall show what UTC shows at wall_ms, and if they do so twice, the
	 * first; NULL: they are UTC. */
	int64_t (*utc_of)(int64_t wall_ms);
	const char *masks;     /* a user's masks (summarize-window(1)), or
	                          NULL */
};
#define HW_DIGEST_TEMPLATES ((size_t)8192)
#define HW_DIGEST_TOP 8

/* HW_USAGE: `on` is no pattern (the message names the place), or a limit makes
 * no sense.  HW_NOMEM. */
HW_MUST enum hw_status hw_digest_open(struct hw_digest **out,
    const struct hw_digest_opts *o, struct hw_err *e);
void hw_digest_close(struct hw_digest *d);

/* Take one record, or a part of one (parts are joined up to max_record, and
 * count as one record when the last has come), with its scores or NULL.
 * now_ms is Unix time; it stands in for an arrival that is not known.  Then
 * call hw_digest_next until it says HW_END: the record counts only after
 * that, or, where the log's clock jumps, after the next record.  HW_USAGE: an
 * id or a number of scores that does not fit. */
HW_MUST enum hw_status hw_digest_record(struct hw_digest *d,
    const struct hw_record *r, const struct hw_scores *s, int64_t now_ms,
    struct hw_err *e);

/* The next window that has ended, after a record or because time has passed;
 * HW_END: none.  Borrowed until the next call. */
HW_MUST enum hw_status hw_digest_next(struct hw_digest *d, int64_t now_ms,
    const struct hw_window **w, struct hw_err *e);

/* Milliseconds until a window may end without input; -1: never. */
int hw_digest_wait(const struct hw_digest *d, int64_t now_ms);

/* End the window now (a signal, the end of input), and call this again until
 * it says HW_END: there is nothing in it.  There are two if a record waited. */
HW_MUST enum hw_status hw_digest_cut(struct hw_digest *d,
    enum hw_closed_by why, const struct hw_window **w, struct hw_err *e);

/* What the digest knows of its stream between two windows, to go on from after
 * a restart; borrowed until the next call.  HW_NOMEM, HW_LIMIT. */
HW_MUST enum hw_status hw_digest_save(struct hw_digest *d,
    struct hw_view *out, struct hw_err *e);
/* Go on from there, in a digest that has seen nothing yet.  With `baseline`
 * the templates are known but their rates are not, and windows count from 1.
 * HW_FORMAT: no state; HW_UNSUPPORTED: of another version; HW_CORRUPT;
 * HW_USAGE: of another vocabulary.  After these, close the digest. */
HW_MUST enum hw_status hw_digest_load(struct hw_digest *d, struct hw_view v,
    bool baseline, struct hw_err *e);

/* So many records were left out upstream. */
void hw_digest_gap(struct hw_digest *d, uint64_t records);

HW_MUST enum hw_status hw_enc_window(struct hw_enc *c,
    const struct hw_window *w, struct hw_err *e);
HW_MUST enum hw_status hw_dec_window(struct hw_dec *d,
    const struct hw_frame *f, struct hw_window *w, struct hw_err *e);

/* ---- rendering -----------------------------------------------------------
 * What a stream says, as bytes for people or, as JSON Lines, for programs
 * (detokenize(1) gives both forms).  Bytes are appended to the handle's buffer
 * and dropped once written, as with an encoder. */

struct hw_render;

struct hw_render_opts {
	const struct hw_alloc *alloc;
	bool json;
	/* Text only: records with their control characters made visible, for
	 * a terminal (otherwise exact); colour; columns of a digest (0: 80). */
	bool visible, color;
	int width;
};

HW_MUST enum hw_status hw_render_open(struct hw_render **out,
    const struct hw_render_opts *o, struct hw_err *e);
void hw_render_close(struct hw_render *r);
struct hw_view hw_render_bytes(const struct hw_render *r);
void hw_render_drop(struct hw_render *r, size_t n);
/* The vocabulary for all that follows; outlives the handle. */
void hw_render_vocab(struct hw_render *r, const struct hw_vocab *v);

/* HW_NOMEM, HW_LIMIT; ids outside the vocabulary are the caller's error. */
HW_MUST enum hw_status hw_render_source(struct hw_render *r,
    const struct hw_source_note *s, struct hw_err *e);
/* The payload of a TEXT frame: what the next record reads. */
HW_MUST enum hw_status hw_render_text(struct hw_render *r,
    struct hw_view text, struct hw_err *e);
HW_MUST enum hw_status hw_render_record(struct hw_render *r,
    const struct hw_record *rec, const struct hw_scores *s /* or NULL */,
    struct hw_err *e);
HW_MUST enum hw_status hw_render_window(struct hw_render *r,
    const struct hw_window *w, struct hw_err *e);
/* These are nothing in text. */
HW_MUST enum hw_status hw_render_gap(struct hw_render *r,
    const struct hw_gap *g, struct hw_err *e);
HW_MUST enum hw_status hw_render_note(struct hw_render *r,
    struct hw_view text, struct hw_err *e);
HW_MUST enum hw_status hw_render_end(struct hw_render *r,
    const struct hw_end *n, struct hw_err *e);

#endif
