/* SPDX-License-Identifier: MIT
 * What only this file knows: how libarchive is loaded. */
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
