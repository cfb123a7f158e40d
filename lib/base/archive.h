/* SPDX-License-Identifier: MIT */
#ifndef HW_BASE_ARCHIVE_H
#define HW_BASE_ARCHIVE_H

/* libarchive, loaded when something packed is met.  With what it is linked to
 * (XML, ICU, C++) it takes longer to load than all else that a program does
 * before its first line, and most lines come from what is not packed. */
#include "base/err.h"

#include <archive.h>
#include <archive_entry.h>

/* What is used of it: a function more is a row more. */
#define HW_ARCHIVE_FUNCTIONS(F) \
	F(archive_entry_filetype) \
	F(archive_entry_hardlink) \
	F(archive_entry_pathname) \
	F(archive_entry_pathname_utf8) \
	F(archive_entry_size) \
	F(archive_entry_size_is_set) \
	F(archive_errno) \
	F(archive_error_string) \
	F(archive_filter_bytes) \
	F(archive_read_data) \
	F(archive_read_data_block) \
	F(archive_read_free) \
	F(archive_read_new) \
	F(archive_read_next_header) \
	F(archive_read_open) \
	F(archive_read_open_memory) \
	F(archive_read_support_filter_bzip2) \
	F(archive_read_support_filter_gzip) \
	F(archive_read_support_filter_lz4) \
	F(archive_read_support_filter_xz) \
	F(archive_read_support_filter_zstd) \
	F(archive_read_support_format_empty) \
	F(archive_read_support_format_raw) \
	F(archive_read_support_format_tar) \
	F(archive_read_support_format_zip_seekable) \
	F(archive_read_support_format_zip_streamable) \
	F(archive_set_error)

struct hw_archive {
#define F(name) __typeof__(&(name)) name;
	HW_ARCHIVE_FUNCTIONS(F)
#undef F
};

/* The library's functions, by their own names; they are there until the
 * process ends.  HW_UNSUPPORTED: it cannot be loaded; every later call says so
 * too.  From any thread. */
HW_MUST enum hw_status hw_archive_load(const struct hw_archive **out,
    struct hw_err *e);

/* Is this the header of an entry in a tar archive, by its checksum?  The oldest
 * formats have no other mark. */
#define HW_TAR_HEADER ((size_t)512)
bool hw_tar_sum_is_right(const unsigned char p[HW_TAR_HEADER]);

#endif
