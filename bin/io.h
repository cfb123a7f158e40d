/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_IO_H
#define HW_BIN_IO_H

/* File descriptors, signals and frames at the edge of a filter.  The one rule
 * that gives a pipeline both throughput and latency: flush before you block. */
#include <signal.h>

#include "headwater.h"

/* Right after cli_parse (--help still belongs on stdout): descriptors 0-2
 * exist; the real standard output moves to a private descriptor and fd 1
 * becomes stderr, so that no library can print into our data.  Dies if stdout
 * is closed. */
void io_setup(void);

/* ---- signals -------------------------------------------------------------
 * A caught signal sets a flag and wakes io_wait.  SIGINT and SIGTERM ask for
 * an orderly end (one that comes after the grace kills at once). */
void io_catch(int sig);
/* SIGINT or SIGTERM came; the number of it, else 0. */
int io_stopping(void);
/* Whether `sig` came since the last call (clears it). */
bool io_took(int sig);
/* Milliseconds left of the grace that a stop leaves for what the stages
 * before us still have to say (IO_GRACE_MS from the signal on); -1: no stop
 * was asked. */
#define IO_GRACE_MS 2000
int io_grace_left(void);
/* Leave: by the signal that asked for it (128+n), else with `status`. */
void io_exit(int status) __attribute__((noreturn));

int64_t io_now_ms(void);       /* Unix time */
int64_t io_monotonic_ms(void); /* for intervals */

/* Wait until fd can be read, at most timeout_ms (-1: for ever).  Dies quietly
 * if meanwhile the reader of standard output leaves. */
enum io_event { IO_READY, IO_TIMEOUT, IO_SIGNAL };
enum io_event io_wait(int fd, int timeout_ms);

/* ---- output -------------------------------------------------------------- */

/* Write all of it to standard output, or die: quietly if the reader left
 * (SIGPIPE), with a line and exit 74 otherwise. */
void io_write(struct hw_view v);
bool io_out_is_tty(void);
int io_out_fd(void);
/* Refuse to send binary to a terminal (exit 2). */
void io_refuse_tty(void);
/* Close standard output; a late write error dies as in io_write. */
void io_close_out(void);

/* Write what the encoder holds. */
void io_flush(struct hw_enc *enc);
/* The same, once it holds enough to be worth a system call. */
void io_flush_some(struct hw_enc *enc);

/* ---- frames in ----------------------------------------------------------- */

struct io_in {
	int fd;
	const char *name; /* for messages */
	struct hw_dec *dec;
	/* Called before waiting for input (flush what you owe); may be NULL */
	void (*before_block)(void *ctx);
	void *ctx;
};

enum io_got {
	IO_FRAME,   /* *f is the next frame */
	IO_NONE,    /* nothing within the timeout */
	IO_WOKEN,   /* a signal came */
	IO_END,     /* the stream ended as it should */
};

/* The next frame, waiting at most timeout_ms (0: only what is there now;
 * -1: for ever).  A damaged or cut stream is HW_CORRUPT in *e.  After a stop
 * was asked, waiting is bounded by the grace. */
HW_MUST enum hw_status io_frame(struct io_in *in, struct hw_frame *f,
    int timeout_ms, enum io_got *got, struct hw_err *e);

#endif
