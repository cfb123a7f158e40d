/* SPDX-License-Identifier: MIT
 * What only this file knows: how a program is run, and what it took. */
#include "hostile/hostile.h"

#include <config.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "headwater.h"
#include "tap.h"

#define MAX_KIB (64L << 10) /* beyond what a sound model takes */
#define HANGS 20            /* seconds of processor time */
#define TEXT "a line of text: 1234 \xc3\xa9\xef\xb7\xba\n"
#define IDS "0 1 2\n"

static char dir[] = "hostile.XXXXXX";
static long kib_sound, kib_most;
static double slowest;
static const char *slowest_id = "", *largest_id = "";
static int n_rows, n_refused, n_taken, n_cuts;

void hostile_begin(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		exit(99);
	hostile_write("text", TEXT, strlen(TEXT));
	hostile_write("ids", IDS, strlen(IDS));
}

void hostile_write(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		diag("cannot write %s", path);
		exit(99);
	}
}

/* ---- a program ----------------------------------------------------------- */

static void redirect(int fd, const char *path, int flags)
{
	int to = open(path, flags, 0600);

	if (to < 0 || dup2(to, fd) < 0)
		_exit(99);
}

static void become(enum prog prog, const char *path)
{
	static const char *const names[] = {"headwater-info", "tokenize",
	    "stream-infer"};
	const struct rlimit limit = {HANGS, HANGS};
	const char *build = getenv("builddir");
	char file[4096], model[4096];

	snprintf(file, sizeof(file), "%s/bin/%s", build != NULL ? build : ".",
	    names[prog]);
	snprintf(model, sizeof(model), "-m%s", path);
	redirect(0, prog == INFER ? "ids" : "text", O_RDONLY);
	redirect(1, "out", O_WRONLY | O_CREAT | O_TRUNC);
	redirect(2, "err", O_WRONLY | O_CREAT | O_TRUNC);
	setrlimit(RLIMIT_CPU, &limit);
	if (prog == INFO)
		execl(file, names[prog], path, (char *)NULL);
	else
		execl(file, names[prog], model, "--ids", (char *)NULL);
	_exit(99);
}

static double seconds(const struct rusage *r)
{
	return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
	    (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1e6;
}

/* Its exit status, 128 + the signal that it died of. */
static int run(const struct row *r, const char *path)
{
	struct rusage before, after;
	int status = 0;
	pid_t pid;

	getrusage(RUSAGE_CHILDREN, &before);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become(r->prog, path);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(99);
	getrusage(RUSAGE_CHILDREN, &after);
	if (seconds(&after) - seconds(&before) > slowest) {
		slowest = seconds(&after) - seconds(&before);
		slowest_id = r->id;
	}
	if (after.ru_maxrss > kib_most) {
		kib_most = after.ru_maxrss;
		largest_id = r->id;
	}
	if (kib_sound == 0) /* the first row is a sound model */
		kib_sound = kib_most;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n = f != NULL ? fread(buf, 1, size - 1, f) : 0;

	buf[n] = '\0';
	if (f != NULL)
		fclose(f);
	return n;
}

/* ---- rows ---------------------------------------------------------------- */

/* "PROGRAM: PATH...": what, at which byte. */
static bool one_good_line(const char *err, const char *path, const char *says)
{
	const char *nl = strchr(err, '\n'), *colon = strstr(err, ": ");
	bool byte = *says != '!';

	return nl != NULL && nl[1] == '\0' && colon != NULL &&
	    strncmp(colon + 2, path, strlen(path)) == 0 &&
	    strstr(err, byte ? says : says + 1) != NULL &&
	    (!byte || strstr(err, "byte ") != NULL) &&
	    strpbrk(err, "\x1b\r\t") == NULL;
}

void hostile_try(const struct row *r, const char *path)
{
	static char err[1 << 16], out[1 << 16];
	int got = run(r, path);
	size_t n = slurp("out", out, sizeof(out));
	bool good = got == r->exit;

	slurp("err", err, sizeof(err));
	if (r->exit != 0)
		good = good && one_good_line(err, path, r->says) &&
		    (n == 0 || r->prog == INFER ||
		    (r->exit == 69 && r->prog == INFO));
	n_rows++;
	n_refused += got != 0 && good;
	n_taken += got == 0 && good;
	err[strcspn(err, "\n")] = '\0';
	ok(good, "%s: %s: exit %d %s", r->id, r->what, got, err);
	if (!good)
		diag("wanted exit %d, \"%s\"", r->exit, r->says);
}

void hostile_cuts(const char *file, const char *model, size_t spare)
{
	struct hw_model_opts o = {.vocab_only = false};
	struct stat st;
	int taken = 0, unclear = 0;

	if (stat(file, &st) != 0)
		exit(99);
	tap_keep_memory();
	for (off_t n = st.st_size - (off_t)spare; n-- > 0; n_cuts++) {
		struct hw_model *m = NULL;
		struct hw_err e = {0};
		enum hw_status s;

		if (truncate(file, n) != 0)
			exit(99);
		s = hw_model_open(&m, model, &o, &e);
		hw_model_close(m);
		taken += s == HW_OK;
		unclear += s != HW_FORMAT && s != HW_CORRUPT &&
		    s != HW_UNSUPPORTED && s != HW_LIMIT;
		unclear += strncmp(e.msg, model, strlen(model)) != 0 ||
		    strchr(e.msg, '\n') != NULL;
	}
	ok(taken == 0 && unclear == 0, "%s: %lld cuts, %d taken, %d not clear",
	    file, (long long)st.st_size - (long long)spare, taken, unclear);
}

int hostile_end(void)
{
	char command[64];

#ifdef HW_SANITIZE
	diag("memory is not compared: sanitizers take more");
#else
	ok(kib_most - kib_sound <= MAX_KIB, "none takes more than 64 MiB "
	    "beyond a sound model's %ld KiB: %ld KiB (%s)", kib_sound,
	    kib_most - kib_sound, largest_id);
#endif
	diag("%d rows: %d refused, %d taken; %d cuts; slowest %.3f s (%s)",
	    n_rows, n_refused, n_taken, n_cuts, slowest, slowest_id);
	if (chdir("..") == 0) {
		pid_t pid = fork();

		snprintf(command, sizeof(command), "%s", dir);
		if (pid == 0)
			execlp("rm", "rm", "-rf", command, (char *)NULL);
		waitpid(pid, NULL, 0);
	}
	return tap_done();
}
