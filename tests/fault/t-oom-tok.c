/* SPDX-License-Identifier: MIT
 * The input side while the n-th allocation fails, for every n: HW_NOMEM and
 * nothing left behind, or, where the memory was only for speed, all as ever. */
#include "tap.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include "headwater.h"

static struct hw_model *model;
static int packed_fd;

static const char line[] = "Nov 25 04:41:00 host sshd[1]: caf\xc3\xa9 \xff\n";

static enum hw_status use_tok(const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_tok_opts o = {.alloc = a, .special = true};
	const struct hw_vocab *v = hw_model_vocab(model);
	const uint32_t *ids = NULL;
	size_t n = 0, at = 0;
	struct hw_tok *t = NULL;
	enum hw_status st = hw_tok_open(&t, model, &o, e);

	if (st != HW_OK)
		return t == NULL ? st : HW_USAGE;
	st = hw_tok_encode(t, line, strlen(line), &ids, &n, e);
	for (size_t i = 0; i < n; i++) {
		struct hw_view b = hw_vocab_bytes(v, ids[i]);

		if (memcmp(line + at, b.p, b.n) != 0)
			st = HW_USAGE;
		at += b.n;
	}
	hw_tok_close(t);
	return at == strlen(line) || st != HW_OK ? st : HW_USAGE;
}

static enum hw_status use_split(const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_split_opts o = {.alloc = a, .delim = '\n',
	    .max_record = 4096};
	struct hw_split *s = NULL;
	enum hw_status st = hw_split_open(&s, &o, e);

	hw_split_close(s);
	return st;
}

static enum hw_status use_source(const struct hw_alloc *a, struct hw_err *e)
{
	struct hw_source_opts o = {.alloc = a};
	struct hw_source *s = NULL;
	const char *name;
	char buf[100];
	size_t n = 0;
	enum hw_status st;

	lseek(packed_fd, 0, SEEK_SET);
	st = hw_source_open(&s, packed_fd, "f", &o, e);
	if (st == HW_OK)
		st = hw_source_next(s, &name, e);
	if (st == HW_OK)
		st = hw_source_read(s, buf, sizeof(buf), &n, e);
	hw_source_close(s);
	return st == HW_OK && (n != strlen(line) || memcmp(buf, line, n) != 0)
	    ? HW_USAGE : st;
}

static void every_allocation(const char *name,
    enum hw_status (*use)(const struct hw_alloc *, struct hw_err *))
{
	struct tap_alloc t = {0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &t};
	struct hw_err e = {0};
	long needed, refused = 0;
	bool good = true, clean = true;

	is_int(use(&a, &e), HW_OK, "%s: works", name);
	needed = t.count;
	is_int(t.live, 0, "%s: releases its %ld allocations", name, needed);
	for (long n = 1; n <= needed; n++) {
		enum hw_status st;

		t = (struct tap_alloc){.fail_at = n};
		e = (struct hw_err){0};
		st = use(&a, &e);
		refused += st == HW_NOMEM;
		good = good && (st == HW_OK || (st == HW_NOMEM &&
		    e.status == HW_NOMEM && e.msg[0] != '\0'));
		clean = clean && t.live == 0;
	}
	ok(good && refused > 0, "%s: HW_NOMEM for %ld of them, no harm from "
	    "the others", name, refused);
	ok(clean, "%s: and nothing leaks", name);
}

/* The line in a tar in a gzip. */
static int pack(void)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	FILE *f = tmpfile();

	archive_entry_set_pathname(entry, "a.log");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)strlen(line));
	if (f == NULL || archive_write_add_filter_gzip(a) != ARCHIVE_OK ||
	    archive_write_set_format_ustar(a) != ARCHIVE_OK ||
	    archive_write_open_FILE(a, f) != ARCHIVE_OK ||
	    archive_write_header(a, entry) != ARCHIVE_OK ||
	    archive_write_data(a, line, strlen(line)) < 0)
		exit(99);
	archive_entry_free(entry);
	archive_write_close(a);
	archive_write_free(a);
	fflush(f);
	return fileno(f);
}

int main(void)
{
	struct hw_model_opts mo = {.vocab_only = true};
	struct hw_err e = {0};
	char path[4096];

	snprintf(path, sizeof(path), "%s/lib/model/headwater-log.gguf",
	    getenv("srcdir"));
	if (hw_model_open(&model, path, &mo, &e) != HW_OK)
		return 99;
	packed_fd = pack();
	every_allocation("tokenizer", use_tok);
	every_allocation("records", use_split);
	every_allocation("input", use_source);
	hw_model_close(model);
	return tap_done();
}
