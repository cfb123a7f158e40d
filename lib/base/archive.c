/* SPDX-License-Identifier: MIT
 * What only this file knows: how libarchive is loaded, and when that is worth
 * while: where a tar header has its checksum. */
#include "base/archive.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* The name of its interface, which its header files speak of. */
#define ARCHIVE_LIBRARY "libarchive.so.13"

static struct hw_archive functions;
static const char *missing; /* of the functions; "": the library itself */

static void load(void)
{
	void *library = dlopen(ARCHIVE_LIBRARY, RTLD_LAZY | RTLD_LOCAL), *f;

	if (library == NULL) {
		missing = "";
		return;
	}
#define F(name) \
	f = dlsym(library, #name); \
	if (f == NULL) \
		missing = #name; \
	memcpy(&functions.name, &f, sizeof(f)); /* as POSIX wants it */
	HW_ARCHIVE_FUNCTIONS(F)
#undef F
}

enum hw_status hw_archive_load(const struct hw_archive **out,
    struct hw_err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (missing != NULL)
		return hw_fail(e, HW_UNSUPPORTED, "libarchive (%s) cannot "
		    "be loaded%s%s", ARCHIVE_LIBRARY, *missing != '\0' ?
		    ": it has no " : "", missing);
	*out = &functions;
	return HW_OK;
}

/* The sum of a tar header's bytes, its own field taken as blanks, stands in
 * that field in octal.  (Ancient writers summed signed chars.) */
bool hw_tar_sum_is_right(const unsigned char p[HW_TAR_HEADER])
{
	long sum = 0, signed_sum = 0, want = 0;
	size_t i = 148;

	for (size_t k = 0; k < HW_TAR_HEADER; k++) {
		unsigned char c = k >= 148 && k < 156 ? ' ' : p[k];

		sum += c;
		signed_sum += c < 128 ? c : c - 256;
	}
	while (i < 156 && p[i] == ' ')
		i++;
	for (; i < 156 && p[i] >= '0' && p[i] <= '7'; i++)
		want = want * 8 + (p[i] - '0');
	return want == sum || want == signed_sum;
}
