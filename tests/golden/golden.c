/* SPDX-License-Identifier: MIT
 * golden MODEL VECTORS [scores]: our scores against those of PyTorch and
 * transformers; with a third word, the tensors are not looked at.
 *
 * What only this file knows: the format of the vector files, which
 * llama_torch.py and windows.py write: a `tensor` line (name, shape, SHA-256)
 * for each that the public converter, or mkmodel, wrote; a `run` line (dense
 * CONTEXT, or stream S R TOKENS), then a line `index bits entropy` for every
 * token but the first. */
#include "tap.h"

#include "model/model.h"
#include "sha256.h"

#define MAX_IDS 1024
#define BOUND 1e-4 /* bits */

static uint32_t ids[MAX_IDS];
static size_t n_ids;
static float bits[MAX_IDS], entropy[MAX_IDS];
static char line[16384];

/* ---- tensors: ours are the converter's, byte for byte -------------------- */

static struct hw_view floats(const float *p, int n)
{
	return (struct hw_view){(const unsigned char *)p,
	    (size_t)n * sizeof(*p)};
}

static struct hw_view matrix(const struct hw_matrix *w)
{
	return (struct hw_view){w->data, w->rows * w->row_bytes};
}

static struct hw_view in_layer(const struct hw_net *net, const char *name)
{
	char *end;
	long i = strtol(name, &end, 10);
	const struct hw_layer *l = &net->layers[i];
	const struct {
		const char *role;
		const struct hw_matrix *w;
	} roles[] = {{"attn_q", &l->q}, {"attn_k", &l->k}, {"attn_v", &l->v},
	    {"attn_output", &l->o}, {"ffn_gate", &l->gate},
	    {"ffn_up", &l->up}, {"ffn_down", &l->down}};

	if (i < 0 || i >= net->n_layers || *end != '.')
		return (struct hw_view){NULL, 0};
	if (strcmp(end, ".attn_norm.weight") == 0)
		return floats(l->attn_norm, net->d_model);
	if (strcmp(end, ".ffn_norm.weight") == 0)
		return floats(l->ffn_norm, net->d_model);
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
		size_t n = strlen(roles[r].role);

		if (strncmp(end + 1, roles[r].role, n) == 0 &&
		    strcmp(end + 1 + n, ".weight") == 0)
			return matrix(roles[r].w);
	}
	return (struct hw_view){NULL, 0};
}

static struct hw_view tensor(const struct hw_net *net, const char *name)
{
	if (strncmp(name, "blk.", 4) == 0)
		return in_layer(net, name + 4);
	if (strcmp(name, "token_embd.weight") == 0)
		return matrix(&net->embd);
	if (strcmp(name, "output.weight") == 0)
		return matrix(&net->out);
	if (strcmp(name, "output_norm.weight") == 0)
		return floats(net->out_norm, net->d_model);
	if (strcmp(name, "rope_freqs.weight") == 0)
		return floats(net->rope_factors, net->rope_dims / 2);
	return (struct hw_view){NULL, 0};
}

/* A `tensor NAME SHAPE DIGEST` line; true: ours has that digest. */
static bool same_tensor(const struct hw_net *net)
{
	char *name = line + 7, *shape, *digest, hex[65];
	struct hw_view v;

	shape = strchr(name, ' ');
	digest = shape != NULL ? strchr(shape + 1, ' ') : NULL;
	if (digest == NULL)
		return false;
	*shape = '\0';
	digest++;
	digest[strcspn(digest, "\n")] = '\0';
	v = tensor(net, name);
	if (v.p == NULL) {
		diag("no tensor %s", name);
		return false;
	}
	sha256(v.p, v.n, hex);
	if (strcmp(hex, digest) != 0)
		diag("tensor %s: %s", name, hex);
	return strcmp(hex, digest) == 0;
}

/* ---- scores -------------------------------------------------------------- */

static void read_ids(void)
{
	char *p = line + 4, *end;

	for (n_ids = 0; n_ids < MAX_IDS; n_ids++, p = end) {
		unsigned long id = strtoul(p, &end, 10);

		if (end == p)
			return;
		ids[n_ids] = (uint32_t)id;
	}
}

static bool score(const struct hw_model *m, struct hw_stream_opts o, size_t n)
{
	struct hw_stream *s = NULL;
	struct hw_err e = {0};
	bool good;

	o.kv = HW_KVT_F32;
	o.threads = 2;
	o.no_bos = true;
	hw_stream_defaults(&o, m);
	good = hw_stream_open(&s, m, &o, &e) == HW_OK &&
	    hw_stream_score(s, ids, n, bits, entropy, &e) == HW_OK;
	if (!good)
		diag("%s", e.msg);
	hw_stream_close(s);
	return good;
}

/* The lines of one run, against what `score` left. */
static void compare(FILE *f, size_t n, const char *what)
{
	double worst = 0;
	size_t lines = 0;

	for (size_t i = 1; i < n && fgets(line, sizeof(line), f) != NULL;
	    i++) {
		char *p = line;
		size_t at = strtoul(p, &p, 10);
		double b = strtod(p, &p), h = strtod(p, &p);

		if (at != i)
			break;
		lines++;
		worst = fmax(worst, fabs(b - (double)bits[i]));
		worst = fmax(worst, fabs(h - (double)entropy[i]));
	}
	ok(lines == n - 1 && worst <= BOUND, "%s: %zu tokens within %g bits "
	    "(largest difference %.2g)", what, lines, BOUND, worst);
}

/* A `run` line and what follows it. */
static void one_run(const struct hw_model *m, FILE *f)
{
	struct hw_stream_opts o = {.sinks = 4, .chunk = 16};
	char what[64], *p;
	size_t n;

	line[strcspn(line, "\n")] = '\0';
	snprintf(what, sizeof(what), "%.60s", line + 4);
	p = strchr(what, ' ');
	if (strncmp(what, "dense ", 6) == 0) {
		n = strtoul(p, &p, 10);
		o.window = (int)n; /* nothing ever leaves it */
	} else {
		o.sinks = (int)strtol(p, &p, 10);
		o.window = (int)strtol(p, &p, 10);
		n = strtoul(p, &p, 10);
	}
	if (ok(n > 0 && n <= n_ids && score(m, o, n), "%s: scored", what))
		compare(f, n, what);
}

int main(int argc, char **argv)
{
	struct hw_model *m = NULL;
	struct hw_err e = {0};
	bool scores_only = argc == 4;
	int tensors = 0, same = 0;
	FILE *f;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: golden MODEL VECTORS [scores]\n");
		return 2;
	}
	f = fopen(argv[2], "r");
	if (f == NULL || hw_model_open(&m, argv[1], NULL, &e) != HW_OK) {
		fprintf(stderr, "golden: %s\n", e.msg);
		return 2;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "tensor ", 7) == 0) {
			if (scores_only)
				continue;
			tensors++;
			same += same_tensor(hw_model_net(m));
		} else if (strncmp(line, "ids ", 4) == 0) {
			read_ids();
		} else if (strncmp(line, "run ", 4) == 0) {
			one_run(m, f);
		}
	}
	if (!scores_only)
		ok(tensors > 0 && same == tensors, "%d of %d tensors are those "
		    "that the vectors are of", same, tensors);
	fclose(f);
	hw_model_close(m);
	return tap_done();
}
