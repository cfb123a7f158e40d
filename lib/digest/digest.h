/* SPDX-License-Identifier: MIT */
#ifndef HW_DIGEST_DIGEST_H
#define HW_DIGEST_DIGEST_H

/* Inside the digest: the handle that its files share. */
#include "base/buf.h"
#include "digest/clock.h"
#include "digest/cut.h"
#include "digest/group.h"
#include "digest/mask.h"
#include "digest/news.h"
#include "digest/places.h"
#include "digest/rank.h"
#include "base/regex.h"
#include "digest/severity.h"

#define HW_ROW_TEXT 1024 /* most bytes of a template's text in a row */
#define HW_FIELDS 4096   /* what masked parts stand behind */

/* What is usual behind a word, whatever the template; see field.c. */
struct hw_field {
	uint32_t tag;
	struct hw_usual usual;
};

/* A record, its parts joined up to the cap. */
struct hw_staged {
	bool open, pending; /* more parts come; whole, and not counted yet */
	uint32_t source;
	uint64_t line, bytes, tokens; /* of all of it, also beyond the cap */
	int64_t arrival_ms, ms, now_ms;
	bool log_clock, jump, match, scored, parts, cut;
	enum hw_severity head;       /* what its first bytes say of it */
	double strange;              /* its time stamp, at these bytes */
	size_t stamp_at, stamp_to;
	unsigned char *text; /* (max) */
	uint32_t *ids;       /* (max) */
	float *bits, *entropy;
	size_t n_text, n, max;
};

struct hw_digest {
	const struct hw_alloc *alloc;
	const struct hw_vocab *vocab;
	bool arrival_clock, sized; /* sized: windows can fall short */
	size_t top;

	struct hw_staged rec;
	struct hw_staged held;     /* see "jumps" in digest.c */
	bool waits;                /* held is the older of the two */
	struct hw_mask *mask;
	struct hw_regex on; /* code NULL: not asked */
	struct hw_clock clock;
	struct hw_group_memory groups;
	struct hw_group group;      /* of the record that is tallied */
	struct hw_span spans[HW_MASK_SPANS + HW_FREE_WORDS]; /* of it */
	struct hw_trigram trigrams;
	struct hw_places places;
	struct hw_field *fields;    /* (HW_FIELDS) */
	struct hw_table table;
	struct hw_table families;
	uint64_t loosened;          /* changes of places that they have seen */
	struct hw_rate_pool rates;
	struct hw_samples samples;
	struct hw_cut cut;

	bool taught;                /* by a state: nothing is to be learned */
	struct hw_buf saved;

	struct hw_window w;         /* so far */
	uint64_t pieces;            /* in which it arrived */
	int64_t arrival_ms;         /* of the last one */
	struct hw_window shown;     /* the last one that ended */
	uint64_t records_before;    /* in the windows before it */
	enum hw_closed_by prev_why;
	struct hw_row row[HW_RANK_TOP];
	uint32_t *row_ids;          /* (top, HW_SAMPLE_MAX) */
	unsigned char *row_text;    /* (top, HW_ROW_TEXT) */
	/* Of a sample that is looked at again: not in rec, which may hold a
	 * record meanwhile. */
	uint32_t *sample_ids;       /* (HW_SAMPLE_MAX) */
	unsigned char *sample_text; /* (rec.max) */
};

/* tally.c: count the staged record. */
void hw_digest_tally(struct hw_digest *d);
/* field.c: what is usual where a masked part stands, whatever the template;
 * NULL: others have its room. */
struct hw_usual *hw_digest_field(struct hw_digest *d, struct hw_view masked,
    const struct hw_span *v);
/* How odd, in bits, a part is of what is written in several (a path, an
 * address, a version; of a stamp, the year): some may always be the same where
 * the whole is another each time.  Its bytes are [*from, *to), where it is odd
 * at all. */
double hw_digest_parts(struct hw_digest *d, struct hw_view text,
    struct hw_view masked, const struct hw_span *v, size_t *from, size_t *to);
/* merge.c: places that turned out to vary since the last call make one template
 * of several. */
void hw_digest_merge(struct hw_digest *d);
/* x becomes a part of `to`. */
void hw_digest_join(struct hw_digest *d, struct hw_entry *to,
    struct hw_entry *x);
/* family.c: count the families of the window that ends. */
void hw_digest_families(struct hw_digest *d);
/* What a sample spells, in d->sample_text. */
struct hw_view hw_digest_spell(struct hw_digest *d, const uint32_t *ids,
    size_t n);
/* What a text is, learning nothing; its template, or the text and id of its
 * family, lie in d->groups until the next. */
void hw_digest_place(struct hw_digest *d, struct hw_view text, bool family,
    struct hw_group *g);
/* state.c */
void hw_state_init(struct hw_digest *d);
/* window.c: finish the window in d->w (valid until the next call), and begin
 * the next. */
const struct hw_window *hw_digest_finish(struct hw_digest *d,
    enum hw_closed_by why);

#endif
