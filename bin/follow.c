/* SPDX-License-Identifier: MIT
 * What only this file knows: what can happen to a file that is followed by
 * its name, how it is noticed, and what is said of it.
 *
 * A file is looked at whenever something may have happened; looking is cheap,
 * and what is found there is the truth.  inotify only says when to look, so
 * that an event which is lost, or never comes (network file systems), costs
 * time and no data. */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "io.h"
#include "watch.h"

#define HEAD 128 /* bytes by which a file is known again */
#define LOOK_MS 500 /* at least so often, however much there is to read */
#define TICK_MS 2000 /* writes so close may bear the same time (FAT) */

struct file {
	const char *path;
	int fd;            /* -1: there is none, or none that can be read */
	struct stat st;    /* of fd, as last seen */
	bool settled;      /* then: its next write will bear another time */
	uint64_t at;       /* bytes of it that were read */
	unsigned char head[HEAD];
	size_t n_head;
	int gone;          /* what was last said of the path: errno, or 0 */
	bool named;        /* its source was announced */
	struct lane lane;
};

struct follow {
	struct intake *in;
	const struct follow_opts *opts;
	struct file *files;
	int n;
	bool begun;  /* what appears from now on is new from its start */
	bool reopen; /* SIGHUP: switch, even to a file that is still empty */
	struct watch *watch;
};

/* ---- reading ------------------------------------------------------------- */

/* The head of a file of which the first f->at bytes are passed over. */
static void read_head(struct file *f)
{
	ssize_t n = pread(f->fd, f->head, f->at < HEAD ? (size_t)f->at : HEAD,
	    0);

	f->n_head = n > 0 ? (size_t)n : 0;
}

/* It grows by what was read, until it is full; to look again in the file might
 * be to look in what took its place since. */
static void grow_head(struct file *f, const void *bytes, size_t n)
{
	size_t room = HEAD - f->n_head;

	if (f->n_head != f->at || room == 0)
		return;
	n = n < room ? n : room;
	memcpy(f->head + f->n_head, bytes, n);
	f->n_head += n;
}

/* Is this still the file that was read, or was it written anew in place? */
static bool same_head(const struct file *f)
{
	unsigned char now[HEAD];
	ssize_t n = pread(f->fd, now, f->n_head, 0);

	return n < 0 || ((size_t)n == f->n_head &&
	    memcmp(now, f->head, f->n_head) == 0);
}

static int64_t ms_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void saw(struct file *f, const struct stat *st)
{
	int64_t now = io_now_ms();

	f->st = *st;
	f->settled = now - ms_of(st->st_mtim) > TICK_MS &&
	    now - ms_of(st->st_ctim) > TICK_MS;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* May it have been written to since it was last seen?  What keeps its size may
 * be new all the same. */
static bool touched(const struct file *f, const struct stat *now)
{
	return !f->settled || now->st_size != f->st.st_size ||
	    !same_time(now->st_mtim, f->st.st_mtim) ||
	    !same_time(now->st_ctim, f->st.st_ctim);
}

static void begin(struct file *f, uint64_t at)
{
	f->at = at;
	read_head(f);
	lane_begin(&f->lane, f->path, f->named);
	lane_skip(&f->lane, at);
	f->named = true;
}

/* The file that is open was made shorter, or written anew (copytruncate).
 * What was written between the last read and that is lost to us. */
static void check_in_place(struct file *f)
{
	const char *what = NULL;
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return;
	if ((uint64_t)st.st_size < f->at)
		what = "was truncated";
	else if (touched(f, &st) && !same_head(f))
		what = "was written anew in place";
	saw(f, &st);
	if (what == NULL)
		return;
	cli_warn("%s: %s; reading from its start", f->path, what);
	lane_end(&f->lane);
	if (lseek(f->fd, 0, SEEK_SET) == 0)
		begin(f, 0);
}

/* Read once; false: there is no more now. */
static bool read_some(struct file *f)
{
	size_t cap;
	void *space;
	ssize_t n;

	check_in_place(f);
	space = lane_space(&f->lane, &cap);
	n = read(f->fd, space, cap);
	if (n <= 0) {
		if (n < 0 && errno != EAGAIN && errno != EINTR &&
		    f->gone != errno) {
			f->gone = errno;
			cli_warn("%s: %s", f->path, strerror(errno));
		}
		return false;
	}
	grow_head(f, space, (size_t)n);
	f->at += (uint64_t)n;
	lane_added(&f->lane, (size_t)n);
	return true;
}

/* ---- looking ------------------------------------------------------------- */

static void say_gone(struct file *f, int why)
{
	if (f->gone == why)
		return;
	f->gone = why;
	if (f->fd >= 0)
		cli_warn("%s: %s; waiting for another, reading this one on",
		    f->path, why == ENOENT ? "has gone" : strerror(why));
	else
		cli_warn("%s: %s; waiting for it", f->path, strerror(why));
}

/* Where the last n lines begin: the byte after the n+1st newline from the
 * end, when the file ends with one. */
static off_t last_lines(int fd, off_t size, int n, unsigned char delim)
{
	unsigned char block[4096];
	off_t at = size;

	while (at > 0) {
		off_t from = at > (off_t)sizeof(block) ?
		    at - (off_t)sizeof(block) : 0;
		ssize_t got = pread(fd, block, (size_t)(at - from), from);

		if (got < at - from)
			return size; /* it shrinks: begin where it ends */
		for (; at > from; at--) {
			if (block[at - 1 - from] != delim || at == size)
				continue;
			if (--n <= 0)
				return at;
		}
	}
	return 0;
}

/* Where to begin in a file that is there at the start. */
static uint64_t late(const struct follow *w, int fd, off_t size)
{
	off_t at = 0;

	if (w->begun || w->opts->lines < 0)
		return 0;
	at = w->opts->lines == 0 ? size :
	    last_lines(fd, size, w->opts->lines, w->in->opts.delim);
	return lseek(fd, at, SEEK_SET) == at ? (uint64_t)at : 0;
}

/* Open what the path names now; -1: not to be read, which is said. */
static int open_now(struct file *f, struct stat *st)
{
	/* Not to wait for the writer of a FIFO, which is no file to follow. */
	int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int why = errno;

	if (fd < 0) {
		say_gone(f, why);
		return -1;
	}
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	why = S_ISDIR(st->st_mode) ? EISDIR : ESPIPE;
	close(fd);
	say_gone(f, why);
	return -1;
}

/* The path names another file than the one that is open (or the first). */
static void change(struct follow *w, struct file *f)
{
	struct stat st;
	int fd = open_now(f, &st);

	if (fd < 0)
		return;
	if (f->fd >= 0) {
		while (read_some(f)) /* what was written before it went */
			;
		lane_end(&f->lane);
		close(f->fd);
		cli_warn("%s: has been replaced; following the new file",
		    f->path);
	} else if (f->gone != 0) {
		cli_warn("%s: has appeared; following it", f->path);
	}
	f->fd = fd;
	saw(f, &st);
	begin(f, late(w, fd, st.st_size));
	f->gone = 0;
}

static bool other_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino;
}

/* What has happened to it?  A new file takes over once something is in it:
 * until its writer has been told, the old one is still written to. */
static void look(struct follow *w, struct file *f)
{
	struct stat st;

	if (stat(f->path, &st) != 0)
		say_gone(f, errno);
	else if (f->fd < 0 || (other_file(&st, &f->st) &&
	    (st.st_size > 0 || w->reopen)))
		change(w, f);
	else if (!other_file(&st, &f->st))
		f->gone = 0;
}

/* ---- the loop ------------------------------------------------------------ */

/* A read from each in turn, so that none keeps the others waiting. */
static bool read_round(struct follow *w)
{
	bool more = false;

	for (int i = 0; i < w->n; i++)
		if (w->files[i].fd >= 0 && read_some(&w->files[i]))
			more = true;
	return more;
}

static void look_at_all(struct follow *w)
{
	w->reopen = io_took(SIGHUP);
	for (int i = 0; i < w->n; i++)
		look(w, &w->files[i]);
}

/* Whether a record of any file waits for its next line; and that all that did
 * wait no longer. */
static bool any_holds(const struct follow *w)
{
	for (int i = 0; i < w->n; i++)
		if (lane_holds(&w->files[i].lane))
			return true;
	return false;
}

static void pause_all(struct follow *w)
{
	for (int i = 0; i < w->n; i++)
		lane_pause(&w->files[i].lane);
}

/* All that is there has been read: write it, then sleep until something may
 * have happened. */
static void wait_for_more(struct follow *w)
{
	bool holds = any_holds(w);
	int ms = watch_all(w->watch);
	enum io_event ev;

	intake_flush(w->in);
	if (w->opts->poll_ms > 0)
		ms = w->opts->poll_ms;
	if (holds && ms > LANE_LINE_MS)
		ms = LANE_LINE_MS;
	ev = io_wait(watch_fd(w->watch), ms);
	if (ev == IO_READY)
		watch_drain(w->watch);
	else if (ev == IO_TIMEOUT && ms > 0)
		pause_all(w);
	intake_status(w->in);
}

static void follow_open(struct follow *w, char **paths)
{
	w->files = calloc((size_t)w->n, sizeof(*w->files));
	if (w->files == NULL)
		cli_die(CLI_OS, "no memory for %d files", w->n);
	for (int i = 0; i < w->n; i++) {
		w->files[i].path = paths[i];
		w->files[i].fd = -1;
		lane_open(&w->files[i].lane, w->in);
	}
	w->watch = watch_open(paths, w->n, w->opts->poll_ms > 0);
}

static void follow_close(struct follow *w)
{
	for (int i = 0; i < w->n; i++) {
		lane_end(&w->files[i].lane);
		lane_close(&w->files[i].lane);
		if (w->files[i].fd >= 0)
			close(w->files[i].fd);
	}
	watch_close(w->watch);
	free(w->files);
}

void follow(struct intake *in, char **paths, int n,
    const struct follow_opts *opts)
{
	struct follow w = {.in = in, .opts = opts, .n = n};
	int64_t looked = io_monotonic_ms();

	follow_open(&w, paths);
	look_at_all(&w);
	w.begun = true;
	while (io_stopping() == 0) {
		bool more = read_round(&w);
		int64_t now = io_monotonic_ms();

		if (more && now - looked < LOOK_MS)
			continue;
		if (!more)
			wait_for_more(&w);
		look_at_all(&w);
		looked = now;
	}
	follow_close(&w);
}
