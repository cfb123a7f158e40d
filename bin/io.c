/* SPDX-License-Identifier: MIT
 * What only this file knows: where standard output really is, how a signal
 * wakes a waiting filter, and how bytes become frames without ever holding
 * back what is already there. */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "notify.h"

#define WORTH_WRITING ((size_t)32 * 1024)

static int out_fd = 1;
static int wake[2] = {-1, -1}; /* the self-pipe */
static volatile sig_atomic_t came[65], stop_signal;
static volatile int64_t stop_ms; /* set before stop_signal */

void io_setup(void)
{
	int fd;

	/* An output opened later must not land on 0, 1 or 2. */
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 1);
	if (fd == 1)
		cli_die(CLI_IO, "standard output is closed");
	if (fd > 2)
		close(fd);
	out_fd = fcntl(1, F_DUPFD_CLOEXEC, 10);
	if (out_fd < 0)
		cli_die(CLI_IO, "standard output: %s", strerror(errno));
	if (dup2(2, 1) < 0)
		cli_die(CLI_IO, "standard error: %s", strerror(errno));
}

/* ---- signals ------------------------------------------------------------- */

/* One request may come as several signals: to all processes of a group, and
 * once more from a parent that passes it on, or from timeout(1).  Within the
 * grace they are one; who asks after that means at once. */
static void on_stop(int sig)
{
	int64_t now = io_monotonic_ms();

	if (stop_signal == 0) {
		stop_ms = now;
		stop_signal = sig;
	} else if (now - stop_ms >= IO_GRACE_MS) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

static void on_signal(int sig)
{
	int saved = errno;

	came[sig] = 1;
	if (sig == SIGINT || sig == SIGTERM)
		on_stop(sig);
	/* A full pipe means a wake-up is pending already. */
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static void make_wake_pipe(void)
{
	if (wake[0] >= 0)
		return;
	if (pipe(wake) != 0)
		cli_die(CLI_OS, "pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(wake[i], F_SETFL, O_NONBLOCK);
		fcntl(wake[i], F_SETFD, FD_CLOEXEC);
	}
}

void io_catch(int sig)
{
	struct sigaction now, sa = {.sa_handler = on_signal};

	make_wake_pipe();
	/* What the parent ignores stays ignored (nohup, background jobs). */
	if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		return;
	sigemptyset(&sa.sa_mask);
	if (sig != SIGINT && sig != SIGTERM)
		sa.sa_flags = SA_RESTART;
	sigaction(sig, &sa, NULL);
}

int io_stopping(void)
{
	return stop_signal;
}

bool io_took(int sig)
{
	bool yes = came[sig] != 0;

	came[sig] = 0;
	return yes;
}

int io_grace_left(void)
{
	int64_t left;

	if (io_stopping() == 0)
		return -1;
	left = stop_ms + IO_GRACE_MS - io_monotonic_ms();
	return left > 0 ? (int)left : 0;
}

void io_exit(int status)
{
	notify_stopping();
	if (stop_signal != 0) {
		signal(stop_signal, SIG_DFL);
		raise(stop_signal);
	}
	exit(status);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t = {0};

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t io_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t io_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

static void write_failed(int errnum)
{
	if (errnum == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
		exit(128 + SIGPIPE);
	}
	cli_die(CLI_IO, "standard output: %s", strerror(errnum));
}

/* poll, telling the watchdog meanwhile that we are alive. */
static int poll_alive(struct pollfd *p, nfds_t n, int timeout_ms)
{
	for (;;) {
		int alive = notify_alive(), got;
		bool cut = alive >= 0 &&
		    (timeout_ms < 0 || alive < timeout_ms);

		got = poll(p, n, cut ? alive : timeout_ms);
		if (got != 0 || !cut)
			return got;
		if (timeout_ms > 0)
			timeout_ms -= alive;
	}
}

enum io_event io_wait(int fd, int timeout_ms)
{
	/* A reader that left is seen here too (POLLERR needs no asking), so
	 * that a quiet input does not keep a dead pipeline alive. */
	struct pollfd p[3] = {{fd, POLLIN, 0}, {wake[0], POLLIN, 0},
	    {out_fd, 0, 0}};
	int n = poll_alive(p, 3, timeout_ms);

	if (n < 0 && errno != EINTR && errno != EAGAIN)
		cli_die(CLI_OS, "poll: %s", strerror(errno));
	if (n > 0 && (p[2].revents & POLLERR) != 0)
		write_failed(EPIPE);
	if (n < 0 || (p[1].revents & POLLIN) != 0) {
		char drain[64];

		while (wake[0] >= 0 &&
		    read(wake[0], drain, sizeof(drain)) > 0)
			;
		return IO_SIGNAL;
	}
	return n == 0 ? IO_TIMEOUT : IO_READY;
}

/* ---- output -------------------------------------------------------------- */

void io_write(struct hw_view v)
{
	while (v.n > 0) {
		ssize_t n = write(out_fd, v.p, v.n);

		if (n >= 0) {
			v.p += n;
			v.n -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd p = {out_fd, POLLOUT, 0};

			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			write_failed(errno);
		}
	}
}

bool io_out_is_tty(void)
{
	return isatty(out_fd) == 1;
}

int io_out_fd(void)
{
	return out_fd;
}

void io_refuse_tty(void)
{
	if (io_out_is_tty())
		cli_die(CLI_USAGE, "a token stream is binary: not written to "
		    "a terminal (--ids gives text)");
}

void io_close_out(void)
{
	if (close(out_fd) != 0 && errno != EINTR)
		write_failed(errno);
}

void io_flush(struct hw_enc *enc)
{
	struct hw_view v = hw_enc_bytes(enc);

	io_write(v);
	hw_enc_drop(enc, v.n);
}

void io_flush_some(struct hw_enc *enc)
{
	if (hw_enc_bytes(enc).n >= WORTH_WRITING)
		io_flush(enc);
}

/* ---- frames in ----------------------------------------------------------- */

/* Read once what is there.  *end: the input is over. */
static enum hw_status fill(struct io_in *in, bool *end, struct hw_err *e)
{
	void *p = NULL;
	size_t cap = 0;
	ssize_t n;

	if (hw_dec_space(in->dec, &p, &cap, e) != HW_OK)
		return e->status;
	do {
		n = read(in->fd, p, cap);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0) {
		e->status = HW_IO;
		e->sys_errno = errno;
		snprintf(e->msg, sizeof(e->msg), "%s: %s", in->name,
		    strerror(errno));
		return HW_IO;
	}
	*end = n == 0;
	if (n > 0)
		hw_dec_added(in->dec, (size_t)n);
	return HW_OK;
}

/* How long to wait now, when the caller would wait timeout_ms. */
static int bounded(int timeout_ms)
{
	int grace = io_grace_left();

	return grace >= 0 && (timeout_ms < 0 || grace < timeout_ms) ?
	    grace : timeout_ms;
}

enum hw_status io_frame(struct io_in *in, struct hw_frame *f, int timeout_ms,
    enum io_got *got, struct hw_err *e)
{
	for (;;) {
		enum hw_status st = hw_dec_next(in->dec, f, e);
		enum io_event ev;
		bool end = false;

		*got = IO_FRAME;
		if (st != HW_END)
			return st;
		*got = IO_END;
		if (hw_dec_done(in->dec))
			return HW_OK;
		ev = io_wait(in->fd, 0);
		if (ev == IO_TIMEOUT && timeout_ms != 0) {
			if (in->before_block != NULL)
				in->before_block(in->ctx);
			ev = io_wait(in->fd, bounded(timeout_ms));
		}
		if (ev == IO_SIGNAL) {
			*got = IO_WOKEN;
			return HW_OK;
		}
		if (ev == IO_TIMEOUT) {
			*got = IO_NONE;
			return HW_OK;
		}
		st = fill(in, &end, e);
		if (st != HW_OK)
			return st;
		/* The END frame comes out only now: a second stream might have
		 * followed the first. */
		if (end)
			hw_dec_finish(in->dec);
	}
}
