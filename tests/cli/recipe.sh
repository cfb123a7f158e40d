#!/bin/sh
# SPDX-License-Identifier: MIT
# The recipe's material: what the licence filter lets in, what the miner makes
# of a log statement, and that a held-out line does not get through.
. "${srcdir:-.}/tests/tap.sh"

command -v python3 >/dev/null || skip_all "no python3"
python3 -c 'import sys, lzma; sys.exit(sys.version_info < (3, 9))' \
	2>/dev/null || skip_all "no python3 of 3.9 with lzma"
command -v git >/dev/null || skip_all "no git"
recipe=$srcdir/examples/bundled-model
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$recipe
export PYTHONDONTWRITEBYTECODE PYTHONPATH

verdict() {
	printf '%s\n' "$1" | python3 -c 'import licences, sys
print(licences.header_verdict(sys.stdin.read()))'
}
is "$(verdict '// SPDX-License-Identifier: GPL-2.0-only')" \
	"(False, 'SPDX GPL-2.0-only')" "a GPL tag is refused"
is "$(verdict '/* SPDX-License-Identifier: Apache-2.0 AND MPL-2.0 */')" \
	"(False, 'SPDX Apache-2.0 AND MPL-2.0')" "so is a pair of which one is"
is "$(verdict '/* SPDX-License-Identifier: (GPL-2.0 OR BSD-3-Clause) */')" \
	"(True, 'dual')" "of two at choice the permissive one is taken"
is "$(verdict '# SPDX-License-Identifier: ISC')" "(True, '')" \
	"a permissive tag passes"
like "$(verdict '/*
 * under the terms of the GNU Lesser General
 * Public License as published')" "(False, *Lesser*" \
	"a GPL text is refused, broken over two lines as well"
is "$(verdict 'int gpl = mpl(x);')" "(True, '')" \
	"a variable is no licence"

mined() {
	printf '%s\n' "$2" | python3 -c 'import statements, sys
for level, line, parts, fields in statements.mine(sys.stdin.read(),
                                                  sys.argv[1]):
    print(level, "".join(p if isinstance(p, str) else "<%s:%s>" % tuple(p)
                         for p in parts), *["%s=%s" % tuple(f)
                                            for f in fields])' "$1"
}
# shellcheck disable=SC2016
{
is "$(mined c 'ESP_LOGW(TAG, "retry %d of %s", n, host->name);')" \
	'warn retry <d:n> of <s:name>' "C: a format and its arguments"
is "$(mined c 'log_err("lost %" PRIu64 " bytes\n", lost);
snprintf(b, 9, "not %d a log", x);')" \
	'error lost <d:lost> bytes' "C: PRIu64 is a slot, snprintf no log"
is "$(mined go 'lg.Warn("slow apply", zap.Duration("took", d))
klog.InfoS("Pod started", "pod", p, "node", n)')" \
	'warn slow apply Duration=took
info Pod started x=pod x=node' "Go: fields beside the message"
is "$(mined java 'LOG.info("Moved {} claims", claims.size());
Timber.w("miss for $key in ${store.name}")')" \
	'info Moved <s:claims> claims
warn miss for <s:key> in <s:store>' "Java and Kotlin"
is "$(mined py 'logger.info(f"bucket {name!r} made in {region:>8}")')" \
	'info bucket <s:name> made in <s:region>' "Python: an f-string"
is "$(mined rs 'info!("region split"; "region_id" => id);')" \
	'info region split x=region_id' "Rust: slog's keys"
is "$(mined cs '_logger.LogWarning("Job {JobId} took {Ms}ms", id, t);')" \
	'warn Job <s:JobId> took <s:Ms>ms' "C#: named slots"
is "$(mined swift 'logger.error("upload of \(file.name) failed")')" \
	'error upload of <s:file> failed' "Swift: interpolation"
is "$(mined js 'console.warn(`queue ${name} is full`)')" \
	'warn queue <s:name> is full' "JavaScript: a template"
is "$(mined erl 'couch_log:error("job ~s failed: ~p", [Id, Why])')" \
	'error job <s:Id> failed: <p:Why>' "Erlang: a list of arguments"
}

# A repository of one GPL file, two free ones and two logs, mined whole.
mkdir -p clones/pamburus+hl work/src work/sample
cd work || exit 99
printf 'MIT License\nPermission is hereby granted, free of charge\n' >LICENSE
printf '// GNU General Public License\nlog.Info("a secret line of text")\n' \
	>src/gpl.go
printf 'log.Info("a free line of text")\n' >src/free.go
prose() { # WORD
	awk -v word="$1" 'BEGIN { for (i = 0; i < 200; i++)
		print "It is the", word, "of the pump and of valve", i }'
}
{
	printf '/* Permission is hereby granted, free of charge */\n'
	prose colour
} >src/long.c
{
	printf '/* GNU General Public License */\n'
	prose weight
} >src/secret.c
{
	echo 'Nov 25 10:00:01 box app[31]: opened the valve number 12'
	echo 'Nov 25 10:00:02 box app[31]: closed the valve number 12'
	echo 'Nov 25 10:00:03 box postfix/smtpd[7]: connect from unknown'
	echo 'Nov 25 10:00:04 box app[31]: nothing more to do, good night'
} >sample/app.log
cp sample/app.log sample/postgresql.log
git init -q . && git add . && git -c user.name=t -c user.email=t@t \
	-c commit.gpgsign=false commit -qm t || exit 99
mv .git ../clones/pamburus+hl/repo
cd .. || exit 99
mkdir held
echo 'Nov 24 09:59:59 box app[77]: closed the valve number 9' >held/x.log
# The table's row for this name is of log lines alone: here, of a program too.
python3 -c 'import sources, material, sys
sources.SOURCES[:] = [sources.Source("pamburus/hl", "web", "MIT")]
material.main(sys.argv[1:])' --jobs 1 --held-out held clones out >said 2>err
ok $? "material.py mines a clone"
diag "$(cat err)"
xz_cat() { python3 -c 'import lzma, sys
sys.stdout.write(lzma.open(sys.argv[1], "rt").read())' "out/$1"; }
is "$(xz_cat statements.jsonl.xz)" \
	'["hl", "info", "src/free.go", 1, ["a free line of text"], []]' \
	"the GPL file's statement is not among the statements"
is "$(xz_cat real.jsonl.xz | grep -c 'opened the valve')" 1 \
	"one log is taken, that of a held-out system is not"
is "$(xz_cat real.jsonl.xz | grep -cE 'postfix|closed')" 0 \
	"held-out programs and held-out lines are dropped"
like "$(cat said)" "*found and dropped: 1 of logs*" "and counted"
like "$(cat out/NOTICE)" "*refused  2: header says GNU General*" \
	"the NOTICE counts the refused files and says why"

# The corpus, of the same clone: of two free texts, one is kept back.
cp -r clones twice
(
	cd work && mv ../twice/pamburus+hl/repo .git && prose sound >sound.md &&
	git add . && git -c user.name=t -c user.email=t@t \
		-c commit.gpgsign=false commit -qm t && mv .git \
		../twice/pamburus+hl/repo
) || exit 99
python3 -c 'import corpus, sources, sys
sources.SOURCES[:] = [sources.Source("pamburus/hl", "web", "MIT")]
corpus.is_unseen = lambda name, path: path == "sound.md"
corpus.main(sys.argv[1:])' --jobs 1 --pack 0 twice out >said 2>err
ok $? "corpus.py reads a clone"
diag "$(cat err)"
is "$(xz_cat corpus.txt.xz | grep -c colour),$(
	xz_cat corpus.txt.xz | grep -cE 'Permission|sound|weight')" 200,0 \
	"the free text is there, without its licence; the GPL text is not"
is "$(grep -c sound out/unseen.txt),$(grep -c colour out/unseen.txt)" 200,0 \
	"what is kept back is apart"
like "$(cat out/NOTICE)" "*corpus*refused  1: header says GNU General*" \
	"and its NOTICE counts what was refused"
python3 - <<'PY'
import email.message
import corpus


class Package:
    def __init__(self, **said):
        self.metadata = email.message.Message()
        for name, value in said.items():
            self.metadata[name.replace("_", "-")] = value


mit = "License :: OSI Approved :: MIT License"
gpl = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
assert corpus.said_licence(Package(License_Expression="MIT")) == "MIT"
assert not corpus.said_licence(Package(License_Expression="GPL-3.0-only"))
assert corpus.said_licence(Package(Classifier=mit)) == "MIT License"
assert not corpus.said_licence(Package(Classifier=gpl))
assert not corpus.said_licence(Package(License="NVIDIA Proprietary Software"))
assert not corpus.said_licence(Package())
PY
ok $? "an installed package counts by the licence that it names"
done_testing
