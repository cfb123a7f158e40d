/* SPDX-License-Identifier: MIT
 * What only this file knows: what is said of how far we are, and how often. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

#define EVERY_MS 500
#define WORTH ((uint64_t)8 << 20) /* less is done before it is read */

static uint64_t place(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);

	return at > 0 ? (uint64_t)at : 0;
}

void progress_open(struct progress *p, char **paths, int n, bool quiet)
{
	*p = (struct progress){.began_ms = io_monotonic_ms()};
	for (int i = 0; i < n; i++) {
		struct stat st;

		if (strcmp(paths[i], "-") == 0 || stat(paths[i], &st) != 0 ||
		    !S_ISREG(st.st_mode)) {
			p->total = 0;
			return;
		}
		p->total += (uint64_t)st.st_size;
	}
	p->shown = !quiet && p->total >= WORTH && isatty(STDERR_FILENO) &&
	    !io_out_is_tty();
}

void progress_text(const struct progress *p, char *text, size_t size)
{
	uint64_t done = p->done < p->total ? p->done : p->total; /* it grew */
	double ms = (double)(io_monotonic_ms() - p->began_ms);
	double rate = ms > 0 ? (double)done / ms : 0; /* bytes a ms */
	uint64_t left = 0;

	text[0] = '\0';
	if (p->total == 0)
		return;
	if (rate > 0)
		left = (uint64_t)((double)(p->total - done) / rate / 1000);
	snprintf(text, size, "%d%% of %.1f MB, %.1f MB/s, %" PRIu64 ":%02d:%02d"
	    " left", (int)(done * 100 / p->total), (double)p->total / 1e6,
	    rate / 1e3, left / 3600, (int)(left / 60 % 60), (int)(left % 60));
}

void progress_at(struct progress *p, int fd)
{
	char text[96];
	int64_t now;

	if (p->total == 0)
		return;
	p->done = p->before + place(fd);
	if (!p->shown)
		return;
	now = io_monotonic_ms();
	if (now < p->next_ms)
		return;
	p->next_ms = now + EVERY_MS;
	progress_text(p, text, sizeof(text));
	/* The cursor waits at the left: what else comes begins there. */
	fprintf(stderr, "%s\033[K\r", text);
	p->on_line = true;
}

void progress_file_done(struct progress *p, int fd)
{
	p->before += place(fd);
}

void progress_clear(struct progress *p)
{
	if (p->on_line)
		fputs("\033[K", stderr);
	p->on_line = false;
}
